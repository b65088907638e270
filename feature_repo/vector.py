"""What is known online of one consumer: values, as of when each view's are, and how old they may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from feature_repo.errors import FeatureRepoError, StaleVector

__all__ = ["OnlineVector"]


@dataclass(frozen=True)
class OnlineVector:
    """What the online store knows of one consumer.

    Parameters
    ----------
    values : dict of str to float
        Counted features by name; NaN where missing.
    as_of_views : mapping of str to datetime
        The moment (UTC) whose knowledge the values of a view hold; a view that was never computed
        for the consumer is left out.
    """

    values: dict[str, float]
    as_of_views: Mapping[str, datetime]

    @property
    def as_of(self) -> datetime:
        """The oldest moment (UTC) that one of its views speaks of."""
        return min(self.as_of_views.values())

    def require_fresh(self, at: datetime, max_age: timedelta) -> None:
        """Refuse values that are too old.

        Parameters
        ----------
        at : datetime
            The moment they are asked for, with a time zone.
        max_age : timedelta
            How old they may be.

        Raises
        ------
        StaleVector
            If those of a view are older; the error names the view that is the oldest.
        FeatureRepoError
            If `at` has no time zone.
        """
        if at.tzinfo is None:
            raise FeatureRepoError("at: a moment with a time zone is wanted; give it in UTC")
        view, moment = min(self.as_of_views.items(), key=lambda each: each[1])
        if at - moment > max_age:
            raise StaleVector(
                f"{view}: the values are as of {moment:%Y-%m-%d %H:%M:%S} UTC, older than the {max_age} "
                "that the policy allows; compute and materialise the features anew"
            )
