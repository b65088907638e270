"""Learning curves: the AUC of a fold and the cost of an explanation after every tenth tree.

The number of trees is not a tuned parameter: it is where the mean curve of the folds is highest, as in
cross-validated early stopping. The folds are judged one after another. The first grows until its own curve
has not risen for `patience` trees; a later one never grows longer than those before it, and stops when the
mean of the curves so far has not risen for as long. So the common part of all curves holds the top of their
mean, and a fold is complete, and worth keeping, as soon as it is judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

__all__ = ["STEP", "Curve", "Top", "has_stalled", "patience", "top"]

STEP: Final = 10
"""Trees between two points of a curve."""


@dataclass(frozen=True)
class Curve:
    """A fold's learning curve.

    Parameters
    ----------
    auc : tuple of float
        AUC of the rows to judge after `STEP`, 2 `STEP`, ... trees.
    cost : tuple of float
        Explanation cost of as many trees.
    """

    auc: tuple[float, ...]
    cost: tuple[float, ...]


@dataclass(frozen=True)
class Top:
    """Where the mean of some curves is highest.

    Parameters
    ----------
    rounds : int
        Number of trees.
    auc, cost : float
        Means over the curves there.
    auc_by_fold : tuple of float
        Of each curve there.
    """

    rounds: int
    auc: float
    cost: float
    auc_by_fold: tuple[float, ...]


def patience(learning_rate: float) -> int:
    """Trees without a rise after which a curve has stalled: more of them the less each one does."""
    return int(np.clip(4.0 / learning_rate, 50, 300) // STEP * STEP)


def has_stalled(before: Sequence[Curve], auc: Sequence[float], wait: int) -> bool:
    """Whether the mean of some curves and of one that is being drawn has not risen for so many trees.

    Parameters
    ----------
    before : sequence of Curve
        Curves of the folds before; no shorter than `auc`.
    auc : sequence of float
        The points so far of the curve that is being drawn.
    wait : int
        Trees.
    """
    points = len(auc)
    mean = np.mean([auc, *(curve.auc[:points] for curve in before)], axis=0)
    return points - 1 - int(mean.argmax()) >= wait // STEP


def top(curves: Sequence[Curve]) -> Top:
    """Where the mean of curves is highest; the fewest trees if at several places."""
    points = min(len(curve.auc) for curve in curves)
    auc = np.array([curve.auc[:points] for curve in curves])
    place = int(auc.mean(axis=0).argmax())
    return Top(
        (place + 1) * STEP,
        float(auc[:, place].mean()),
        float(np.mean([curve.cost[place] for curve in curves])),
        tuple(float(value) for value in auc[:, place]),
    )
