"""What depends on the size of a table."""

from __future__ import annotations

import numpy as np
import pytest

from training.boosting import BoostingParameters
from training.sizing import is_worth_tuning, refined, tuning_folds, tuning_part
from training.tuning import Trial, Tuned


def test_small_tables_are_not_tuned_on() -> None:
    assert is_worth_tuning(np.arange(200) < 20)
    assert not is_worth_tuning(np.arange(199) < 20)
    assert not is_worth_tuning(np.arange(2000) < 19)
    assert not is_worth_tuning(np.arange(2000) >= 19)


def test_a_part_keeps_the_share_of_bads_and_the_order() -> None:
    is_bad = np.random.default_rng(1).random(10_000) < 0.03
    part = tuning_part(is_bad, seed=2, size=1000)
    assert len(part) == len(set(part)) == 1000
    assert (np.diff(part) > 0).all()
    assert is_bad[part].mean() == pytest.approx(is_bad.mean(), abs=0.001)
    assert (part != tuning_part(is_bad, seed=3, size=1000)).any()
    assert (tuning_part(is_bad[:1000], seed=2, size=1000) == np.arange(1000)).all()


def test_a_part_has_bads_enough_where_they_are_rare() -> None:
    is_bad = np.arange(100_000) < 30
    assert is_bad[tuning_part(is_bad, seed=2, size=1000)].sum() == 20


def test_the_fewer_rows_the_more_folds() -> None:
    assert [count * repeats for count, repeats in map(tuning_folds, (500, 5_000, 30_000))] == [15, 5, 3]


@pytest.mark.parametrize(("cost", "cap", "times"), [(10.0, 45.0, 4), (20.0, 45.0, 2), (30.0, 45.0, 1), (9e9, None, 4)])
def test_trees_are_as_fine_as_an_explanation_may_cost(cost: float, cap: float | None, times: int) -> None:
    parameters = BoostingParameters(rounds=100, learning_rate=0.08)
    trial = Trial(0, parameters, 0.7, (0.7,), cost)
    fine = refined(Tuned(trial, (trial,), (trial,), cap, 0.0))
    assert (fine.rounds, fine.learning_rate) == (100 * times, 0.08 / times)
    assert fine.num_leaves == parameters.num_leaves
