"""The mean of boosters is a booster: margins, contributions, cost, directions and text."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pytest

from training.averaging import averaged, fit_average
from training.boosting import BoostingParameters, fit_booster
from training.explanation_cost import explanation_cost
from training.monotonicity import verify_directions
from training.population import Population

NAMES = ("up", "down", "bent", "noise")
DIRECTIONS = (1, -1, 0, 0)
PARAMETERS = (
    BoostingParameters(rounds=20, learning_rate=0.1, num_leaves=8, max_depth=4, min_data_in_leaf=20),
    BoostingParameters(rounds=50, learning_rate=0.05, num_leaves=2, max_depth=2, feature_fraction=1.0),
    BoostingParameters(rounds=7, learning_rate=0.3, num_leaves=20, max_depth=8, min_data_in_leaf=5),
    BoostingParameters(rounds=3, learning_rate=0.3, min_data_in_leaf=5_000),  # trees of one leaf
)


@pytest.fixture(scope="module")
def boosters(people: Population) -> list[lgb.Booster]:
    return [fit_booster(people.values, people.is_bad, NAMES, DIRECTIONS, each, 1) for each in PARAMETERS]


@pytest.fixture(scope="module")
def mean(boosters: list[lgb.Booster]) -> lgb.Booster:
    return averaged(boosters)


@pytest.mark.parametrize("kind", [{"raw_score": True}, {"pred_contrib": True}])
def test_it_tells_the_mean_of_what_its_parts_tell(
    kind: dict[str, bool], boosters: list[lgb.Booster], mean: lgb.Booster, people: Population
) -> None:
    told: npt.NDArray[np.float64] = np.mean([booster.predict(people.values, **kind) for booster in boosters], axis=0)
    np.testing.assert_allclose(mean.predict(people.values, **kind), told, rtol=0, atol=1e-13)


def test_it_is_explained_at_the_cost_of_its_parts(boosters: list[lgb.Booster], mean: lgb.Booster) -> None:
    assert explanation_cost(mean) == sum(map(explanation_cost, boosters))
    assert mean.num_trees() == sum(booster.num_trees() for booster in boosters)
    np.testing.assert_array_equal(
        mean.feature_importance(), np.sum([booster.feature_importance() for booster in boosters], axis=0)
    )
    assert mean.feature_name() == list(NAMES)


def test_it_keeps_the_directions_that_its_parts_keep(mean: lgb.Booster, people: Population) -> None:
    verified = verify_directions(mean, NAMES, DIRECTIONS, people.values)
    assert [(each.feature, each.by) for each in verified] == [("up", "every tree"), ("down", "every tree")]


def test_its_text_is_that_of_a_model_like_any(mean: lgb.Booster, people: Population) -> None:
    text = mean.model_to_string()
    again = lgb.Booster(model_str=text)
    assert again.model_to_string() == text
    np.testing.assert_array_equal(again.predict(people.values), mean.predict(people.values))


def test_fitted_again_it_is_the_same_to_the_byte(mean: lgb.Booster, people: Population) -> None:
    again = fit_average(people.values, people.is_bad, NAMES, DIRECTIONS, PARAMETERS, 1)
    assert again.model_to_string() == mean.model_to_string()


def test_the_mean_of_one_is_itself(boosters: list[lgb.Booster]) -> None:
    assert averaged(boosters[:1]) is boosters[0]
