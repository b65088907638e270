"""The front against brute force over all pairs; the champion by hand."""

from __future__ import annotations

import numpy as np
import pytest

from training.boosting import BoostingParameters
from training.errors import TrainingError
from training.tuning import Trial
from training.tuning.choice import champion, front


def _trial(number: int, auc: float, cost: float, extra: float | None = None, *, pruned: bool = False) -> Trial:
    return Trial(number, BoostingParameters(), auc, (auc,), cost, extra, pruned)


def _beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True)) and one != other


@pytest.mark.parametrize("seed", range(6))
def test_front_is_what_no_other_beats(seed: int) -> None:
    rng = np.random.default_rng(seed)
    # Few different values, so that there are ties.
    trials = [_trial(place, *rng.integers(0, 6, 2) / 10, float(rng.integers(0, 4))) for place in range(25)]
    losses = {trial.number: (-trial.auc, trial.cost) for trial in trials}
    expected = {n for n, loss in losses.items() if not any(_beats(other, loss) for other in losses.values())}
    assert {trial.number for trial in front(trials)} == expected
    three = {trial.number: (-trial.auc, trial.cost, -(trial.extra or 0.0)) for trial in trials}
    expected = {n for n, loss in three.items() if not any(_beats(other, loss) for other in three.values())}
    assert {trial.number for trial in front(trials, "maximize")} == expected


def test_front_goes_from_the_highest_auc_down_and_so_does_its_cost() -> None:
    trials = [_trial(0, 0.7, 50), _trial(1, 0.8, 90), _trial(2, 0.75, 95), _trial(3, 0.6, 10), _trial(4, 0.9, 5)]
    assert [trial.number for trial in front(trials[:4])] == [1, 0, 3]
    assert [trial.number for trial in front(trials)] == [4]


def test_pruned_trials_neither_stand_on_the_front_nor_win() -> None:
    trials = [_trial(0, 0.9, 1, pruned=True), _trial(1, 0.7, 5)]
    assert front(trials) == (trials[1],)
    assert champion(trials, 0.0) is trials[1]


def test_champion_is_the_cheapest_of_those_that_are_about_as_good() -> None:
    trials = [_trial(0, 0.7990, 10), _trial(1, 0.8, 100), _trial(2, 0.7995, 20), _trial(3, 0.7995, 20)]
    assert champion(trials, 0.0).number == 1
    assert champion(trials, 0.0006).number == 2  # the lower number of two alike
    assert champion(trials, 0.0011).number == 0


def test_no_third_objective_where_none_was_measured() -> None:
    with pytest.raises(TrainingError, match="Trial 0 has no third objective"):
        front([_trial(0, 0.7, 1)], "minimize")
