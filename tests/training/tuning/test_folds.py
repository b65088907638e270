"""A fold without some columns is the fold that never had them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from made_folds import DIRECTIONS, FEATURES, made_folds

from training.boosting import BoostingParameters, fit_booster


def test_without_columns_it_fits_as_if_they_were_not_there() -> None:
    fold = made_folds()[0]
    parameters = BoostingParameters(rounds=30, min_data_in_leaf=10, feature_fraction=0.5)
    kept = [0, 2]
    emptied = fold.without((1, 3))
    without = fit_booster(emptied.fit_values, fold.fit_is_bad, FEATURES, DIRECTIONS, parameters, 1)
    alone = fit_booster(fold.fit_values[:, kept], fold.fit_is_bad, ["up", "bent"], [1, 0], parameters, 1)
    assert (without.predict(fold.judge_values) == alone.predict(fold.judge_values[:, kept])).all()


def test_the_fold_itself_stays_as_it_was() -> None:
    fold = replace(made_folds()[0], fit_weights=np.ones(150))
    before = fold.fit_values.copy()
    other = fold.without((0,))
    assert np.array_equal(fold.fit_values, before, equal_nan=True)
    assert (other.fit_values[:, 0] == 0).all()
    assert (other.judge_values[:, 0] == 0).all()
    assert other.fit_weights is fold.fit_weights
    assert fold.without(()) is fold
