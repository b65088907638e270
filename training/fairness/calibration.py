"""Calibration by group: whether what was predicted for a group is what happened to it.

The observed rate of bad has Jeffreys' 95 % interval, quantiles of Beta(bad + 1/2, good + 1/2) (L. D. Brown, T. T.
Cai and A. DasGupta, Statistical Science 16, 2001, 101-133). A mean prediction above it means that the group's risk is
overstated, one below that it is understated. Equal calibration and equal error rates cannot both hold when rates
of bad differ (J. Kleinberg, S. Mullainathan and M. Raghavan, 2016), so this stands beside the other figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv

from training.fairness.groups import LEAST_IN_GROUP, Groups

__all__ = ["GroupCalibration", "calibration_by_group"]

_TAIL: Final = 0.025
_NAN: Final = float("nan")


@dataclass(frozen=True)
class GroupCalibration:
    """One group.

    Parameters
    ----------
    group : str
        Which.
    count, bad : int
        People, and how many of them went bad.
    predicted : float
        Mean default probability; NaN when there is nobody.
    observed, low, high : float
        Rate of bad and its 95 % interval; NaN when there is nobody.
    """

    group: str
    count: int
    bad: int
    predicted: float
    observed: float
    low: float
    high: float

    @property
    def verdict(self) -> Literal["as predicted", "risk overstated", "risk understated", "too few to judge"]:
        """What the interval says of the prediction."""
        if self.count < LEAST_IN_GROUP:
            return "too few to judge"
        if self.predicted > self.high:
            return "risk overstated"
        return "risk understated" if self.predicted < self.low else "as predicted"


def calibration_by_group(
    groups: Groups, default_probability: npt.NDArray[np.float64], is_bad: npt.NDArray[np.bool_]
) -> tuple[GroupCalibration, ...]:
    """Every group, the reference included, in the order of their names.

    Parameters
    ----------
    groups : Groups
        The groups of n people.
    default_probability : ndarray of shape (n,)
        Calibrated probabilities.
    is_bad : ndarray of shape (n,)
        Outcomes.
    """
    return tuple(
        _calibration(name, default_probability[groups.rows(number)], is_bad[groups.rows(number)])
        for number, name in enumerate(groups.names)
    )


def _calibration(name: str, predicted: npt.NDArray[np.float64], is_bad: npt.NDArray[np.bool_]) -> GroupCalibration:
    count, bad = len(is_bad), int(is_bad.sum())
    if not count:
        return GroupCalibration(name, 0, 0, _NAN, _NAN, _NAN, _NAN)
    low = float(betaincinv(bad + 0.5, count - bad + 0.5, _TAIL)) if bad else 0.0
    high = float(betaincinv(bad + 0.5, count - bad + 0.5, 1 - _TAIL)) if bad < count else 1.0
    return GroupCalibration(name, count, bad, float(predicted.mean()), bad / count, low, high)
