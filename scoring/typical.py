"""What the applicants that a person is compared with typically show: quartiles and median of each feature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Typical", "typical_of"]


@dataclass(frozen=True)
class Typical:
    """The middle half of a feature's values.

    Parameters
    ----------
    low, high : float or None
        Lower and upper quartile of the values that are known; None where none is.
    missing : float
        Share of the applicants of whom none is known.
    median : float or None
        The median of those values; None where none is, and in bundles that hold none.
    """

    low: float | None
    high: float | None
    missing: float
    median: float | None = None

    def is_safer(self, value: float, direction: int) -> bool:
        """Whether a value lies outside the range on the side of less risk.

        Parameters
        ----------
        value : float
            The value.
        direction : {-1, 0, 1}
            How risk moves when it grows; where that is not declared, no side is safer.

        Examples
        --------
        >>> usual = Typical(0.05, 0.31, missing=0.0)
        >>> usual.is_safer(0.02, 1), usual.is_safer(0.94, 1), usual.is_safer(0.94, -1)
        (True, False, True)
        """
        if self.low is None or self.high is None:
            return False
        return (direction > 0 and value < self.low) or (direction < 0 and value > self.high)

    def plain(self) -> list[float | None]:
        """As JSON holds it."""
        return [self.low, self.high, self.missing, self.median]

    @classmethod
    def of(cls, plain: Any) -> Typical:
        """From what :meth:`plain` gives.

        Raises
        ------
        ValueError
            If it is no such thing.
        """
        low, high, missing, *rest = plain
        median = rest[0] if rest else None
        if (low is None) != (high is None) or not 0 <= missing <= 1 or not (low is None or low <= high):
            raise ValueError("a typical range is two quartiles in order, or none, and a share")
        if len(rest) > 1 or not (median is None or (low is not None and low <= median <= high)):
            raise ValueError("a median lies between its quartiles")
        return cls(low, high, missing, median)


def typical_of(values: npt.NDArray[np.float64], names: tuple[str, ...]) -> Mapping[str, Typical]:
    """Quartiles and median of every feature, each one of its values, so that those of whole numbers are whole.

    Parameters
    ----------
    values : ndarray of shape (rows, features)
        The applicants; missing values NaN.
    names : tuple of str
        Names of the features.
    """
    ranges = {}
    for name, column in zip(names, values.T, strict=True):
        known = column[np.isfinite(column)]
        marks = np.quantile(known, [0.25, 0.5, 0.75], method="inverted_cdf").tolist() if len(known) else [None] * 3
        low, median, high = marks
        ranges[name] = Typical(low, high, float(np.mean(np.isnan(column))), median)
    return ranges
