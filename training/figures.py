"""Figures of a model: how well it tells good from bad, and how true its probabilities are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score, roc_curve

__all__ = ["CALIBRATION_BINS", "Figures", "expected_calibration_error", "figures"]

CALIBRATION_BINS: Final = 10
"""Bins of the expected calibration error."""


@dataclass(frozen=True)
class Figures:
    """Figures over one set of people.

    Parameters
    ----------
    auc : float
        Area under the receiver operating characteristic.
    gini : float
        2 * auc - 1 (Somers' D of outcome and prediction).
    ks : float
        Largest distance between the distributions of good and bad (Kolmogorov-Smirnov).
    expected_calibration_error : float
        See :func:`expected_calibration_error`.
    """

    auc: float
    gini: float
    ks: float
    expected_calibration_error: float


def expected_calibration_error(
    default_probability: npt.NDArray[np.float64], is_bad: npt.NDArray[np.bool_], bins: int = CALIBRATION_BINS
) -> float:
    """Mean distance of predicted and observed bad rate over bins of equal count, weighted by count.

    Sum over bins b of n_b / n * abs(mean probability in b - share of bads in b); see M. Naeini,
    G. Cooper and M. Hauskrecht, Obtaining Well Calibrated Probabilities Using Bayesian Binning
    (2015), here with bins of equal count. Equal probabilities are put into bins in the order given,
    so that a bin's count does not depend on ties. A perfect model does not show zero: with bins of
    m people it is on average sqrt(2 / pi) * mean of sqrt(p (1 - p) / m).

    Parameters
    ----------
    default_probability : ndarray of shape (n,)
        Predictions.
    is_bad : ndarray of shape (n,)
        The outcome.
    bins : int
        Number of bins; their counts differ by one at most.

    Examples
    --------
    >>> chance = np.repeat([0.1, 0.5], 10)
    >>> bad = np.array([True] + [False] * 9 + [True] * 5 + [False] * 5)
    >>> round(expected_calibration_error(chance, bad, bins=2), 12)
    0.0
    """
    order = np.argsort(default_probability, kind="stable")
    error = 0.0
    for part in np.array_split(order, bins):
        if part.size:
            error += part.size * abs(default_probability[part].mean() - is_bad[part].mean())
    return float(error / len(order))


def figures(default_probability: npt.NDArray[np.float64], is_bad: npt.NDArray[np.bool_]) -> Figures:
    """All figures over one set of people.

    Parameters
    ----------
    default_probability : ndarray of shape (n,)
        Predictions.
    is_bad : ndarray of shape (n,)
        The outcome; both kinds must be there.

    Raises
    ------
    ValueError
        If there are only good or only bad people.
    """
    if is_bad.all() or not is_bad.any():
        raise ValueError("figures need both good and bad people; deliver outcomes of the other kind")
    auc = float(roc_auc_score(is_bad, default_probability))
    false_positive, true_positive, _ = roc_curve(is_bad, default_probability)
    return Figures(
        auc,
        2 * auc - 1,
        float(np.max(true_positive - false_positive)),
        expected_calibration_error(default_probability, is_bad),
    )
