"""A tuning as it was asked for, checked before anything is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from training.errors import TuningError
from training.tuning.folds import Fold
from training.tuning.space import Space, space_for
from training.tuning.trials import Budget, Extra

__all__ = ["MOST_TREES", "PRUNING", "ROUND", "TOLERANCE", "Plan", "planned"]

ROUND: Final = 6
"""Trials of a round: enough to keep a few processes busy, few enough to learn from."""
MOST_TREES: Final = 3000
"""Of a booster; early stopping and the cost of an explanation end it sooner nearly always."""
PRUNING: Final = 0.5
"""Quantile of earlier trials below which a trial is given up."""
TOLERANCE: Final = 0.0003
"""A difference in AUC that means nothing: the standard error of a fold's AUC is many times as large."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What is tuned, and how.

    Parameters
    ----------
    folds, features, directions, seed, droppable, extra, cost_cap
        As :func:`training.tuning.tune` takes them.
    round_size : int
        Trials of a round.
    most_trees : int
        See :class:`~training.tuning.evaluation.Workbench`.
    pruning : float or None
        See :func:`training.tuning.pruning.bars`.
    tolerance : float
        See :class:`~training.tuning.trials.Tuned`.
    """

    folds: tuple[Fold, ...]
    features: tuple[str, ...]
    directions: tuple[int, ...]
    seed: int
    droppable: Mapping[str, tuple[int, ...]]
    extra: Extra | None
    cost_cap: float | None
    round_size: int = ROUND
    most_trees: int = MOST_TREES
    pruning: float | None = PRUNING
    tolerance: float = TOLERANCE

    def space(self) -> Space:
        """The search space for these folds."""
        rows = min(len(fold.fit_is_bad) for fold in self.folds)
        return space_for(rows, len(self.features), tuple(self.droppable), smooth=not any(self.directions))


def planned(
    folds: Sequence[Fold],
    features: Sequence[str],
    directions: Sequence[int],
    *,
    budget: Budget,
    seed: int,
    processes: int,
    droppable: Mapping[str, tuple[int, ...]],
    extra: Extra | None,
    cost_cap: float | None,
) -> Plan:
    """Check what was asked for; the parameters are those of :func:`training.tuning.tune`.

    Raises
    ------
    TuningError
        Something breaks a rule.
    """
    _check_budget(budget, processes)
    if not folds:
        msg = "A tuning needs at least one fold, none was given: split the rows first."
        raise TuningError(msg)
    columns = folds[0].fit_values.shape[1]
    for given, what in ((features, "names"), (directions, "directions")):
        if len(given) != columns:
            msg = f"The folds have {columns} columns but {len(given)} {what} were given: give one for each."
            raise TuningError(msg)
    for place, fold in enumerate(folds):
        _check_fold(place, fold, columns)
    _check_groups(droppable, columns)
    return Plan(
        tuple(folds), tuple(features), tuple(directions), seed,
        {name: tuple(group) for name, group in droppable.items()}, extra, cost_cap,
    )  # fmt: skip


def _check_budget(budget: Budget, processes: int) -> None:
    if budget.trials < 1 or (budget.seconds or 0.0) < 0.0 or (budget.patience is not None and budget.patience < 1):
        msg = f"The budget {budget} of a tuning allows no trial: give at least one trial, time, patience."
        raise TuningError(msg)
    if processes < 1:
        msg = f"The number of processes of a tuning is {processes}: give at least 1."
        raise TuningError(msg)


def _check_fold(place: int, fold: Fold, columns: int) -> None:
    if fold.fit_values.shape[1] != columns or fold.judge_values.shape[1] != columns:
        msg = f"Fold {place} of the tuning has other columns than fold 0: give all folds the same {columns}."
        raise TuningError(msg)
    for flags, what in ((fold.fit_is_bad, "fit on"), (fold.judge_is_bad, "judge")):
        if flags.all() or not flags.any():
            msg = f"Fold {place} of the tuning has one outcome only among the rows to {what}: stratify the folds."
            raise TuningError(msg)


def _check_groups(droppable: Mapping[str, tuple[int, ...]], columns: int) -> None:
    for name, group in droppable.items():
        for column in group:
            if not 0 <= column < columns:
                msg = f"The group {name!r} names column {column}, but there are {columns}: count columns from 0."
                raise TuningError(msg)
    if len({column for group in droppable.values() for column in group}) >= columns:
        msg = f"The groups {sorted(droppable)} leave no column to a trial that drops them all: keep some column out."
        raise TuningError(msg)
