"""Trees as arrays: LightGBM's own decisions to the bit, and what cannot be explained is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pytest
from made_models import fit_on_missing

from scoring.errors import NotExplainable
from scoring.pieces import MOST_CONDITIONS, pieces_of
from scoring.trees import Forest, forest_of

Values = npt.NDArray[np.float64]

ODD: tuple[float, ...] = (
    0.0, -0.0, 1e-36, -1e-36, float(np.float32(1e-35)), 1.0000001e-35, -1e-34, 1e300, -1e300, np.inf, -np.inf, np.nan,
)  # fmt: skip


def margins(forest: Forest, values: Values) -> Values:
    """By walking every tree, one row and one split at a time."""
    held = forest.holds(values)
    sums = np.zeros(len(values))
    for row in range(len(values)):
        for tree in forest.trees:
            node = 0 if len(tree.condition) else -1
            while node >= 0:
                node = int((tree.left if held[row, tree.condition[node]] else tree.right)[node])
            sums[row] += tree.value[-1 - node]
    return sums


@pytest.mark.parametrize("how", [{}, {"zero_as_missing": True}, {"use_missing": False}], ids=["nan", "zero", "none"])
def test_decisions_are_those_of_lightgbm(how: dict[str, Any]) -> None:
    values, booster = fit_on_missing(rounds=25, **how)
    random = np.random.default_rng(4)
    rows = values[:300].copy()
    rows[random.random(rows.shape) < 0.3] = random.choice(ODD, 1)
    for column in range(rows.shape[1]):
        rows[column * 12 : (column + 1) * 12, column] = ODD
    cut = sorted({float(each) for each in forest_of(booster.model_to_string()).threshold})[:60]
    at = np.tile(values[:1], (3 * len(cut), 1))
    at[:, 0] = [side for each in cut for side in (each, np.nextafter(each, np.inf), np.nextafter(each, -np.inf))]
    rows = np.concatenate([rows, at])
    expected = booster.predict(rows, raw_score=True, num_threads=1)
    np.testing.assert_allclose(margins(forest_of(booster.model_to_string()), rows), expected, rtol=0, atol=1e-12)


def test_conditions_that_occur_again_are_held_once() -> None:
    _, booster = fit_on_missing(rounds=60)
    forest = forest_of(booster.model_to_string())
    assert sum(len(tree.condition) for tree in forest.trees) > len(forest.feature)
    assert forest.holds(np.zeros((2, forest.n_features))).shape == (2, len(forest.feature) + 1)
    assert not forest.holds(np.zeros((2, forest.n_features)))[:, -1].any()


def test_every_leaf_is_in_one_piece_of_at_most_eight_conditions() -> None:
    _, booster = fit_on_missing(rounds=10, num_leaves=60, max_depth=MOST_CONDITIONS)
    forest = forest_of(booster.model_to_string())
    pieces = pieces_of(forest)
    assert all(len(piece.conditions) <= MOST_CONDITIONS for piece in pieces)
    assert len(pieces) > len(forest.trees)
    values = sorted(leaf.value for piece in pieces for leaf in piece.leaves)
    assert values == sorted(value for tree in forest.trees for value in tree.value.tolist())


def test_a_forest_without_a_split() -> None:
    booster = lgb.train({"objective": "binary", "verbosity": -1, "min_data_in_leaf": 100},
                        lgb.Dataset(np.zeros((20, 2)), np.arange(20) % 2), 2)  # fmt: skip
    forest = forest_of(booster.model_to_string())
    assert len(forest.feature) == 0
    assert all(piece.conditions == () for piece in pieces_of(forest))


def test_deeper_trees_are_refused() -> None:
    steps = np.arange(64.0)[:, np.newaxis]
    chain = {"objective": "regression", "num_leaves": 16, "min_data_in_leaf": 1, "min_sum_hessian_in_leaf": 0}
    data = lgb.Dataset(steps, 4.0 ** steps[:, 0], params={"min_data_in_bin": 1, "verbosity": -1})
    booster = lgb.train(chain | {"verbosity": -1}, data, 1)
    with pytest.raises(NotExplainable, match=r"a leaf lies behind \d+ conditions.* max_depth of at most 8"):
        pieces_of(forest_of(booster.model_to_string()))


def _categories(values: Values, is_bad: npt.NDArray[np.float64]) -> str:
    coded = np.column_stack([np.arange(len(values)) % 7, values[:, 0]])
    data = lgb.Dataset(coded, (coded[:, 0] > 3).astype(float), categorical_feature=[0])
    return lgb.train({"objective": "binary", "verbosity": -1, "min_data_per_group": 1}, data, 1).model_to_string()


def _settings(**settings: Any) -> Callable[[Values, npt.NDArray[np.float64]], str]:
    def train(values: Values, is_bad: npt.NDArray[np.float64]) -> str:
        return lgb.train({"verbosity": -1} | settings, lgb.Dataset(values, is_bad), 2).model_to_string()

    return train


@pytest.mark.parametrize(
    ("train", "message"),
    [
        (_categories, "splits by category"),
        (_settings(objective="binary", linear_tree=True), "has linear trees"),
        (_settings(objective="multiclass", num_class=3), "is not one sum of trees"),
        (_settings(objective="binary", boosting="rf", bagging_freq=1, bagging_fraction=0.5), "is not one sum of trees"),
    ],
    ids=["categories", "linear", "classes", "averaged"],
)
def test_other_boosters_are_refused(train: Callable[..., str], message: str) -> None:
    random = np.random.default_rng(0)
    values = random.normal(size=(300, 3))
    is_bad = (values[:, 0] > 0).astype(float)
    with pytest.raises(NotExplainable, match=message):
        forest_of(train(values, is_bad))
