"""Casework: decisions, inquiries, notices, batch jobs and flags, in one store with the audit log and the keys.

:func:`bureau.casework.opening.open_casework` opens it.
"""
