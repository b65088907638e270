"""What can go wrong at Feast's door, under one base class."""

from __future__ import annotations

__all__ = ["FeatureRepoError"]


class FeatureRepoError(Exception):
    """Base of the errors raised by :mod:`feature_repo`; its text is one line for people."""
