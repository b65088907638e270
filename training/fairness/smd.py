"""Standardised mean difference of the credit score between groups.

    smd = (mean of the group - mean of the reference) / pooled standard deviation within both

**Sign: negative means that the group has lower scores**, so fares worse, than the reference. The interval is
that of L. V. Hedges and I. Olkin, Statistical Methods for Meta-Analysis (1985), chapter 5: variance
``(n + m) / (n m) + smd^2 / (2 (n + m))``. About 0.2, 0.5 and 0.8 are customarily read as a small, a medium and a
large difference (J. Cohen, Statistical Power Analysis, 2nd ed. 1988).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from training.fairness.groups import Groups

__all__ = ["MeanDifference", "mean_differences"]

_Z: Final = 1.959963984540054


@dataclass(frozen=True)
class MeanDifference:
    """One group against the reference.

    Parameters
    ----------
    group, reference : str
        Which.
    count, reference_count : int
        People in both.
    mean, reference_mean : float
        Mean scores.
    smd, low, high : float
        Standardised mean difference and its 95 % interval; NaN where a group has fewer than two people, or
        nobody differs.
    """

    group: str
    reference: str
    count: int
    reference_count: int
    mean: float
    reference_mean: float
    smd: float
    low: float
    high: float


def mean_differences(groups: Groups, credit_score: npt.ArrayLike) -> tuple[MeanDifference, ...]:
    """Every group but the reference.

    Parameters
    ----------
    groups : Groups
        The groups of n people.
    credit_score : array of shape (n,)
        Their scores; anything else that is higher for the better does, too.
    """
    scores = np.asarray(credit_score, dtype=np.float64)
    base = scores[groups.rows(groups.reference)]
    found = []
    for number in groups.others:
        own = scores[groups.rows(number)]
        smd, low, high = _difference(own, base)
        mean = float(own.mean()) if len(own) else float("nan")
        base_mean = float(base.mean()) if len(base) else float("nan")
        found.append(
            MeanDifference(
                groups.names[number],
                groups.names[groups.reference],
                len(own),
                len(base),
                mean,
                base_mean,
                smd,
                low,
                high,
            )
        )
    return tuple(found)


def _difference(own: npt.NDArray[np.float64], base: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    n, m = len(own), len(base)
    if min(n, m) < 2:
        return float("nan"), float("nan"), float("nan")
    pooled = ((n - 1) * own.var(ddof=1) + (m - 1) * base.var(ddof=1)) / (n + m - 2)
    if pooled == 0:
        return float("nan"), float("nan"), float("nan")
    smd = float((own.mean() - base.mean()) / np.sqrt(pooled))
    error = float(np.sqrt((n + m) / (n * m) + smd**2 / (2 * (n + m))))
    return smd, smd - _Z * error, smd + _Z * error
