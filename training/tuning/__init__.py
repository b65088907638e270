"""Tuning: which parameters rank best on people the booster has not seen, and are still explained quickly.

Each trial is judged on the same folds, its number of trees taken where the mean learning curve is highest. The
AUC of a trial is therefore a little favourable, twice: the number of trees, and the best of many trials, are
chosen on the rows that judge them. It serves to compare trials; what the model is worth is judged on others.

Sampling follows the AUC alone. The cost of an explanation is kept below a cap, as trees are grown no further,
and is recorded as a second objective: of trials about as good, the cheapest to explain is chosen. Following
both objectives neither cost nor gained AUC that could be told from noise (36 trials, two made tables, three
seeds: 0.6732 on the folds against 0.6730; at random 0.6721), so the simpler way was taken. A trial is given up
when, after some of its folds, it does worse than half of those before it: replayed on six recorded tunings of
60 trials that saves 10 to 34 per cent of the work and changes one choice, by 0.0001 on the folds.
``python -m benchmarks.tuning choices`` compares them again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from training.tuning.folds import Fold
from training.tuning.trials import Budget, Extra, Progress, Trial, Tuned

__all__ = ["COST_CAP", "STUDY", "Budget", "Extra", "Fold", "Progress", "Trial", "Tuned", "tune"]

COST_CAP: Final = 100_000.0
"""Explanation cost above which one row may take more than a millisecond to explain: it takes 5 to 10 ns a unit."""
STUDY: Final = "tuning"
"""Name of the study in the storage."""


def tune(
    folds: Sequence[Fold],
    features: Sequence[str],
    directions: Sequence[int],
    *,
    budget: Budget,
    seed: int,
    processes: int = 1,
    storage: str | Path | None = None,
    study: str = STUDY,
    droppable: Mapping[str, tuple[int, ...]] = MappingProxyType({}),
    extra: Extra | None = None,
    cost_cap: float | None = COST_CAP,
    progress: Callable[[Progress], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Tuned:
    """Search for the parameters with the best mean AUC over folds that keep an explanation cheap.

    Same folds, seed, settings and number of trials: the same outcome to the byte, whatever `processes` is, and
    after any interruption that `storage` outlived.

    Parameters
    ----------
    folds : sequence of Fold
        At least one; both outcomes among the rows to judge of each.
    features : sequence of str
        Names of the columns.
    directions : sequence of int
        Declared direction of risk of each column: 1, -1 or 0.
    budget : Budget
        When to stop.
    seed : int
        Not negative. Seed of the proposals and of the boosters.
    processes : int
        How many trials at a time, one thread each. Inside another pool, or beside the main thread, it is one.
    storage : str, Path or None
        None keeps the trials in memory. A path is an Optuna journal, a text the URL of a database (SQLite or
        PostgreSQL). What it holds of the same tuning is not judged again.
    study : str
        Name of the study in the storage.
    droppable : mapping of str to tuple of int
        Groups of columns, each of which a trial may leave out.
    extra : Extra, optional
        A third objective; it is recorded and enters the front, and neither the search nor the choice.
    cost_cap : float or None
        No more trees are grown than can be explained at this cost; None for no bound.
    progress : callable, optional
        Told after every trial, in the order in which they are ready.
    clock : callable
        Seconds from some moment on.

    Raises
    ------
    TuningError
        An argument breaks a rule, the storage cannot be used or is of another tuning, or a process was killed.
    """
    # Optuna is heavy: whoever only names a fold or a budget does without.
    from training.tuning.plan import planned
    from training.tuning.search import search

    plan = planned(
        folds, features, directions, budget=budget, seed=seed, processes=processes, droppable=droppable, extra=extra,
        cost_cap=cost_cap,
    )  # fmt: skip
    return search(plan, budget=budget, processes=processes, where=storage, study=study, clock=clock, progress=progress)
