"""People with several rows: all of them are in one fold, or the model is judged on people it knows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.metrics import roc_auc_score

from training import CreditRiskModel
from training.boosting import BoostingParameters
from training.crossfit import Rows
from training.errors import UnfitTable
from training.risk_encoding import RiskEncoding
from training.splits import splits

PARAMETERS = BoostingParameters(rounds=60, learning_rate=0.1, num_leaves=16, max_depth=6, min_data_in_leaf=5)


def observed_often(people: int = 400, times: int = 4) -> tuple[npt.NDArray[np.float64], ...]:
    """People seen several times; their outcome follows one feature a little, and others tell who they are."""
    rng = np.random.default_rng(3)
    traits = rng.normal(size=(people, 6))
    is_bad = rng.random(people) < 1 / (1 + np.exp(1.0 - 0.7 * traits[:, 0]))
    who = np.repeat(np.arange(people), times)
    order = rng.permutation(len(who))
    return traits[who][order] + rng.normal(scale=0.01, size=(len(who), 6)), is_bad[who][order], who[order]


def test_nobody_is_fitted_on_and_judged() -> None:
    _, is_bad, who = observed_often()
    drawn = splits(is_bad, 5, seed=1, repeats=2, groups=who)
    assert len(drawn) == 10
    for fit_on, judge in drawn:
        assert not set(who[fit_on]) & set(who[judge])
        assert sorted((*fit_on, *judge)) == list(range(len(who)))
        assert is_bad[judge].mean() == pytest.approx(is_bad.mean(), abs=0.01)
    assert sorted(np.concatenate([judge for _, judge in drawn[:5]])) == list(range(len(who)))


def test_the_order_of_rows_moves_nobody_to_another_fold() -> None:
    _, is_bad, who = observed_often()
    order = np.random.default_rng(1).permutation(len(who))
    straight = [set(who[judge]) for _, judge in splits(is_bad, 5, seed=1, groups=who)]
    mixed = [set(who[order][judge]) for _, judge in splits(is_bad[order], 5, seed=1, groups=who[order])]
    assert straight == mixed


def test_a_part_of_the_rows_keeps_its_groups() -> None:
    values, is_bad, who = observed_often()
    part = Rows(values, is_bad, groups=who).take(np.arange(0, len(who), 3))
    assert part.groups is not None
    assert part.groups.tolist() == who[::3].tolist()


def test_a_model_knows_nobody_that_it_is_judged_on() -> None:
    values, is_bad, who = observed_often()
    model = CreditRiskModel(parameters=PARAMETERS, n_processes=1)
    alone = roc_auc_score(is_bad, model.fit(values, is_bad).out_of_fold_log_odds_)
    together = roc_auc_score(is_bad, model.fit(values, is_bad, groups=who).out_of_fold_log_odds_)
    best = roc_auc_score(is_bad, values[:, 0])
    assert alone > best + 0.15  # recognised, not foreseen
    assert together < best + 0.02


def test_a_person_says_nothing_in_the_number_of_their_own_category() -> None:
    """Every person lives alone in a home: without their own rows it is an unseen one, the average of the others."""
    _, is_bad, who = observed_often()
    homes = who[:, np.newaxis].astype(float)
    risks = RiskEncoding.learn(homes, is_bad, (0,), (who.max() + 1,))
    encoded = risks.apply_out_of_fold(homes, is_bad, 0, who)[:, 0]
    expected = np.empty(len(who))
    for others, rows in splits(is_bad, 5, 0, groups=who):
        expected[rows] = is_bad[others].mean()
    np.testing.assert_allclose(encoded, expected, rtol=1e-12)
    by_row = risks.apply_out_of_fold(homes, is_bad, 0)[:, 0]
    assert np.corrcoef(by_row, is_bad)[0, 1] > 0.5  # the other rows give the person away


def test_groups_that_cannot_be_parted_are_refused() -> None:
    values, is_bad, _ = observed_often()
    model = CreditRiskModel(parameters=PARAMETERS, n_processes=1)
    with pytest.raises(UnfitTable, match="one group only with bad or without"):
        model.fit(values, is_bad, groups=is_bad)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit(values, is_bad, groups=[1, 2])
