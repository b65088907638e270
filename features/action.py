"""An action: something that a person can do about a decision, and how the features follow.

It moves one leading feature to a step, and with it those that are tied to it by what they count
(:mod:`features.moves`). Which actions there are is declared in :mod:`features.actions`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from features.moves import Course, Move

__all__ = ["Action", "Floor", "Multiple"]

_Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Floor:
    """The least that a lender offers, below which an action does not go.

    Parameters
    ----------
    feature : str
        What is asked for.
    offer : str
        Name of the lender's bound.
    of : str
        The feature that the bound is a share of; empty where it is an amount.
    """

    feature: str
    offer: str
    of: str = ""

    def holds(self, values: Mapping[str, _Values], offers: Mapping[str, float]) -> npt.NDArray[np.bool_]:
        """Whether so much is offered; always, where the lender states no bound or the other feature is missing."""
        least = offers.get(self.offer, -math.inf) * (values[self.of] if self.of else np.float64(1.0))
        return np.logical_not(values[self.feature] < least)


@dataclass(frozen=True)
class Multiple:
    """One feature is exactly so many times another.

    Parameters
    ----------
    feature, of : str
        The two.
    times : float
        How many times.
    """

    feature: str
    of: str
    times: float

    def holds(self, values: Mapping[str, float]) -> bool:
        """Whether it is so; not where one of them is missing."""
        whole, part = values.get(self.feature, math.nan), values.get(self.of, math.nan)
        return math.isclose(whole, self.times * part, rel_tol=1e-9)


@dataclass(frozen=True)
class Action:
    """Something that a person can do.

    Parameters
    ----------
    name : str
        Its name.
    leading : str
        The feature that tells how far it goes, the first that it moves.
    unit : {'share', 'amount', 'level', 'days'}
        What that feature holds.
    steps : tuple of float
        How far it may go, the smallest change first.
    moves : tuple of Move
        How the features follow, in order.
    text, text_zh : str
        What to do, in English and Chinese; ``{before}`` and ``{after}`` stand for the leading feature's values.
    unless : tuple of str
        Features of which none may be above zero: then it would not help as it says.
    floor : Floor, optional
        The least that a lender offers.
    never : Multiple, optional
        What tells that there is no such thing to ask for.
    perhaps : tuple of Move
        How other features follow, in order, as far as anybody can tell: the action must do with them and without.
    """

    name: str
    leading: str
    unit: Literal["share", "amount", "level", "days"]
    steps: tuple[float, ...]
    moves: tuple[Move, ...]
    text: str
    text_zh: str
    unless: tuple[str, ...] = ()
    floor: Floor | None = None
    never: Multiple | None = None
    perhaps: tuple[Move, ...] = ()

    @property
    def features(self) -> tuple[str, ...]:
        """All features that it moves, those that may follow or not among them."""
        return (*self.moved, *(move.feature for move in self.perhaps))

    @property
    def moved(self) -> tuple[str, ...]:
        """The features that it moves in any case."""
        return tuple(move.feature for move in self.moves)

    @property
    def reads(self) -> frozenset[str]:
        """All features that it is computed from."""
        return frozenset().union(*(move.reads for move in (*self.moves, *self.perhaps)))

    @property
    def telling(self) -> frozenset[str]:
        """The features that tell how far it goes: those that it sets or multiplies."""
        return frozenset(move.feature for move in self.moves if not move.only_follows)

    def applies(self, values: Mapping[str, float]) -> bool:
        """Whether the person can do it: the leading feature is above zero, and nothing stands against it."""
        against = any(values.get(name, 0.0) > 0 for name in self.unless)
        return values.get(self.leading, math.nan) > 0 and not against and not (self.never and self.never.holds(values))

    def told(self, before: float, after: float) -> tuple[str, str]:
        """What to do, in English and Chinese, with the leading feature's values.

        Examples
        --------
        >>> Action("pay", "owed", "amount", (), (), "From {before} to {after}", "").told(1234.5, 0.0)[0]
        'From 1,234 to 0'
        """
        told = {"before": before, "after": after}
        return (
            self.text.format(**{name: self.value_told(value) for name, value in told.items()}),
            self.text_zh.format(**{name: self.value_told(value).replace(" ", "") for name, value in told.items()}),
        )

    def value_told(self, value: float) -> str:
        """A value of the leading feature as it is told; an amount below a hundred to the cent.

        Examples
        --------
        >>> pay = Action("pay", "owed", "amount", (), (), "", "")
        >>> pay.value_told(1234.5), pay.value_told(0.3), pay.value_told(0.0)
        ('1,234', '0.30', '0')
        """
        if self.unit == "share":
            return f"{value * 100:.0f} %"
        return f"{value:.2f}" if 0 < value < 100 and value != round(value) else f"{value:,.0f}"

    def after(
        self, values: Mapping[str, float | _Values], step: float | _Values, *, perhaps: bool = False
    ) -> dict[str, _Values]:
        """The features after the action at a step, all of them; the same where it would change nothing.

        Parameters
        ----------
        values : mapping of str to float or ndarray of shape (ways,)
            The features before it, of one way to come there or of many.
        step : float or ndarray of shape (ways,)
            How far it goes.
        perhaps : bool
            Whether what follows as far as anybody can tell is moved as well.

        Examples
        --------
        >>> from features.moves import Cut, Scale
        >>> moves = (Cut("used"), Scale("owed", "used"))
        >>> pay = Action("pay", "used", "share", (0.5, 0.3), moves, "", "")
        >>> {name: float(value) for name, value in pay.after({"used": 0.6, "owed": 1200.0, "age": 40.0}, 0.3).items()}
        {'used': 0.3, 'owed': 600.0, 'age': 40.0}
        """
        before = _Known((name, np.asarray(value)) for name, value in values.items())
        now = _Known(before)
        at = Course(before, now, np.asarray(step))
        for move in (*self.moves, *self.perhaps) if perhaps else self.moves:
            if move.feature in values:
                now[move.feature] = move.value(at)
        return dict(now)

    def is_offered(self, values: Mapping[str, _Values], offers: Mapping[str, float]) -> npt.NDArray[np.bool_]:
        """Whether a lender offers what is asked for after it; always, where it asks for nothing.

        Parameters
        ----------
        values : mapping of str to float or ndarray of shape (ways,)
            The features after the action.
        offers : mapping of str to float
            The lender's bounds by name.
        """
        return np.array(True) if self.floor is None else self.floor.holds(values, offers)


class _Known(dict[str, _Values]):
    """Values by name; what nobody knows is missing."""

    def __missing__(self, name: str) -> _Values:
        return np.array(math.nan)
