"""A training set through Feast against an as-of join by hand.

    python -m benchmarks.training_set [ROWS] [--repeats 3] [--feast]

Three views of 20 features, 24 monthly tables of 100,000 consumers each; a spine of ROWS (a million) consumers and
moments in no order, some of them unknown. `FeatureStore.get_historical_features` with our store and
``filter_by_created_timestamp``, to an Arrow table in the spine's order; by hand: a narrow as-of join in DuckDB that
finds the row of each table, then one that fetches the values. CPU seconds, medians, in turns. With ``--feast`` Feast's
own duckdb store too, once.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from feast import FeatureStore, FeatureView, Field, FileSource, RepoConfig
from feast.types import Float64

from benchmarks.features import cpu
from feature_repo.objects import CONSUMER
from feature_repo.repository import repo_config
from features.engine import opened

CONSUMERS: Final = 100_000
MONTHS: Final = 24
VIEWS: Final = ("bills", "loans", "inquiries")
FEATURES: Final = 20


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--feast", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make_tables(folder)
        spine = make_spine(options.rows)
        store = open_store(folder, repo_config(folder / "ours"))
        ours, hand = [], []
        for _ in range(options.repeats):
            ours.append(cpu(lambda: through_feast(store, spine)))
            hand.append(cpu(lambda: by_hand(folder, spine)))
        our, peer = statistics.median(ours), statistics.median(hand)
        sys.stdout.write(f"{options.rows:,} rows x {len(VIEWS)} views of {FEATURES} features\n")
        sys.stdout.write(f"  ours, through Feast  {our:6.1f} CPU s\n  by hand              {peer:6.1f} CPU s\n")
        sys.stdout.write(f"  ratio                {our / peer:6.2f}\n")
        if options.feast:
            other = repo_config(folder / "feast").model_dump(by_alias=True) | {"offline_store": {"type": "duckdb"}}
            other_config = RepoConfig(**other)
            theirs = cpu(lambda: through_feast(open_store(folder, other_config), spine))
            sys.stdout.write(f"  Feast's duckdb store {theirs:6.1f} CPU s, {theirs / peer:.2f} times by hand\n")


def make_tables(folder: Path) -> None:
    """A Parquet table a view, by month and consumer."""
    with duckdb.connect() as connection:
        for view in VIEWS:
            values = ", ".join(f"hash(i, m, '{view}', {n}) / 1e19 AS {view}_{n}" for n in range(FEATURES))
            (folder / view).mkdir()
            connection.execute(
                f"COPY (SELECT i AS consumer_id, (DATE '2020-01-01' + to_months(m))::TIMESTAMP AT TIME ZONE 'UTC' AS "
                f"event_timestamp, event_timestamp AS created_timestamp, {values} "
                f"FROM range({CONSUMERS}) AS people(i), range({MONTHS}) AS months(m) ORDER BY m, i) "
                f"TO '{folder / view / 'table.parquet'}'"
            )


def make_spine(rows: int) -> pd.DataFrame:
    """Consumers and moments in no order; one in twenty is unknown."""
    chance = np.random.default_rng(1)
    seconds = 1_577_836_800 + chance.integers(0, 86_400 * 800, rows)
    return pd.DataFrame(
        {
            "consumer_id": chance.integers(0, round(CONSUMERS * 1.05), rows),
            "event_timestamp": pd.to_datetime(seconds, unit="s", utc=True).astype("datetime64[us, UTC]"),
        }
    )


def open_store(folder: Path, config: RepoConfig) -> FeatureStore:
    """A store with the views applied."""
    store = FeatureStore(config=config)
    store.apply([CONSUMER, *(view_of(folder, name) for name in VIEWS)])
    return store


def view_of(folder: Path, name: str) -> FeatureView:
    """One view."""
    return FeatureView(
        name=name,
        entities=[CONSUMER],
        ttl=timedelta(0),
        schema=[Field(name=f"{name}_{n}", dtype=Float64) for n in range(FEATURES)],
        source=FileSource(
            name=f"{name}_table",
            path=str(folder / name / "*.parquet"),
            timestamp_field="event_timestamp",
            created_timestamp_column="created_timestamp",
        ),
    )


def through_feast(store: FeatureStore, spine: pd.DataFrame) -> pa.Table:
    """The training set as Feast gives it."""
    names = [f"{view}:{view}_{n}" for view in VIEWS for n in range(FEATURES)]
    job = store.get_historical_features(entity_df=spine, features=names, filter_by_created_timestamp=True)
    return job.to_arrow()


def by_hand(folder: Path, spine: pd.DataFrame) -> pa.Table:
    """The same, in the narrow way."""
    rows = pa.Table.from_pandas(spine, preserve_index=False)
    rows = rows.append_column("row_no", pa.array(np.arange(len(spine))))
    with opened() as connection:
        connection.register("given", rows)
        connection.execute("CREATE TEMP TABLE spine AS FROM given")
        for view in VIEWS:
            connection.execute(
                f"CREATE TEMP TABLE place_{view} AS SELECT row_no, place FROM spine ASOF JOIN "
                "(SELECT consumer_id, event_timestamp, file_row_number AS place FROM "
                f"read_parquet('{folder / view / 'table.parquet'}', file_row_number = true)) AS known "
                "ON spine.consumer_id = known.consumer_id AND spine.event_timestamp >= known.event_timestamp"
            )
        values = ", ".join(f"{view}_{n}" for view in VIEWS for n in range(FEATURES))
        joins = " ".join(
            f"LEFT JOIN place_{view} USING (row_no) LEFT JOIN (SELECT * EXCLUDE (consumer_id, event_timestamp, "
            f"created_timestamp) FROM read_parquet('{folder / view / 'table.parquet'}', file_row_number = true)) "
            f"AS {view} ON {view}.file_row_number = place_{view}.place"
            for view in VIEWS
        )
        return connection.execute(f"SELECT spine.*, {values} FROM spine {joins} ORDER BY row_no").to_arrow_table()


if __name__ == "__main__":
    main()
