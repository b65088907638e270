"""Judging one trial: the same as fitting and judging by hand, in whatever pieces it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from made_folds import DIRECTIONS, FEATURES, made_folds
from sklearn.metrics import roc_auc_score

from training.boosting import BoostingParameters, fit_booster
from training.explanation_cost import explanation_cost
from training.tuning.curves import STEP, Curve, top
from training.tuning.evaluation import Task, Workbench
from training.tuning.folds import Fold
from training.tuning.trials import Extra

PARAMETERS = BoostingParameters(0, 0.1, 4, 3, 10, 0.8, 0.8, 0.0, 1.0)
FOLDS = made_folds(count=3)


def first_margins(margins: Sequence[npt.NDArray[np.float64]]) -> float:
    return float(sum(part[0] for part in margins))


EXTRA = Extra("first margins", first_margins)


def _bench(
    folds: Sequence[Fold] = tuple(FOLDS),
    *,
    cost_cap: float | None = None,
    most_trees: int = 400,
    extra: Extra | None = None,
) -> Workbench:
    return Workbench(folds, FEATURES, DIRECTIONS, seed=5, cost_cap=cost_cap, most_trees=most_trees, extra=extra)


@pytest.mark.parametrize("weighted", [False, True])
def test_curves_are_those_of_boosters_fitted_by_hand(weighted: bool) -> None:
    rng = np.random.default_rng(2)
    folds = FOLDS
    if weighted:
        folds = [
            replace(fold, fit_weights=rng.random(len(fold.fit_is_bad)), judge_weights=rng.random(100)) for fold in FOLDS
        ]
    curves = _bench(folds).judge(Task(0, PARAMETERS)).curves
    for fold, curve in zip(folds, curves, strict=True):
        for points in (1, len(curve.auc)):
            parameters = replace(PARAMETERS, rounds=points * STEP)
            booster = fit_booster(
                fold.fit_values, fold.fit_is_bad, FEATURES, DIRECTIONS, parameters, 5, weights=fold.fit_weights
            )
            margins = booster.predict(fold.judge_values, raw_score=True)
            expected = roc_auc_score(fold.judge_is_bad, margins, sample_weight=fold.judge_weights)
            assert curve.auc[points - 1] == pytest.approx(expected, abs=1e-7)  # weights are single precision
            assert curve.cost[points - 1] == explanation_cost(booster)


def test_the_bench_does_not_remember_earlier_trials() -> None:
    bench = _bench()
    other = replace(PARAMETERS, num_leaves=9, min_data_in_leaf=40, lambda_l1=1.0, path_smooth=3.0)
    tasks = [Task(0, PARAMETERS), Task(1, other), Task(2, PARAMETERS, columns=(0, 3)), Task(3, other, columns=(1,))]
    for task in (*tasks, *reversed(tasks)):
        assert bench.judge(task) == _bench().judge(task)


@pytest.mark.parametrize("known", [1, 2, 3])
@pytest.mark.parametrize("extra", [None, EXTRA])
def test_folds_that_are_known_are_taken_as_they_are(known: int, extra: Extra | None) -> None:
    whole = _bench(extra=extra).judge(Task(0, PARAMETERS))
    reported: list[int] = []
    rest = _bench(extra=extra).judge(
        Task(0, PARAMETERS, known=whole.curves[:known]), lambda place, _: reported.append(place)
    )
    assert rest == whole
    assert reported == list(range(known, 3))


def test_each_fold_is_reported_once_it_is_judged() -> None:
    reported: list[tuple[int, Curve]] = []
    judged = _bench().judge(Task(0, PARAMETERS), lambda place, curve: reported.append((place, curve)))
    assert reported == list(enumerate(judged.curves))


def test_later_folds_grow_no_longer_than_earlier_ones() -> None:
    curves = _bench(most_trees=3000).judge(Task(0, PARAMETERS)).curves
    lengths = [len(curve.auc) for curve in curves]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] < 300
    assert top(curves).rounds <= lengths[-1] * STEP


def test_below_the_bar_it_is_given_up() -> None:
    whole = _bench().judge(Task(0, PARAMETERS))
    first, second = (top(whole.curves[:count]).auc for count in (1, 2))
    bench = _bench(extra=EXTRA)
    given_up = bench.judge(Task(0, PARAMETERS, bars=(first + 1e-9, 0.0)))
    assert (given_up.pruned, given_up.curves, given_up.extra) == (True, whole.curves[:1], None)
    given_up = bench.judge(Task(0, PARAMETERS, bars=(first, second + 1e-9)))
    assert (given_up.pruned, given_up.curves) == (True, whole.curves[:2])
    assert not bench.judge(Task(0, PARAMETERS, bars=(first, second))).pruned


def test_trees_are_grown_as_long_as_an_explanation_is_cheap_enough() -> None:
    free = _bench().judge(Task(0, PARAMETERS)).curves
    cap = free[0].cost[2]
    capped = _bench(cost_cap=cap).judge(Task(0, PARAMETERS)).curves
    assert capped[0] == Curve(free[0].auc[:3], free[0].cost[:3])
    assert all(curve.cost[-1] <= cap for curve in capped)
    assert top(capped).cost <= cap


def test_the_third_objective_gets_the_margins_at_the_chosen_number_of_trees() -> None:
    judged = _bench(extra=EXTRA).judge(Task(0, PARAMETERS))
    parameters = replace(PARAMETERS, rounds=top(judged.curves).rounds)
    expected = [
        fit_booster(fold.fit_values, fold.fit_is_bad, FEATURES, DIRECTIONS, parameters, 5).predict(
            fold.judge_values, raw_score=True
        )
        for fold in FOLDS
    ]
    assert judged.extra == pytest.approx(first_margins(expected), abs=1e-7)  # weights are single precision
