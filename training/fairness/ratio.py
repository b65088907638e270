"""Ratio of two rates with its confidence interval.

The interval is Koopman's: all ratios r that the score test does not reject (P. A. R. Koopman, Confidence Intervals
for the Ratio of Two Binomial Proportions, Biometrics 40, 1984, 513-517). With x of n and y of m, and p = r q the
rates that are most likely when the first is r times the second, r is in the interval if::

    (x / n - r y / m)^2 <= z^2 (p (1 - p) / n + r^2 q (1 - q) / m)

For large counts it agrees with the interval of the log-ratio (D. Katz et al., Biometrics 34, 1978, 469-474),
``ln(x m / (n y)) +- z sqrt(1/x - 1/n + 1/y - 1/m)``. Unlike that one it stands when nobody or everybody is
approved, and keeps its level in small groups, so that no count needs a half added to it (M. W. Fagerland, S.
Lydersen and P. Laake, Statistical Methods in Medical Research 24, 2015, 224-254).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

__all__ = ["rate_ratio", "ratio_interval"]

_Values = npt.NDArray[np.float64]

_STEPS: Final = 60
"""Bisections of the log-ratio; they leave less than 1e-14 of it open."""

_WIDEST: Final = 40.0
"""Log-ratios beyond this are not looked at."""


def rate_ratio(x: npt.ArrayLike, n: npt.ArrayLike, y: npt.ArrayLike, m: npt.ArrayLike) -> _Values:
    """(x / n) / (y / m); NaN where y is zero, or a group is empty.

    Examples
    --------
    >>> rate_ratio([8, 0, 1], 10, [5, 5, 0], 5).tolist()
    [0.8, 0.0, nan]
    """
    x, n, y, m = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in (x, n, y, m)))
    known = (y > 0) & (n > 0)
    result: _Values = np.full(x.shape, np.nan)
    result[known] = (x[known] / n[known]) / (y[known] / m[known])
    return result


def ratio_interval(
    x: npt.ArrayLike, n: npt.ArrayLike, y: npt.ArrayLike, m: npt.ArrayLike, *, level: float = 0.95
) -> tuple[_Values, _Values]:
    """Koopman's interval of (x / n) / (y / m).

    Parameters
    ----------
    x, n : array of int
        Approved and all of the one group.
    y, m : array of int
        Approved and all of the group to compare with.
    level : float
        Confidence level.

    Returns
    -------
    low, high : ndarray
        Zero where x is zero, infinite where y is; NaN where both are zero, or a group is empty.

    Examples
    --------
    >>> low, high = ratio_interval([8], [10], [450], [500])
    >>> f"{low[0]:.3f} {high[0]:.3f}"
    '0.544 1.053'
    """
    x, n, y, m = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in (x, n, y, m)))
    shape = x.shape
    counts = np.stack([each.ravel() for each in (x, n, y, m)])
    z = float(norm.ppf((1 + level) / 2))
    low, high = np.full(counts.shape[1], np.nan), np.full(counts.shape[1], np.nan)
    known = (counts[1] > 0) & (counts[3] > 0) & (counts[0] + counts[2] > 0)
    low[known], high[known] = _end(counts[:, known], z, -1), _end(counts[:, known], z, +1)
    return low.reshape(shape), high.reshape(shape)


def _end(counts: _Values, z: float, side: int) -> _Values:
    """One end of the interval: the statistic grows from the observed ratio outwards."""
    x, n, y, m = counts
    with np.errstate(divide="ignore"):
        start = np.clip(np.log(x / n) - np.log(y / m), -_WIDEST, _WIDEST)
    inner, outer = start, np.full_like(start, side * _WIDEST)
    for _ in range(_STEPS):
        middle = (inner + outer) / 2
        inside = _statistic(counts, np.exp(middle)) <= z
        inner, outer = np.where(inside, middle, inner), np.where(inside, outer, middle)
    end = np.exp(inner)
    if side < 0:
        return np.where(x == 0, 0.0, end)
    return np.where(y == 0, np.inf, end)


def _statistic(counts: _Values, ratio: _Values) -> _Values:
    x, n, y, m = counts
    q = _restricted(counts, ratio)
    p = ratio * q
    variance = np.maximum(p * (1 - p), 0.0) / n + ratio**2 * np.maximum(q * (1 - q), 0.0) / m
    distance = np.abs(x / n - ratio * y / m)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic: _Values = np.where(distance == 0, 0.0, distance / np.sqrt(variance))
    return statistic


def _restricted(counts: _Values, ratio: _Values) -> _Values:
    """The second group's rate q that is most likely when the first's is ``ratio`` times as large.

    The derivative of x ln(rq) + (n-x) ln(1-rq) + y ln q + (m-y) ln(1-q) is zero where
    a q^2 - b q + c = 0 with a = (n + m) r, b = r (n + y) + x + m, c = x + y; the smaller root keeps both rates
    at most 1.
    """
    x, n, y, m = counts
    a, b, c = (n + m) * ratio, ratio * (n + y) + x + m, x + y
    root: _Values = 2 * c / (b + np.sqrt(np.maximum(b * b - 4 * a * c, 0.0)))
    limited: _Values = np.minimum(np.minimum(root, 1.0), 1 / ratio)
    return limited
