"""What the tests of training share: populations drawn from a known truth, and a small credit history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from bureau.content import FileContent
from bureau.contracts import Column, Contract, FactMapping
from bureau.delivery import Delivery
from bureau.history import History, open_history
from bureau.home import Home, open_home
from bureau.ingest import ingest
from bureau.portfolios.portfolio import load
from bureau.portfolios.taiwan import Taiwan
from feature_repo.repository import Repository
from features.compute import compute_view
from features.sets import FeatureSet, feature_set
from features.spine import Observation
from scoring.calibration import probability
from training.population import Population

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

DIRECTIONS = (1, -1, 0, 0)
OBSERVED_ON = Taiwan.observed_on
MONTHS = (6, 5, 4, 3, 2, 0)
"""Numbers of Taiwan's status columns."""


def draw(size: int, seed: int, intercept: float = -1.0) -> tuple[Population, Values]:
    """People with four features, and their true log-odds: up with the first, down with the second, noise last."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(size, 4))
    log_odds = intercept + 1.2 * values[:, 0] - 0.8 * values[:, 1] + 0.5 * np.abs(values[:, 2])
    is_bad = rng.random(size) < probability(log_odds)
    values[rng.random(values.shape) < 0.05] = np.nan
    observed_at = np.full(size, np.datetime64("2024-01-31", "us"))
    return Population(np.arange(size), observed_at, values, ("up", "down", "bent", "noise"), is_bad), log_odds


@pytest.fixture(scope="session")
def people() -> Population:
    return draw(1200, 1)[0]


@pytest.fixture(scope="session")
def many_people() -> tuple[Population, Values]:
    """6,000 people and their true log-odds."""
    return draw(6000, 2)


# -- a credit history -----------------------------------------------------------------------------


def write_card_holders(path: Path, count: int = 240, seed: int = 4) -> Path:
    """Write a file in the layout of the Taiwanese portfolio; every third or so defaults, the late ones more."""
    rng = np.random.default_rng(seed)
    late = rng.integers(-2, 4, count)
    limits = rng.choice([20_000, 50_000, 200_000], count)
    columns: dict[str, npt.NDArray[np.int64]] = {"ID": np.arange(1, count + 1), "LIMIT_BAL": limits}
    for attribute in ("SEX", "EDUCATION", "MARRIAGE"):
        columns[attribute] = rng.integers(1, 3, count)
    columns["AGE"] = rng.integers(21, 70, count)
    for month in MONTHS:
        columns[f"PAY_{month}"] = np.clip(late + rng.integers(-1, 2, count), -2, 8)
    for number in range(1, 7):
        columns[f"BILL_AMT{number}"] = (limits * rng.random(count)).astype(int)
        columns[f"PAY_AMT{number}"] = rng.integers(0, 5_000, count)
    columns["default.payment.next.month"] = (rng.random(count) < probability(0.7 * late - 0.3)).astype(int)
    table = np.column_stack(list(columns.values()))
    np.savetxt(path, table, fmt="%d", delimiter=",", header=",".join(columns), comments="")
    return path


OUTCOMES = Contract(
    name="further_outcomes",
    furnisher_id="taiwan-bank",
    record_kind="outcome",
    consumer_space="taiwan",
    columns=(
        Column("ID", "text", filled=True),
        Column("DAY", "text", filled=True),
        Column("WENT", "text", filled=True, allowed=("good", "bad", "unclear")),
    ),
    facts=(
        FactMapping(
            "outcome",
            {
                "consumer_id": "ID",
                "effective_on": "DAY::DATE",
                "is_bad": "CASE WENT WHEN 'bad' THEN true WHEN 'good' THEN false END",
            },
        ),
    ),
)
"""Outcomes of any day, clear or not."""


@dataclass(frozen=True)
class Bank:
    """A home with card holders, their features in Feast."""

    home: Home
    history: History
    repository: Repository
    features: FeatureSet
    observation: Observation

    def consumer_ids(self) -> dict[str, int]:
        with self.history.read() as connection:
            rows = connection.execute("SELECT consumer_ref, consumer_id FROM consumer").fetchall()
        return dict(rows)

    def deliver_outcomes(self, folder: Path, outcomes: list[tuple[int, date, str]], received: date) -> None:
        path = folder / f"outcomes-{received}.csv"
        path.write_text("ID,DAY,WENT\n" + "".join(f"{ref},{day},{went}\n" for ref, day, went in outcomes))
        moment = datetime.fromisoformat(str(received))
        ingest(self.history, Delivery(OUTCOMES, FileContent(path), moment, received))


def open_bank(folder: Path) -> Bank:
    portfolio = Taiwan()
    home = open_home(folder / "home", create=True)
    history = open_history(home, memory_limit="500MB")
    loaded = load(history, portfolio, write_card_holders(folder / "cards.csv"), labelled=True)
    features = feature_set(portfolio.name)
    observation = Observation(loaded.observed_by, portfolio.observed_on, portfolio.currency)
    for view in features.views:
        compute_view(history, features.catalogue, view, observation, home.features)
    repository = Repository(home.feast, home.features)
    repository.apply(features)
    return Bank(home, history, repository, features, observation)


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    """240 card holders; not to be changed by a test."""
    return open_bank(tmp_path_factory.mktemp("bank"))


@pytest.fixture
def own_bank(tmp_path: Path) -> Bank:
    """The same, a test's own."""
    return open_bank(tmp_path)


@pytest.fixture(scope="session")
def draw_people() -> Callable[..., tuple[Population, Values]]:
    """Draw another population."""
    return draw
