"""The model: contributions are exact, add up, and agree with shap and with brute force."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pytest

from scoring.bundle import Bundle
from scoring.model import Model

Values = npt.NDArray[np.float64]
Node = dict[str, Any]


def test_contributions_and_base_add_up_to_the_margin(bundle: Bundle, values: Values) -> None:
    contributions, base = bundle.model.contributions(values)
    assert contributions.shape == values.shape
    np.testing.assert_allclose(contributions.sum(axis=1) + base, bundle.model.margin(values), atol=1e-6)


def test_contributions_equal_those_of_shap(bundle: Bundle, values: Values) -> None:
    import shap

    explainer = shap.TreeExplainer(bundle.model.booster)
    explainer.model.model_type = "internal"  # shap's own algorithm; by default it would ask LightGBM
    contributions, base = bundle.model.contributions(values)
    np.testing.assert_allclose(contributions, explainer.shap_values(values), atol=1e-6)
    np.testing.assert_allclose(base, np.ravel(explainer.expected_value)[0], atol=1e-6)


def test_contributions_equal_brute_force(train_small: Callable[..., lgb.Booster]) -> None:
    rng = np.random.default_rng(2)
    people = rng.normal(size=(400, 5))
    people[rng.random(people.shape) < 0.1] = np.nan
    risk = np.nan_to_num(people) @ [1.0, -0.5, 0.5, 0.0, 0.3] + np.nan_to_num(people[:, 0] * people[:, 1])
    booster = train_small(people, rng.random(400) < 1 / (1 + np.exp(-risk)), rounds=8)
    contributions, base = Model(booster.model_to_string(), tuple("abcde")).contributions(people[:12])
    trees = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
    for row, person in enumerate(people[:12]):
        np.testing.assert_allclose(contributions[row], shapley_values(trees, person), atol=1e-6)
        assert base[row] == pytest.approx(sum(expectation(tree, person, frozenset()) for tree in trees), abs=1e-6)


def shapley_values(trees: list[Node], person: Values) -> list[float]:
    """By the definition: what a feature adds, over all orders in which features become known."""
    count = len(person)
    worth = {
        known: sum(expectation(tree, person, known) for tree in trees)
        for size in range(count + 1)
        for known in map(frozenset, itertools.combinations(range(count), size))
    }
    values = []
    for feature in range(count):
        total = 0.0
        for known, before in worth.items():
            if feature not in known:
                orders = math.factorial(len(known)) * math.factorial(count - len(known) - 1) / math.factorial(count)
                total += orders * (worth[known | {feature}] - before)
        values.append(total)
    return values


def expectation(node: Node, person: Values, known: frozenset[int]) -> float:
    """A tree's value when only some features are known: elsewhere both ways, by their counts in training."""
    if "leaf_value" in node:
        return float(node["leaf_value"])
    left, right = node["left_child"], node["right_child"]
    feature = node["split_feature"]
    if feature in known:
        value = person[feature]
        if math.isnan(value) and node["missing_type"] == "NaN":
            goes_left = node["default_left"]
        else:
            goes_left = (0.0 if math.isnan(value) else value) <= node["threshold"]
        return expectation(left if goes_left else right, person, known)
    counts = [child.get("internal_count", child.get("leaf_count")) for child in (left, right)]
    both = [expectation(child, person, known) for child in (left, right)]
    return float(np.average(both, weights=counts))


def test_a_feature_that_no_tree_asks_for_contributes_nothing(bundle: Bundle, values: Values) -> None:
    unused = bundle.model.booster.feature_importance("split") == 0
    assert unused.any()
    contributions, _ = bundle.model.contributions(values)
    assert (contributions[:, unused] == 0).all()


def test_one_row_equals_many_bit_for_bit(bundle: Bundle, values: Values) -> None:
    margins = bundle.model.margin(values)
    contributions, base = bundle.model.contributions(values)
    for row in range(0, len(values), 50):
        assert bundle.model.margin(values[[row]])[0] == margins[row]
        one, one_base = bundle.model.contributions(values[[row]])
        assert (one[0] == contributions[row]).all()
        assert one_base[0] == base[row]


def test_extreme_values_have_a_finite_margin(bundle: Bundle, values: Values) -> None:
    extreme = np.stack([np.full(values.shape[1], value) for value in (np.nan, np.inf, -np.inf, 1e308, -1e308)])
    assert np.isfinite(bundle.model.margin(extreme)).all()
    contributions, base = bundle.model.contributions(extreme)
    np.testing.assert_allclose(contributions.sum(axis=1) + base, bundle.model.margin(extreme), atol=1e-6)


def test_vectors_of_another_length_are_refused(bundle: Bundle, values: Values) -> None:
    with pytest.raises(lgb.basic.LightGBMError, match="number of features in data"):
        bundle.model.margin(values[:, :-1])
