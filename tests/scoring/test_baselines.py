"""Baselines: between which thresholds people lie, never their values."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from made_models import fit_on_missing

from bureau.signing import Signer
from scoring.baselines import Baselines, intervals_of, representatives
from scoring.bundle import Bundle, save_bundle
from scoring.errors import BundleRefused
from scoring.trees import forest_of

Values = npt.NDArray[np.float64]


@pytest.mark.parametrize("zero_as_missing", [False, True])
def test_representatives_meet_the_same_conditions(zero_as_missing: bool) -> None:
    values, booster = fit_on_missing(rounds=20, zero_as_missing=zero_as_missing)
    forest = forest_of(booster.model_to_string())
    values[:3, 0] = (0.0, 1e-36, -1e-36)
    values[3:5, 1] = (np.inf, -np.inf)
    for column, limits in enumerate(forest.limits):  # on the limits themselves, and just beside them
        some = limits[:200]
        values[10 : 10 + len(some), column] = some
        values[300 : 300 + len(some), column] = np.nextafter(some, np.inf)
    intervals = intervals_of(forest, values)
    stand_ins = representatives(forest, intervals)
    assert (forest.holds(stand_ins) == forest.holds(values)).all()
    assert (intervals_of(forest, stand_ins) == intervals).all()
    assert np.unique(stand_ins[:, 0]).size <= len(forest.limits[0]) + 2


def test_a_feature_that_no_tree_reads_is_forgotten() -> None:
    values, booster = fit_on_missing(rounds=20)
    forest = forest_of(booster.model_to_string())
    wider = replace(forest, n_features=11)
    intervals = intervals_of(wider, np.column_stack([values, np.where(values[:, 0] > 0, values[:, 0], np.nan)]))
    assert not intervals[:, 10].any()


def test_the_same_baselines_are_the_same_bytes(bundle: Bundle) -> None:
    content = bundle.baselines.content()
    assert content == bundle.baselines.content()
    assert Baselines.of(content) == bundle.baselines
    assert Baselines.of(content) != replace(bundle.baselines, near_cut_off_of="safest")
    assert bundle.baselines != 7


def test_baselines_must_be_rows_of_the_same_features() -> None:
    rows = np.zeros((3, 2), dtype=np.uint16)
    with pytest.raises(ValueError, match="rows of the same features are needed"):
        Baselines(rows[:0], rows)
    with pytest.raises(ValueError, match="rows of the same features are needed"):
        Baselines(rows, rows[:, :1])
    with pytest.raises(ValueError, match="neither 'approved' nor 'safest'"):
        Baselines(rows, rows, "anybody")  # type: ignore[arg-type]


def test_baselines_of_another_model_are_refused(bundle: Bundle, developer: Signer, tmp_path: Path) -> None:
    beyond = bundle.baselines.near_cut_off.copy()
    beyond[0, 0] = 60_000
    others = {
        "an interval beyond the": replace(bundle.baselines, near_cut_off=beyond),
        "for trees of 50": Baselines(beyond[:, :3], beyond[:, :3]),
    }
    for message, baselines in others.items():
        with pytest.raises(BundleRefused, match=rf"taiwan-1: its baselines are not of its model .*{message}"):
            save_bundle(replace(bundle, baselines=baselines), tmp_path / "bundle", developer)
        assert not (tmp_path / "bundle").exists()
