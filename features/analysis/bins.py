"""Bins of a feature: quantile bins, a bin of its own for what is missing, and for a value that many share.

The bins depend on the order of the values alone, so that any increasing transformation of a feature
leaves everybody in the same bin.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

__all__ = ["Bins", "quantile_bins"]

_Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bins:
    """Intervals that cover all numbers, and one bin more for missing values, which comes last.

    Parameters
    ----------
    edges : tuple of float
        Upper ends of all intervals but the last, ascending; an end belongs to the interval below it.
    """

    edges: tuple[float, ...]

    def __len__(self) -> int:
        """Number of bins, that of the missing values included."""
        return len(self.edges) + 2

    @property
    def labels(self) -> tuple[str, ...]:
        """What each bin holds, for people.

        Examples
        --------
        >>> Bins((0.0, 2.5)).labels
        ('up to 0', 'over 0 to 2.5', 'over 2.5', 'missing')
        """
        if not self.edges:
            return ("all values", "missing")
        ends = _written(self.edges)
        inner = [f"over {low} to {high}" for low, high in pairwise(ends)]
        return (f"up to {ends[0]}", *inner, f"over {ends[-1]}", "missing")

    def place(self, values: _Values) -> npt.NDArray[np.intp]:
        """The number of each value's bin, from 0.

        Examples
        --------
        >>> Bins((0.0, 2.5)).place(np.array([0.0, 2.0, 9.0, np.nan])).tolist()
        [0, 1, 2, 3]
        """
        places = np.searchsorted(np.asarray(self.edges, dtype=np.float64), values, side="left")
        return np.where(np.isnan(values), len(self.edges) + 1, places)

    def count(self, values: _Values) -> npt.NDArray[np.int64]:
        """How many values lie in each bin."""
        return np.bincount(self.place(values), minlength=len(self)).astype(np.int64)


def quantile_bins(values: _Values, count: int = 10) -> Bins:
    """Bins that hold about equally many of these values.

    A value that alone fills a bin (a count that is zero for most people, say) gets a bin of its own;
    what lies between two of those is cut at its own quantiles. Missing values play no part.

    Parameters
    ----------
    values : ndarray of float
        The values; NaN where missing.
    count : int
        About how many bins are wanted, that of the missing values aside; there are fewer where there
        are fewer distinct values.

    Raises
    ------
    ValueError
        If fewer than two bins are asked for.

    Examples
    --------
    >>> quantile_bins(np.array([0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 4.0]), 4).edges
    (0.0, 2.0)
    """
    if count < 2:
        raise ValueError(f"{count} bins: at least 2 are needed to tell values apart")
    distinct, times = np.unique(values[~np.isnan(values)], return_counts=True)
    if len(distinct) < 2:
        return Bins(())
    full = times.sum() / count
    ends: list[float] = []
    run: list[int] = []
    for position, often in enumerate(times.tolist()):
        if often >= full:
            ends += _cut(distinct, times, run, full)
            ends.append(float(distinct[position]))
            run = []
        else:
            run.append(position)
    ends += _cut(distinct, times, run, full)
    return Bins(tuple(ends[:-1]))


def _written(edges: tuple[float, ...]) -> list[str]:
    """Each end with as few digits as tell them all apart, but three."""
    ends: list[str] = []
    for digits in range(3, 18):
        ends = [f"{edge:,.{digits}g}" if abs(edge) < 10**digits else f"{edge:,.0f}" for edge in edges]
        if len(set(ends)) == len(ends):
            break
    return ends


def _cut(distinct: _Values, times: npt.NDArray[np.intp], run: list[int], full: float) -> list[float]:
    """Upper ends of the bins of a run of rarer values, that of its last value included."""
    if not run:
        return []
    reached = np.cumsum(times[run])
    parts = max(1, round(float(reached[-1]) / full))
    wanted = reached[-1] * np.arange(1, parts + 1) / parts
    ends = np.unique(np.minimum(np.searchsorted(reached, wanted - 1e-9), len(run) - 1))
    return [float(distinct[run[end]]) for end in ends.tolist()]
