"""Small models of made-up card holders, for tests."""

from __future__ import annotations

from datetime import date
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from features.sets import feature_set
from features.vectors import matrix
from scoring.bundle import Bundle
from scoring.calibration import Calibration
from scoring.model import Model
from scoring.policy import shipped_book
from scoring.scale import ScoreScale
from training.baselines import draw_baselines

__all__ = ["fit_on_missing", "made_bundle", "made_counted"]

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
    model, calibration, scale = Model(booster.model_to_string(), features.names), Calibration(0.8, -0.2), ScoreScale()
    policies = shipped_book(PORTFOLIO)
    drawn = draw_baselines(model, calibration, scale, policies.in_force(ON, "us"), values, seed=seed)
    return Bundle(
        model_version=version,
        portfolio=PORTFOLIO,
        jurisdiction="us",
        trained_on=ON,
        model=model,
        calibration=calibration,
        scale=scale,
        policies=policies,
        feature_fingerprint=features.catalogue.fingerprint(features.names),
        baselines=drawn.baselines,
        typical=drawn.typical,
    )


def fit_on_missing(rounds: int, **how: Any) -> tuple[Values, lgb.Booster]:
    """Ten features, some values missing and some exactly zero, and a booster fitted on them."""
    random = np.random.default_rng(7)
    values = random.normal(size=(1500, 10)).round(1)
    values[random.random(values.shape) < 0.1] = np.nan
    values[random.random(values.shape) < 0.1] = 0.0
    risk = np.nansum(values[:, :6] * [1.0, -1.0, 0.7, 0.5, -0.5, 0.3], axis=1) + np.isnan(values[:, 0])
    is_bad = random.random(len(values)) < 1.0 / (1.0 + np.exp(1.0 - risk - values[:, 6] * (values[:, 7] > 0)))
    settings = {"objective": "binary", "num_leaves": 8, "max_depth": 4, "learning_rate": 0.15, "seed": 3,
                "num_threads": 1, "deterministic": True, "verbosity": -1} | how  # fmt: skip
    booster = lgb.train(settings, lgb.Dataset(values, is_bad.astype(float), params=settings), num_boost_round=rounds)
    return values, lgb.Booster(model_str=booster.model_to_string())
