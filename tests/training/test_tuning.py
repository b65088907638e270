"""Tuning: exact, repeatable, independent of the processes, and readable by Optuna."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from training.boosting import BoostingParameters
from training.population import Population
from training.tuning import STUDY, TUNING_ROWS, Progress, tune

DIRECTIONS = (1, -1, 0, 0)


def _tune(
    people: Population, journal: Path, *, trials: int = 3, seed: int = 1, processes: int = 1,
    progress: Progress | None = None,
) -> tuple[BoostingParameters, float]:  # fmt: skip
    return tune(people, DIRECTIONS, trials=trials, seed=seed, processes=processes, journal=journal, progress=progress)


def _trials(journal: Path) -> list[optuna.trial.FrozenTrial]:
    study = optuna.load_study(study_name=STUDY, storage=JournalStorage(JournalFileBackend(str(journal))))
    return list(study.trials)


@pytest.mark.parametrize("trials", [1, 2, 5])
def test_number_of_trials_is_exact(people: Population, tmp_path: Path, trials: int) -> None:
    told: list[tuple[int, int, float]] = []
    parameters, best = _tune(
        people.take(slice(400)), tmp_path / "j", trials=trials, progress=lambda *what: told.append(what)
    )
    done = _trials(tmp_path / "j")
    assert [trial.number for trial in done] == list(range(trials))
    assert all(trial.state == optuna.trial.TrialState.COMPLETE for trial in done)
    assert best == max(trial.value or 0.0 for trial in done)
    assert asdict(parameters) in [trial.params for trial in done]
    assert [count for count, _, _ in told] == sorted({*range(2, trials + 1, 2), trials})
    assert {total for _, total, _ in told} == {trials}
    assert told[-1][2] == best


def test_deterministic_and_independent_of_processes(people: Population, tmp_path: Path) -> None:
    few = people.take(slice(500))
    alone = _tune(few, tmp_path / "one", trials=9)
    assert _tune(few, tmp_path / "two", trials=9, processes=2) == alone
    told = [[(trial.params, trial.value) for trial in _trials(tmp_path / name)] for name in ("one", "two")]
    assert told[0] == told[1]


def test_another_seed_draws_others(people: Population, tmp_path: Path) -> None:
    few = people.take(slice(400))
    for seed in (1, 2):
        _tune(few, tmp_path / str(seed), seed=seed)
    one, other = ([trial.params for trial in _trials(tmp_path / str(seed))] for seed in (1, 2))
    assert one[0] == other[0]  # the defaults come first
    assert one[1] != other[1]


def test_a_tuning_that_was_broken_off_is_begun_anew(people: Population, tmp_path: Path) -> None:
    few = people.take(slice(400))

    def stop(done: int, total: int, best: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        _tune(few, tmp_path / "j", progress=stop)
    assert len(_trials(tmp_path / "j")) == 2
    again = _tune(few, tmp_path / "j")
    assert len(_trials(tmp_path / "j")) == 3
    assert again == _tune(few, tmp_path / "fresh")


def test_nothing_but_the_journal_is_left(people: Population, tmp_path: Path) -> None:
    _tune(people.take(slice(400)), tmp_path / "j", trials=1)
    assert [path.name for path in tmp_path.iterdir()] == ["j"]


def test_large_populations_are_tuned_on_a_part(people: Population) -> None:
    part = people.sample(500, seed=1)
    assert len(part) == 500
    assert (part.consumer_ids == people.sample(500, seed=1).consumer_ids).all()
    assert list(part.consumer_ids) == sorted(set(part.consumer_ids))
    for row, consumer in enumerate(part.consumer_ids[:20]):
        assert part.is_bad[row] == people.is_bad[consumer]
    assert people.sample(TUNING_ROWS, seed=1) is people
