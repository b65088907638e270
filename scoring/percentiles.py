"""Percentiles: where a value stands among all applicants, so that changes of different things compare.

The size of a change is its *percentile shift*: the share of all applicants who stand between the old value and
the new one, as B. Ustun, A. Spangher and Y. Liu measure it (Actionable Recourse in Linear Classification, 2019,
on cost functions). Of the applicants the bundle knows between which of the model's thresholds they lie, which is
all that the model can tell apart.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scoring.baselines import MISSING, Baselines, Intervals, intervals_between
from scoring.trees import Forest

__all__ = ["Percentiles"]

_Places = npt.NDArray[np.int64]


class Percentiles:
    """How many of all applicants stand at a value or below it, for some features of a model.

    Parameters
    ----------
    forest : Forest
        The model's trees.
    baselines : Baselines
        The applicants.
    columns : sequence of int
        The features, by their places in the model.
    """

    def __init__(self, forest: Forest, baselines: Baselines, columns: _Places) -> None:
        self._limits = [forest.limits[column] for column in columns]
        self._rank = [_rank(baselines.all_applicants[:, column]) for column in columns]
        self.applicants = len(baselines.all_applicants)

    def intervals(self, values: npt.NDArray[np.float64]) -> Intervals:
        """Between which thresholds each value lies.

        Parameters
        ----------
        values : ndarray of shape (rows, columns)
            The features; missing values NaN.
        """
        found = np.empty(values.shape, dtype=np.uint16)
        for place, limits in enumerate(self._limits):
            found[:, place] = intervals_between(limits, values[:, place])
        return found

    def passed(self, places: _Places, before: Intervals, after: Intervals) -> _Places:
        """How many applicants stand between two values, in the feature where they are the most.

        A value that is missing before or after passes nobody.

        Parameters
        ----------
        places : ndarray of shape (features,)
            Places of the features that are looked at, among the columns.
        before, after : ndarray of shape (rows, columns)
            What :meth:`intervals` gives.
        """
        most = np.zeros(len(after), dtype=np.int64)
        for place in places:
            ranks, old, new = self._rank[place], before[:, place], after[:, place]
            between = np.abs(np.searchsorted(ranks, new, side="right") - np.searchsorted(ranks, old, side="right"))
            np.maximum(most, np.where((old == MISSING) | (new == MISSING), 0, between), out=most)
        return most


def _rank(intervals: Intervals) -> Intervals:
    """The intervals of those applicants whose value is known, in order."""
    return np.sort(intervals[intervals != MISSING])
