"""Judging out of fold: nobody's outcome enters their own figure, and calibration learns from strangers too."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.metrics import roc_auc_score

from scoring.calibration import probability
from training.boosting import BoostingParameters, fit_booster
from training.crossfit import FOLDS, Rows, calibrate, out_of_fold_margins
from training.population import Population
from training.splits import splits

Values = npt.NDArray[np.float64]

NAMES = ("up", "down", "bent", "home")
DIRECTIONS = (1, -1, 0, 0)
PARAMETERS = BoostingParameters(rounds=60, learning_rate=0.1, feature_fraction=0.8)


@pytest.fixture(scope="module")
def rows(people: Population) -> Rows:
    """The last feature is one of 30 categories, drawn by lot."""
    values = people.values.copy()
    values[:, 3] = np.random.default_rng(6).integers(0, 30, len(values))
    return Rows(values, people.is_bad, risk_columns=(3,), risk_sizes=(30,))


def _with_outcomes(rows: Rows, is_bad: npt.NDArray[np.bool_]) -> Rows:
    return Rows(rows.values, is_bad, rows.risk_columns, rows.risk_sizes)


def _margins(rows: Rows, processes: int = 1, seed: int = 3) -> Values:
    return out_of_fold_margins(rows, NAMES, DIRECTIONS, (PARAMETERS,), count=FOLDS, seed=seed, processes=processes)


def test_folds_judge_everybody_once_and_keep_the_share_of_bads(rows: Rows) -> None:
    drawn = splits(rows.is_bad, FOLDS, seed=3)
    assert len(drawn) == FOLDS == 5
    assert sorted(np.concatenate([judge for _, judge in drawn])) == list(range(len(rows.is_bad)))
    for fit_on, judge in drawn:
        assert not set(fit_on) & set(judge)
        assert len(fit_on) + len(judge) == len(rows.is_bad)
        assert rows.is_bad[judge].mean() == pytest.approx(rows.is_bad.mean(), abs=1 / len(judge))


def test_repeated_folds_are_drawn_anew(rows: Rows) -> None:
    drawn = splits(rows.is_bad, 3, seed=3, repeats=2)
    assert len(drawn) == 6
    assert set(drawn[0][1]) != set(drawn[3][1])


def test_outcomes_of_those_judged_are_in_no_matrix(rows: Rows) -> None:
    """Turning every outcome of the judged leaves all that is fitted on, and their own rows, as they are."""
    for fit_on, judge in splits(rows.is_bad, FOLDS, seed=3)[:2]:
        turned = rows.is_bad.copy()
        turned[judge] = ~turned[judge]
        before, after = rows.fold(fit_on, judge, 0), _with_outcomes(rows, turned).fold(fit_on, judge, 0)
        np.testing.assert_array_equal(before.fit_values, after.fit_values)
        np.testing.assert_array_equal(before.judge_values, after.judge_values)
        np.testing.assert_array_equal(before.fit_is_bad, after.fit_is_bad)


def test_each_fold_is_judged_by_what_was_fitted_on_the_others(rows: Rows) -> None:
    together = _margins(rows)
    for fit_on, judge in splits(rows.is_bad, FOLDS, seed=3)[:2]:
        fold = rows.fold(fit_on, judge, 3)
        booster = fit_booster(fold.fit_values, fold.fit_is_bad, NAMES, DIRECTIONS, PARAMETERS, 3)
        np.testing.assert_array_equal(booster.predict(fold.judge_values, raw_score=True), together[judge])


def test_chance_is_not_learned(rows: Rows) -> None:
    """With outcomes drawn by lot nothing is found out of fold, in the numbers or in the categories."""
    lots = _with_outcomes(rows, np.random.default_rng(9).permutation(rows.is_bad))
    # Standard error of an area of 0.5 with 450 bad and 750 good: sqrt((n + 1) / (12 * bad * good)) = 0.017.
    assert roc_auc_score(lots.is_bad, _margins(lots)) == pytest.approx(0.5, abs=0.06)


def test_deterministic_and_independent_of_processes(rows: Rows) -> None:
    alone = _margins(rows)
    assert (_margins(rows, processes=2) == alone).all()
    assert (_margins(rows, seed=4) != alone).any()


def test_margins_are_close_to_the_truth(many_people: tuple[Population, Values]) -> None:
    people, truth = many_people
    margins = _margins(Rows(people.values, people.is_bad))
    best = roc_auc_score(people.is_bad, truth)
    assert best - 0.02 < roc_auc_score(people.is_bad, margins) < best + 0.005
    told = probability(calibrate(margins, people.is_bad).log_odds(margins))
    assert told.mean() == pytest.approx(people.is_bad.mean(), abs=1e-3)
    assert np.corrcoef(margins, truth)[0, 1] > 0.9


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
