"""A home for the tests of the service: a few hundred made-up applicants, trained on and published."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import lightgbm as lgb
import pandas as pd
import pytest
from made_champion import make_champion
from made_lender import add_lender, bearer, make_key
from made_signers import signer_in
from starlette.testclient import TestClient

from bureau.casework.opening import open_casework
from bureau.facts import IDENTITY_FIELDS
from bureau.history import History, open_history
from bureau.home import Home, open_home
from bureau.identity.blocking import record_tokens
from bureau.identity.hubs import without_hubs
from bureau.identity.models import current_model, key_salt
from bureau.identity.standard import standard_record
from bureau.identity.told import as_linked
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
from scoring.model import Model
from scoring.policy import shipped_book
from scoring.scale import ScoreScale
from serving.opening import OpenedService, open_service
from serving.process import Launch, running
from tradeline.settings import Settings
from training.baselines import draw_baselines


@dataclass(frozen=True)
class Served:
    """A home that can be served, and what it should answer."""

    home: Home
    bundle: Bundle
    frame: pd.DataFrame
    refs: tuple[str, ...]
    unseen_ref: str
    """A consumer of the history whose features were never brought online."""
    key: str
    """A key of the lender for everything."""


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
    bundle = make_model(features.names, frame, rounds)
    save_bundle(bundle, home.bundles / bundle.model_version, signer_in(home.signers))
    make_champion(home.root, bundle.model_version)
    unseen = _never_online(home)
    publish_references(history, open_references(home, portfolio.name))
    _tell_identity(history, int(frame.consumer_id[0]), ADA)
    with open_casework(home) as casework:
        add_lender(casework)
        key = make_key(casework)
    return Served(home, bundle, frame, tuple(frame.consumer_ref), unseen, key)


def make_model(
    names: tuple[str, ...],
    frame: pd.DataFrame,
    rounds: int = 40,
    version: str = "home-credit-1",
    seed: int = 1,
    *,
    portfolio: str = "home-credit",
    trained_on: date = HomeCredit.observed_on,
) -> Bundle:
    """A small model of made-up applicants."""
    features = feature_set(portfolio)
    values = matrix(features, {name: frame[name].to_numpy() for name in features.counted}, names)
    booster = lgb.train(
        {
            "objective": "binary",
            "num_leaves": 8,
            "min_data_in_leaf": 10,
            "seed": seed,
            "num_threads": 1,
            "deterministic": True,
            "verbosity": -1,
        },
        lgb.Dataset(values, label=frame["is_bad"].astype(float), feature_name=list(names)),
        num_boost_round=rounds,
    )
    model, calibration, scale = Model(booster.model_to_string(), names), Calibration(0.9, -0.1), ScoreScale()
    policies = shipped_book(portfolio)
    drawn = draw_baselines(model, calibration, scale, policies.in_force(trained_on, "eu"), values, seed=1)
    return Bundle(
        model_version=version,
        portfolio=portfolio,
        jurisdiction="eu",
        trained_on=trained_on,
        model=model,
        calibration=calibration,
        scale=scale,
        policies=policies,
        feature_fingerprint=features.catalogue.fingerprint(names),
        baselines=drawn.baselines,
        typical=drawn.typical,
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


ADA: dict[str, str] = {
    "first_name": "Adelaide",
    "surname": "Quackenbush",
    "birth_date": "1971-03-04",
    "national_number": "657412008",
    "phone": "6174100013",
    "address": "12 Larkspur Lane",
    "city": "Springfield",
    "region": "IL",
    "postcode": "62701",
}
"""Who the first consumer of the home says to be."""


def _tell_identity(history: History, consumer_id: int, told: Mapping[str, str]) -> None:
    """Seal who a consumer is in the vault, with the keys by which the consumer is found."""
    vault, salt, hubs = history.vault, key_salt(history.vault), current_model(history.vault).hubs
    fields = dict.fromkeys(IDENTITY_FIELDS) | dict(told)
    record = without_hubs(standard_record(as_linked(fields)), hubs)
    with history.write():
        vault.seal("consumer", [(consumer_id, 0, "identity", json.dumps(fields).encode())], delivery_no=1)
        vault.index.add("consumer", {(token, consumer_id) for token in record_tokens(record, salt=salt)}, delivery_no=1)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, home_credit_folder: Path) -> Served:
    """A home with a champion and a lender that has a key; tests add decisions and keys to it, and nothing else."""
    return make_home(tmp_path_factory.mktemp("served") / "home", home_credit_folder)


def clock() -> datetime:
    """The clock, which the service is given."""
    return datetime.now(UTC)


def no_batches(_batch_id: str, _worker: str) -> Any:
    """For an application in this process, which works no batch off."""
    raise AssertionError


@pytest.fixture(scope="session")
def opened(served: Served) -> Iterator[OpenedService]:
    """The application in this process, without BentoML."""
    opened = open_service(served.home, "home-credit", start_batch=no_batches, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def client(opened: OpenedService, served: Served) -> Iterator[TestClient]:
    """Its caller, with the lender's key."""
    with TestClient(opened.app, raise_server_exceptions=True, headers=bearer(served.key)) as client:
        yield client


@pytest.fixture(scope="session")
def launch(served: Served) -> Callable[..., Launch]:
    """How the test home is served; port 0 takes a free one."""

    def make(home: Path = served.home.root, host: str = "127.0.0.1", port: int = 0, **settings: Any) -> Launch:
        whole = Settings(home=home, portfolio="home-credit", **settings)
        log = served.home.root / f"service-{os.getpid()}.log"
        return Launch("tradeline.service:service", whole.environment(), log, host, port, whole.tls())

    return make


@pytest.fixture(scope="session")
def base_url(launch: Callable[..., Launch]) -> Iterator[str]:
    """The service, really started with ``bentoml serve``."""
    with running(launch()) as url:
        yield url


@pytest.fixture(scope="session")
def ada() -> dict[str, str]:
    """Who the first consumer of the home says to be."""
    return dict(ADA)


@pytest.fixture(name="make_model", scope="session")
def _make_model() -> Callable[..., Bundle]:
    return make_model
