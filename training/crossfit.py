"""Judging on people the model has not seen, and calibrating on them too.

Within each of five stratified folds the booster is fitted on the other four, and so is its
calibrator: on margins that are themselves out of fold there. Nothing of a person enters their own
figure. The calibration slope and intercept are fitted by logistic regression (Platt, 1999).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.utils.parallel import Parallel, delayed

from scoring.calibration import Calibration, probability
from training.boosting import BoostingParameters, fit_booster
from training.population import Population

__all__ = ["FOLDS", "Recipe", "calibrate", "fit", "fit_margins", "folds", "out_of_fold_log_odds", "out_of_fold_margins"]

FOLDS: Final = 5
_INNER_FOLDS: Final = 3
_UNPENALISED: Final = np.inf
_SLOPES: Final = (0.2, 5.0)
"""Bounds of a slope that can be believed; beyond them the margins tell nothing."""

_Values = npt.NDArray[np.float64]
_Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Recipe:
    """How to fit: everything but the rows.

    Parameters
    ----------
    directions : tuple of int
        Declared direction of risk of each feature.
    parameters : BoostingParameters
        Parameters of the booster.
    seed : int
        Seed of the booster and of inner folds.
    """

    directions: tuple[int, ...]
    parameters: BoostingParameters
    seed: int


def folds(is_bad: npt.NDArray[np.bool_], count: int, seed: int) -> list[tuple[_Rows, _Rows]]:
    """Stratified folds as pairs of rows to fit on and rows to judge."""
    splitter = StratifiedKFold(count, shuffle=True, random_state=seed)
    return list(splitter.split(np.zeros(len(is_bad)), is_bad))


def fit_margins(people: Population, recipe: Recipe, fit_on: _Rows, judge: _Rows) -> _Values:
    """Margins of some rows by a booster fitted on others."""
    booster = fit_booster(
        people.values[fit_on], people.is_bad[fit_on], people.features, recipe.directions, recipe.parameters, recipe.seed
    )
    margins: _Values = booster.predict(people.values[judge], raw_score=True, num_threads=1)
    return margins


def calibrate(margins: _Values, is_bad: npt.NDArray[np.bool_]) -> Calibration:
    """The calibration that fits margins of people the booster has not seen.

    Where the margins tell nothing about the outcome, the slope is kept within bounds: calibration
    must not turn the order of people. The mean probability is the share of bads in any case.

    Parameters
    ----------
    margins : ndarray of shape (n,)
        Margins.
    is_bad : ndarray of shape (n,)
        The outcome; both kinds must be there.
    """
    regression = LogisticRegression(C=_UNPENALISED, tol=1e-7, max_iter=1000).fit(margins.reshape(-1, 1), is_bad)
    fitted = float(regression.coef_[0, 0])
    slope = min(max(fitted, _SLOPES[0]), _SLOPES[1])
    if slope == fitted:
        return Calibration(slope, float(regression.intercept_[0]))
    return Calibration(slope, _intercept(slope * margins, is_bad))


def _intercept(scaled: _Values, is_bad: npt.NDArray[np.bool_]) -> float:
    """The intercept at which the mean probability is the share of bads, by bisection."""
    low, high = -float(scaled.max()) - 50.0, -float(scaled.min()) + 50.0
    for _ in range(100):
        middle = (low + high) / 2
        if probability(scaled + middle).mean() < is_bad.mean():
            low = middle
        else:
            high = middle
    return (low + high) / 2


def out_of_fold_margins(people: Population, recipe: Recipe, count: int, seed: int, processes: int) -> _Values:
    """Margin of everybody by a booster fitted on the other folds."""
    splits = folds(people.is_bad, count, seed)
    parts = Parallel(n_jobs=processes)(delayed(fit_margins)(people, recipe, *split) for split in splits)
    margins = np.empty(len(people))
    for (_, judge), part in zip(splits, parts, strict=True):
        margins[judge] = part
    return margins


def _calibrated_fold(people: Population, recipe: Recipe, fit_on: _Rows, judge: _Rows) -> _Values:
    inside = people.take(fit_on)
    margins = out_of_fold_margins(inside, recipe, _INNER_FOLDS, recipe.seed, processes=1)
    calibration = calibrate(margins, inside.is_bad)
    return calibration.log_odds(fit_margins(people, recipe, fit_on, judge))


def out_of_fold_log_odds(people: Population, recipe: Recipe, seed: int, processes: int) -> _Values:
    """Calibrated log-odds of everybody, booster and calibrator fitted on the other folds."""
    splits = folds(people.is_bad, FOLDS, seed)
    parts = Parallel(n_jobs=processes)(delayed(_calibrated_fold)(people, recipe, *split) for split in splits)
    log_odds = np.empty(len(people))
    for (_, judge), part in zip(splits, parts, strict=True):
        log_odds[judge] = part
    return log_odds


def fit(people: Population, recipe: Recipe, processes: int) -> tuple[str, Calibration]:
    """The booster fitted on everybody, as text, and its calibration from out-of-fold margins."""
    margins = out_of_fold_margins(people, recipe, FOLDS, recipe.seed, processes)
    booster = fit_booster(
        people.values, people.is_bad, people.features, recipe.directions, recipe.parameters, recipe.seed
    )
    return booster.model_to_string(), calibrate(margins, people.is_bad)
