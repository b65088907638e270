"""Performance on matured outcomes: discrimination, calibration in the large, and slope.

The standard error of the AUC is that of E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson (Biometrics 44, 1988,
837-845), computed from ranks (X. Sun and W. Xu, IEEE Signal Processing Letters 21, 2014).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from scoring.calibration import probability
from training.report.calibrated import fit_line, in_the_large

__all__ = ["LEAST_BADS", "Performance", "auc_with_error", "design_effect", "measure"]

_Values = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]

LEAST_BADS: Final = 30
"""With fewer bad, or good, people nothing is measured (own standard)."""


@dataclass(frozen=True)
class Performance:
    """What outcomes show.

    Parameters
    ----------
    count, bad : int
        People, and how many of them went bad.
    predicted, observed : float
        Mean default probability, and the rate of bad.
    auc, auc_error : float
        AUC and its standard error.
    in_the_large, in_the_large_error : float
        Intercept of the log-odds when the slope is held at 1, and its standard error: above 0 says that more went
        bad than was predicted.
    slope, slope_error : float
        Calibration slope and its standard error; 1 where probabilities are true.
    """

    count: int
    bad: int
    predicted: float
    observed: float
    auc: float
    auc_error: float
    in_the_large: float
    in_the_large_error: float
    slope: float
    slope_error: float


def auc_with_error(predicted: _Values, is_bad: _Flags) -> tuple[float, float]:
    """AUC and its standard error after DeLong.

    Parameters
    ----------
    predicted : ndarray of shape (n,)
        Anything that grows with risk.
    is_bad : ndarray of shape (n,)
        Outcomes; at least two of each kind.

    Examples
    --------
    >>> auc, error = auc_with_error(np.array([1.0, 2.0, 3.0, 4.0]), np.array([False, True, False, True]))
    >>> f"{auc:.2f} {error:.3f}"  # shares 1/2 and 1 of the bad, 1 and 1/2 of the good: variance 1/8 / 2 each
    '0.75 0.354'
    """
    bad, good = predicted[is_bad], predicted[~is_bad]
    n, m = len(bad), len(good)
    among_all = rankdata(np.concatenate([bad, good]))
    of_bad = (among_all[:n] - rankdata(bad)) / m
    of_good = 1 - (among_all[n:] - rankdata(good)) / n
    return float(of_bad.mean()), float(np.sqrt(of_bad.var(ddof=1) / n + of_good.var(ddof=1) / m))


def design_effect(predicted: _Values, is_bad: _Flags, consumer_ids: npt.NDArray[np.int64]) -> float:
    """By how much repeated people widen the variance of a sum of residuals; 1 at least.

    The variance between people over that between rows: sum over people of (sum of their residuals)^2 / sum of
    residual^2, as in the cluster-robust variance of K.-Y. Liang and S. Zeger (Biometrika 73, 1986, 13-22).

    Parameters
    ----------
    predicted : ndarray of shape (n,)
        Default probabilities.
    is_bad : ndarray of shape (n,)
        Outcomes.
    consumer_ids : ndarray of shape (n,)
        Whose rows they are.

    Examples
    --------
    >>> twice = np.array([7, 7, 8, 8])  # each person twice, with the same outcome: half as much is known
    >>> design_effect(np.full(4, 0.5), np.array([True, True, False, False]), twice)
    2.0
    """
    residuals = is_bad - predicted
    _, places = np.unique(consumer_ids, return_inverse=True)
    between = float((np.bincount(places, residuals) ** 2).sum())
    return max(1.0, between / float((residuals**2).sum()))


def measure(log_odds: _Values, is_bad: _Flags, consumer_ids: npt.NDArray[np.int64] | None = None) -> Performance | None:
    """Performance on some people; None with too few good or bad among them.

    Parameters
    ----------
    log_odds : ndarray of shape (n,)
        Calibrated log-odds of bad.
    is_bad : ndarray of shape (n,)
        Outcomes.
    consumer_ids : ndarray of shape (n,), optional
        Whose rows they are. A person who is observed several times tells less than several people: all standard
        errors grow by the square root of the design effect of the rate of bad (:func:`design_effect`).
    """
    bad = int(is_bad.sum())
    if min(bad, len(is_bad) - bad) < LEAST_BADS:
        return None
    auc, auc_error = auc_with_error(log_odds, is_bad)
    line = fit_line(log_odds, is_bad)
    large, large_error = in_the_large(log_odds, is_bad)
    predicted = float(probability(log_odds).mean())
    wider = 1.0 if consumer_ids is None else float(np.sqrt(design_effect(probability(log_odds), is_bad, consumer_ids)))
    return Performance(
        count=len(is_bad),
        bad=bad,
        predicted=predicted,
        observed=bad / len(is_bad),
        auc=auc,
        auc_error=wider * auc_error,
        in_the_large=large,
        in_the_large_error=wider * large_error,
        slope=line.slope,
        slope_error=wider * line.slope_error,
    )
