"""Judging one trial: its folds one after another, each reported as soon as it is judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from training.boosting import BoostingParameters, bin_values, booster_settings
from training.explanation_cost import explanation_cost
from training.tuning.curves import STEP, Curve, has_stalled, patience, top
from training.tuning.folds import Fold
from training.tuning.trials import Extra

__all__ = ["Evaluation", "Task", "Workbench"]


@dataclass(frozen=True)
class Task:
    """A trial to judge.

    Parameters
    ----------
    number : int
        The trial's.
    parameters : BoostingParameters
        Its parameters; the number of trees in them does not matter.
    columns : tuple of int
        Columns it does without.
    known : tuple of Curve
        Of the first folds, if they were judged before.
    bars : tuple of float
        The trial is given up if its mean AUC after the first, second, ... fold is lower than this.
    """

    number: int
    parameters: BoostingParameters
    columns: tuple[int, ...] = ()
    known: tuple[Curve, ...] = ()
    bars: tuple[float, ...] = ()


@dataclass(frozen=True)
class Evaluation:
    """What was found out about a trial.

    Parameters
    ----------
    number : int
        The trial's.
    curves : tuple of Curve
        Of all folds, or of the first ones if it was given up.
    pruned : bool
        Whether it was given up.
    extra : float or None
        The third objective, if there is one and the trial was not given up.
    """

    number: int
    curves: tuple[Curve, ...]
    pruned: bool
    extra: float | None


class Workbench:
    """The folds of a tuning, binned once, at which one process judges any number of trials.

    Parameters
    ----------
    folds : sequence of Fold
        The folds.
    features : sequence of str
        Names of the columns.
    directions : sequence of int
        Declared directions of risk.
    seed : int
        Seed of the boosters.
    cost_cap : float or None
        Trees are grown only as long as an explanation costs no more.
    most_trees : int
        Nor more trees than these.
    extra : Extra, optional
        The third objective.
    """

    def __init__(
        self,
        folds: Sequence[Fold],
        features: Sequence[str],
        directions: Sequence[int],
        *,
        seed: int,
        cost_cap: float | None,
        most_trees: int,
        extra: Extra | None = None,
    ) -> None:
        self._folds = folds
        self._features = features
        self._directions = directions
        self._seed = seed
        self._cost_cap = np.inf if cost_cap is None else cost_cap
        self._most_points = most_trees // STEP
        self._extra = extra
        self._binned: dict[tuple[int, tuple[int, ...]], tuple[lgb.Dataset, lgb.Dataset]] = {}

    def judge(self, task: Task, report: Callable[[int, Curve], None] | None = None) -> Evaluation:
        """Judge a trial.

        Parameters
        ----------
        task : Task
            The trial.
        report : callable, optional
            Given the place and the curve of each fold that was not known, once it is judged.
        """
        curves, boosters = list(task.known), dict[int, lgb.Booster]()
        while len(curves) < len(self._folds):
            if _is_below(curves, task.bars):
                return Evaluation(task.number, tuple(curves), pruned=True, extra=None)
            place = len(curves)
            boosters[place], curve = self._grow(task, place, curves)
            if report is not None:
                report(place, curve)
            curves.append(curve)
        extra = None if self._extra is None else self._extra.function(self._margins(task, curves, boosters))
        return Evaluation(task.number, tuple(curves), pruned=False, extra=extra)

    def _grow(self, task: Task, place: int, before: Sequence[Curve]) -> tuple[lgb.Booster, Curve]:
        booster = self._booster(task, place)
        wait = patience(task.parameters.learning_rate)
        most = min([self._most_points, *(len(curve.auc) for curve in before)])
        auc, cost = list[float](), [0.0]
        while len(auc) < most and not (auc and has_stalled(before, auc, wait)):
            first = booster.current_iteration()
            _grow_trees(booster, STEP)
            cost.append(cost[-1] + explanation_cost(booster, first_tree=first))
            if cost[-1] > self._cost_cap and auc:
                break
            auc.append(float(booster.eval_valid()[0][2]))
        return booster, Curve(tuple(auc), tuple(cost[1 : len(auc) + 1]))

    def _margins(
        self, task: Task, curves: Sequence[Curve], boosters: dict[int, lgb.Booster]
    ) -> list[npt.NDArray[np.float64]]:
        """Margins of the rows to judge, by as many trees as the trial's top has."""
        rounds, margins = top(curves).rounds, []
        for place, fold in enumerate(self._folds):
            if place not in boosters:
                boosters[place] = self._booster(task, place)
                _grow_trees(boosters[place], rounds)
            values = fold.without(task.columns).judge_values
            margins.append(boosters[place].predict(values, num_iteration=rounds, raw_score=True, num_threads=1))
        return margins

    def _booster(self, task: Task, place: int) -> lgb.Booster:
        fit, judge = self._data(place, task.columns)
        settings = booster_settings(self._directions, task.parameters, self._seed) | {"metric": "auc"}
        return lgb.Booster(settings, fit).add_valid(judge, "judge")

    def _data(self, place: int, columns: tuple[int, ...]) -> tuple[lgb.Dataset, lgb.Dataset]:
        """The binned rows of a fold; those without some columns are kept for one trial only."""
        if (place, columns) not in self._binned:
            self._binned = {key: data for key, data in self._binned.items() if key[1] in ((), columns)}
            fold = self._folds[place].without(columns)
            fit = bin_values(fold.fit_values, fold.fit_is_bad, self._features, weights=fold.fit_weights)
            judge = bin_values(
                fold.judge_values, fold.judge_is_bad, self._features, weights=fold.judge_weights, like=fit
            )
            self._binned[place, columns] = fit, judge
        return self._binned[place, columns]


def _grow_trees(booster: lgb.Booster, count: int) -> None:
    for _ in range(count):
        booster.update()


def _is_below(curves: Sequence[Curve], bars: Sequence[float]) -> bool:
    return 0 < len(curves) <= len(bars) and top(curves).auc < bars[len(curves) - 1]
