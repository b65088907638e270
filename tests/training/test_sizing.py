"""What depends on the size of a table."""

from __future__ import annotations

import numpy as np
import pytest

from training.boosting import BoostingParameters
from training.sizing import is_worth_tuning, refined, taken, tuning_folds, tuning_part
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


def _tuned(*trials: tuple[float, float, bool], cap: float | None = 100.0) -> Tuned:
    """Trials of an AUC, a cost and whether they were given up; each has its number of trees."""
    judged = tuple(
        Trial(number, BoostingParameters(rounds=number), auc, (auc,), cost, pruned=pruned)
        for number, (auc, cost, pruned) in enumerate(trials)
    )
    return Tuned(judged[0], judged, judged[:1], cap, 0.0)


def test_of_a_small_table_the_best_trials_within_the_cap_are_taken() -> None:
    tuned = _tuned((0.70, 10, False), (0.72, 60, False), (0.9, 1, True), (0.71, 50, False), (0.69, 20, False))
    # From the top: 60 of 100, then 50 more is too much, 10 fits and 20 fits.
    assert [each.rounds for each in taken(tuned, 4_999, 5)] == [1, 0, 4]
    assert [each.rounds for each in taken(tuned, 4_999, 2)] == [1, 0]
    unbounded = _tuned((0.70, 10, False), (0.72, 60, False), (0.71, 9e9, False), cap=None)
    assert [each.rounds for each in taken(unbounded, 4_999, 5)] == [1, 2, 0]


@pytest.mark.parametrize(("rows", "most"), [(5_000, 5), (100, 1)])
def test_of_a_large_table_or_if_told_the_chosen_one_alone_is_taken(rows: int, most: int) -> None:
    tuned = _tuned((0.70, 10, False), (0.72, 60, False))
    assert taken(tuned, rows, most) == (refined(tuned),)
