"""What our offline store keeps beyond the contract of all stores: errors, sources of other shapes, files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, PushSource, RepoConfig
from feast.data_source import PushMode
from feast.errors import SavedDatasetLocationAlreadyExists
from feast.infra.offline_stores.file_source import SavedDatasetFileStorage
from feast.types import Float64
from feast.value_type import ValueType

from feature_repo.errors import FeatureRepoError

MOMENT = datetime(2024, 1, 31, tzinfo=UTC)
CONSUMER = Entity(name="consumer", join_keys=["consumer_id"], value_type=ValueType.INT64)
Open = Callable[..., FeatureStore]


def table(path: Path, values: dict[int, float], days: int = 0, **renamed: str) -> Path:
    stamps = pa.array([MOMENT + timedelta(days=days)] * len(values), pa.timestamp("us", tz="UTC"))
    columns = {
        "consumer_id": pa.array(values, pa.int64()),
        "event_timestamp": stamps,
        "created_timestamp": stamps,
        "due": pa.array(values.values(), pa.float64()),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({renamed.get(name, name): column for name, column in columns.items()}), path)
    return path


@pytest.fixture
def open_store(tmp_path: Path) -> Open:
    """Opens a store that knows the view ``bills`` over a path."""

    def opened(path: Path, entity: Entity = CONSUMER, **source: Any) -> FeatureStore:
        store = FeatureStore(
            config=RepoConfig(
                project="own",
                provider="local",
                registry=str(tmp_path / "registry.db"),
                online_store={"type": "sqlite", "path": str(tmp_path / "online.db")},
                offline_store={"type": "feature_repo.offline.AsOfOfflineStore", "memory_limit": "200MB", "threads": 1},
                entity_key_serialization_version=3,
                coerce_tz_aware=False,
            )
        )
        columns = {"timestamp_field": "event_timestamp", "created_timestamp_column": "created_timestamp"} | source
        batch = FileSource(name="bills_table", path=str(path), **columns)
        bills = FeatureView(
            name="bills",
            entities=[entity],
            schema=[Field(name="due", dtype=Float64)],
            source=PushSource(name="bills_push", batch_source=batch),
        )
        store.apply([entity, bills])
        return store

    return opened


def spine(**changed: Any) -> pd.DataFrame:
    frame = pd.DataFrame({"consumer_id": np.array([1, 2], dtype=np.int64)})
    frame["event_timestamp"] = pd.Series([MOMENT] * 2, dtype="datetime64[us, UTC]")
    return frame.assign(**changed)


def due(store: FeatureStore, entity_df: Any) -> list[Any]:
    job = store.get_historical_features(entity_df, ["bills:due"], filter_by_created_timestamp=True)
    return [None if pd.isna(value) else value for value in job.to_df()["due"]]


# -- a spine that cannot be right ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            spine(consumer_id=["1", "2"]),
            "^consumer_id: whole numbers are wanted, not (large_)?string; give the bureau's",
        ),
        (spine(consumer_id=[1.0, 2.0]), "^consumer_id: whole numbers are wanted, not double"),
        (spine(event_timestamp=[pd.Timestamp("2024-03-31")] * 2), "^event_timestamp: moments with a time zone are"),
        (spine(event_timestamp=["2024-03-31"] * 2), "^event_timestamp: moments with a time zone are wanted, not"),
        (spine(event_timestamp=[pd.NaT, pd.Timestamp(MOMENT)]), "^event_timestamp: a moment is missing in 1 of 2 rows"),
        (spine().drop(columns="consumer_id"), "^consumer_id: the spine lacks this column"),
        (spine().drop(columns="event_timestamp"), "^event_timestamp: the spine lacks this column, and 0 others have"),
        (
            "SELECT 1::BIGINT AS consumer_id, TIMESTAMP '2024-03-31' AS event_timestamp",
            "^event_timestamp: moments with",
        ),
        (None, "^entity_df: rows are wanted"),
    ],
)
def test_is_one_clear_error(open_store: Open, tmp_path: Path, asked: Any, message: str) -> None:
    store = open_store(table(tmp_path / "bills.parquet", {1: 1.0}))
    with pytest.raises(FeatureRepoError, match=message):
        due(store, asked)


def test_only_column_of_moments_is_taken(open_store: Open, tmp_path: Path) -> None:
    store = open_store(table(tmp_path / "bills.parquet", {1: 1.0}))
    assert due(store, spine().rename(columns={"event_timestamp": "observed_at"})) == [1.0, None]


def test_empty_spine_gives_no_rows(open_store: Open, tmp_path: Path) -> None:
    assert due(open_store(table(tmp_path / "bills.parquet", {1: 1.0})), spine().head(0)) == []


def test_view_without_a_table_is_named(open_store: Open, tmp_path: Path) -> None:
    store = open_store(tmp_path / "nothing" / "*.parquet")
    with pytest.raises(FeatureRepoError, match=r"^bills_table: no table at .*nothing/\*.parquet; compute the features"):
        due(store, spine())


# -- sources ------------------------------------------------------------------------------------------


def test_path_with_quotes_and_blanks(open_store: Open, tmp_path: Path) -> None:
    table(tmp_path / "it's one" / "a.parquet", {1: 1.0})
    assert due(open_store(tmp_path / "it's one" / "*.parquet"), spine()) == [1.0, None]


def test_folder_means_all_its_tables(open_store: Open, tmp_path: Path) -> None:
    table(tmp_path / "bills" / "a.parquet", {1: 1.0})
    table(tmp_path / "bills" / "b.parquet", {2: 2.0})
    assert due(open_store(tmp_path / "bills"), spine()) == [1.0, 2.0]


def test_columns_of_other_names(open_store: Open, tmp_path: Path) -> None:
    path = table(tmp_path / "bills.parquet", {1: 1.0}, due="amount due", consumer_id="person")
    store = open_store(path, field_mapping={"amount due": "due", "person": "consumer_id"})
    assert due(store, spine()) == [1.0, None]


def test_keys_of_text(open_store: Open, tmp_path: Path) -> None:
    path = table(tmp_path / "bills.parquet", {1: 1.0, 2: 2.0})
    rows = pq.read_table(path)
    pq.write_table(rows.set_column(0, "consumer_id", rows["consumer_id"].cast(pa.string())), path)
    entity = Entity(name="consumer", join_keys=["consumer_id"], value_type=ValueType.STRING)
    assert due(open_store(path, entity), spine(consumer_id=["2", "x"])) == [2.0, None]


def test_of_rows_that_differ_in_nothing_else_the_last_of_the_last_file_is_taken(
    open_store: Open, tmp_path: Path
) -> None:
    for name, value in (("b", 2.0), ("c", 3.0), ("a", 1.0)):
        table(tmp_path / "bills" / f"{name}.parquet", {1: value, 2: value})
    assert due(open_store(tmp_path / "bills" / "*.parquet"), spine()) == [3.0, 3.0]


# -- what is written ----------------------------------------------------------------------------------


def test_push_to_both_is_seen_offline_and_online(open_store: Open, tmp_path: Path) -> None:
    table(tmp_path / "bills" / "a.parquet", {1: 1.0, 2: 2.0})
    store = open_store(tmp_path / "bills" / "*.parquet")
    new = spine(due=[None, 5.0], created_timestamp=MOMENT + timedelta(days=1))
    new["event_timestamp"] += timedelta(days=1)
    for _ in range(2):  # the same rows twice are one file
        store.push("bills_push", new, to=PushMode.ONLINE_AND_OFFLINE)
    assert len(list((tmp_path / "bills").iterdir())) == 2
    assert due(store, pd.concat([spine(), new[["consumer_id", "event_timestamp"]]])) == [1.0, 2.0, None, 5.0]
    online = store.get_online_features(["bills:due"], [{"consumer_id": 1}, {"consumer_id": 2}]).to_dict()
    assert online["due"] == [None, 5.0]


def test_push_to_a_single_file_writes_it_anew(open_store: Open, tmp_path: Path) -> None:
    path = table(tmp_path / "bills.parquet", {1: 1.0})
    store = open_store(path)
    store.push("bills_push", spine(due=[3.0, 4.0], created_timestamp=MOMENT + timedelta(1)), to=PushMode.OFFLINE)
    assert due(store, spine(event_timestamp=pd.Timestamp(MOMENT + timedelta(1)))) == [3.0, 4.0]
    assert [each.name for each in tmp_path.glob("bills*")] == ["bills.parquet"]


def test_push_of_other_columns_is_refused(open_store: Open, tmp_path: Path) -> None:
    store = open_store(table(tmp_path / "bills.parquet", {1: 1.0}))
    with pytest.raises(ValueError, match=r"missing_expected_columns: .*'created_timestamp'"):
        store.push("bills_push", spine(due=1.0), to=PushMode.OFFLINE)
    view, rows = store.get_feature_view("bills"), pa.Table.from_pandas(spine(due=1.0))
    with pytest.raises(FeatureRepoError, match=r"^bills: other columns than in its tables \(created_timestamp\)"):
        store.provider.offline_write_batch(store.config, view, rows, None)


def test_dataset_does_not_overwrite_unless_told(open_store: Open, tmp_path: Path) -> None:
    store = open_store(table(tmp_path / "bills.parquet", {1: 1.0}))
    storage = SavedDatasetFileStorage(path=str(tmp_path / "saved" / "one.parquet"))
    job = store.get_historical_features(spine(), ["bills:due"])
    job.persist(storage)
    with pytest.raises(SavedDatasetLocationAlreadyExists, match=r"one\.parquet"):
        job.persist(storage)
    job.persist(storage, allow_overwrite=True)
    assert pq.read_table(tmp_path / "saved" / "one.parquet")["due"].to_pylist() == [1.0, None]
