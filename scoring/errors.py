"""What can go wrong between features and a decision, under one base class.

::

    ScoringError
    ├── BundleRefused       parts that do not belong together, or were changed
    └── SignatureRefused    a signature that does not fit, or of somebody who is not trusted
"""

from __future__ import annotations

__all__ = ["BundleRefused", "ScoringError", "SignatureRefused"]


class ScoringError(Exception):
    """Base of the errors raised by :mod:`scoring`; its text is one line for people."""


class BundleRefused(ScoringError):
    """A bundle is incomplete, was changed, or belongs to other definitions than those installed."""


class SignatureRefused(ScoringError):
    """A signature does not fit what it stands under, or its signer is not one who may sign it."""
