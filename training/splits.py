"""Stratified folds, in which all rows of a person are together."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedKFold

__all__ = ["fewest_of_a_class", "splits"]

_Flags = npt.NDArray[np.bool_]
_Rows = npt.NDArray[np.intp]


def splits(
    is_bad: _Flags, count: int, seed: int, repeats: int = 1, groups: npt.NDArray[Any] | None = None
) -> list[tuple[_Rows, _Rows]]:
    """Stratified folds as pairs of rows to fit on and rows to judge, drawn anew for each repeat.

    With groups, groups are drawn in place of rows, those with a bad row apart from the others.

    Parameters
    ----------
    is_bad : ndarray of shape (n,)
        The outcome.
    count : int
        How many folds; at most :func:`fewest_of_a_class`.
    seed : int
        How they are drawn.
    repeats : int
        How often.
    groups : ndarray of shape (n,), optional
        Whose rows they are.
    """
    place, stratum = _units(is_bad, groups)
    drawn = []
    for repeat in range(repeats):
        splitter = StratifiedKFold(count, shuffle=True, random_state=seed + repeat)
        for _, judged in splitter.split(np.zeros(len(stratum)), stratum):
            inside = np.isin(place, judged)
            drawn.append((np.flatnonzero(~inside), np.flatnonzero(inside)))
    return drawn


def fewest_of_a_class(is_bad: _Flags, groups: npt.NDArray[Any] | None = None) -> int:
    """How many rows there are with bad or without, whichever are fewer; of groups where there are such."""
    _, has_bad = _units(is_bad, groups)
    return int(min(has_bad.sum(), (~has_bad).sum()))


def _units(is_bad: _Flags, groups: npt.NDArray[Any] | None) -> tuple[_Rows, _Flags]:
    """The unit of each row, a group or the row itself, and which units have a bad row."""
    if groups is None:
        return np.arange(len(is_bad)), is_bad
    who, place = np.unique(groups, return_inverse=True)
    return place, np.bincount(place, weights=is_bad, minlength=len(who)) > 0
