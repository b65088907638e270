"""Moves: how one feature follows what a person does (:mod:`features.actions`).

Where a move is not known exactly, because features tell sums and not accounts, the less favourable end
is taken: bringing every card to a share of its limit brings their common share to that at most. All of
them work on numbers and on arrays of many ways to act alike, and what is missing stays so.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

__all__ = ["Clear", "Course", "Cut", "Less", "More", "Move", "Part", "Repaid", "Scale", "ShareOf"]

_Values = npt.NDArray[np.float64]

_DIGITS: Final = 2
"""An amount that is asked for or left is told in so many digits, and that is what is scored."""


@dataclass(frozen=True)
class Course:
    """Where an action stands while its moves are made.

    Parameters
    ----------
    before, now : mapping of str to float or ndarray
        The features before the action, and with the moves that came earlier in it; of what is missing, NaN.
    step : float or ndarray
        How far the action goes.
    """

    before: Mapping[str, _Values]
    now: Mapping[str, _Values]
    step: _Values

    def fall(self, name: str) -> _Values:
        """By how much a feature was lessened; zero where it is missing."""
        fall = self.before[name] - self.now[name]
        return np.where(np.isfinite(fall), fall, 0.0)

    def left(self, name: str) -> _Values:
        """The share of a feature that was left; all of it where it is missing, or was not above zero."""
        before = self.before[name]
        share = self.now[name] / np.where(before > 0, before, np.nan)
        return np.where(np.isfinite(share), share, 1.0)


@dataclass(frozen=True)
class Move(ABC):
    """How one feature follows an action.

    Parameters
    ----------
    feature : str
        Name of a counted feature; one that is missing stays so.
    """

    feature: str
    only_follows: ClassVar[bool] = False
    """Whether the feature only follows from what others do, so that it does not tell how far an action goes."""

    @property
    def reads(self) -> frozenset[str]:
        """The features that its value after the action is computed from, itself among them."""
        told = (getattr(self, each.name) for each in fields(self))
        return frozenset(name for name in told if isinstance(name, str) and name)

    @abstractmethod
    def value(self, at: Course) -> _Values:
        """Its value after the action."""


@dataclass(frozen=True)
class Cut(Move):
    """Brought down to the step at most."""

    def value(self, at: Course) -> _Values:
        """Its value after the action."""
        return np.minimum(at.before[self.feature], at.step)


@dataclass(frozen=True)
class Part(Move):
    """An amount of which the step is left, rounded down to the two digits in which it is told."""

    def value(self, at: Course) -> _Values:
        """Its value after the action."""
        left = at.before[self.feature] * at.step
        unit = 10.0 ** (np.floor(np.log10(np.where(left > 0, left, 1.0))) + 1 - _DIGITS)
        return np.where(left > 0, np.floor(left / unit) * unit, left)


@dataclass(frozen=True)
class Scale(Move):
    """Multiplied as another feature was by this action.

    Parameters
    ----------
    by : str
        That other feature.
    """

    by: str

    def value(self, at: Course) -> _Values:
        """Its value after the action."""
        return at.before[self.feature] * at.left(self.by)


@dataclass(frozen=True)
class Clear(Move):
    """Brought to zero; a count of what stands at a share of its limit or over, once the step lies below that.

    Parameters
    ----------
    below : float
        That share.
    """

    below: float = math.inf

    def value(self, at: Course) -> _Values:
        """Its value after the action."""
        before = at.before[self.feature]
        return np.where(at.step < self.below, np.minimum(before, 0.0), before)


@dataclass(frozen=True)
class Less(Move):
    """Lessened by as much as another feature was.

    Parameters
    ----------
    by : str
        That other feature.
    """

    by: str
    only_follows: ClassVar[bool] = True

    def value(self, at: Course) -> _Values:
        """Its value after the action."""
        return at.before[self.feature] - at.fall(self.by)


@dataclass(frozen=True)
class More(Move):
    """Raised by as much as another feature was lessened.

    Parameters
    ----------
    by : str
        That other feature.
    """

    by: str
    only_follows: ClassVar[bool] = True

    def value(self, at: Course) -> _Values:
        """Its value after the action."""
        return at.before[self.feature] + at.fall(self.by)


@dataclass(frozen=True)
class ShareOf(Move):
    """One feature by another, as they stand now.

    Parameters
    ----------
    part, whole : str
        The two.
    """

    part: str
    whole: str
    only_follows: ClassVar[bool] = True

    def value(self, at: Course) -> _Values:
        """Its value after the action."""
        before, whole = at.before[self.feature], at.now[self.whole]
        share = np.maximum(at.now[self.part], 0.0) / np.where(whole > 0, whole, np.nan)
        return np.where(np.isfinite(share) & ~np.isnan(before), share, before)


@dataclass(frozen=True)
class Repaid(Move):
    """A share paid back, of which what is left falls as another feature does.

    Parameters
    ----------
    by : str
        That other feature.
    """

    by: str

    def value(self, at: Course) -> _Values:
        """Its value after the action."""
        before = at.before[self.feature]
        return np.maximum(before, 1.0 - (1.0 - before) * at.left(self.by))
