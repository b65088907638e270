"""Calibration: from a model's margin to log-odds that hold on people it has not seen.

A straight line on the log-odds (J. Platt, Probabilistic Outputs for Support Vector Machines, 1999):
it keeps the order of people, and the contributions of features scale with its slope.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Calibration", "probability"]


@dataclass(frozen=True)
class Calibration:
    """log-odds = intercept + slope * margin.

    Parameters
    ----------
    slope : float
        Positive, or the order of people would turn.
    intercept : float
        Shift of the log-odds.

    Raises
    ------
    ValueError
        If the slope is not positive, or one of them not finite.
    """

    slope: float = 1.0
    intercept: float = 0.0

    def __post_init__(self) -> None:
        if not self.slope > 0:
            raise ValueError(f"slope {self.slope!r} is not positive: calibration would turn the order of people")
        if not (math.isfinite(self.slope) and math.isfinite(self.intercept)):
            raise ValueError(f"slope {self.slope!r} and intercept {self.intercept!r} must be finite")

    def log_odds(self, margin: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Calibrated log-odds of bad."""
        return self.intercept + self.slope * np.asarray(margin, dtype=np.float64)


def probability(log_odds: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Probability of log-odds, without overflow.

    Examples
    --------
    >>> probability([0.0, -1000.0, 1000.0]).tolist()
    [0.5, 0.0, 1.0]
    """
    x = np.asarray(log_odds, dtype=np.float64)
    small = np.exp(-np.abs(x))
    result: npt.NDArray[np.float64] = np.where(x >= 0, 1.0, small) / (1.0 + small)
    return result
