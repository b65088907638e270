"""Tuning: the same to the byte however it is run, and stopped where its budget says."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import optuna
import pytest
from made_folds import DIRECTIONS, FEATURES, made_folds
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from training.boosting import fit_booster
from training.errors import TuningError
from training.tuning import STUDY, Budget, Extra, Progress, Tuned, tune
from training.tuning.choice import champion, front

FOLDS = made_folds()
FEW_TREES = 500.0
"""A cap that ends boosters early, so that the tests are quick."""


def spread(margins: Sequence[npt.NDArray[np.float64]]) -> float:
    """How far margins lie apart."""
    return float(np.mean([part.std() for part in margins]))


def _tune(trials: int = 8, *, seed: int = 1, budget: Budget | None = None, **options: Any) -> Tuned:
    return tune(
        FOLDS, FEATURES, DIRECTIONS, budget=budget or Budget(trials), seed=seed, **{"cost_cap": FEW_TREES} | options
    )


@pytest.fixture(scope="module")
def tuned() -> Tuned:
    """Fourteen trials: two full rounds, and two that the sampler proposes from what it has learnt."""
    return _tune(14)


def test_the_outcome_holds_together(tuned: Tuned) -> None:
    assert [trial.number for trial in tuned.trials] == list(range(14))
    assert tuned.chosen == champion(tuned.trials, tuned.tolerance)
    assert tuned.front == front(tuned.trials)
    assert tuned.parameters == tuned.chosen.parameters
    for trial in tuned.trials:
        assert trial.auc == pytest.approx(np.mean(trial.auc_by_fold), abs=1e-12)
        assert trial.cost <= (tuned.cost_cap or 0.0)
        assert trial.dropped == ()
    assert len({trial.parameters for trial in tuned.trials}) == 14


@pytest.mark.parametrize("processes", [2, 3])
def test_processes_change_nothing(tuned: Tuned, processes: int, tmp_path: Path) -> None:
    assert repr(_tune(14, processes=processes, storage=tmp_path / "journal")) == repr(tuned)


def test_beside_the_main_thread_it_starts_no_processes(tuned: Tuned) -> None:
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(_tune, 2, processes=2).result().trials == tuned.trials[:2]


def test_the_booster_is_the_same_to_the_byte(tuned: Tuned) -> None:
    texts = {
        fit_booster(
            FOLDS[0].fit_values, FOLDS[0].fit_is_bad, FEATURES, DIRECTIONS, outcome.parameters, 1
        ).model_to_string()
        for outcome in (tuned, _tune(14))
    }
    assert len(texts) == 1


def test_a_larger_budget_goes_on(tuned: Tuned, tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path / 'database'}"
    for trials in (1, 8, 14):
        outcome = _tune(trials, storage=storage)
        assert outcome.trials == tuned.trials[:trials]
    assert outcome == tuned
    assert _tune(8, storage=storage).trials == tuned.trials[:8]


def test_another_seed_draws_others() -> None:
    one, other = _tune(6, seed=1), _tune(6, seed=2)
    assert [trial.parameters.num_leaves for trial in one.trials[:4]] == [
        trial.parameters.num_leaves for trial in other.trials[:4]
    ]
    assert one.trials[4].parameters != other.trials[4].parameters


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": 2}, "seed"),
        ({"cost_cap": 50.0}, "settings"),
        ({"droppable": {"bent": (2,)}}, "droppable, space"),
        ({"extra": Extra("spread", spread)}, "extra"),
    ],
)
def test_the_storage_of_another_tuning_is_refused(tmp_path: Path, change: dict[str, Any], named: str) -> None:
    _tune(1, storage=tmp_path / "journal")
    before = (tmp_path / "journal").read_bytes().count(b"\n")
    with pytest.raises(TuningError, match=rf"of another tuning: {named} differ\. Use another storage or name"):
        _tune(1, storage=tmp_path / "journal", **change)
    assert (tmp_path / "journal").read_bytes().count(b"\n") <= before + 1  # Optuna notes the attempt to make a study


def test_other_data_folds_or_directions_are_refused_and_another_name_is_not(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    _tune(1, storage=journal)
    flipped = [replace(FOLDS[0], judge_is_bad=~FOLDS[0].judge_is_bad), FOLDS[1]]
    for folds in (flipped, FOLDS[::-1], made_folds(count=3)):
        with pytest.raises(TuningError, match="folds differ"):
            tune(folds, FEATURES, DIRECTIONS, budget=Budget(1), seed=1, cost_cap=FEW_TREES, storage=journal)
    with pytest.raises(TuningError, match="directions differ"):
        tune(FOLDS, FEATURES, (1, -1, 1, 0), budget=Budget(1), seed=1, cost_cap=FEW_TREES, storage=journal)
    tune(flipped, FEATURES, DIRECTIONS, budget=Budget(1), seed=1, cost_cap=FEW_TREES, storage=journal, study="another")


def test_a_study_that_is_no_tuning_is_refused(tmp_path: Path) -> None:
    storage = JournalStorage(JournalFileBackend(str(tmp_path / "journal")))
    optuna.create_study(storage=storage, study_name=STUDY, directions=["maximize", "minimize"]).ask()
    with pytest.raises(TuningError, match="is not one of a tuning"):
        _tune(1, storage=tmp_path / "journal")


def test_optuna_reads_the_record(tuned: Tuned, tmp_path: Path) -> None:
    _tune(7, storage=tmp_path / "journal")
    study = optuna.load_study(study_name=STUDY, storage=JournalStorage(JournalFileBackend(str(tmp_path / "journal"))))
    assert [trial.values for trial in study.trials] == [[trial.auc, trial.cost] for trial in tuned.trials[:7]]
    assert all(set(trial.intermediate_values) == {0, 1} for trial in study.trials)
    assert {trial.number for trial in study.best_trials} == {trial.number for trial in front(tuned.trials[:7])}


# -- budgets --------------------------------------------------------------------------------------


def _clock(step: float) -> Callable[[], float]:
    """A clock that moves on by so many seconds each time it is looked at."""
    ticks = count()
    return lambda: next(ticks) * step


@pytest.mark.parametrize("seconds", [0.0, 2.5])
def test_time_is_up_between_rounds_and_the_recorded_trials_replay(tuned: Tuned, seconds: float) -> None:
    stopped = _tune(budget=Budget(14, seconds=seconds), clock=_clock(1.0))
    done = len(stopped.trials)
    assert done in (6, 12)
    assert stopped.trials == tuned.trials[:done]
    assert repr(_tune(done)) == repr(stopped)


def test_patience(tuned: Tuned) -> None:
    stopped = _tune(budget=Budget(14, patience=4))
    done = len(stopped.trials)
    assert stopped.trials == tuned.trials[:done]
    assert done % 6 == 0 or done == 14
    assert done == 14 or done - 1 - stopped.chosen.number >= 4
    for rounds in range(6, done, 6):
        assert rounds - 1 - champion(tuned.trials[:rounds], tuned.tolerance).number < 4


@pytest.mark.parametrize("budget", [Budget(0), Budget(5, seconds=-1.0), Budget(5, patience=0)])
def test_a_budget_that_allows_nothing_is_refused(budget: Budget) -> None:
    with pytest.raises(TuningError, match="budget"):
        _tune(budget=budget)


def test_progress_is_told_after_each_trial() -> None:
    told: list[Progress] = []
    outcome = _tune(8, progress=told.append, clock=_clock(1.0))
    assert [progress.done for progress in told] == list(range(1, 9))
    assert {progress.total for progress in told} == {8}
    assert (told[-1].auc, told[-1].cost) == (outcome.chosen.auc, outcome.chosen.cost)
    seconds = [progress.seconds for progress in told]
    assert seconds == sorted(seconds)
    assert seconds[0] > 0


def test_an_error_of_the_caller_ends_it_cleanly_and_it_goes_on(tuned: Tuned, tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.done == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        _tune(9, processes=2, storage=tmp_path / "journal", progress=stop)
    assert _tune(9, storage=tmp_path / "journal").trials == tuned.trials[:9]


# -- a third objective, groups of columns ----------------------------------------------------------


@pytest.mark.parametrize("processes", [1, 2])
def test_a_third_objective_and_groups_of_columns(processes: int) -> None:
    droppable = {"signal": (0,), "rest": (2, 3)}
    outcome = _tune(14, processes=processes, droppable=droppable, extra=Extra("spread", spread, "minimize"))
    assert {trial.dropped for trial in outcome.trials} >= {(), ("signal",)}
    assert all((trial.extra or 0.0) > 0 for trial in outcome.trials if not trial.pruned)
    with_signal = [trial.auc for trial in outcome.trials if "signal" not in trial.dropped]
    without = [trial.auc for trial in outcome.trials if "signal" in trial.dropped]
    assert min(with_signal) > max(without)
    assert "signal" not in outcome.dropped
    assert outcome.front == front(outcome.trials, "minimize")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"folds": []}, "at least one fold"),
        ({"features": ("a", "b")}, "4 columns but 2 names"),
        ({"directions": (1, 0)}, "4 columns but 2 directions"),
        ({"droppable": {"none": (4,)}}, "group 'none' names column 4"),
        ({"droppable": {"all": (0, 1, 2, 3)}}, "leave no column"),
        ({"processes": 0}, "processes"),
    ],
)
def test_bad_input(changes: dict[str, Any], rule: str) -> None:
    given: dict[str, Any] = {"folds": FOLDS, "features": FEATURES, "directions": DIRECTIONS} | changes
    with pytest.raises(TuningError, match=rule):
        tune(given.pop("folds"), given.pop("features"), given.pop("directions"), budget=Budget(1), seed=1, **given)


def test_naming_a_budget_does_not_load_optuna() -> None:
    told = "import sys, training.tuning; print('optuna' in sys.modules, 'matplotlib' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", told], text=True).split() == ["False", "False"]
