"""Baseline and choice of a search for alternatives, on people whom the search has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.boosting import fit_booster
from training.fairness.alternatives import Alternatives
from training.fairness.groups import Groups
from training.fairness.impact import Impact, impact
from training.fairness.objective import lowest_share
from training.report.resampling import bootstrap
from training.report.section import Interval

__all__ = ["Confirmed", "confirm"]

_Values = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Confirmed:
    """Baseline and choice on people whom the search has not seen.

    Parameters
    ----------
    baseline_auc, chosen_auc : float
        Both AUC.
    difference : float
        Of the choice less the baseline.
    interval : Interval
        Its 95 % interval (paired bootstrap).
    baseline_impact, chosen_impact : tuple of Impact
        Every group at the rule's rate of approval, with Koopman's intervals; the one cut-off is not a credit score.
    """

    baseline_auc: float
    chosen_auc: float
    difference: float
    interval: Interval
    baseline_impact: tuple[Impact, ...]
    chosen_impact: tuple[Impact, ...]

    @property
    def lowest_ratios(self) -> tuple[float, float]:
        """Lowest impact ratio of all groups that can be judged, by the baseline and by the choice; NaN without any."""
        before, after = (
            min((float(each.ratio[0]) for each in impacts if each.is_judged), default=float("nan"))
            for impacts in (self.baseline_impact, self.chosen_impact)
        )
        return before, after

    @property
    def holds(self) -> bool:
        """Whether the choice has the higher lowest ratio here, too."""
        before, after = self.lowest_ratios
        return after > before


def confirm(
    found: Alternatives,
    values: _Values,
    is_bad: _Flags,
    features: Sequence[str],
    directions: Sequence[int],
    *,
    development: npt.NDArray[np.intp],
    test: npt.NDArray[np.intp],
    groups: Sequence[Groups],
    draws: int = 500,
) -> Confirmed:
    """Fit baseline and choice on the development sample, and judge both on the test sample.

    Parameters
    ----------
    found : Alternatives
        The search, made on the development sample.
    values, is_bad, features, directions
        Of all people, as of :func:`search_alternatives`.
    development, test : ndarray of int
        Rows of the two samples.
    groups : sequence of Groups
        Attributes of all people.
    draws : int
        Draws of the bootstrap.
    """
    margins = []
    for candidate in (found.baseline, found.chosen):
        held = np.array(values)
        held[:, list(candidate.columns)] = 0.0
        booster = fit_booster(
            held[development], is_bad[development], features, directions, candidate.parameters, found.rule.seed
        )
        margins.append(np.asarray(booster.predict(held[test], raw_score=True, num_threads=1), dtype=np.float64))
    drawn = bootstrap([margins[1], margins[0]], is_bad[test], draws=draws, seed=found.rule.seed)
    difference, interval = drawn.difference(0, 1)
    of_test = [each.take(test) for each in groups]
    approved = [lowest_share(margin, found.rule.approval_rate).astype(np.int64) for margin in margins]
    impacts = [tuple(one for each in of_test for one in impact(each, passed, [1])) for passed in approved]
    return Confirmed(float(drawn.point_auc[1]), float(drawn.point_auc[0]), difference, interval, impacts[0], impacts[1])
