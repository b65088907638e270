"""What can go wrong at Feast's door, under one base class."""

from __future__ import annotations

__all__ = ["FeatureRepoError", "ParityBroken", "StaleVector", "StoreUnavailable"]


class FeatureRepoError(Exception):
    """Base of the errors raised by :mod:`feature_repo`; its text is one line for people."""


class ParityBroken(FeatureRepoError):
    """What would be served online is not what training sets hold; nothing was made current."""


class StaleVector(FeatureRepoError):
    """A vector that is older than the policy allows."""


class StoreUnavailable(FeatureRepoError):
    """The online store cannot be reached, or does not let us in."""
