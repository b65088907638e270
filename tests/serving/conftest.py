"""A home for the tests of the service: a few hundred made-up applicants, trained on and published."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import lightgbm as lgb
import pandas as pd
import pytest
from made_signers import signer_in
from starlette.testclient import TestClient

from bureau.history import open_history
from bureau.home import Home, open_home
from bureau.portfolios.home_credit import HomeCredit
from bureau.portfolios.portfolio import load
from bureau.references import open_references, publish_references
from feature_repo.repository import Repository
from features.compute import compute_view
from features.sets import feature_set
from features.spine import Observation
from features.vectors import matrix
from scoring.bundle import Bundle, save_bundle
from scoring.calibration import Calibration
from scoring.champion import set_champion
from scoring.model import Model
from scoring.policy import policy_of
from scoring.scale import ScoreScale
from serving.app import build_app
from serving.online import OnlineScorer, open_scorer
from serving.process import Launch, running
from tradeline.settings import Settings


@dataclass(frozen=True)
class Served:
    """A home that can be served, and what it should answer."""

    home: Home
    bundle: Bundle
    frame: pd.DataFrame
    refs: tuple[str, ...]
    unseen_ref: str
    """A consumer of the history whose features were never brought online."""


def make_home(root: Path, data: Path, rounds: int = 40) -> Served:
    """Take the folder in, compute and publish the features, train a small model and make it the champion."""
    home = open_home(root, create=True)
    history = open_history(home, memory_limit="500MB")
    portfolio = HomeCredit()
    loaded = load(history, portfolio, data, labelled=True)
    features = feature_set(portfolio.name)
    observation = Observation(loaded.observed_by, portfolio.observed_on, portfolio.currency)
    paths = {
        view: compute_view(history, features.catalogue, view, observation, home.features).path
        for view in features.views
    }
    repository = Repository(home.feast, home.features)
    repository.apply(features)
    repository.materialise(features, paths)
    with history.read() as connection:
        people = connection.execute(
            "SELECT consumer_ref, consumer_id, is_bad FROM consumer JOIN outcome USING (consumer_id) "
            "WHERE reference_space = 'home-credit' ORDER BY consumer_ref"
        ).df()
    people = people.assign(event_timestamp=pd.Timestamp(portfolio.observed_on, tz="UTC"))
    frame = repository.training_frame(features, people)
    bundle = _train(features.names, frame, rounds)
    save_bundle(bundle, home.bundles / bundle.model_version, signer_in(home.signers))
    set_champion(home.bundles, bundle.portfolio, bundle.model_version)
    unseen = _never_online(home)
    publish_references(history, open_references(home, portfolio.name))
    return Served(home, bundle, frame, tuple(frame.consumer_ref), unseen)


def _train(names: tuple[str, ...], frame: pd.DataFrame, rounds: int) -> Bundle:
    portfolio = HomeCredit()
    features = feature_set(portfolio.name)
    values = matrix(features, {name: frame[name].to_numpy() for name in features.counted}, names)
    booster = lgb.train(
        {
            "objective": "binary",
            "num_leaves": 8,
            "min_data_in_leaf": 10,
            "seed": 1,
            "num_threads": 1,
            "deterministic": True,
            "verbosity": -1,
        },
        lgb.Dataset(values, label=frame["is_bad"].astype(float), feature_name=list(names)),
        num_boost_round=rounds,
    )
    return Bundle(
        model_version="home-credit-1",
        portfolio=portfolio.name,
        jurisdiction="eu",
        trained_on=portfolio.observed_on,
        model=Model(booster.model_to_string(), names),
        calibration=Calibration(slope=0.9, intercept=-0.1),
        scale=ScoreScale(),
        policy=policy_of(portfolio.name, portfolio.observed_on),
        feature_fingerprint=features.catalogue.fingerprint(names),
    )


def _never_online(home: Home) -> str:
    """File a reference of a consumer whom the online store does not know."""
    import sqlite3

    references = open_references(home, "home-credit")
    with sqlite3.connect(references.path) as filed:
        filed.execute(
            "CREATE TABLE IF NOT EXISTS reference (digest BLOB PRIMARY KEY, consumer_id INTEGER) WITHOUT ROWID"
        )
        filed.execute("INSERT INTO reference VALUES (?, ?)", (references.digest("no-features-yet"), 987_654_321))
    filed.close()
    return "no-features-yet"


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, home_credit_folder: Path) -> Served:
    """A home with a champion; not to be changed by a test."""
    return make_home(tmp_path_factory.mktemp("served") / "home", home_credit_folder)


@pytest.fixture(scope="session")
def scorer(served: Served) -> OnlineScorer:
    return open_scorer(served.home, "home-credit")


@pytest.fixture
def client(scorer: OnlineScorer) -> Iterator[TestClient]:
    """The application in this process, without BentoML."""
    with TestClient(build_app(scorer), raise_server_exceptions=True) as client:
        yield client


@pytest.fixture(scope="session")
def launch(served: Served) -> Callable[..., Launch]:
    """How the test home is served; port 0 takes a free one."""

    def make(home: Path = served.home.root, host: str = "127.0.0.1", port: int = 0) -> Launch:
        environment = Settings(home=home, portfolio="home-credit", workers=1).environment()
        log = served.home.root / f"service-{os.getpid()}.log"
        return Launch("tradeline.service:service", environment, log, host, port)

    return make


@pytest.fixture(scope="session")
def base_url(launch: Callable[..., Launch]) -> Iterator[str]:
    """The service, really started with ``bentoml serve``."""
    with running(launch()) as url:
        yield url
