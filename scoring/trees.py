"""A booster's trees as arrays, read from LightGBM's text, with its decisions matched to the bit.

A *condition* is one comparison that a tree makes: whether a feature is at most a threshold, and which
way a missing value goes. The same condition stands in many trees; it is held, and evaluated, once.

How LightGBM decides (``Predictor`` and ``Tree::NumericalDecision``, version 4): a value within 1e-35 of zero
is zero. A missing value is zero where the split knows no missing values; where it does, or where it takes zero
for missing, the split's default applies; else the left child is for values at most the threshold.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from scoring.errors import NotExplainable

__all__ = ["Forest", "Tree", "forest_of"]

_Values = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]
_Places = npt.NDArray[np.int64]

_CATEGORICAL: Final = 1
_DEFAULT_LEFT: Final = 2
_MISSING_SHIFT: Final = 2
_NO_MISSING, _ZERO_IS_MISSING = 0, 1
_ZERO: Final = float(np.float32(1e-35))
"""LightGBM's ``kZeroThreshold``: a constant of single precision, compared in double."""

_BELOW_ZERO: Final = float(np.nextafter(-_ZERO, -np.inf))
"""The largest value that is below zero to LightGBM."""


@dataclass(frozen=True, eq=False)
class Tree:
    """One tree; its splits are numbered so that a child comes after its parent.

    Parameters
    ----------
    condition : ndarray of shape (splits,)
        Number of the condition of each split, in the forest.
    left, right : ndarray of shape (splits,)
        Where to go when it holds and when it does not: a split, or ``-1 - leaf``.
    value : ndarray of shape (splits + 1,)
        What each leaf adds to the margin.
    """

    condition: _Places
    left: _Places
    right: _Places
    value: _Values


@dataclass(frozen=True, eq=False)
class Forest:
    """All trees of a booster, and their conditions.

    Parameters
    ----------
    n_features : int
        Columns of the matrices it reads.
    feature : ndarray of shape (conditions,)
        Column that each condition reads.
    threshold : ndarray of shape (conditions,)
        It holds for values at most so large.
    missing_holds : ndarray of shape (conditions,)
        Whether it holds for a missing value.
    zero_is_missing : ndarray of shape (conditions,)
        Whether it takes zero for missing.
    trees : tuple of Tree
        The trees.
    """

    n_features: int
    feature: _Places
    threshold: _Values
    missing_holds: _Flags
    zero_is_missing: _Flags
    trees: tuple[Tree, ...]

    def holds(self, values: _Values) -> _Flags:
        """Which conditions hold for whom.

        Parameters
        ----------
        values : ndarray of shape (rows, n_features)
            The features; missing values NaN.

        Returns
        -------
        ndarray of shape (rows, conditions + 1)
            The last column is a condition that never holds, to fill up with.
        """
        held = np.zeros((len(values), len(self.feature) + 1), dtype=bool)
        seen = values[:, self.feature]
        held[:, :-1] = (seen <= self.threshold) | (np.isnan(seen) & self.missing_holds)
        if self.zero_is_missing.any():
            zero = self.zero_is_missing & (np.abs(seen) <= _ZERO)
            held[:, :-1] = np.where(zero, self.missing_holds, held[:, :-1])
        return held

    @cached_property
    def limits(self) -> tuple[_Values, ...]:
        """For each feature the limits between values that the trees tell apart, ascending.

        Two values that lie in the same place among them meet the same conditions.
        """
        limits = []
        for column in range(self.n_features):
            own = self.feature == column
            found = set(self.threshold[own].tolist())
            if self.zero_is_missing[own].any():
                found |= {_BELOW_ZERO, _ZERO}
            limits.append(np.array(sorted(found)))
        return tuple(limits)


def forest_of(text: str) -> Forest:
    """The trees of a booster.

    Parameters
    ----------
    text : str
        The booster in LightGBM's text format.

    Raises
    ------
    NotExplainable
        If it is no sum of trees whose splits compare one number each with a threshold.
    """
    head, *bodies = re.split(r"^Tree=\d+$", text.partition("\nend of trees")[0], flags=re.MULTILINE)
    header = _entries(head)
    if header.get("num_tree_per_iteration", "1") != "1" or "average_output" in head.splitlines():
        raise NotExplainable("the booster is not one sum of trees; train it for a yes or no, by gradient boosting")
    numbers: dict[tuple[int, float, int], int] = {}
    trees = tuple(_tree(_entries(body), numbers) for body in bodies)
    feature, threshold, kinds = (list(part) for part in zip(*numbers, strict=True)) if numbers else ([], [], [])
    cut, kind = _beside_zero(np.array(threshold, dtype=np.float64)), np.array(kinds, dtype=np.int64)
    missing_type = kind >> _MISSING_SHIFT
    return Forest(
        n_features=int(header["max_feature_idx"]) + 1,
        feature=np.array(feature, dtype=np.int64),
        threshold=cut,
        missing_holds=np.where(missing_type == _NO_MISSING, cut >= 0, (kind & _DEFAULT_LEFT) > 0),
        zero_is_missing=missing_type == _ZERO_IS_MISSING,
        trees=trees,
    )


def _beside_zero(thresholds: _Values) -> _Values:
    """The same thresholds, of which none lies among the values that are zero: those are all on one side of it."""
    near = np.abs(thresholds) <= _ZERO
    return np.where(near, np.where(thresholds < 0, _BELOW_ZERO, _ZERO), thresholds)


def _tree(entries: Mapping[str, str], numbers: dict[tuple[int, float, int], int]) -> Tree:
    """One tree; conditions not met before get the next numbers."""
    if entries.get("is_linear", "0") != "0":
        raise NotExplainable("the booster has linear trees; train it without them")
    kinds = _whole(entries, "decision_type")
    if any(kind & _CATEGORICAL for kind in kinds):
        raise NotExplainable("the booster splits by category; encode the feature as numbers and train again")
    splits = zip(_whole(entries, "split_feature"), _real(entries, "threshold"), kinds, strict=True)
    condition = [numbers.setdefault(split, len(numbers)) for split in splits]
    return Tree(
        np.array(condition, dtype=np.int64),
        np.array(_whole(entries, "left_child"), dtype=np.int64),
        np.array(_whole(entries, "right_child"), dtype=np.int64),
        np.array(_real(entries, "leaf_value"), dtype=np.float64),
    )


def _entries(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def _whole(entries: Mapping[str, str], name: str) -> list[int]:
    return [int(item) for item in entries.get(name, "").split()]


def _real(entries: Mapping[str, str], name: str) -> list[float]:
    return [float(item) for item in entries.get(name, "").split()]
