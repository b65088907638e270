"""Moves: how one feature follows what a person does (:mod:`features.actions`).

Where a move is not known exactly, because features tell sums and not accounts, the less favourable end
is taken: bringing every card to a share of its limit brings their common share to that at most.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Clear", "Course", "Cut", "Less", "More", "Move", "Repaid", "Scale", "ShareOf"]


@dataclass(frozen=True)
class Course:
    """Where an action stands while its moves are made.

    Parameters
    ----------
    before, now : mapping of str to float
        The features before the action, and with the moves that came earlier in it; of what is missing, NaN.
    step : float
        How far the action goes.
    """

    before: Mapping[str, float]
    now: Mapping[str, float]
    step: float

    def fall(self, name: str) -> float:
        """By how much a feature was lessened; zero where it is missing."""
        fall = self.before[name] - self.now[name]
        return fall if math.isfinite(fall) else 0.0


@dataclass(frozen=True)
class Move(ABC):
    """How one feature follows an action.

    Parameters
    ----------
    feature : str
        Name of a counted feature; one that is missing stays so.
    """

    feature: str

    @abstractmethod
    def value(self, at: Course) -> float:
        """Its value after the action."""


@dataclass(frozen=True)
class Cut(Move):
    """Brought down to the step at most."""

    def value(self, at: Course) -> float:
        """Its value after the action."""
        return min(at.before[self.feature], at.step)


@dataclass(frozen=True)
class Scale(Move):
    """Multiplied: by the step, or as another feature was by this action.

    Parameters
    ----------
    by : str
        That other feature; empty for the step.
    """

    by: str = ""

    def value(self, at: Course) -> float:
        """Its value after the action."""
        if not self.by:
            return at.before[self.feature] * at.step
        share = at.now[self.by] / at.before[self.by] if at.before[self.by] > 0 else 1.0
        return at.before[self.feature] * (share if math.isfinite(share) else 1.0)


@dataclass(frozen=True)
class Clear(Move):
    """Brought to zero; a count of what stands at a share of its limit or over, once the step lies below that.

    Parameters
    ----------
    below : float
        That share.
    """

    below: float = math.inf

    def value(self, at: Course) -> float:
        """Its value after the action."""
        return min(at.before[self.feature], 0.0) if at.step < self.below else at.before[self.feature]


@dataclass(frozen=True)
class Less(Move):
    """Lessened by as much as another feature was.

    Parameters
    ----------
    by : str
        That other feature.
    """

    by: str

    def value(self, at: Course) -> float:
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

    def value(self, at: Course) -> float:
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

    def value(self, at: Course) -> float:
        """Its value after the action."""
        whole = at.now[self.whole]
        share = max(at.now[self.part], 0.0) / whole if whole > 0 else math.nan
        return share if math.isfinite(share) else at.before[self.feature]


@dataclass(frozen=True)
class Repaid(Move):
    """A share paid back, of which what was left is multiplied by the step."""

    def value(self, at: Course) -> float:
        """Its value after the action."""
        before = at.before[self.feature]
        return max(before, 1.0 - (1.0 - before) * at.step)
