"""What the tests of scoring share: made-up card holders, and a small bundle trained on them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pytest

from features.sets import feature_set
from features.vectors import matrix
from scoring.bundle import Bundle, save_bundle
from scoring.calibration import Calibration
from scoring.model import Model
from scoring.policy import policy_of
from scoring.scale import ScoreScale
from scoring.scorer import Scorer

Values = npt.NDArray[np.float64]

PORTFOLIO = "taiwan"
ON = date(2005, 9, 30)


@pytest.fixture(scope="session")
def counted() -> dict[str, Values]:
    """Counted features of 500 card holders, some of them missing."""
    rng = np.random.default_rng(1)
    names = feature_set(PORTFOLIO).counted
    values = rng.normal(1.0, 1.0, (500, len(names)))
    values[rng.random(values.shape) < 0.1] = np.nan
    return {name: np.ascontiguousarray(values[:, column]) for column, name in enumerate(names)}


def _bundle(counted: dict[str, Values], version: str, seed: int) -> Bundle:
    features = feature_set(PORTFOLIO)
    values = matrix(features, counted, features.names)
    rng = np.random.default_rng(seed)
    risk = np.nansum(values[:, ::7], axis=1) - np.nansum(values[:, 3::7], axis=1)
    is_bad = rng.random(len(risk)) < 1.0 / (1.0 + np.exp(0.7 - 0.5 * risk))
    settings = {"objective": "binary", "num_leaves": 8, "num_threads": 1, "deterministic": True, "verbosity": -1}
    data = lgb.Dataset(values, is_bad.astype(float), feature_name=list(features.names))
    booster = lgb.train(settings | {"seed": seed, "min_data_in_leaf": 10}, data, num_boost_round=40)
    return Bundle(
        model_version=version,
        portfolio=PORTFOLIO,
        jurisdiction="us",
        trained_on=ON,
        model=Model(booster.model_to_string(), features.names),
        calibration=Calibration(slope=0.8, intercept=-0.2),
        scale=ScoreScale(),
        policy=policy_of(PORTFOLIO, ON),
        feature_fingerprint=features.catalogue.fingerprint(features.names),
    )


@pytest.fixture(scope="session")
def bundle(counted: dict[str, Values]) -> Bundle:
    """A bundle whose policy approves some of them, refers some and declines some."""
    return _bundle(counted, "taiwan-1", 1)


@pytest.fixture(scope="session")
def another_bundle(counted: dict[str, Values]) -> Bundle:
    """Another model of the same features."""
    return _bundle(counted, "taiwan-2", 2)


@pytest.fixture(scope="session")
def scorer(bundle: Bundle) -> Scorer:
    return Scorer(bundle)


@pytest.fixture(scope="session")
def values(bundle: Bundle, counted: dict[str, Values]) -> Values:
    """The vectors of the card holders."""
    return matrix(bundle.features, counted, bundle.model.features)


@pytest.fixture
def saved(bundle: Bundle, tmp_path: Path) -> Path:
    """Folder of the saved bundle, a test's own."""
    return save_bundle(bundle, tmp_path / "bundles" / bundle.model_version)


@pytest.fixture(scope="session")
def train_small() -> Callable[..., lgb.Booster]:
    """Fit a small booster whose thresholds are drawn at random, so that copies of a feature are both used."""

    def fit(values: Values, is_bad: npt.NDArray[np.bool_], rounds: int = 200) -> lgb.Booster:
        settings = {
            "objective": "binary", "num_leaves": 6, "learning_rate": 0.05, "extra_trees": True, "seed": 3,
            "num_threads": 1, "deterministic": True, "verbosity": -1,
        }  # fmt: skip
        return lgb.train(settings, lgb.Dataset(values, is_bad.astype(float)), num_boost_round=rounds)

    return fit
