"""Tests of calibration against other implementations, hand-computed cases and simulated truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, chi2
from sklearn.linear_model import LogisticRegression

from scoring.calibration import probability
from training.figures import expected_calibration_error
from training.report.calibrated import chance_error, fit_line, hosmer_lemeshow, in_the_large, jeffreys_p


@given(st.integers(1, 400), st.data(), st.floats(0.001, 0.999))
def test_jeffreys_is_the_distribution_function_of_the_posterior(count: int, data: st.DataObject, chance: float) -> None:
    bad = data.draw(st.integers(0, count))
    assert jeffreys_p(bad, count, chance) == pytest.approx(beta(bad + 0.5, count - bad + 0.5).cdf(chance), abs=1e-10)


def test_jeffreys_falls_as_more_go_bad_and_is_uniform_where_probabilities_are_true() -> None:
    assert jeffreys_p(5, 100, 0.1) > jeffreys_p(10, 100, 0.1) > jeffreys_p(20, 100, 0.1)
    bads = np.random.default_rng(0).binomial(2000, 0.1, 4000)
    ps = np.array([jeffreys_p(int(bad), 2000, 0.1) for bad in bads])
    assert (ps < 0.05).mean() == pytest.approx(0.05, abs=0.012)


def test_line_equals_an_unpenalised_logistic_regression() -> None:
    random = np.random.default_rng(1)
    log_odds = random.normal(-1.5, 1.0, 3000)
    is_bad = random.random(3000) < probability(0.4 + 0.8 * log_odds)
    line = fit_line(log_odds, is_bad)
    other = LogisticRegression(C=np.inf, tol=1e-9).fit(log_odds[:, None], is_bad)
    assert line.slope == pytest.approx(other.coef_[0, 0], abs=1e-5)
    assert line.intercept == pytest.approx(other.intercept_[0], abs=1e-5)
    assert line.slope_interval.low < 0.8 < line.slope_interval.high
    # The standard error is that of the inverse information matrix, written out.
    chance = probability(line.intercept + line.slope * log_odds)
    w = chance * (1 - chance)
    determinant = w.sum() * (w * log_odds**2).sum() - (w * log_odds).sum() ** 2
    assert line.slope_error == pytest.approx(np.sqrt(w.sum() / determinant), rel=1e-6)


def test_in_the_large_is_the_shift_that_makes_the_mean_true() -> None:
    random = np.random.default_rng(2)
    log_odds = random.normal(-1.0, 1.0, 5000)
    is_bad = random.random(5000) < probability(log_odds + 0.3)
    shift, error = in_the_large(log_odds, is_bad)
    assert probability(log_odds + shift).mean() == pytest.approx(is_bad.mean(), abs=1e-9)
    assert shift == pytest.approx(0.3, abs=3 * error)
    # Everybody alike: the shift is the difference of the log-odds, the error that of a share's log-odds.
    alike, bad = np.zeros(100), np.arange(100) < 20
    shift, error = in_the_large(alike, bad)
    assert (shift, error) == (pytest.approx(np.log(0.25)), pytest.approx(np.sqrt(1 / 20 + 1 / 80)))


def test_people_who_cannot_tell_a_slope_have_none() -> None:
    line = fit_line(np.full(50, -1.0), np.arange(50) < 10)
    assert np.isnan(line.slope)
    assert not line.slope_interval.is_known


def test_hosmer_lemeshow_by_hand() -> None:
    # Ten groups of ten; in each expected 1, spread 0.9; observed 0 in five of them and 2 in the others: 10 / 0.9.
    chance = np.repeat(np.linspace(0.1, 0.1 + 1e-9, 10), 10)
    is_bad = np.concatenate([np.arange(10) < (0 if group % 2 else 2) for group in range(10)])
    statistic, degrees, p = hosmer_lemeshow(chance, is_bad, fitted=False)
    assert (statistic, degrees) == (pytest.approx(10 / 0.9, rel=1e-6), 10)
    assert p == pytest.approx(chi2(10).sf(10 / 0.9), rel=1e-6)
    assert hosmer_lemeshow(chance, is_bad, fitted=True)[1] == 8


def test_hosmer_lemeshow_of_true_probabilities_has_its_distribution() -> None:
    random = np.random.default_rng(3)
    chance = random.beta(2, 6, 3000)
    ps = [hosmer_lemeshow(chance, random.random(3000) < chance, fitted=False)[2] for _ in range(300)]
    assert np.mean(np.array(ps) < 0.1) == pytest.approx(0.1, abs=0.05)


def test_error_by_chance_is_that_of_outcomes_drawn_from_the_probabilities() -> None:
    random = np.random.default_rng(4)
    chance = random.beta(2, 6, 1203)
    mean, most = chance_error(chance, draws=400, seed=1)
    errors = [expected_calibration_error(chance, random.random(1203) < chance) for _ in range(400)]
    assert mean == pytest.approx(np.mean(errors), rel=0.06)
    assert most == pytest.approx(np.quantile(errors, 0.95), rel=0.12)
    assert chance_error(chance, draws=5, seed=1) == chance_error(chance, draws=5, seed=1)


def test_fewer_people_than_bins_have_an_error_by_chance_too() -> None:
    assert 0 <= chance_error(np.array([0.2, 0.5, 0.9]), draws=10, seed=0)[0] <= 1
