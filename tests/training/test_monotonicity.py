"""Directions verified tree by tree, against a brute force over the boxes, and broken trees that are found."""

from __future__ import annotations

import itertools

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pytest

from training.boosting import BoostingParameters, fit_booster
from training.errors import BrokenMonotonicity
from training.monotonicity import sweep, verify_directions

Values = npt.NDArray[np.float64]

NAMES = ("a", "b", "c")
PARAMETERS = BoostingParameters(
    rounds=12, learning_rate=0.3, num_leaves=12, max_depth=5, min_data_in_leaf=5, feature_fraction=1.0, lambda_l2=0.1
)


def _rows(seed: int, size: int = 400) -> tuple[Values, npt.NDArray[np.bool_]]:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(size, 3)).round(1)
    is_bad = rng.random(size) < 1 / (1 + np.exp(-np.sin(3 * values[:, 0]) - values[:, 0] + values[:, 1] ** 2 - 1))
    values[rng.random(values.shape) < 0.1] = np.nan
    return values, is_bad


def _booster(directions: tuple[int, int, int], seed: int = 0) -> lgb.Booster:
    values, is_bad = _rows(seed)
    return fit_booster(values, is_bad, NAMES, directions, PARAMETERS, seed)


def _grid(booster: lgb.Booster) -> list[Values]:
    """For each feature a value in every space between thresholds, and a missing one."""
    trees = booster.trees_to_dataframe()
    grid = []
    for name in NAMES:
        thresholds = np.unique(trees.loc[trees["split_feature"] == name, "threshold"].astype(float))
        ends = np.array([-9.0, *thresholds, 9.0])
        grid.append(np.array([*(ends[1:] + ends[:-1]) / 2, np.nan]))
    return grid


def _turns(booster: lgb.Booster, place: int, direction: int) -> bool:
    """Brute force: every combination of spaces of the other features, the feature running upwards."""
    grid = _grid(booster)
    others = [grid[other] for other in range(3) if other != place]
    rows = np.array([list(point) for point in itertools.product(*others)])
    before = None
    for value in grid[place][:-1]:
        margins = booster.predict(np.insert(rows, place, value, axis=1), raw_score=True, num_threads=1)
        if before is not None and (direction * (margins - before) < -1e-9).any():
            return True
        before = margins
    return False


@pytest.mark.parametrize("seed", range(3))
def test_constrained_boosters_are_proved_tree_by_tree(seed: int) -> None:
    directions = (1, -1, 0)
    booster = _booster(directions, seed)
    verified = verify_directions(booster, NAMES, directions, _rows(seed)[0])
    assert [(each.feature, each.direction, each.by) for each in verified] == [
        ("a", 1, "every tree"),
        ("b", -1, "every tree"),
    ]
    assert all(each.trees > 0 for each in verified)
    assert not _turns(booster, 0, 1)
    assert not _turns(booster, 1, -1)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("place", [0, 1, 2])
def test_each_tree_is_judged_as_by_brute_force(seed: int, place: int) -> None:
    """One tree at a time, the exact verdict is that of trying every combination of spaces."""
    values, is_bad = _rows(seed)
    one = BoostingParameters(1, 0.3, 6, 4, 20, 1.0, 1.0, 0.0, 0.1)
    booster = fit_booster(values, is_bad, NAMES, (0, 0, 0), one, seed)
    for direction in (1, -1):
        wanted = [0, 0, 0]
        wanted[place] = direction
        rows = np.array(list(itertools.product(*_grid(booster))))[:500]
        if _turns(booster, place, direction):
            with pytest.raises(BrokenMonotonicity, match=f"^{NAMES[place]}: the model turns against"):
                verify_directions(booster, NAMES, wanted, rows)
        else:
            assert verify_directions(booster, NAMES, wanted, rows)[0].by == "every tree"


def test_a_tree_that_was_tampered_with_is_found() -> None:
    directions = (1, 0, 0)
    booster = _booster(directions)
    told = booster.dump_model()["tree_info"][3]
    assert told["num_leaves"] > 2
    for leaf in range(told["num_leaves"]):
        booster.set_leaf_output(3, leaf, -20 * booster.get_leaf_output(3, leaf))
    with pytest.raises(BrokenMonotonicity, match=r"a: the model turns against its direction \+1, by .* in log-odds"):
        verify_directions(booster, NAMES, directions, _rows(0)[0])


def test_trees_that_make_up_for_each_other_are_swept() -> None:
    """One tree falls a little where the others rise a lot: not proved tree by tree, and not refuted."""
    late = np.repeat([0.0, 1.0], 200)[:, None]
    is_bad = np.random.default_rng(2).random(400) < 0.2 + 0.5 * late[:, 0]
    parameters = BoostingParameters(3, 0.3, 2, 1, 5, 1.0, 1.0, 0.0, 0.1)
    booster = fit_booster(late, is_bad, ["late"], [1], parameters, 0)
    assert verify_directions(booster, ["late"], [1], late)[0].by == "every tree"
    for leaf in range(2):
        booster.set_leaf_output(2, leaf, -0.1 * booster.get_leaf_output(2, leaf))
    assert verify_directions(booster, ["late"], [1], late)[0].by == "sweep"


def test_a_sweep_measures_the_step_against_the_direction() -> None:
    booster = _booster((1, 0, 0))
    values, _ = _rows(0)
    thresholds = np.array([-0.55, 0.25, 0.85])
    assert sweep(booster, values, 0, 1, thresholds) == 0.0
    assert sweep(booster, values, 0, -1, thresholds) > 0.0


def test_nothing_to_verify() -> None:
    assert verify_directions(_booster((0, 0, 0)), NAMES, (0, 0, 0), _rows(0)[0]) == ()
