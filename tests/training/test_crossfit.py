"""Judging out of fold: nobody's outcome enters their own figure, and calibration learns from strangers too."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from scoring.calibration import probability
from training import crossfit
from training.boosting import BoostingParameters
from training.crossfit import (
    FOLDS,
    Recipe,
    calibrate,
    fit,
    fit_margins,
    folds,
    out_of_fold_log_odds,
    out_of_fold_margins,
)
from training.figures import expected_calibration_error, figures
from training.population import Population

Values = npt.NDArray[np.float64]

RECIPE = Recipe((1, -1, 0, 0), BoostingParameters(rounds=60, learning_rate=0.1, feature_fraction=0.8), seed=5)


def _with_outcomes(people: Population, is_bad: npt.NDArray[np.bool_]) -> Population:
    return Population(people.consumer_ids, people.values, people.features, is_bad)


def test_folds_judge_everybody_once_and_keep_the_share_of_bads(people: Population) -> None:
    splits = folds(people.is_bad, FOLDS, seed=3)
    assert len(splits) == FOLDS == 5
    assert sorted(np.concatenate([judge for _, judge in splits])) == list(range(len(people)))
    for fit_on, judge in splits:
        assert not set(fit_on) & set(judge)
        assert len(fit_on) + len(judge) == len(people)
        assert people.is_bad[judge].mean() == pytest.approx(people.is_bad.mean(), abs=1 / len(judge))


def test_outcomes_of_those_judged_do_not_enter_their_figures(people: Population) -> None:
    """Turning every outcome of a fold leaves its own calibrated log-odds as they are, bit for bit."""
    for fit_on, judge in folds(people.is_bad, FOLDS, seed=3)[:2]:
        turned = people.is_bad.copy()
        turned[judge] = ~turned[judge]
        before = crossfit._calibrated_fold(people, RECIPE, fit_on, judge)
        after = crossfit._calibrated_fold(_with_outcomes(people, turned), RECIPE, fit_on, judge)
        assert (before == after).all()


def test_outcomes_of_the_others_do(people: Population) -> None:
    fit_on, judge = folds(people.is_bad, FOLDS, seed=3)[0]
    turned = people.is_bad.copy()
    turned[fit_on] = ~turned[fit_on]
    before = fit_margins(people, RECIPE, fit_on, judge)
    after = fit_margins(_with_outcomes(people, turned), RECIPE, fit_on, judge)
    assert np.corrcoef(before, after)[0, 1] < 0


def test_each_fold_is_judged_by_what_was_fitted_on_the_others(people: Population) -> None:
    together = out_of_fold_log_odds(people, RECIPE, seed=3, processes=1)
    for fit_on, judge in folds(people.is_bad, FOLDS, seed=3)[:2]:
        assert (together[judge] == crossfit._calibrated_fold(people, RECIPE, fit_on, judge)).all()


def test_chance_is_not_learned(people: Population) -> None:
    """With outcomes drawn by lot, what is in sample looks good and what is out of fold does not."""
    lots = _with_outcomes(people, np.random.default_rng(9).permutation(people.is_bad))
    margins = out_of_fold_margins(lots, RECIPE, FOLDS, seed=3, processes=1)
    everybody = np.arange(len(lots))
    assert figures(probability(fit_margins(lots, RECIPE, everybody, everybody)), lots.is_bad).auc > 0.6
    # Standard error of an area of 0.5 with 450 bad and 750 good: sqrt((n + 1) / (12 * bad * good)) = 0.017.
    assert figures(probability(margins), lots.is_bad).auc == pytest.approx(0.5, abs=0.06)


def test_deterministic_and_independent_of_processes(people: Population) -> None:
    alone = out_of_fold_log_odds(people, RECIPE, seed=3, processes=1)
    assert (out_of_fold_log_odds(people, RECIPE, seed=3, processes=2) == alone).all()
    assert (out_of_fold_log_odds(people, RECIPE, seed=4, processes=1) != alone).any()


def test_fit_is_deterministic_and_independent_of_processes(people: Population) -> None:
    assert fit(people, RECIPE, processes=1) == fit(people, RECIPE, processes=2)


def test_fit_learns_from_everybody(people: Population) -> None:
    text, _ = fit(people, RECIPE, processes=1)
    assert "leaf_count=" in text
    everybody = np.arange(len(people))
    import lightgbm as lgb

    margins = lgb.Booster(model_str=text).predict(people.values, raw_score=True, num_threads=1)
    assert (margins == fit_margins(people, RECIPE, everybody, everybody)).all()


def test_judged_probabilities_are_close_to_the_truth(many_people: tuple[Population, Values]) -> None:
    people, truth = many_people
    log_odds = out_of_fold_log_odds(people, RECIPE, seed=3, processes=2)
    found, best = (figures(probability(each), people.is_bad) for each in (log_odds, truth))
    assert best.auc - 0.02 < found.auc < best.auc + 0.005
    # A perfect model of 6,000 shows about sqrt(2 / pi) * sqrt(0.2 / 600) = 0.015.
    assert expected_calibration_error(probability(log_odds), people.is_bad) < 0.025
    assert probability(log_odds).mean() == pytest.approx(people.is_bad.mean(), abs=0.01)


# -- calibrate ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.6, -1.5), (1.8, 0.7)])
def test_calibration_recovers_the_line_it_was_drawn_from(slope: float, intercept: float) -> None:
    rng = np.random.default_rng(11)
    margins = rng.normal(size=40_000)
    is_bad = rng.random(margins.size) < probability(intercept + slope * margins)
    found = calibrate(margins, is_bad)
    # Standard errors are about 0.013 to 0.02 at this size; four of them.
    assert found.slope == pytest.approx(slope, abs=0.08)
    assert found.intercept == pytest.approx(intercept, abs=0.08)


def test_calibration_is_the_maximum_of_the_likelihood(many_people: tuple[Population, Values]) -> None:
    people, truth = many_people
    found = calibrate(truth, people.is_bad)
    residual = probability(found.log_odds(truth)) - people.is_bad
    assert abs(residual.mean()) < 1e-5  # both derivatives of the log-likelihood vanish
    assert abs((residual * truth).mean()) < 1e-5


UNTRUSTWORTHY: dict[str, Callable[[npt.NDArray[np.bool_], np.random.Generator], Values]] = {
    "reversed": lambda is_bad, rng: rng.normal(size=is_bad.size) - 2.0 * is_bad,
    "constant": lambda is_bad, _: np.full(is_bad.size, -1.3),
    "by lot": lambda is_bad, rng: rng.normal(size=is_bad.size),
    "tiny": lambda is_bad, rng: 1e-6 * (rng.normal(size=is_bad.size) + is_bad),
    "huge": lambda is_bad, rng: 1e3 * (rng.normal(size=is_bad.size) + is_bad),
    "parted": lambda is_bad, rng: np.where(is_bad, 1.0, -1.0) + 0.1 * rng.random(is_bad.size),
}


@pytest.mark.parametrize("kind", UNTRUSTWORTHY)
def test_margins_that_cannot_be_trusted_keep_the_order_and_the_mean(kind: str) -> None:
    rng = np.random.default_rng(12)
    is_bad = rng.random(3000) < 0.2
    margins = UNTRUSTWORTHY[kind](is_bad, rng)
    found = calibrate(margins, is_bad)
    assert 0.2 <= found.slope <= 5.0
    assert probability(found.log_odds(margins)).mean() == pytest.approx(is_bad.mean(), abs=1e-3)
