"""When a trial is given up: after a fold at which it does worse than most trials before it.

The bar after each fold is the median, over the trials of earlier rounds that got as far, of the mean AUC up
to that fold. Folds rank parameters alike, so a trial in the lower half there rarely ends on top. Compared with
no pruning (``python -m benchmarks.tuning pruning``), see ``docs/benchmarks.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from training.tuning.curves import top
from training.tuning.evaluation import Evaluation

__all__ = ["LEAST_TRIALS", "bars"]

LEAST_TRIALS: Final = 12
"""Trials that got as far, without which there is no bar."""


def bars(told: Sequence[Evaluation], folds: int, quantile: float | None) -> tuple[float, ...]:
    """Lowest mean AUC after the first, second, ... fold with which a trial goes on.

    Parameters
    ----------
    told : sequence of Evaluation
        Trials of earlier rounds.
    folds : int
        Number of folds; there is no bar after the last.
    quantile : float or None
        Where the bar stands among those trials; None for no pruning.
    """
    if quantile is None:
        return ()
    limits = []
    for count in range(1, folds):
        reached = [top(one.curves[:count]).auc for one in told if len(one.curves) >= count]
        limits.append(float(np.quantile(reached, quantile)) if len(reached) >= LEAST_TRIALS else -np.inf)
    return tuple(limits)
