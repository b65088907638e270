"""What a data scientist asks of a feature: how it spreads, what it tells of the outcome, whether it stays the same.

Pure functions over arrays and frames; nothing here reads a history but
:mod:`features.analysis.lateness` and :mod:`features.analysis.outcome`.
"""
