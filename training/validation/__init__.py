"""Validation: what a validator reads before a model may be used, made from evidence alone.

:mod:`training.validation.evidence` holds what is read, a module a section what is made of it, and
:mod:`training.validation.report` writes it as a page, a PDF and data files.
"""

from __future__ import annotations

from training.report.section import Column, Finding, Interval, Picture, Section, Table
from training.validation.criteria import Criteria
from training.validation.evidence import Evidence
from training.validation.report import write_validation
from training.validation.use import IntendedUse
from training.validation.validation import Validation, validate

__all__ = [
    "Column",
    "Criteria",
    "Evidence",
    "Finding",
    "IntendedUse",
    "Interval",
    "Picture",
    "Section",
    "Table",
    "Validation",
    "validate",
    "write_validation",
]
