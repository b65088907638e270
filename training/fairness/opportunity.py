"""Equal opportunity: approval among those who turned out good (M. Hardt, E. Price and N. Srebro, 2016).

A group's ratio is taken among its good people alone, which sets aside that rates of bad may differ between
groups; approval among the bad stands beside it. Ratios have Koopman's 95 % interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.fairness.groups import LEAST_IN_GROUP, Groups
from training.fairness.impact import Verdict, verdict_of
from training.fairness.ratio import rate_ratio, ratio_interval

__all__ = ["Opportunity", "opportunities"]


@dataclass(frozen=True)
class Opportunity:
    """One group at one cut-off; rates are NaN where there is nobody.

    Parameters
    ----------
    group, reference : str
        Which.
    good, bad : int
        How many of the group turned out so.
    approved_good, approved_bad : float
        Share of each that is approved.
    ratio, low, high : float
        Approval among the good over that of the reference's good, and its 95 % interval.
    verdict : str
        As of :func:`training.fairness.impact.verdict_of`; too few with fewer good people than
        :data:`~training.fairness.groups.LEAST_IN_GROUP` on either side.
    """

    group: str
    reference: str
    good: int
    bad: int
    approved_good: float
    approved_bad: float
    ratio: float
    low: float
    high: float
    verdict: Verdict


def opportunities(
    groups: Groups, credit_score: npt.NDArray[np.int64], is_bad: npt.NDArray[np.bool_], cut_off: int
) -> tuple[Opportunity, ...]:
    """Every group, the reference included, in the order of their names.

    Parameters
    ----------
    groups : Groups
        The groups of n people.
    credit_score, is_bad : ndarray of shape (n,)
        Scores and outcomes.
    cut_off : int
        Who has a score at least as high is approved.
    """
    approved = credit_score >= cut_off
    size = len(groups.names)
    good, bad = (np.bincount(groups.codes[rows], minlength=size) for rows in (~is_bad, is_bad))
    passed_good, passed_bad = (np.bincount(groups.codes[rows & approved], minlength=size) for rows in (~is_bad, is_bad))
    base = groups.reference
    pair = (passed_good, good, passed_good[base], good[base])
    ratio, (low, high) = rate_ratio(*pair), ratio_interval(*pair)
    return tuple(
        Opportunity(
            group=name,
            reference=groups.names[base],
            good=int(good[number]),
            bad=int(bad[number]),
            approved_good=_share(passed_good[number], good[number]),
            approved_bad=_share(passed_bad[number], bad[number]),
            ratio=float(ratio[number]),
            low=float(low[number]),
            high=float(high[number]),
            verdict=verdict_of(float(low[number]), float(high[number]))
            if min(good[number], good[base]) >= LEAST_IN_GROUP
            else "too few to judge",
        )
        for number, name in enumerate(groups.names)
    )


def _share(part: int, whole: int) -> float:
    return float(part / whole) if whole else float("nan")
