"""The cost of an explanation: the squared depths of the leaves, counted from LightGBM's own table of nodes."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import pytest

from training.boosting import BoostingParameters, fit_booster
from training.explanation_cost import explanation_cost


def _booster(leaves: int, depth: int, rounds: int = 12) -> lgb.Booster:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(600, 3))
    is_bad = rng.random(600) < 1 / (1 + np.exp(-values[:, 0] - values[:, 1] * values[:, 2]))
    parameters = BoostingParameters(rounds, 0.1, leaves, depth, 5, 1.0, 1.0, 0.0, 0.1)
    return fit_booster(values, is_bad, ["a", "b", "c"], [0, 0, 0], parameters, seed=1)


def test_a_stump_has_two_leaves_of_depth_one() -> None:
    assert explanation_cost(_booster(2, 2)) == 12 * 2


def test_full_trees_of_depth_three() -> None:
    # Eight leaves, three deep: 8 * 3**2 = 72 a tree.
    assert explanation_cost(_booster(8, 3, rounds=3)) == 3 * 72


@pytest.mark.parametrize(("leaves", "depth"), [(5, 4), (31, 8), (20, -1)])
def test_it_agrees_with_the_table_of_nodes(leaves: int, depth: int) -> None:
    booster = _booster(leaves, depth)
    nodes = booster.trees_to_dataframe()
    depths = nodes.loc[nodes.left_child.isna(), "node_depth"] - 1  # counted from 1 at the root
    assert explanation_cost(booster) == float((depths**2).sum())


def test_parts_add_up() -> None:
    booster = _booster(9, 5)
    first, rest = explanation_cost(booster, trees=5), explanation_cost(booster, first_tree=5)
    assert first + rest == explanation_cost(booster)
    assert explanation_cost(booster, first_tree=12) == 0.0


def test_trees_that_could_not_be_grown_cost_nothing() -> None:
    values = np.zeros((50, 1))
    booster = fit_booster(values, np.arange(50) % 2 == 0, ["a"], [0], BoostingParameters(rounds=4), seed=1)
    assert explanation_cost(booster) == 0.0
