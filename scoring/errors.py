"""What can go wrong between features and a decision, under one base class.

::

    ScoringError
    └── BundleRefused       parts that do not belong together, or were changed
"""

from __future__ import annotations

__all__ = ["BundleRefused", "ScoringError"]


class ScoringError(Exception):
    """Base of the errors raised by :mod:`scoring`; its text is one line for people."""


class BundleRefused(ScoringError):
    """A bundle is incomplete, was changed, or belongs to other definitions than those installed."""
