"""Moves of what looks back over months: it holds the latest one, and follows as if that had been told otherwise.

Exactly so for one account with its months in a row (:class:`Mean`, :class:`Trend`, :class:`Spread`); an estimate
where many accounts are told of together (:class:`PartOfMonths`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from features.moves import Course, Move

__all__ = ["Largest", "Mean", "PartOfMonths", "Raised", "Spread", "Trend"]

_Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _OfMonths(Move):
    """What is computed over the values of the latest months, one of each, of which the latest is another feature.

    Parameters
    ----------
    latest : str
        That other feature.
    months : int
        Over how many months.
    before_latest : str
        Feature that tells how many months before the latest are known; empty where all always are.
    """

    latest: str
    months: int
    before_latest: str = ""
    only_follows: ClassVar[bool] = True

    def known(self, at: Course) -> _Values:
        """How many of the months are known."""
        told = at.before[self.before_latest] + 1.0 if self.before_latest else np.float64(self.months)
        return np.clip(np.where(np.isnan(told), self.months, told), 1.0, self.months)


@dataclass(frozen=True)
class Mean(_OfMonths):
    """The mean of months: of n known, the latest has a weight of 1 / n."""

    def value(self, at: Course) -> _Values:
        """Its value after the action."""
        return at.before[self.feature] - at.fall(self.latest) / self.known(at)


@dataclass(frozen=True)
class Trend(_OfMonths):
    """The slope of the least squares line through months, a month.

    Of n months in a row the latest lies (n - 1) / 2 after their middle, and the squares of such distances add up to
    n (n - 1) (n + 1) / 12, so that it has a weight of 6 / (n (n + 1)).
    """

    def value(self, at: Course) -> _Values:
        """Its value after the action."""
        known = self.known(at)
        return at.before[self.feature] - at.fall(self.latest) * 6.0 / (known * (known + 1.0))


@dataclass(frozen=True)
class Spread(_OfMonths):
    """The standard deviation of months, by the mean of their squares less the square of their mean.

    Parameters
    ----------
    mean : str
        The mean of the same months, as it was moved before.
    parts : float
        By what that feature is divided to be the mean: their number, where it is their sum.
    """

    mean: str = ""
    parts: float = 1.0

    def value(self, at: Course) -> _Values:
        """Its value after the action; the same where the mean or the latest value is missing."""
        before = at.before[self.feature]
        squares = (at.now[self.latest] ** 2 - at.before[self.latest] ** 2) / self.known(at)
        means = (at.now[self.mean] ** 2 - at.before[self.mean] ** 2) / self.parts**2
        after = np.sqrt(np.maximum(before**2 + squares - means, 0.0))
        return np.where(np.isnan(after), before, after)


@dataclass(frozen=True)
class Largest(Move):
    """The largest of months, at its least: where the latest was the largest, the largest of those that are known.

    Parameters
    ----------
    latest : str
        The feature of the latest month.
    other, another : str
        Features that some month is not below.
    """

    latest: str
    other: str
    another: str = ""
    only_follows: ClassVar[bool] = True

    def value(self, at: Course) -> _Values:
        """Its value after the action."""
        before = at.before[self.feature]
        known = np.fmax(np.fmax(at.now[self.latest], at.now[self.other]), at.now[self.another])
        return np.where(at.before[self.latest] >= before, np.fmin(before, known), before)


@dataclass(frozen=True)
class Raised(Move):
    """The largest of months, where the latest was raised.

    Parameters
    ----------
    latest : str
        The feature of the latest month.
    """

    latest: str
    only_follows: ClassVar[bool] = True

    def value(self, at: Course) -> _Values:
        """Its value after the action."""
        before = at.before[self.feature]
        return np.where(at.now[self.latest] > before, at.now[self.latest], before)


@dataclass(frozen=True)
class PartOfMonths(Move):
    """A sum or mean of months, of which the latest is multiplied as another feature was; an estimate.

    Where nobody knows how much of it is of the latest month, the months are taken to be alike.

    Parameters
    ----------
    by : str
        That other feature.
    months : int
        Over how many months.
    """

    by: str
    months: int
    only_follows: ClassVar[bool] = True

    def value(self, at: Course) -> _Values:
        """Its value after the action."""
        return at.before[self.feature] * (1.0 - (1.0 - at.left(self.by)) / self.months)
