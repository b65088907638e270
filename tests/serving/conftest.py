"""A home for the tests of the service: a few hundred made-up applicants, trained on and published."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from starlette.testclient import TestClient

from bureau.contracts import Column, Contract
from bureau.history import open_history
from bureau.home import Home, open_home
from bureau.portfolios.home_credit import HomeCredit
from bureau.portfolios.portfolio import load
from bureau.references import open_references, publish_references
from feature_repo.repository import Repository
from features.compute import Observation, compute_view
from features.sets import feature_set
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

FIRST_REF = 100_001
CONTRACTS = {contract.name: contract for contract in HomeCredit().contracts()}
_EDUCATION = ("Secondary / secondary special", "Higher education", "Incomplete higher")


def write_home_credit(folder: Path, applicants: int = 300, seed: int = 7) -> Path:
    """Write a made-up Home Credit folder, every table of it: plausible columns, risk that can be learned.

    Parameters
    ----------
    folder : Path
        Where the tables go.
    applicants : int
        How many; their references count up from ``FIRST_REF``.
    seed : int
        Seed of the random numbers.
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    refs = np.arange(FIRST_REF, FIRST_REF + applicants)
    risk = rng.normal(size=applicants)
    target = (rng.random(applicants) < 1 / (1 + np.exp(1.2 - 1.5 * risk))).astype(int)
    asked = np.round(rng.lognormal(12.8, 0.5, applicants), -2)
    squashed = 1 / (1 + np.exp(risk[:, None] + rng.normal(size=(applicants, 3))))
    own = {
        "SK_ID_CURR": refs,
        "TARGET": target,
        "AMT_CREDIT": asked,
        "AMT_ANNUITY": np.round(asked / rng.uniform(10, 30, applicants), 1),
        "AMT_GOODS_PRICE": np.round(asked * 0.9, 1),
        "AMT_INCOME_TOTAL": np.round(rng.lognormal(11.9, 0.4, applicants), -2),
        "EXT_SOURCE_1": np.where(rng.random(applicants) < 0.5, np.nan, squashed[:, 0]),
        "EXT_SOURCE_2": squashed[:, 1],
        "EXT_SOURCE_3": squashed[:, 2],
        "NAME_EDUCATION_TYPE": rng.choice(_EDUCATION, applicants),
        "DAYS_BIRTH": -rng.integers(20 * 366, 65 * 365, applicants),
        "DAYS_EMPLOYED": -rng.integers(30, 8000, applicants),
        "CODE_GENDER": rng.choice(("F", "M"), applicants),
        "FLAG_OWN_CAR": rng.choice(("Y", "N"), applicants),
    }
    _write(folder / "application_train.csv", CONTRACTS["home_credit_application"], own, rng, extra=("TARGET",))
    lines = np.repeat(np.arange(applicants), rng.integers(0, 4, applicants))
    bureau_ids = np.arange(5_000_000, 5_000_000 + len(lines))
    opened = rng.integers(40, 2500, len(lines))
    _write(
        folder / "bureau.csv",
        CONTRACTS["home_credit_bureau"],
        {
            "SK_ID_CURR": refs[lines],
            "SK_ID_BUREAU": bureau_ids,
            "CREDIT_ACTIVE": rng.choice(("Active", "Closed"), len(lines)),
            "CREDIT_CURRENCY": np.full(len(lines), "currency 1"),
            "CREDIT_TYPE": rng.choice(("Consumer credit", "Credit card"), len(lines)),
            "DAYS_CREDIT": -opened,
            "DAYS_CREDIT_UPDATE": -rng.integers(1, 40, len(lines)),
            "DAYS_CREDIT_ENDDATE": rng.integers(-500, 1500, len(lines)),
            "CREDIT_DAY_OVERDUE": np.where(risk[lines] > 1, rng.integers(0, 60, len(lines)), 0),
            "AMT_CREDIT_SUM": np.round(rng.lognormal(11.5, 1, len(lines))),
            "AMT_CREDIT_SUM_DEBT": np.round(rng.lognormal(10.5, 1, len(lines))),
        },
        rng,
    )
    at = np.repeat(np.arange(len(lines)), 6)
    late = rng.random(len(at)) < 1 / (1 + np.exp(2.5 - risk[lines][at]))
    _write(
        folder / "bureau_balance.csv",
        CONTRACTS["home_credit_bureau_balance"],
        {
            "SK_ID_BUREAU": bureau_ids[at],
            "MONTHS_BALANCE": -np.tile(np.arange(6), len(lines)),
            "STATUS": np.where(late, "1", "0"),
        },
        rng,
    )
    _write_months(folder, refs, risk, rng)
    asked_before = np.repeat(np.arange(applicants), rng.integers(0, 4, applicants))
    _write(
        folder / "previous_application.csv",
        CONTRACTS["home_credit_previous_application"],
        {
            "SK_ID_PREV": np.arange(3_000_000, 3_000_000 + len(asked_before)),
            "SK_ID_CURR": refs[asked_before],
            "NAME_CONTRACT_STATUS": np.where(
                risk[asked_before] + rng.normal(size=len(asked_before)) > 1, "Refused", "Approved"
            ),
            "NAME_CONTRACT_TYPE": rng.choice(("Cash loans", "Consumer loans"), len(asked_before)),
            "DAYS_DECISION": -rng.integers(1, 1500, len(asked_before)),
            "AMT_APPLICATION": np.round(rng.lognormal(11, 1, len(asked_before))),
        },
        rng,
    )
    return folder


def _write_months(
    folder: Path, refs: npt.NDArray[np.int64], risk: npt.NDArray[np.float64], rng: np.random.Generator
) -> None:
    """Six months of own loans and cards, each of some of the applicants."""
    for name, contract, first in (
        ("POS_CASH_balance", CONTRACTS["home_credit_pos_cash_balance"], 1_000_000),
        ("credit_card_balance", CONTRACTS["home_credit_card_balance"], 2_000_000),
    ):
        who = np.flatnonzero(rng.random(len(refs)) < 0.6)
        at = np.repeat(who, 6)
        months = {
            "SK_ID_PREV": first + at,
            "SK_ID_CURR": refs[at],
            "MONTHS_BALANCE": -np.tile(np.arange(1, 7), len(who)),
            "NAME_CONTRACT_STATUS": np.full(len(at), "Active"),
            "SK_DPD": np.where(rng.random(len(at)) < 1 / (1 + np.exp(3 - risk[at])), rng.integers(1, 40, len(at)), 0),
            "SK_DPD_DEF": np.zeros(len(at), dtype=int),
            "CNT_INSTALMENT": np.full(len(at), 12),
            "CNT_INSTALMENT_FUTURE": rng.integers(0, 12, len(at)),
            "AMT_BALANCE": np.round(rng.lognormal(10, 0.5, len(at))),
            "AMT_CREDIT_LIMIT_ACTUAL": np.full(len(at), 90000),
            "AMT_PAYMENT_CURRENT": np.round(rng.lognormal(8, 0.5, len(at))),
        }
        wanted = {column.name for column in contract.columns}
        _write(folder / f"{name}.csv", contract, {key: months[key] for key in months if key in wanted}, rng)


def _write(
    path: Path,
    contract: Contract,
    values: dict[str, npt.NDArray[np.generic]],
    rng: np.random.Generator,
    extra: tuple[str, ...] = (),
) -> None:
    """Write a table under the contract's header; what is not given is made up within the contract's bounds."""
    rows = len(next(iter(values.values())))
    columns = {column.name: values.get(column.name, _made_up(column, rows, rng)) for column in contract.columns}
    columns |= {name: values[name] for name in extra}
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(
            ["" if pd.isna(value) else value for value in row] for row in zip(*columns.values(), strict=True)
        )


def _made_up(column: Column, rows: int, rng: np.random.Generator) -> npt.NDArray[np.generic]:
    if column.allowed:
        return rng.choice(column.allowed, rows)
    if column.type == "text":
        return np.full(rows, "Other")
    low, high = max(column.minimum or 0.0, -3000.0), min(0.0 if column.maximum is None else column.maximum, 3.0)
    return rng.integers(int(min(low, high)), int(max(low, high)) + 1, rows)


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
    save_bundle(bundle, home.bundles / bundle.model_version)
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
def home_credit_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up Home Credit folder."""
    return write_home_credit(tmp_path_factory.mktemp("made-up"))


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
