"""The booster: declared directions hold on what was fitted, and the same seed gives the same bytes."""

from __future__ import annotations

from dataclasses import replace

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pytest

from training.boosting import BoostingParameters, bin_values, booster_settings, fit_booster
from training.population import Population

Values = npt.NDArray[np.float64]

DIRECTIONS = (1, -1, 0, 0)
PARAMETERS = BoostingParameters(rounds=80, learning_rate=0.1, min_data_in_leaf=10, feature_fraction=0.8)


def _fit(people: Population, directions: tuple[int, ...] = DIRECTIONS, seed: int = 1) -> lgb.Booster:
    return fit_booster(people.values, people.is_bad, people.features, directions, PARAMETERS, seed)


def _sweeps(booster: lgb.Booster, people: Population, column: int) -> Values:
    """Margins of 60 people while one feature runs over its range: one row a person, one column a value."""
    grid = np.linspace(-4, 4, 161)
    swept = np.repeat(people.values[:60], len(grid), axis=0)
    swept[:, column] = np.tile(grid, 60)
    margins: Values = booster.predict(swept, raw_score=True, num_threads=1).reshape(60, len(grid))
    return margins


@pytest.mark.parametrize("column", [0, 1])
def test_declared_directions_hold(people: Population, column: int) -> None:
    steps = DIRECTIONS[column] * np.diff(_sweeps(_fit(people), people, column), axis=1)
    assert (steps >= 0).all()
    assert (steps > 0).any()


@pytest.mark.parametrize("column", [0, 1])
def test_they_hold_against_the_data(people: Population, column: int) -> None:
    steps = -DIRECTIONS[column] * np.diff(_sweeps(_fit(people, (-1, 1, 0, 0)), people, column), axis=1)
    assert (steps >= 0).all()


def test_without_a_direction_a_feature_may_bend(people: Population) -> None:
    steps = np.diff(_sweeps(_fit(people), people, 2), axis=1)
    assert (steps > 0).any()
    assert (steps < 0).any()


def test_same_seed_same_bytes(people: Population) -> None:
    assert _fit(people).model_to_string() == _fit(people).model_to_string()
    assert _fit(people).model_to_string() != _fit(people, seed=2).model_to_string()


def test_read_again_it_says_the_same(people: Population) -> None:
    booster = _fit(people)
    again = lgb.Booster(model_str=booster.model_to_string())
    assert (again.predict(people.values, raw_score=True) == booster.predict(people.values, raw_score=True)).all()
    assert tuple(again.feature_name()) == people.features


def test_trees_are_shallow(people: Population) -> None:
    trees = _fit(people).trees_to_dataframe()
    assert trees.node_depth.max() <= PARAMETERS.max_depth + 1  # counted from 1 at the root
    assert trees[trees.left_child.isna()].groupby("tree_index").size().max() <= PARAMETERS.num_leaves
    assert trees.tree_index.nunique() == PARAMETERS.rounds


def test_every_parameter_reaches_the_booster(people: Population) -> None:
    changes = {
        "rounds": 40, "learning_rate": 0.05, "num_leaves": 4, "max_depth": 2, "min_data_in_leaf": 60,
        "feature_fraction": 0.5, "bagging_fraction": 0.5, "lambda_l1": 5.0, "lambda_l2": 90.0,
        "min_gain_to_split": 2.0, "path_smooth": 50.0,
    }  # fmt: skip
    assert set(changes) == set(vars(PARAMETERS))
    for directions, unused in (((0,) * len(DIRECTIONS), ""), (DIRECTIONS, "path_smooth")):
        default = fit_booster(people.values, people.is_bad, people.features, directions, PARAMETERS, 1)
        for name, value in changes.items():
            other = replace(PARAMETERS, **{name: value})  # type: ignore[arg-type]
            changed = fit_booster(people.values, people.is_bad, people.features, directions, other, 1)
            assert (changed.model_to_string() == default.model_to_string()) == (name == unused), name


def test_equal_weights_change_nothing_and_heavy_bads_raise_the_margins(people: Population) -> None:
    def fit(weights: Values | None) -> lgb.Booster:
        return fit_booster(
            people.values, people.is_bad, people.features, DIRECTIONS, PARAMETERS, 1, weights=weights
        )  # fmt: skip

    plain = fit(None).predict(people.values, raw_score=True)
    assert (fit(np.ones(len(people))).predict(people.values, raw_score=True) == plain).all()
    heavy = fit(np.where(people.is_bad, 3.0, 1.0)).predict(people.values, raw_score=True)
    assert heavy.mean() > plain.mean() + 0.5


def test_rows_without_weight_leave_no_trace_in_the_leaves(people: Population) -> None:
    parameters = replace(PARAMETERS, bagging_fraction=1.0, min_data_in_leaf=1, rounds=10, lambda_l2=1.0)
    flipped = people.is_bad.copy()
    flipped[:200] = ~flipped[:200]
    weights = np.ones(len(people))
    weights[:200] = 0.0
    one, other = (
        fit_booster(people.values, outcome, people.features, DIRECTIONS, parameters, 1, weights=weights)
        for outcome in (people.is_bad, flipped)
    )
    assert np.allclose(one.predict(people.values), other.predict(people.values))


@pytest.mark.parametrize("directions", [(0, 0, 0, 0), DIRECTIONS])
def test_bins_serve_boosters_of_any_parameters(people: Population, directions: tuple[int, ...]) -> None:
    data = bin_values(people.values, people.is_bad, people.features)
    for parameters in (PARAMETERS, replace(PARAMETERS, min_data_in_leaf=300, num_leaves=3, lambda_l1=2.0), PARAMETERS):
        booster = lgb.Booster(booster_settings(directions, parameters, 1), data)
        for _ in range(parameters.rounds):
            booster.update()
        alone = fit_booster(people.values, people.is_bad, people.features, directions, parameters, 1)
        assert (booster.predict(people.values) == alone.predict(people.values)).all()
