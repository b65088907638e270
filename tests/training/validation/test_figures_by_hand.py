"""Figures of the sections on cases small enough to be worked out by hand, and against plain Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta
from sklearn.metrics import roc_auc_score

from training.boosting import BoostingParameters, fit_booster
from training.population import Population
from training.report.grades import Grades, grades_of
from training.report.groups import Group, groups_by, roc
from training.samples import Samples
from training.validation import Evidence
from training.validation.discrimination import auc_fall_p
from training.validation.migration import concentration, migration
from training.validation.peer_models import information_value, plain_boosting, scorecard, unbound_boosting
from training.validation.reject_inference import earlier_policy, infer
from training.validation.reliability import kept_share, told_reasons
from training.validation.sensitivity import noise
from training.validation.stability import gini_stability
from training.validation.swap_set import swap, worse_p


def test_stability_metric_by_hand() -> None:
    # Week 1: every bad above every good, Gini 1; week 2: half of the pairs, Gini 0; week 3: Gini 1 again; week 4 has
    # no bad and does not count. Slope of (1, 0, 1) is 0, mean 2/3, residuals (1/3, -2/3, 1/3), their spread sqrt(2)/3.
    week = np.array([1, 1, 2, 2, 2, 3, 3, 4])
    is_bad = np.array([True, False, True, False, False, True, False, False])
    risk = np.array([0.9, 0.1, 0.5, 0.9, 0.1, 0.7, 0.2, 0.5])
    found = gini_stability(week, is_bad, risk)
    assert found is not None
    assert (found.mean, found.slope, found.periods) == (pytest.approx(2 / 3), pytest.approx(0.0), 3)
    assert found.spread == pytest.approx(np.sqrt(2) / 3)
    assert found.metric == pytest.approx(2 / 3 - np.sqrt(2) / 6)


def test_stability_metric_counts_a_fall_88_times_and_a_rise_not_at_all() -> None:
    # Gini 1 and then 0: slope -1, mean 1/2, no residuals; the other way round the slope is +1.
    risk = np.array([0.9, 0.1, 0.5, 0.9, 0.1])
    is_bad = np.array([True, False, True, False, False])
    falling = gini_stability(np.array([1, 1, 2, 2, 2]), is_bad, risk)
    rising = gini_stability(np.array([2, 2, 1, 1, 1]), is_bad, risk)
    assert falling is not None
    assert rising is not None
    assert falling.metric == pytest.approx(0.5 - 88)
    assert rising.metric == pytest.approx(0.5)


def test_stability_metric_needs_two_weeks() -> None:
    assert gini_stability(np.array([1, 1]), np.array([True, False]), np.array([0.9, 0.1])) is None


def test_information_value_by_hand() -> None:
    # Two values; of the good 3/4 have the first, of the bad 1/4: (1/2) ln 3 + (-1/2) ln(1/3) = ln 3.
    values = np.array([0.0] * 3 + [1.0] + [0.0] + [1.0] * 3)
    is_bad = np.array([False] * 4 + [True] * 4)
    assert information_value(values, is_bad) == pytest.approx(np.log(3))


@given(st.lists(st.integers(300, 850), min_size=60, max_size=300), st.integers(1, 60))
def test_grades_hold_everybody_best_first(scores: list[int], width: int) -> None:
    people = np.array(scores)
    grades = grades_of(people, width, least=20)
    place = grades.place(people)
    assert len(grades.names) == len(grades.ranges) <= 12
    assert np.bincount(place, minlength=len(grades.names)).min() >= (20 if grades.edges else 1)
    order = np.argsort(people)
    assert (np.diff(place[order]) <= 0).all()
    assert all(higher > lower for higher, lower in pairwise(grades.edges))


def test_ranges_of_grades_are_where_scores_are_placed() -> None:
    grades = Grades((600, 580))
    assert grades.ranges == ("600 and above", "580–599", "below 580")
    assert Grades(()).ranges == ("all",)


def test_swap_by_hand() -> None:
    # Six people, half approved: the new model takes 0, 1, 2, the old one 0, 3, 4.
    now, before = np.array([1.0, 2, 3, 4, 5, 6]), np.array([1.0, 5, 6, 2, 3, 4])
    is_bad = np.array([False, False, True, True, True, False])
    found = swap(now, before, is_bad, 0.5)
    assert (found.swapped_in.count, found.swapped_in.bad) == (2, 1)
    assert (found.swapped_out.count, found.swapped_out.bad) == (2, 2)
    assert (found.approved.bad, found.approved_before.bad) == (1, 2)


def test_a_difference_of_bad_rates_by_hand() -> None:
    # Pooled 30 of 200: error sqrt(0.15 * 0.85 * 2 / 100) = 0.0505; z = 0.1 / 0.0505 = 1.980, p 0.0238.
    assert worse_p(Group("in", 100, 20, 0.0), Group("out", 100, 10, 0.0)) == pytest.approx(0.0238, abs=1e-4)
    assert worse_p(Group("in", 5, 0, 0.0), Group("out", 5, 0, 0.0)) == 1.0


def test_a_fall_of_the_auc_by_hand() -> None:
    # A fall of 1.6449 standard errors has a chance of 5 %.
    assert auc_fall_p(0.8, 0.8 - 1.6449 * 0.01, 0.01) == pytest.approx(0.05, abs=1e-5)
    assert auc_fall_p(0.8, 0.8, 0.01) == 0.5


def test_concentration_by_hand() -> None:
    assert concentration(np.array([1.0, 0.0])) == 1.0
    assert concentration(np.full(4, 0.25)) == 0.25


def test_migration_follows_a_consumer_from_one_date_to_the_next(evidence: Evidence) -> None:
    moved = migration(evidence)
    assert moved is not None
    people = evidence.people
    table = pd.DataFrame({"who": people.consumer_ids, "at": people.observed_at,
                          "grade": evidence.grades.place(evidence.credit_score)})  # fmt: skip
    expected = np.zeros_like(moved)
    for _, rows in table.groupby("who"):
        for before, after in pairwise(rows.sort_values("at", kind="stable")["grade"]):
            expected[before, after] += 1
    assert moved.tolist() == expected.tolist()


def test_told_reasons_are_the_four_largest_that_raise_the_risk() -> None:
    weights = np.array([[0.5, 0.4, 0.3, 0.2, 0.1], [0.5, -0.1, 0.0, 0.2, -9.0]])
    assert told_reasons(weights).tolist() == [[True, True, True, True, False], [True, False, False, True, False]]
    assert kept_share(weights, weights) == 1.0
    assert kept_share(weights, -weights) == 0.0


def test_noise_stays_in_range_in_its_column_and_leaves_missing_missing() -> None:
    random = np.random.default_rng(0)
    seen = random.normal(size=(500, 3))
    values = seen[:200].copy()
    values[:20, 1] = np.nan
    moved = noise(values, (1,), seen, np.random.default_rng(1))
    assert np.array_equal(moved[:, [0, 2]], values[:, [0, 2]])
    assert np.isnan(moved[:20, 1]).all()
    assert np.nanmin(moved[:, 1]) >= seen[:, 1].min()
    assert np.nanmax(moved[:, 1]) <= seen[:, 1].max()
    assert np.nanstd(moved[20:, 1] - values[20:, 1]) == pytest.approx(0.1 * seen[:, 1].std(), rel=0.15)


@given(st.lists(st.integers(300, 310), min_size=1, max_size=60), st.integers(1, 12))
def test_groups_hold_every_row_once_and_never_part_equal_values(values: list[int], count: int) -> None:
    scores = np.array(values)
    groups = groups_by(scores, count)
    assert sorted(np.concatenate(groups).tolist()) == list(range(len(values)))
    assert len(groups) <= count
    for lower, higher in pairwise(groups):
        assert scores[lower].max() < scores[higher].min()


@given(st.integers(1, 500), st.data())
def test_interval_is_that_of_jeffreys_and_holds_the_rate(count: int, data: st.DataObject) -> None:
    bad = data.draw(st.integers(0, count))
    low, high = Group("", count, bad, 0.0).interval
    assert low <= bad / count <= high
    if 0 < bad < count:
        assert (low, high) == pytest.approx(tuple(beta(bad + 0.5, count - bad + 0.5).ppf([0.025, 0.975])))


def test_curve_agrees_with_another_implementation_and_loses_nothing_when_thinned() -> None:
    random = np.random.default_rng(1)
    chance = random.beta(2, 5, 2000)
    is_bad = random.random(2000) < chance
    curve = roc(is_bad, chance)
    assert curve is not None
    assert curve.auc == pytest.approx(roc_auc_score(is_bad, chance))
    held_back = chance >= curve.ks_default_probability
    assert curve.ks == pytest.approx(held_back[is_bad].mean() - held_back[~is_bad].mean())
    good, bad = curve.thinned(200)
    assert len(good) <= 201
    assert np.trapezoid(bad, good) == pytest.approx(curve.auc, abs=1e-3)
    assert roc(np.array([True, True]), np.array([0.1, 0.2])) is None


# -- reject inference and peers ----------------------------------------------------------------------------


def _people(size: int = 2000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    values = random.normal(size=(size, 4))
    log_odds = -1 + values[:, 0]
    return values, random.random(size) < 1 / (1 + np.exp(-log_odds)), log_odds


def test_outcomes_of_the_declined_are_not_looked_at() -> None:
    values, is_bad, log_odds = _people()
    accepted = values[:, 0] < 0.5
    lied = np.where(accepted, is_bad, ~is_bad)
    for method in ("accepts only", "reweighting", "fuzzy augmentation", "parcelling"):
        one, other = (infer(method, values, outcome, accepted, log_odds, 1) for outcome in (is_bad, lied))
        assert np.array_equal(one.is_bad, other.is_bad), method
        assert np.array_equal(one.weights, other.weights), method


def test_methods_by_their_definitions() -> None:
    values, is_bad, log_odds = _people()
    accepted = np.random.default_rng(1).random(len(values)) < 0.5
    reweighted = infer("reweighting", values, is_bad, accepted, log_odds, 1)
    assert reweighted.weights.sum() == pytest.approx(len(values), rel=0.01)
    fuzzy = infer("fuzzy augmentation", values, is_bad, accepted, log_odds, 1)
    assert fuzzy.weights.sum() == pytest.approx(len(values))
    assert len(fuzzy.is_bad) == accepted.sum() + 2 * (~accepted).sum()
    parcelled = infer("parcelling", values, is_bad, accepted, log_odds, 1)
    rate = parcelled.is_bad[~accepted].mean() / is_bad[accepted].mean()
    assert rate == pytest.approx(1.5, rel=0.15)
    with pytest.raises(ValueError, match="guessing: no such method of reject inference"):
        infer("guessing", values, is_bad, accepted, log_odds, 1)


def test_the_earlier_policy_declines_the_worse() -> None:
    values, is_bad, _ = _people()
    risk = earlier_policy(values, is_bad, values, seed=1)
    declined = risk > np.quantile(risk, 0.7)
    assert is_bad[declined].mean() > 1.3 * is_bad[~declined].mean()


def test_peers_rank_people_and_a_scorecard_of_nothing_has_no_characteristic() -> None:
    values, is_bad, log_odds = _people()
    values[::7, 1] = np.nan
    by_scorecard, characteristics = scorecard(values, is_bad, (1, 0, 0, 0), values, seed=1)
    assert characteristics >= 1
    for predicted in (by_scorecard, plain_boosting(values, is_bad, values, seed=1)):
        assert np.corrcoef(predicted, log_odds)[0, 1] > 0.7
    flat = np.ones((100, 2))
    nothing, none = scorecard(flat, np.arange(100) < 30, (0, 0), flat[:5], seed=1)
    assert none == 0
    assert nothing.tolist() == [0.0] * 5


def test_what_directions_cost_shows_where_they_are_wrong() -> None:
    values, is_bad, log_odds = _people()
    names, asked = tuple("abcd"), BoostingParameters(rounds=60, path_smooth=5.0)
    freed = unbound_boosting(values, is_bad, values, asked, seed=1)
    same = fit_booster(values, is_bad, names, (0,) * 4, replace(asked, path_smooth=0.0), 1)
    assert freed.tolist() == same.predict(values, raw_score=True, num_threads=1).tolist()
    wrong = tuple(-int(np.sign(np.corrcoef(column, log_odds)[0, 1])) for column in values.T)
    bound = fit_booster(values, is_bad, names, wrong, asked, 1).predict(values, raw_score=True, num_threads=1)
    assert roc_auc_score(is_bad, freed) > roc_auc_score(is_bad, bound) + 0.1


# -- bad evidence ------------------------------------------------------------------------------------------


def test_evidence_that_does_not_belong_together_is_refused(
    evidence: Evidence, evidence_of: Callable[..., Evidence]
) -> None:
    people, samples = evidence.people, evidence.samples
    with pytest.raises(ValueError, match="segments 'region': 2 rows for 1500 people; pass one each"):
        evidence_of(people, samples, segments={"region": np.array(["a", "b"])})
    with pytest.raises(ValueError, match="out_of_fold_log_odds: one is needed for each row of the development"):
        evidence_of(people, samples, out_of_fold_log_odds=np.zeros(3))
    good = samples.test[~people.is_bad[samples.test]]
    with pytest.raises(ValueError, match="the test sample needs both good and bad people; draw a larger one"):
        evidence_of(people, Samples(samples.development, good, samples.out_of_time))
    turned = Population(people.consumer_ids, people.observed_at, people.values[:, ::-1], people.features[::-1],
                        people.is_bad)  # fmt: skip
    with pytest.raises(ValueError, match="the people's features are not the model's"):
        evidence_of(turned, samples, bundle=evidence.bundle)
