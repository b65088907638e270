"""The explainer: from people's features to reasons and key factors, in words.

Reasons are taken against applicants just above the cut-off: what would have had to be otherwise to be approved.
Key factors of the score are taken against all applicants: what keeps it from being higher, whatever was decided.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from features.reasons import REASONS
from scoring.bundle import Bundle
from scoring.group_game import GroupGame
from scoring.own_value import Beside, Words, words_for
from scoring.reasons import Explanation, ToldReason, Weights, agreement, least_told, principal

__all__ = ["Codes", "Explainer"]

_Values = npt.NDArray[np.float64]

_DIGITS: Final = 9
"""Weights are told to so many digits: sums taken in another order, on another machine, agree in them."""

_NEAR, _ALL = 0, 1

_STAND_IN: Final = 0.1
"""A reason is told by a feature with at least this share of the own effect of the one that weighed most."""

_PEOPLE_AT_A_TIME: Final = 2_000
"""Contributions of so many are held where only the codes are kept: some 14 MB."""


class Codes(NamedTuple):
    """Which reasons and key factors a person would be told, most first.

    Parameters
    ----------
    reasons : tuple of str
        Codes of the reasons.
    key_factors : tuple of str
        Codes of the key factors.
    """

    reasons: tuple[str, ...]
    key_factors: tuple[str, ...]


class Explainer:
    """Explains the scores of a bundle.

    Parameters
    ----------
    bundle : Bundle
        The bundle.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._codes = bundle.reason_codes
        self._features = [np.flatnonzero(np.array(bundle.reason_of) == code) for code in self._codes]
        self._inquiries = [place for place, code in enumerate(self._codes) if REASONS[code].inquiries]
        catalogue, group = bundle.features.catalogue, bundle.baselines.near_cut_off_of
        self._typical = [bundle.typical[name] for name in bundle.model.features]
        self._directions = [int(catalogue[name].direction) for name in bundle.model.features]
        self._words = [words_for(catalogue[name], bundle.typical[name], group) for name in bundle.model.features]

    @cached_property
    def game(self) -> GroupGame:
        """The game of its reasons, against applicants near the cut-off and against all; made when first asked for."""
        model = self._bundle.model
        group_of = [self._codes.index(code) for code in self._bundle.reason_of]
        return GroupGame(model.forest, group_of, self._bundle.baselines.values(model.forest))

    @cached_property
    def base(self) -> _Values:
        """Mean log-odds of both baselines: near the cut-off, and all applicants."""
        return np.round(self._bundle.calibration.log_odds(self.game.base), _DIGITS)

    def weights(self, values: _Values) -> _Values:
        """What each reason adds to people's log-odds, against both baselines.

        Parameters
        ----------
        values : ndarray of shape (people, features)
            The model's features in its order; missing values NaN.

        Returns
        -------
        ndarray of shape (2, people, reasons)
            Against applicants near the cut-off, and against all; the reasons in the order of the bundle's codes.
        """
        return self._scaled(self.game.contributions(values).groups)

    def explain(self, values: _Values) -> list[Explanation]:
        """Reasons and key factors of each person; nobody's depend on who else is in the table.

        Parameters
        ----------
        values : ndarray of shape (people, features)
            The model's features in its order; missing values NaN.
        """
        found = self.game.contributions(values)
        near, everybody = self._scaled(found.groups)
        base, base_all = self.base.tolist()
        return [
            Explanation(
                reasons=self._told(told, near[row], found.own[_NEAR, row], values[row]),
                key_factors=self._told(
                    self._with_inquiries(factors, everybody[row]), everybody[row], found.own[_ALL, row], values[row]
                ),
                agreement=agreement(told, factors),
                base=base,
                base_all=base_all,
                contributions=Weights(self._codes, near[row].tolist()),
                contributions_all=Weights(self._codes, everybody[row].tolist()),
            )
            for row, (told, factors) in enumerate(zip(principal(near), principal(everybody), strict=True))
        ]

    def codes(self, values: _Values) -> list[Codes]:
        """The codes that :meth:`explain` tells of each person, without the words: for many people, in bounded memory.

        Parameters
        ----------
        values : ndarray of shape (people, features)
            The model's features in its order; missing values NaN.
        """
        found: list[Codes] = []
        for start in range(0, len(values), _PEOPLE_AT_A_TIME):
            near, everybody = self.weights(values[start : start + _PEOPLE_AT_A_TIME])
            for told, factors, weights in zip(principal(near), principal(everybody), everybody, strict=True):
                found.append(Codes(self._coded(told), self._coded(self._with_inquiries(factors, weights))))
        return found

    def _coded(self, places: list[int]) -> tuple[str, ...]:
        return tuple([self._codes[place] for place in places])

    def _scaled(self, margins: _Values) -> _Values:
        return np.round(margins * self._bundle.calibration.slope, _DIGITS)

    def _with_inquiries(self, factors: list[int], weights: _Values) -> list[int]:
        """The key factors, and that of inquiries as a fifth if it weighs enough to be told and is none of them."""
        least = float(least_told(weights))
        more = [place for place in self._inquiries if place not in factors and weights[place] > least]
        return [*factors, *sorted(more, key=lambda place: -weights[place])[:1]]

    def _told(self, places: list[int], weights: _Values, own: _Values, values: _Values) -> tuple[ToldReason, ...]:
        return tuple(self._tell(place, float(weights[place]), own, values) for place in places)

    def _column(self, place: int, own: _Values, values: _Values) -> int:
        """The feature by which a reason is told: of those that weighed against the person, the one that did most.

        Those whose value lies outside of what is typical come first, then those told beside a median: figures
        that seem to speak against the reason explain nothing. What weighed less than a tenth of the first is no
        stand-in for it. One whose value is safer than what is typical comes last.
        """
        features = self._features[place]
        best: list[int] = features[np.argsort(-own[features], kind="stable")].tolist()
        least = _STAND_IN * max(float(own[best[0]]), 0.0)
        against = [column for column in best if own[column] > least]
        found: list[int] = []
        for wanted in (Beside.RANGE, Beside.MEDIAN):
            found = [column for column in against if self._words[column].beside(float(values[column])) >= wanted]
            if found:
                return found[0]
        for column in best:
            if own[column] > 0 and not self._typical[column].is_safer(float(values[column]), self._directions[column]):
                return column
        return best[0]

    def _tell(self, place: int, weight: float, own: _Values, values: _Values) -> ToldReason:
        """A reason by the feature that tells it best."""
        column = self._column(place, own, values)
        code, value = self._codes[place], float(values[column])
        words: Words = self._words[column]
        told, told_zh = words.told(value)
        reason = REASONS[code]
        return ToldReason(
            code, reason.statement, reason.statement_zh, weight, self._bundle.model.features[column],
            None if math.isnan(value) else value, told, told_zh,
        )  # fmt: skip
