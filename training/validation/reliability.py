"""Whether reasons hold: exact, faithful to the model, the same when asked again, and never against their direction."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from scoring.explainer import Explainer
from scoring.group_game import GroupGame
from scoring.model import Model
from scoring.reasons import Explanation, principal
from scoring.trees import forest_of
from training.baselines import draw_baselines
from training.boosting import fit_booster
from training.validation.brute_force import brute_force
from training.validation.evidence import Evidence
from training.validation.sensitivity import noise

__all__ = ["Flips", "Reliability", "kept_share", "told_reasons"]

_Values = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]

_PEOPLE: Final = 500
_FEW: Final = 3
_MOST_PLAYERS: Final = 8
_BACKGROUND: Final = 20
_FLIPPED: Final = 200
_DRAWS: Final = 3


@dataclass(frozen=True)
class Flips:
    """How many of those not approved would be approved after a change, of each hundred ways to change it.

    Parameters
    ----------
    named : float
        Share approved once the named reasons are as with applicants near the cut-off.
    others : float
        Share approved once as many other reasons are, drawn at random.
    people : int
        Over how many people.
    """

    named: float
    others: float
    people: int


class Reliability:
    """Figures over people of the latest sample.

    Parameters
    ----------
    evidence : Evidence
        What is validated.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.explainer = Explainer(evidence.bundle)
        self.rows = evidence.sample_of(evidence.latest.rows, _PEOPLE, salt=10)
        self.values = evidence.people.values[self.rows]
        self.near, self.everybody = self.explainer.weights(self.values)
        self.told = told_reasons(self.near)
        self.refused = evidence.credit_score[self.rows] < evidence.bundle.policy.refer_below

    @cached_property
    def explanations(self) -> list[Explanation]:
        """What those not approved are told."""
        return self.explainer.explain(self.values[self.refused])

    @property
    def error(self) -> float:
        """By how much contributions and base miss the log-odds at most, against either baseline."""
        sums = [
            base + weights.sum(axis=1)
            for base, weights in zip(self.explainer.base, (self.near, self.everybody), strict=True)
        ]
        return float(max(np.abs(each - self.evidence.log_odds[self.rows]).max() for each in sums))

    def brute_force_error(self) -> tuple[float, int, int] | None:
        """Distance from the definition on the model's first trees, with how many trees and players.

        As many trees as have at most eight reasons between them; None where the first alone has more.
        """
        bundle, forest = self.evidence.bundle, self.evidence.bundle.model.forest
        reason_of = np.array(bundle.reason_of)
        used, trees = set[str](), 0
        for tree in forest.trees:
            more = used | set(reason_of[forest.feature[tree.condition]].tolist())
            if len(more) > _MOST_PLAYERS:
                break
            used, trees = more, trees + 1
        if not used:
            return None
        codes = sorted(used)
        group_of = [codes.index(code) if code in used else 0 for code in reason_of.tolist()]  # those move nothing
        booster = bundle.model.booster
        background = bundle.baselines.values(forest)[0][:_BACKGROUND]
        game = GroupGame(forest_of(booster.model_to_string(num_iteration=trees)), group_of, [background])

        def predict(rows: _Values) -> _Values:
            margin: _Values = booster.predict(rows, raw_score=True, num_iteration=trees, num_threads=1)
            return margin

        error = 0.0
        for person in self.values[:_FEW]:
            expected, base = brute_force(predict, group_of, person, background)
            found = game.contributions(person[np.newaxis]).groups[0, 0]
            error = max(error, abs(base - float(game.base[0])), float(np.abs(found - expected).max()))
        return error, trees, len(codes)

    def flips(self) -> Flips | None:
        """What moving the named reasons to the baseline does to those not approved; None where there are none."""
        evidence = self.evidence
        some = np.flatnonzero(self.refused)[:_FLIPPED]
        if not len(some):
            return None
        random = np.random.default_rng((evidence.seed, 21))
        baseline = evidence.bundle.baselines.values(evidence.bundle.model.forest)[0]
        columns = np.array([evidence.bundle.reason_codes.index(code) for code in evidence.bundle.reason_of])
        moves = np.abs(self.near).max(axis=0) > 0
        named, others = [], []
        for row in some.tolist():
            told = np.flatnonzero(self.told[row])
            rest = np.setdiff1d(np.flatnonzero(moves), told)
            rows = baseline[random.integers(0, len(baseline), _BACKGROUND)]
            named.append(self._approved(row, np.isin(columns, told), rows))
            drawn = [random.permutation(rest)[: len(told)] for _ in range(_DRAWS)]
            others.append(float(np.mean([self._approved(row, np.isin(columns, each), rows) for each in drawn])))
        return Flips(float(np.mean(named)), float(np.mean(others)), len(some))

    def _approved(self, row: int, columns: _Flags, baseline: _Values) -> float:
        """Share of the baseline's rows with which in these columns the person would be approved."""
        bundle = self.evidence.bundle
        moved = np.where(columns, baseline, self.values[row])
        score = bundle.scale.to_score(bundle.calibration.log_odds(bundle.model.margin(moved)))
        return float((score >= bundle.policy.refer_below).mean())

    def disturbed(self) -> _Values:
        """Weights after a little noise in all features."""
        evidence = self.evidence
        seen = evidence.people.values[evidence.samples.development]
        random = np.random.default_rng((evidence.seed, 11))
        disturbed = noise(self.values, evidence.main_columns, seen, random, size=0.05)
        weights: _Values = self.explainer.weights(disturbed)[0]
        return weights

    def drawn_again(self) -> _Values:
        """Weights against other applicants near the cut-off, drawn by another seed."""
        bundle = self.evidence.bundle
        return self._game(bundle.model, self.evidence.seed + 1)

    def fitted_again(self) -> _Values:
        """Weights by another model, fitted on the same people with another seed."""
        evidence = self.evidence
        rows = evidence.samples.development
        directions = [int(evidence.features.catalogue[name].direction) for name in evidence.people.features]
        booster = fit_booster(evidence.people.values[rows], evidence.people.is_bad[rows], evidence.people.features,
                              directions, evidence.parameters, evidence.seed + 1)  # fmt: skip
        return self._game(Model(booster.model_to_string(), evidence.people.features), evidence.seed)

    def _game(self, model: Model, seed: int) -> _Values:
        """Weights near the cut-off by another model or against other rows."""
        bundle, people = self.evidence.bundle, self.evidence.people
        development = people.values[self.evidence.samples.development]
        drawn = draw_baselines(model, bundle.calibration, bundle.scale, bundle.policy, development, seed=seed)
        group_of = [bundle.reason_codes.index(code) for code in bundle.reason_of]
        game = GroupGame(model.forest, group_of, [drawn.baselines.values(model.forest)[0]])
        weights: _Values = game.contributions(self.values).groups[0] * bundle.calibration.slope
        return weights

    def agreement(self) -> float:
        """Share of the reasons told that are among the first four against all applicants too."""
        return kept_share(self.near[self.refused], self.everybody[self.refused])

    def against_direction(self) -> tuple[int, int]:
        """Reasons told by a value on the safe side of what is typical, and all told by a feature with a direction."""
        wrong = told = 0
        for each in (reason for explanation in self.explanations for reason in explanation.reasons):
            direction = self.evidence.features.catalogue[each.feature].direction
            if direction and each.value is not None:
                told += 1
                wrong += self.evidence.bundle.typical[each.feature].is_safer(each.value, direction)
        return wrong, told


def told_reasons(weights: _Values) -> _Flags:
    """Which reasons each person is told.

    Parameters
    ----------
    weights : ndarray of shape (people, reasons)
        Contributions to the log-odds of bad.
    """
    told = np.zeros(weights.shape, dtype=bool)
    for row, columns in enumerate(principal(weights)):
        told[row, columns] = True
    return told


def kept_share(before: _Values, now: _Values) -> float:
    """Share of the reasons told before that are told now, over all people together.

    Examples
    --------
    >>> kept_share(np.array([[0.5, 0.1, -1.0]]), np.array([[0.5, -0.1, 1.0]]))
    0.5
    """
    told, again = told_reasons(before), told_reasons(now)
    return float((told & again).sum() / max(int(told.sum()), 1))
