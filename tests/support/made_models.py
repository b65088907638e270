"""Small models of made-up card holders, for tests."""

from __future__ import annotations

from datetime import date

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from features.sets import feature_set
from features.vectors import matrix
from scoring.bundle import Bundle
from scoring.calibration import Calibration
from scoring.model import Model
from scoring.policy import policy_of
from scoring.scale import ScoreScale

__all__ = ["made_bundle", "made_counted"]

Values = npt.NDArray[np.float64]

PORTFOLIO = "taiwan"
ON = date(2005, 9, 30)


def made_counted() -> dict[str, Values]:
    """Counted features of 500 card holders, some of them missing."""
    rng = np.random.default_rng(1)
    names = feature_set(PORTFOLIO).counted
    values = rng.normal(1.0, 1.0, (500, len(names)))
    values[rng.random(values.shape) < 0.1] = np.nan
    return {name: np.ascontiguousarray(values[:, column]) for column, name in enumerate(names)}


def made_bundle(counted: dict[str, Values], version: str, seed: int) -> Bundle:
    """A bundle whose policy approves some of them, refers some and declines some."""
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
