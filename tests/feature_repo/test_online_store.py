"""A contract that every online store keeps through Feast's public API: ours, and Feast's own."""

from __future__ import annotations

import math
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource, RepoConfig
from feast.types import Float64, Int64
from feast.value_type import ValueType
from pydantic import ValidationError

from feature_repo.errors import FeatureRepoError
from feature_repo.online import DEFINITION_TAG, PackedSqliteOnlineStore, PackedSqliteOnlineStoreConfig

MOMENT = datetime(2024, 3, 31, tzinfo=UTC)
ONLINE_STORES = {"packed": "feature_repo.online.PackedSqliteOnlineStore", "feast": "sqlite"}
CONSUMER = Entity(name="consumer", join_keys=["consumer_id"], value_type=ValueType.INT64)


def view(name: str, *features: str, folder: Path, dtype: Any = Float64, **tags: str) -> FeatureView:
    source = FileSource(name=f"{name}_table", path=str(folder / f"{name}.parquet"), timestamp_field="event_timestamp")
    return FeatureView(
        name=name,
        entities=[CONSUMER],
        ttl=timedelta(0),
        schema=[Field(name=feature, dtype=dtype) for feature in features],
        source=source,
        tags=tags,
    )


def open_store(folder: Path, kind: str) -> FeatureStore:
    config = RepoConfig(
        project="contract",
        provider="local",
        registry=str(folder / "registry.db"),
        online_store={"type": ONLINE_STORES[kind], "path": str(folder / "online.db")},
        offline_store={"type": "duckdb"},
        entity_key_serialization_version=3,
    )
    return FeatureStore(config=config)


@pytest.fixture(params=ONLINE_STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FeatureStore:
    """A store that knows the views ``bills`` (b, a) and ``loans`` (n)."""
    opened = open_store(tmp_path, request.param)
    bills, loans = view("bills", "b", "a", folder=tmp_path), view("loans", "n", folder=tmp_path)
    opened.apply([CONSUMER, bills, loans, FeatureService(name="both", features=[bills, loans])])
    return opened


def write(store: FeatureStore, name: str, moment: datetime = MOMENT, **columns: list[Any]) -> None:
    frame = pd.DataFrame(columns)
    frame["event_timestamp"] = pd.Series(moment, index=frame.index, dtype="datetime64[us, UTC]")
    store.write_to_online_store(name, frame)


def read(store: FeatureStore, features: list[str], consumers: list[int]) -> dict[str, list[Any]]:
    answer = store.get_online_features(features, [{"consumer_id": consumer} for consumer in consumers]).to_dict()
    return {name: [None if value is None or value != value else value for value in answer[name]] for name in answer}  # noqa: PLR0124


def test_what_was_written_is_read(store: FeatureStore) -> None:
    write(store, "bills", consumer_id=[1, 2], a=[0.1 + 0.2, -0.0], b=[5e-324, 1.7976931348623157e308])
    got = read(store, ["bills:a", "bills:b"], [1, 2])
    assert got == {"consumer_id": [1, 2], "a": [0.1 + 0.2, 0.0], "b": [5e-324, 1.7976931348623157e308]}
    assert math.copysign(1, got["a"][1]) == -1


def test_consumers_come_in_the_order_asked_and_twice_if_asked_twice(store: FeatureStore) -> None:
    write(store, "bills", consumer_id=[1, 2, 3], a=[1.0, 2.0, 3.0], b=[0.0] * 3)
    got = read(store, ["bills:a"], [3, 1, 2, 3])
    assert got["consumer_id"] == [3, 1, 2, 3]
    assert got["a"] == [3.0, 1.0, 2.0, 3.0]


def test_unknown_consumer_is_missing(store: FeatureStore) -> None:
    write(store, "bills", consumer_id=[1], a=[1.0], b=[1.0])
    assert read(store, ["bills:a", "bills:b"], [9, 1]) == {"consumer_id": [9, 1], "a": [None, 1.0], "b": [None, 1.0]}


def test_empty_store_answers(store: FeatureStore) -> None:
    assert read(store, ["bills:a", "loans:n"], [1])["a"] == [None]


def test_missing_values_stay_missing(store: FeatureStore) -> None:
    write(store, "bills", consumer_id=[1, 2], a=[float("nan"), 2.0], b=[1.0, None])
    assert read(store, ["bills:a", "bills:b"], [1, 2]) == {"consumer_id": [1, 2], "a": [None, 2.0], "b": [1.0, None]}


def test_subset_of_a_view_in_any_order(store: FeatureStore) -> None:
    write(store, "bills", consumer_id=[1], a=[1.0], b=[2.0])
    assert read(store, ["bills:b"], [1]) == {"consumer_id": [1], "b": [2.0]}
    assert read(store, ["bills:b", "bills:a"], [1]) == read(store, ["bills:a", "bills:b"], [1])


def test_views_are_apart(store: FeatureStore) -> None:
    write(store, "bills", consumer_id=[1], a=[1.0], b=[2.0])
    write(store, "loans", consumer_id=[2], n=[7.0])
    got = read(store, ["bills:a", "loans:n"], [1, 2])
    assert got == {"consumer_id": [1, 2], "a": [1.0, None], "n": [None, 7.0]}


def test_feature_service_brings_all_its_views(store: FeatureStore) -> None:
    write(store, "bills", consumer_id=[1], a=[1.0], b=[2.0])
    write(store, "loans", consumer_id=[1], n=[7.0])
    answer = store.get_online_features(store.get_feature_service("both"), [{"consumer_id": 1}]).to_dict()
    assert answer == {"consumer_id": [1], "a": [1.0], "b": [2.0], "n": [7.0]}


def test_newer_row_takes_the_place_of_the_older(store: FeatureStore) -> None:
    write(store, "bills", consumer_id=[1], a=[1.0], b=[2.0])
    write(store, "bills", MOMENT + timedelta(days=1), consumer_id=[1], a=[10.0], b=[None])
    assert read(store, ["bills:a", "bills:b"], [1]) == {"consumer_id": [1], "a": [10.0], "b": [None]}


def test_same_moment_again_takes_the_place(store: FeatureStore) -> None:
    for value in (1.0, 2.0):
        write(store, "bills", consumer_id=[1], a=[value], b=[value])
    assert read(store, ["bills:a"], [1])["a"] == [2.0]


def test_moment_of_a_row_is_told(store: FeatureStore) -> None:
    moment = MOMENT.replace(hour=13, microsecond=0)
    write(store, "bills", moment, consumer_id=[1], a=[1.0], b=[2.0])
    told = store.get_online_features(["bills:a"], [{"consumer_id": 1}]).proto.results
    assert {stamp.seconds for result in told for stamp in result.event_timestamps if stamp.seconds} == {
        int(moment.timestamp())
    }


def test_many_consumers_at_once(store: FeatureStore) -> None:
    ids = list(range(300))
    write(store, "bills", consumer_id=ids, a=[float(n) for n in ids], b=[0.5] * 300)
    assert read(store, ["bills:a"], ids[::-1])["a"] == [float(n) for n in ids[::-1]]


def test_another_process_reads_what_was_written(store: FeatureStore, tmp_path: Path) -> None:
    write(store, "bills", consumer_id=[1], a=[1.0], b=[2.0])
    again = FeatureStore(config=store.config)
    assert read(again, ["bills:a"], [1])["a"] == [1.0]


def test_threads_read_at_once(store: FeatureStore) -> None:
    write(store, "bills", consumer_id=[1, 2], a=[1.0, 2.0], b=[0.0, 0.0])
    got: dict[int, list[Any]] = {}

    def ask(number: int) -> None:
        got[number] = read(store, ["bills:a"], [1 + number % 2])["a"]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == {number: [1.0 + number % 2] for number in range(6)}


def test_view_that_is_gone_leaves_nothing(store: FeatureStore, tmp_path: Path) -> None:
    write(store, "loans", consumer_id=[1], n=[7.0])
    store.delete_feature_service("both")
    store.apply([], objects_to_delete=[store.get_feature_view("loans")], partial=False)
    store.apply([view("loans", "n", folder=tmp_path)])
    assert read(store, ["loans:n"], [1])["n"] == [None]


def test_teardown_leaves_no_values(store: FeatureStore, tmp_path: Path) -> None:
    write(store, "bills", consumer_id=[1], a=[1.0], b=[2.0])
    store.teardown()
    assert not [path for path in tmp_path.glob("online.db*") if path.stat().st_size > 20_000]


# -- what ours keeps beyond the contract ------------------------------------------------------------


@pytest.fixture
def packed(tmp_path: Path) -> FeatureStore:
    opened = open_store(tmp_path, "packed")
    opened.apply([CONSUMER, view("bills", "b", "a", folder=tmp_path, **{DEFINITION_TAG: "first"})])
    return opened


def test_older_row_does_not_replace_a_newer_one(packed: FeatureStore) -> None:
    write(packed, "bills", consumer_id=[1], a=[1.0], b=[2.0])
    write(packed, "bills", MOMENT - timedelta(microseconds=1), consumer_id=[1, 2], a=[9.0, 9.0], b=[9.0, 9.0])
    assert read(packed, ["bills:a"], [1, 2])["a"] == [1.0, 9.0]


@pytest.mark.parametrize("change", [("a", "b", "c"), ("a", "c")])
def test_row_of_other_columns_is_refused(packed: FeatureStore, tmp_path: Path, change: tuple[str, ...]) -> None:
    write(packed, "bills", consumer_id=[1], a=[1.0], b=[2.0])
    packed.apply([view("bills", *change, folder=tmp_path, **{DEFINITION_TAG: "first"})])
    with pytest.raises(FeatureRepoError, match=r"^bills: the online store holds values of another definition; compute"):
        read(packed, ["bills:a"], [1])


def test_row_of_other_definitions_of_the_same_columns_is_refused_until_written_anew(
    packed: FeatureStore, tmp_path: Path
) -> None:
    write(packed, "bills", consumer_id=[1], a=[1.0], b=[2.0])
    packed.apply([view("bills", "b", "a", folder=tmp_path, **{DEFINITION_TAG: "second"})])
    with pytest.raises(FeatureRepoError, match="bills: the online store holds values of another definition"):
        read(packed, ["bills:a"], [1])
    write(packed, "bills", consumer_id=[1], a=[3.0], b=[2.0])
    assert read(packed, ["bills:a"], [1])["a"] == [3.0]


def test_text_as_consumer_is_refused(tmp_path: Path) -> None:
    store = open_store(tmp_path, "packed")
    person = Entity(name="consumer", join_keys=["consumer_id"], value_type=ValueType.STRING)
    bills = FeatureView(
        name="bills",
        entities=[person],
        schema=[Field(name="a", dtype=Float64)],
        source=FileSource(name="t", path=str(tmp_path / "t.parquet"), timestamp_field="event_timestamp"),
    )
    store.apply([person, bills])
    with pytest.raises(FeatureRepoError, match=r"^consumer_id: a whole number is wanted; ask with"):
        write(store, "bills", consumer_id=["Smith"], a=[1.0])


def test_feature_that_is_no_double_is_refused(tmp_path: Path) -> None:
    store = open_store(tmp_path, "packed")
    store.apply([CONSUMER, view("bills", "a", folder=tmp_path, dtype=Int64)])
    with pytest.raises(FeatureRepoError, match=r"^a: the online store holds doubles, not int64_val; declare"):
        write(store, "bills", consumer_id=[1], a=[1])


@pytest.mark.parametrize("path", ["online.db", "${TRADELINE_HOME}/feast/online.db", "./var/online.db"])
def test_path_that_depends_on_where_feast_runs_is_refused(path: str) -> None:
    with pytest.raises(ValidationError, match="an absolute path is wanted; set TRADELINE_HOME"):
        PackedSqliteOnlineStoreConfig(path=path)


def test_a_consumer_is_one_row_a_view(packed: FeatureStore, tmp_path: Path) -> None:
    write(packed, "bills", consumer_id=[1, 2, 3], a=[1.0] * 3, b=[2.0] * 3)
    with sqlite3.connect(tmp_path / "online.db") as connection:
        rows = connection.execute("SELECT consumer_id, length(packed) FROM bills ORDER BY 1").fetchall()
    connection.close()
    assert rows == [(number, 8 + 2 * 8) for number in (1, 2, 3)]


def test_store_is_reached_through_feasts_public_interface(packed: FeatureStore) -> None:
    assert isinstance(packed.provider.online_store, PackedSqliteOnlineStore)


def test_progress_is_told(packed: FeatureStore) -> None:
    told: list[int] = []
    count: Callable[[int], None] = told.append
    packed.provider.online_store.online_write_batch(packed.config, packed.get_feature_view("bills"), [], count)
    assert told == [0]
