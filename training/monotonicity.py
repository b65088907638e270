"""Monotone directions verified on a fitted model itself, not believed of the library that fitted it.

A tree is a set of boxes with a value each. It keeps a direction of a feature if, of any two boxes that
overlap in all other features, the one that lies higher in this feature has no lower value (no higher one
for the direction -1). A missing value has a box but no place in the order, so it is left out of the
feature itself and counts as a value apart in the others. This is exact for a tree, and a sum of
trees that all keep a direction keeps it. If a tree does not, the sum still may: it is then swept, for given
rows, over a value between any two neighbouring thresholds of the feature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from training.errors import BrokenMonotonicity

__all__ = ["VerifiedDirection", "sweep", "verify_directions"]

_Values = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]

_ROUNDING: Final = 1e-12
_SWEPT_ROWS: Final = 500


@dataclass(frozen=True)
class VerifiedDirection:
    """A direction that the model keeps.

    Parameters
    ----------
    feature : str
        The feature.
    direction : int
        1 or -1.
    by : {"every tree", "sweep"}
        Proved for every tree, hence for every row there can be; or not refuted by any row that was swept.
    trees : int
        How many trees split on the feature.
    """

    feature: str
    direction: int
    by: Literal["every tree", "sweep"]
    trees: int


def verify_directions(
    booster: lgb.Booster, features: Sequence[str], directions: Sequence[int], rows: _Values
) -> tuple[VerifiedDirection, ...]:
    """Verify every direction that is not 0.

    Parameters
    ----------
    booster : lightgbm.Booster
        The model.
    features : sequence of str
        Names of its features, in its order; an error is told with them.
    directions : sequence of int
        The direction of each.
    rows : ndarray of shape (n, features)
        Swept if a tree does not keep a direction by itself; the first 500 of them.

    Raises
    ------
    BrokenMonotonicity
        If the model turns against a direction.
    """
    wanted = {place: direction for place, direction in enumerate(directions) if direction}
    if not wanted:
        return ()
    trees = [_boxes(tree["tree_structure"], len(features)) for tree in booster.dump_model()["tree_info"]]
    verified = []
    for place, direction in wanted.items():
        split = [tree for tree in trees if tree.splits_on(place)]
        if all(tree.keeps(place, direction) for tree in split):
            verified.append(VerifiedDirection(features[place], direction, "every tree", len(split)))
            continue
        thresholds = np.unique(np.concatenate([tree.thresholds(place) for tree in split]))
        fall = sweep(booster, rows[:_SWEPT_ROWS], place, direction, thresholds)
        if fall > _ROUNDING * len(trees):
            raise BrokenMonotonicity(
                f"{features[place]}: the model turns against its direction {direction:+d}, by {fall:.3g} in log-odds; "
                "do not use it"
            )
        verified.append(VerifiedDirection(features[place], direction, "sweep", len(split)))
    return tuple(verified)


def sweep(booster: lgb.Booster, rows: _Values, place: int, direction: int, thresholds: _Values) -> float:
    """The largest step against a direction when a feature runs through the spaces between thresholds.

    Parameters
    ----------
    booster : lightgbm.Booster
        The model.
    rows : ndarray of shape (n, features)
        Where the other features stand.
    place : int
        Which feature runs.
    direction : int
        1 or -1.
    thresholds : ndarray
        The feature's thresholds, ascending and different.

    Returns
    -------
    float
        In units of the margin; 0 if there is none.
    """
    if not len(rows) or not len(thresholds):
        return 0.0
    between = (thresholds[1:] + thresholds[:-1]) / 2
    before, largest = None, 0.0
    for value in (np.nextafter(thresholds[0], -np.inf), *between, np.nextafter(thresholds[-1], np.inf)):
        moved = rows.copy()
        moved[:, place] = value
        margins = booster.predict(moved, raw_score=True, num_threads=1)
        if before is not None:
            largest = max(largest, float((direction * (before - margins)).max()))
        before = margins
    return largest


@dataclass(frozen=True, eq=False)
class _Tree:
    """The leaves of a tree as boxes: one holds the values above `low` up to `high`, and missing if it says so."""

    low: _Values
    high: _Values
    missing: _Flags
    value: _Values

    def splits_on(self, place: int) -> bool:
        return bool(np.isfinite(self.low[:, place]).any() or np.isfinite(self.high[:, place]).any())

    def thresholds(self, place: int) -> _Values:
        ends = np.concatenate([self.low[:, place], self.high[:, place]])
        finite: _Values = ends[np.isfinite(ends)]
        return finite

    def keeps(self, place: int, direction: int) -> bool:
        others = [g for g in range(self.low.shape[1]) if g != place and self.splits_on(g)]
        meets = np.ones((len(self.value), len(self.value)), dtype=bool)
        for other in others:
            low, high, missing = self.low[:, other], self.high[:, other], self.missing[:, other]
            meets &= (np.maximum.outer(low, low) < np.minimum.outer(high, high)) | np.logical_and.outer(
                missing, missing
            )
        low, high = self.low[:, place], self.high[:, place]
        holds_numbers = low < high
        below = np.less_equal.outer(high, low) & np.logical_and.outer(holds_numbers, holds_numbers)
        rise = np.subtract.outer(self.value, self.value).T  # from the box of the row to that of the column
        return not bool((meets & below & (direction * rise < -_ROUNDING)).any())


def _boxes(root: dict[str, Any], width: int) -> _Tree:
    leaves: list[tuple[_Values, _Values, _Flags, float]] = []
    waiting = [(root, np.full(width, -np.inf), np.full(width, np.inf), np.ones(width, dtype=bool))]
    while waiting:
        node, low, high, missing = waiting.pop()
        if "left_child" not in node:
            leaves.append((low, high, missing, float(node["leaf_value"])))
            continue
        place, threshold = node["split_feature"], float(node["threshold"])
        # Without a way of their own, missing values are taken for zero.
        goes_left = node["default_left"] if node["missing_type"] == "NaN" else threshold >= 0
        left_high, right_low = high.copy(), low.copy()
        left_high[place], right_low[place] = min(high[place], threshold), max(low[place], threshold)
        left_missing, right_missing = missing.copy(), missing.copy()
        left_missing[place] &= goes_left
        right_missing[place] &= not goes_left
        waiting.append((node["left_child"], low, left_high, left_missing))
        waiting.append((node["right_child"], right_low, high, right_missing))
    lows, highs, has_missing, values = zip(*leaves, strict=True)
    return _Tree(np.array(lows), np.array(highs), np.array(has_missing), np.array(values))
