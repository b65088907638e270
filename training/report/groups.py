"""Groups of consumers and what was observed of them, and the curve of good against bad held back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv
from sklearn.metrics import auc, roc_curve

__all__ = ["Group", "Roc", "groups_by", "observe", "roc"]

_Values = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Group:
    """Some consumers, and how it went with them.

    Parameters
    ----------
    name : str
        What they have in common.
    count, bad : int
        How many they are, and how many of them went bad.
    mean_default_probability : float
        Mean of what was predicted for them; NaN when there is nobody.
    """

    name: str
    count: int
    bad: int
    mean_default_probability: float

    @property
    def bad_rate(self) -> float:
        """Observed share of bad; NaN when there is nobody."""
        return self.bad / self.count if self.count else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Jeffreys' 95 % interval of the rate of bad: quantiles of Beta(bad + 1/2, good + 1/2).

        Examples
        --------
        >>> low, high = Group("", 100, 10, 0.1).interval
        >>> f"{low:.3f} {high:.3f}"
        '0.053 0.170'
        >>> Group("", 8, 0, 0.1).interval[0]
        0.0
        """
        if not self.count:
            return float("nan"), float("nan")
        good = self.count - self.bad
        low = float(betaincinv(self.bad + 0.5, good + 0.5, 0.025)) if self.bad else 0.0
        high = float(betaincinv(self.bad + 0.5, good + 0.5, 0.975)) if good else 1.0
        return low, high


def observe(name: str, is_bad: _Flags, default_probability: _Values | None = None) -> Group:
    """The group of all consumers given, with or without what was predicted for them."""
    mean = float("nan") if default_probability is None or not len(is_bad) else float(default_probability.mean())
    return Group(name, len(is_bad), int(is_bad.sum()), mean)


def groups_by(values: npt.NDArray[np.float64] | npt.NDArray[np.int64], count: int) -> list[npt.NDArray[np.intp]]:
    """Rows in groups of nearly equal size by rising value; equal values are never parted.

    Parameters
    ----------
    values : ndarray of shape (rows,)
        What to group by; at least one.
    count : int
        Most groups to make; there are fewer when values repeat.

    Examples
    --------
    >>> [rows.tolist() for rows in groups_by(np.array([5, 1, 1, 9]), 2)]
    [[1, 2], [0, 3]]
    """
    shares = np.arange(1, count) / count
    edges = np.unique(np.quantile(values, shares, method="inverted_cdf"))
    place = np.searchsorted(edges, values, side="left")
    return [np.flatnonzero(place == each) for each in np.unique(place)]


@dataclass(frozen=True)
class Roc:
    """The receiver operating characteristic.

    Parameters
    ----------
    share_of_good, share_of_bad : ndarray of shape (points,)
        Share of the good and of the bad at or above a default probability, as that falls; from 0 to 1.
    auc : float
        Area under the curve.
    ks : float
        Largest distance of the two shares (Kolmogorov-Smirnov).
    ks_point : int
        Where it is.
    ks_default_probability : float
        The default probability there.
    """

    share_of_good: _Values
    share_of_bad: _Values
    auc: float
    ks: float
    ks_point: int
    ks_default_probability: float

    def thinned(self, points: int = 300) -> tuple[_Values, _Values]:
        """The curve at even steps along it, so many that the eye sees no difference."""
        if len(self.share_of_bad) <= points:
            return self.share_of_good, self.share_of_bad
        way = self.share_of_good + self.share_of_bad
        steps = np.union1d(np.linspace(0, 2, points), way[self.ks_point])
        return np.interp(steps, way, self.share_of_good), np.interp(steps, way, self.share_of_bad)


def roc(is_bad: _Flags, default_probability: _Values) -> Roc | None:
    """The curve of the predictions, equal predictions taken together; None without both good and bad.

    Examples
    --------
    >>> curve = roc(np.array([True, False, True, False]), np.array([0.9, 0.1, 0.4, 0.4]))
    >>> curve.auc, curve.ks, curve.ks_default_probability
    (0.875, 0.5, 0.9)
    """
    if is_bad.all() or not is_bad.any():
        return None
    share_of_good, share_of_bad, thresholds = roc_curve(is_bad, default_probability)
    point = int(np.argmax(share_of_bad - share_of_good))
    return Roc(
        share_of_good=share_of_good,
        share_of_bad=share_of_bad,
        auc=float(auc(share_of_good, share_of_bad)),
        ks=float(share_of_bad[point] - share_of_good[point]),
        ks_point=point,
        ks_default_probability=float(thresholds[max(point, 1)]),
    )
