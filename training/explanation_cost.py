"""What an explanation costs: the sum over all trees of squared leaf depths.

TreeSHAP walks every leaf of every tree and, at each, unwinds the path to it: the work of a leaf grows with
the square of its depth (Lundberg et al., 2020, Nature Machine Intelligence 2, algorithm 2). Measured with one
thread (``python -m benchmarks.tuning cost``), one row takes 5 to 10 nanoseconds a unit of cost, whatever the
shape of the trees, and about 0.08 microseconds a tree besides: a cost of 100,000 is 0.5 to 1 millisecond.
"""

from __future__ import annotations

import re

import lightgbm as lgb

__all__ = ["explanation_cost"]


def explanation_cost(booster: lgb.Booster, *, first_tree: int = 0, trees: int = -1) -> float:
    """Sum over trees, and over the leaves of each, of the squared depth of the leaf.

    Parameters
    ----------
    booster : lightgbm.Booster
        The booster.
    first_tree : int
        Number of the first tree that counts.
    trees : int
        How many count from there; all of them if not positive.

    Returns
    -------
    float
        A whole number; a tree of one leaf costs nothing, a stump 2, a full tree of depth three 72.
    """
    if first_tree >= booster.current_iteration():
        return 0.0
    text = booster.model_to_string(start_iteration=first_tree, num_iteration=trees)
    left, right = (re.findall(rf"^{side}_child=(.*)$", text, re.MULTILINE) for side in ("left", "right"))
    return float(sum(_squared_depths(*map(_numbers, sides)) for sides in zip(left, right, strict=True)))


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split()]


def _squared_depths(left: list[int], right: list[int]) -> int:
    """Sum over the leaves of one tree; a child is the number of a node further on, or negative if a leaf."""
    depths, total = [0] * len(left), 0
    for node, depth in enumerate(depths):
        for child in (left[node], right[node]):
            if child < 0:
                total += (depth + 1) ** 2
            else:
                depths[child] = depth + 1
    return total
