"""The game of groups: equal to every coalition tried one by one, and to shap where a group has one feature."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_models import fit_on_missing

from scoring.baselines import intervals_of, representatives
from scoring.group_game import GroupGame
from scoring.trees import Forest, Tree, forest_of
from training.validation.brute_force import brute_force

Values = npt.NDArray[np.float64]

GROUPS = (0, 0, 1, 1, 2, 2, 3, 3, 4, 5)


def game_of(booster: lgb.Booster, groups: Any, *backgrounds: Values) -> GroupGame:
    return GroupGame(forest_of(booster.model_to_string()), groups, backgrounds)


def raw(booster: lgb.Booster) -> Callable[[Values], Values]:
    return lambda rows: booster.predict(rows, raw_score=True, num_threads=1)


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"num_leaves": 31, "max_depth": 8},
        {"num_leaves": 2},
        {"zero_as_missing": True},
        {"use_missing": False},
    ],
    ids=["small", "deep", "stumps", "zero", "none"],
)
def test_equal_to_all_coalitions_tried_one_by_one(how: dict[str, Any]) -> None:
    values, booster = fit_on_missing(rounds=30, **how)
    near, everybody = values[:40], values[100:160]
    people = values[200:206].copy()
    people[0, :3] = 0.0
    people[1] = np.nan
    game = game_of(booster, GROUPS, near, everybody)
    found = game.contributions(people).groups
    for number, background in enumerate((near, everybody)):
        for row, person in enumerate(people):
            expected, base = brute_force(raw(booster), GROUPS, person, background)
            np.testing.assert_allclose(found[number, row], expected, rtol=0, atol=1e-9)
            assert game.base[number] == pytest.approx(base, abs=1e-9)


def test_brute_force_itself_against_all_orders_in_which_groups_come_in() -> None:
    values, booster = fit_on_missing(rounds=10)
    person, background, groups = values[300], values[:7], (0, 0, 0, 1, 1, 1, 2, 2, 3, 3)
    worths = np.zeros(4)
    for order in permutations(range(4)):
        mixed = background.copy()
        for group in order:
            before = raw(booster)(mixed).mean()
            mixed[:, np.array(groups) == group] = person[np.array(groups) == group]
            worths[group] += (raw(booster)(mixed).mean() - before) / 24
    expected, _ = brute_force(raw(booster), groups, person, background)
    np.testing.assert_allclose(worths, expected, rtol=0, atol=1e-12)


def test_equal_to_shap_where_every_group_has_one_feature() -> None:
    import shap

    values, booster = fit_on_missing(rounds=40, num_leaves=15, max_depth=8)
    background, people = values[:60], values[100:130]
    explainer = shap.TreeExplainer(booster, shap.maskers.Independent(background, max_samples=60), model_output="raw")
    found = game_of(booster, range(10), background).contributions(people).groups[0]
    np.testing.assert_allclose(found, explainer.shap_values(people), rtol=0, atol=1e-6)


def test_they_add_up_to_the_margin() -> None:
    values, booster = fit_on_missing(rounds=60)
    game = game_of(booster, GROUPS, values[:200], values)
    found = game.contributions(values).groups
    margin = raw(booster)(values)
    for number in range(2):
        np.testing.assert_allclose(game.base[number] + found[number].sum(axis=1), margin, rtol=0, atol=1e-10)
    assert game.base[1] == pytest.approx(margin.mean())


def test_the_own_effect_is_the_fall_with_one_feature_from_the_background() -> None:
    values, booster = fit_on_missing(rounds=30)
    background, people = values[:50], values[60:64]
    own = game_of(booster, GROUPS, background).contributions(people).own[0]
    for row, person in enumerate(people):
        for column in range(values.shape[1]):
            moved = np.tile(person, (50, 1))
            moved[:, column] = background[:, column]
            fall = raw(booster)(person[np.newaxis])[0] - raw(booster)(moved).mean()
            assert own[row, column] == pytest.approx(fall, abs=1e-9)


def test_nobody_depends_on_who_else_is_there_to_the_bit() -> None:
    values, booster = fit_on_missing(rounds=200)
    game = game_of(booster, GROUPS, values[:100], values[100:300])
    together = game.contributions(values)
    order = np.random.default_rng(0).permutation(len(values))
    assert (game.contributions(values[order]).groups == together.groups[:, order]).all()
    for row in (0, 1, 700, len(values) - 1):
        alone = game.contributions(values[[row]])
        assert (alone.groups[:, 0] == together.groups[:, row]).all()
        assert (alone.own[:, 0] == together.own[:, row]).all()


def test_the_order_of_the_background_and_copies_of_it_do_not_matter() -> None:
    values, booster = fit_on_missing(rounds=30)
    background = values[:64]
    once = game_of(booster, GROUPS, background)
    turned = game_of(booster, GROUPS, background[::-1])
    twice = game_of(booster, GROUPS, np.concatenate([background, background]))
    for other in (turned, twice):
        np.testing.assert_array_equal(other.contributions(values[:50]).groups, once.contributions(values[:50]).groups)


def test_a_background_of_intervals_is_as_good_as_its_values_to_the_bit() -> None:
    for how in ({}, {"zero_as_missing": True}):
        values, booster = fit_on_missing(rounds=30, **how)
        forest = forest_of(booster.model_to_string())
        coarse = representatives(forest, intervals_of(forest, values[:80]))
        assert not np.array_equal(coarse, values[:80], equal_nan=True)
        exact, other = game_of(booster, GROUPS, values[:80]), game_of(booster, GROUPS, coarse)
        assert (exact.contributions(values).groups == other.contributions(values).groups).all()
        assert (exact.base == other.base).all()


def test_a_duplicated_feature_neither_splits_nor_doubles_its_group() -> None:
    values, booster = fit_on_missing(rounds=40)
    twice = np.column_stack([values, values[:, 0]])
    text = booster.model_to_string()
    splits = forest_of(text)
    background, people = values[:50], values[50:300]
    before = GroupGame(splits, GROUPS, [background]).contributions(people).groups[0]
    # The same trees, in which every second condition on feature 0 reads its copy instead.
    feature = splits.feature.copy()
    own = np.flatnonzero(feature == 0)
    feature[own[::2]] = 10
    copied = Forest(11, feature, splits.threshold, splits.missing_holds, splits.zero_is_missing, splits.trees)
    grouped = GroupGame(copied, (*GROUPS, 0), [twice[:50]]).contributions(twice[50:300]).groups[0]
    np.testing.assert_allclose(grouped, before, rtol=0, atol=1e-12)
    apart = GroupGame(copied, (*GROUPS, 6), [twice[:50]]).contributions(twice[50:300]).groups[0]
    assert np.abs(apart[:, 0]).mean() < 0.95 * np.abs(before[:, 0]).mean()  # as players of their own they do split


def test_a_known_additive_model_is_recovered() -> None:
    random = np.random.default_rng(8)
    values = random.normal(size=(4000, 6))
    weights = np.array([1.5, -1.0, 0.5, 0.25, 0.0, -2.0])
    stumps = {"objective": "regression", "num_leaves": 2, "learning_rate": 0.2, "verbosity": -1, "num_threads": 1,
              "boost_from_average": False}  # fmt: skip
    booster = lgb.train(stumps, lgb.Dataset(values, values @ weights), 600)
    background, people = values[:300], values[300:800]
    found = game_of(booster, (0, 0, 1, 2, 3, 4), background).contributions(people).groups[0]
    truth = (people - background.mean(axis=0)) * weights
    expected = np.column_stack([truth[:, :2].sum(axis=1), truth[:, 2:]])
    for group in (0, 1, 2, 4):
        assert np.corrcoef(found[:, group], expected[:, group])[0, 1] > 0.99
    assert np.abs(found[:, 3]).max() < 0.05
    assert (np.argsort(-np.abs(found).mean(axis=0))[:3] == [4, 0, 1]).all()


def test_trees_of_one_leaf_are_all_base() -> None:
    leaf = Tree(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64), np.array([0.75]))
    empty = np.empty(0)
    forest = Forest(2, empty.astype(np.int64), empty, empty.astype(bool), empty.astype(bool), (leaf, leaf))
    game = GroupGame(forest, (0, 1), [np.zeros((3, 2))])
    assert game.base.tolist() == [1.5]
    assert game.contributions(np.ones((2, 2))).groups.tolist() == [[[0.0, 0.0], [0.0, 0.0]]]
    assert game.contributions(np.ones((0, 2))).groups.shape == (1, 0, 2)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_one_tree_of_any_kind(seed: int) -> None:
    random = np.random.default_rng(seed)
    values = random.integers(0, 4, (200, 5)).astype(float)
    values[random.random(values.shape) < 0.1] = np.nan
    is_bad = random.random(200) < 0.5
    booster = lgb.train({"objective": "binary", "num_leaves": 8, "min_data_in_leaf": 3, "verbosity": -1, "seed": 1,
                         "num_threads": 1}, lgb.Dataset(values, is_bad.astype(float)), 2)  # fmt: skip
    groups = np.unique(random.integers(0, 3, 5), return_inverse=True)[1].tolist()
    background, person = values[:9], values[random.integers(9, 200)]
    expected, base = brute_force(raw(booster), groups, person, background)
    game = game_of(booster, groups, background)
    np.testing.assert_allclose(game.contributions(person[np.newaxis]).groups[0, 0], expected, rtol=0, atol=1e-12)
    assert game.base[0] == pytest.approx(base, abs=1e-12)
