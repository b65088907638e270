"""A contract that an offline store keeps through Feast's public API: ours, and Feast's ``duckdb`` store.

Where Feast's store is known not to keep it, the test says why. Values are compared with a search
through all rows in plain Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig
from feast.infra.offline_stores.file_source import SavedDatasetFileStorage
from feast.types import Float64, String
from feast.value_type import ValueType

START = datetime(2024, 1, 31, tzinfo=UTC)
OFFLINE_STORES = {"as of": "feature_repo.offline.AsOfOfflineStore", "feast duckdb": "duckdb"}
CONSUMER = Entity(name="consumer", join_keys=["consumer_id"], value_type=ValueType.INT64)
Row = tuple[int, float, float, float | None, str]
"""Consumer, event and created timestamp in days from the start, a value and a text."""
Facts = Callable[[str, Iterable[Row]], None]


def moment(days: float) -> datetime:
    return START + timedelta(days=days)


@pytest.fixture(params=OFFLINE_STORES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def fails_in_feast(kind: str, request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Marks what Feast's own store is known not to keep."""

    def mark(reason: str) -> None:
        if kind == "feast duckdb":
            request.applymarker(pytest.mark.xfail(reason=reason))

    return mark


@pytest.fixture
def store(kind: str, tmp_path: Path) -> FeatureStore:
    """A store that knows the view ``bills`` (due, word; no limit of age) and ``fresh`` (due; ten days)."""
    opened = FeatureStore(
        config=RepoConfig(
            project="contract",
            provider="local",
            registry=str(tmp_path / "registry.db"),
            online_store={"type": "sqlite", "path": str(tmp_path / "online.db")},
            offline_store={"type": OFFLINE_STORES[kind]},
            entity_key_serialization_version=3,
        )
    )
    views = []
    for name, ttl in (("bills", timedelta(0)), ("fresh", timedelta(days=10))):
        (tmp_path / name).mkdir()
        source = FileSource(
            name=f"{name}_table",
            path=str(tmp_path / name / "*.parquet"),
            timestamp_field="event_timestamp",
            created_timestamp_column="created_timestamp",
        )
        schema = [Field(name="due", dtype=Float64), Field(name="word", dtype=String)]
        views.append(FeatureView(name=name, entities=[CONSUMER], ttl=ttl, schema=schema, source=source))
    opened.apply([CONSUMER, *views])
    return opened


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    """Write a table of a view; several calls make several files."""

    def write(name: str, rows: Iterable[Row]) -> None:
        consumers, events, created, due, words = (list(each) for each in zip(*rows, strict=True))
        stamp = pa.timestamp("us", tz="UTC")
        columns = {
            "consumer_id": pa.array(consumers, pa.int64()),
            "event_timestamp": pa.array([moment(days) for days in events], stamp),
            "created_timestamp": pa.array([moment(days) for days in created], stamp),
            "due": pa.array(due, pa.float64()),
            "word": pa.array(words, pa.string()),
        }
        folder = tmp_path / name
        pq.write_table(pa.table(columns), folder / f"{len(list(folder.iterdir())):04}.parquet")

    return write


def spine(consumers: list[int], days: list[float]) -> pd.DataFrame:
    frame = pd.DataFrame({"consumer_id": np.array(consumers, dtype=np.int64)})
    return frame.assign(event_timestamp=pd.Series([moment(each) for each in days], dtype="datetime64[us, UTC]"))


def ask(store: FeatureStore, entity_df: Any, *features: str, created: bool = True, **how: Any) -> pd.DataFrame:
    asked = list(features or ("bills:due",))
    job = store.get_historical_features(entity_df, asked, filter_by_created_timestamp=created, **how)
    frame: pd.DataFrame = job.to_df()
    return frame


def told(frame: pd.DataFrame, column: str = "due") -> list[Any]:
    return [None if pd.isna(value) else value for value in frame[column]]


def as_asked(frame: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    """The rows in the order of the spine, by a number that the spine carries: Feast's store keeps no order."""
    assert sorted(frame["number"]) == sorted(asked["number"])
    return frame.sort_values("number", ignore_index=True)


# -- what is seen -------------------------------------------------------------------------------------


def test_values_are_those_known_at_the_moment(store: FeatureStore, facts: Facts) -> None:
    facts("bills", [(1, 0, 0, 1.0, "a"), (1, 31, 31, 2.0, "b"), (2, 10, 10, 3.0, "c")])
    asked = spine([1, 1, 1, 2, 2], [-1, 0, 40, 9.999, 10]).assign(number=range(5))
    got = as_asked(ask(store, asked, "bills:due", "bills:word"), asked)
    assert told(got) == [None, 1.0, 2.0, None, 3.0]
    assert told(got, "word") == [None, "a", "b", None, "c"]


def test_value_that_is_created_later_is_not_seen(store: FeatureStore, facts: Facts) -> None:
    facts("bills", [(1, 0, 0, 1.0, "first"), (1, 5, 20, 2.0, "late")])
    asked = spine([1, 1, 1], [4, 19.999, 20]).assign(number=range(3))
    assert told(as_asked(ask(store, asked), asked)) == [1.0, 1.0, 2.0]


def test_without_the_filter_creation_does_not_count(store: FeatureStore, facts: Facts) -> None:
    facts("bills", [(1, 0, 0, 1.0, "first"), (1, 5, 20, 2.0, "late")])
    asked = spine([1, 1], [4, 6]).assign(number=range(2))
    assert told(as_asked(ask(store, asked, created=False), asked)) == [1.0, 2.0]


def test_correction_of_a_moment_counts_from_its_creation(store: FeatureStore, facts: Facts) -> None:
    facts("bills", [(1, 0, 0, 1.0, "first"), (1, 0, 8, 2.0, "second"), (1, 0, 9, 3.0, "third")])
    asked = spine([1, 1, 1], [1, 8.5, 30]).assign(number=range(3))
    assert told(as_asked(ask(store, asked), asked)) == [1.0, 2.0, 3.0]


def test_of_several_of_a_moment_the_one_created_last_is_seen(store: FeatureStore, facts: Facts) -> None:
    facts("bills", [(1, 0, -1, 2.0, "newer"), (1, 0, -2, 1.0, "older")])
    facts("bills", [(1, 0, -3, 0.0, "oldest")])
    assert told(ask(store, spine([1], [3]))) == [2.0]
    assert told(ask(store, spine([1], [3]), created=False)) == [2.0]


def test_values_that_are_too_old_are_missing(store: FeatureStore, facts: Facts) -> None:
    facts("fresh", [(1, 0, 0, 1.0, "a")])
    asked = spine([1, 1, 1], [5, 10, 10.001]).assign(number=range(3))
    assert told(as_asked(ask(store, asked, "fresh:due"), asked)) == [1.0, 1.0, None]


def test_missing_newer_value_is_not_replaced_by_an_older_one(store: FeatureStore, facts: Facts) -> None:
    facts("bills", [(1, 0, 0, 1.0, "a"), (1, 5, 5, None, "b")])
    assert told(ask(store, spine([1], [6]))) == [None]


@pytest.mark.parametrize("late", [0.0, 0.3, 1.0])
def test_against_a_search_through_all_rows(store: FeatureStore, facts: Facts, late: float) -> None:
    """Random rows with ties and late creation, some of them or all."""
    rng = np.random.default_rng(int(late * 10))
    rows: list[Row] = []
    for number in range(400):
        event = int(rng.integers(0, 12))
        created = event + (int(rng.integers(1, 8)) if rng.random() < late else -int(rng.integers(0, 3)))
        rows.append((int(rng.integers(1, 15)), event, created + number / 10_000, float(number), "x"))
    facts("bills", rows[:250])
    facts("bills", rows[250:])
    facts("fresh", rows)
    asked = spine(rng.integers(0, 17, 300).tolist(), rng.integers(-1, 26, 300).tolist()).assign(number=range(300))
    for name, ttl in (("bills", 1e9), ("fresh", 10)):
        got = as_asked(ask(store, asked, f"{name}:due"), asked)
        days = (asked["event_timestamp"] - START) / timedelta(days=1)
        for value, consumer, day in zip(told(got), asked["consumer_id"], days, strict=True):
            seen = [row for row in rows if row[0] == consumer and max(row[1], row[2]) <= day and row[1] >= day - ttl]
            wanted = max(seen, key=lambda row: (row[1], row[2]), default=None)
            assert value == (None if wanted is None else wanted[3])


# -- rows ---------------------------------------------------------------------------------------------


def test_rows_come_as_they_were_given(store: FeatureStore, facts: Facts, fails_in_feast: Callable[[str], None]) -> None:
    fails_in_feast("Feast's duckdb store gives the rows back in another order")
    facts("bills", [(number, 0, 0, float(number), "a") for number in range(2_000)])
    consumers = np.random.default_rng(1).permutation(3_000).tolist()
    got = ask(store, spine(consumers, [1] * 3_000))
    assert got["consumer_id"].tolist() == consumers
    assert told(got) == [float(number) if number < 2_000 else None for number in consumers]


def test_rows_given_twice_come_twice(store: FeatureStore, facts: Facts) -> None:
    facts("bills", [(1, 0, 0, 1.0, "a"), (2, 0, 0, 2.0, "b")])
    got = ask(store, spine([2, 1, 2, 2], [1] * 4))
    assert sorted(told(got)) == [1.0, 2.0, 2.0, 2.0]


def test_unknown_consumers_stay(store: FeatureStore, facts: Facts) -> None:
    facts("bills", [(1, 0, 0, 1.0, "a")])
    asked = spine([9, 1, 8], [1] * 3).assign(number=range(3))
    assert told(as_asked(ask(store, asked), asked)) == [None, 1.0, None]


def test_other_columns_stay(store: FeatureStore, facts: Facts) -> None:
    facts("bills", [(1, 0, 0, 1.0, "a")])
    asked = spine([1, 2], [1, 1]).assign(number=range(2), is_bad=[True, None], name=["x", None])
    got = as_asked(ask(store, asked), asked)
    assert told(got, "is_bad") == [True, None]
    assert told(got, "name") == ["x", None]


def test_another_time_zone_is_the_same_moment(store: FeatureStore, facts: Facts) -> None:
    facts("bills", [(1, 0, 0, 1.0, "a"), (1, 1, 1, 2.0, "b")])
    asked = spine([1, 1], [0.99, 1]).assign(number=range(2))
    asked["event_timestamp"] = asked["event_timestamp"].dt.tz_convert("Asia/Shanghai")
    assert told(as_asked(ask(store, asked), asked)) == [1.0, 2.0]


def test_nanoseconds_are_cut_off(store: FeatureStore, facts: Facts, fails_in_feast: Callable[[str], None]) -> None:
    fails_in_feast("Feast's duckdb store rounds to the next microsecond, or fails")
    facts("bills", [(1, 0, 0, 1.0, "a"), (1, 1, 1, 2.0, "b")])
    asked = spine([1], [1])
    asked["event_timestamp"] = asked["event_timestamp"].astype("datetime64[ns, UTC]") - pd.Timedelta(1, "ns")
    assert told(ask(store, asked)) == [1.0]


def test_names_may_begin_with_the_view(store: FeatureStore, facts: Facts) -> None:
    facts("bills", [(1, 0, 0, 1.0, "a")])
    facts("fresh", [(1, 0, 0, 2.0, "b")])
    got = ask(store, spine([1], [1]), "bills:due", "fresh:due", full_feature_names=True)
    assert (told(got, "bills__due"), told(got, "fresh__due")) == ([1.0], [2.0])


def test_spine_may_be_given_as_sql(
    store: FeatureStore, facts: Facts, tmp_path: Path, fails_in_feast: Callable[[str], None]
) -> None:
    fails_in_feast("Feast's duckdb store takes frames alone")
    facts("bills", [(1, 0, 0, 1.0, "a"), (2, 0, 0, 2.0, "b")])
    spine([2, 1], [1, 1]).to_parquet(tmp_path / "spine.parquet")
    got = ask(store, f"SELECT * FROM '{tmp_path}/spine.parquet' ORDER BY consumer_id DESC")
    assert told(got) == [2.0, 1.0]


# -- other ways through Feast -------------------------------------------------------------------------


def test_materialize_brings_the_newest_row_of_each_consumer_online(store: FeatureStore, facts: Facts) -> None:
    facts("bills", [(1, 0, 0, 1.0, "a"), (1, 5, 5, 2.0, "b"), (2, 1, 1, 3.0, "c"), (3, 40, 40, 4.0, "d")])
    facts("bills", [(1, 5, 7, 5.0, "corrected")])
    facts("fresh", [(1, 0, 0, 1.0, "a")])
    store.materialize(moment(0), moment(30))
    answer = store.get_online_features(["bills:due", "bills:word"], [{"consumer_id": n} for n in (1, 2, 3)]).to_dict()
    assert answer["due"] == [5.0, 3.0, None]
    assert answer["word"] == ["corrected", "c", None]


def test_what_is_pushed_offline_is_seen(
    store: FeatureStore, facts: Facts, fails_in_feast: Callable[[str], None]
) -> None:
    fails_in_feast("Feast's duckdb store writes to a single file alone")
    facts("bills", [(1, 0, 0, 1.0, "a")])
    new = spine([1, 2], [5, 5]).assign(created_timestamp=moment(6), due=[2.0, 3.0], word=["b", "c"])
    store.write_to_offline_store("bills", new)
    asked = spine([1, 1, 2], [5, 6, 6]).assign(number=range(3))
    assert told(as_asked(ask(store, asked), asked)) == [1.0, 2.0, 3.0]


def test_dataset_can_be_saved_and_read_again(store: FeatureStore, facts: Facts, tmp_path: Path) -> None:
    facts("bills", [(1, 0, 0, 1.0, "a"), (2, 0, 0, 2.0, "b")])
    job = store.get_historical_features(spine([2, 1], [1, 2]), ["bills:due"])
    storage = SavedDatasetFileStorage(path=str(tmp_path / "saved.parquet"))
    with pytest.warns(RuntimeWarning, match="Saving dataset is an experimental feature"):
        store.create_saved_dataset(job, "training", storage)
    with pytest.warns(RuntimeWarning, match="Retrieving datasets is an experimental feature"):
        again = store.get_saved_dataset("training").to_df().sort_values("consumer_id")
    assert (again["consumer_id"].tolist(), told(again)) == ([1, 2], [1.0, 2.0])
