"""A small body of evidence: people drawn from a known truth under the names of real features, over some months."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from features.sets import FeatureSet, feature_set
from scoring.bundle import Bundle
from scoring.calibration import Calibration, probability
from scoring.model import Model
from scoring.policy import shipped_book
from scoring.scale import ScoreScale
from training.baselines import draw_baselines
from training.boosting import BoostingParameters, fit_booster
from training.population import Population
from training.samples import Samples, draw_samples
from training.validation import Evidence, IntendedUse, Validation, validate

NAMES = (
    "card_utilisation_latest",
    "card_days_past_due_latest",
    "card_paid_share_6m",
    "card_limit_latest",
    "card_balance_latest",
    "card_months_since_late",
)
PARAMETERS = BoostingParameters(rounds=40, num_leaves=6, max_depth=3, min_data_in_leaf=20, feature_fraction=0.8)
FIRST = np.datetime64("2023-01", "M")


def draw(size: int, seed: int, months: int = 6) -> Population:
    """People observed over some months; a fifth of them twice."""
    random = np.random.default_rng(seed)
    values = random.gamma(2.0, 1.0, (size, len(NAMES)))
    log_odds = -2.2 + 0.9 * values[:, 0] + 0.5 * values[:, 1] - 0.6 * values[:, 2] - 0.2 * values[:, 3]
    is_bad = random.random(size) < probability(log_odds)
    values[random.random(values.shape) < 0.05] = np.nan
    at = (FIRST + random.integers(0, months, size)).astype("datetime64[D]") + random.integers(0, 28, size)
    who = np.where(random.random(size) < 0.2, np.roll(np.arange(size), 1), np.arange(size))
    order = np.lexsort((at, who))
    return Population(who[order], at[order].astype("datetime64[us]"), values[order], NAMES, is_bad[order])


def make_bundle(people: Population, rows: npt.NDArray[Any], version: str, seed: int = 1) -> Bundle:
    """A bundle fitted on some rows, without calibration."""
    features = feature_set("taiwan")
    directions = [features.catalogue[name].direction for name in people.features]
    booster = fit_booster(people.values[rows], people.is_bad[rows], people.features, directions, PARAMETERS, seed)
    model, calibration, scale = Model(booster.model_to_string(), people.features), Calibration(), ScoreScale()
    policies = shipped_book("taiwan")
    policy = policies.in_force(date(2023, 4, 30), "us")
    drawn = draw_baselines(model, calibration, scale, policy, people.values[rows], seed=seed)
    return Bundle(
        model_version=version,
        portfolio="taiwan",
        jurisdiction="us",
        trained_on=date(2023, 4, 30),
        model=model,
        calibration=calibration,
        scale=scale,
        policies=policies,
        feature_fingerprint=features.catalogue.fingerprint(people.features),
        baselines=drawn.baselines,
        typical=drawn.typical,
    )


def make_evidence(people: Population, samples: Samples, **changes: Any) -> Evidence:
    features: FeatureSet = feature_set("taiwan")
    evidence = Evidence(
        bundle=make_bundle(people, samples.development, "taiwan-2"),
        people=people,
        samples=samples,
        features=features,
        made_on=date(2026, 11, 28),
        parameters=PARAMETERS,
        use=IntendedUse(owner="head of cards", developer="ada", materiality="high"),
        draws=60,
    )
    return replace(evidence, **changes)


@pytest.fixture(scope="session")
def evidence() -> Evidence:
    """1,500 people with development, test and out-of-time samples, a champion, and two regions."""
    people = draw(1500, 5)
    samples = draw_samples(people, test_share=0.3, out_of_time_from=date(2023, 5, 1), seed=1)
    region = np.where(np.arange(len(people)) % 3 == 0, "north", "south")
    champion = make_bundle(people, samples.development[:300], "taiwan-1", seed=9)
    return make_evidence(people, samples, segments={"region": region}, champion=champion)


@pytest.fixture(scope="session")
def validation(evidence: Evidence) -> Validation:
    return validate(evidence)


@pytest.fixture(scope="session")
def draw_people() -> Callable[..., Population]:
    return draw


@pytest.fixture(scope="session")
def evidence_of() -> Callable[..., Evidence]:
    return make_evidence


@pytest.fixture(scope="session")
def shifts() -> pd.DataFrame:
    """Pairs of buckets of days past due and how often they followed each other."""
    return pd.DataFrame({"from_bucket": [0, 0, 4], "to_bucket": [0, 2, 4], "accounts": [90, 10, 5]})
