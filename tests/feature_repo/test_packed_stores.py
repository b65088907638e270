"""What our online stores keep beyond the contract of all stores, on SQLite and on Valkey."""

from __future__ import annotations

import math
import sqlite3
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from feast import Entity, FeatureStore, FeatureView, Field, FileSource
from feast.types import Float64, Int64
from feast.value_type import ValueType
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from online_stores import CONSUMER, MOMENT, PACKED, online_store, open_store, read, view, write
from pydantic import ValidationError

from feature_repo.errors import FeatureRepoError
from feature_repo.online import PackedSqliteOnlineStore, PackedSqliteOnlineStoreConfig
from feature_repo.packed import DEFINITION_TAG, Layout, microseconds
from feature_repo.packed_store import PackedOnlineStore

GENERATION = "00000000000000ab"
OTHER = "00000000000000cd"


@pytest.fixture(params=PACKED)
def open_packed(request: pytest.FixtureRequest, tmp_path: Path, valkey: str) -> Callable[[], FeatureStore]:
    """Opens the store; its own connections each time."""
    return lambda: open_store(tmp_path, online_store(request.param, tmp_path, valkey))


@pytest.fixture
def packed(open_packed: Callable[[], FeatureStore], tmp_path: Path) -> FeatureStore:
    opened = open_packed()
    loans = view("loans", "n", folder=tmp_path)
    opened.apply([CONSUMER, view("bills", "b", "a", folder=tmp_path, **{DEFINITION_TAG: "first"}), loans])
    return opened


def online_of(store: FeatureStore) -> PackedOnlineStore:
    online = store.provider.online_store
    assert isinstance(online, PackedOnlineStore)
    return online


def bills(store: FeatureStore) -> Layout:
    return Layout.of(store.get_feature_view("bills"))


def stage(
    store: FeatureStore, generation: str, consumers: dict[int, float], days: int = 0, name: str = "bills"
) -> None:
    layout = Layout.of(store.get_feature_view(name))
    moment = microseconds(MOMENT + timedelta(days=days))
    pieces = layout.pack(np.array([[value] * len(layout.names) for value in consumers.values()]))
    rows = [(consumer, moment, piece) for consumer, piece in zip(consumers, pieces, strict=True)]
    online_of(store).stage(store.config, generation, layout, rows)


# -- rows ---------------------------------------------------------------------------------------------


def test_older_row_does_not_replace_a_newer_one(packed: FeatureStore) -> None:
    write(packed, "bills", consumer_id=[1], a=[1.0], b=[2.0])
    write(packed, "bills", MOMENT - timedelta(microseconds=1), consumer_id=[1, 2], a=[9.0, 9.0], b=[9.0, 9.0])
    assert read(packed, ["bills:a"], [1, 2])["a"] == [1.0, 9.0]


def test_removed_consumer_has_no_piece_left_in_any_generation(packed: FeatureStore) -> None:
    write(packed, "bills", consumer_id=[1, 2], a=[1.0, 2.0], b=[1.0, 2.0])
    stage(packed, GENERATION, {1: 3.0, 2: 4.0}, days=1)
    online_of(packed).remove(packed.config, [1, 9])
    assert read(packed, ["bills:a"], [1, 2])["a"] == [None, 2.0]
    assert online_of(packed).staged(packed.config, GENERATION, "bills", [1]) == [None]
    online_of(packed).promote(packed.config, GENERATION, ["bills"], [1, 2])
    assert read(packed, ["bills:a"], [1, 2])["a"] == [None, 4.0]


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
    write(packed, "bills", MOMENT - timedelta(days=9), consumer_id=[1], a=[3.0], b=[2.0])
    assert read(packed, ["bills:a"], [1])["a"] == [3.0]


def test_text_as_consumer_is_refused(open_packed: Callable[[], FeatureStore], tmp_path: Path) -> None:
    store = open_packed()
    person = Entity(name="consumer", join_keys=["consumer_id"], value_type=ValueType.STRING)
    told = FeatureView(
        name="bills",
        entities=[person],
        schema=[Field(name="a", dtype=Float64)],
        source=FileSource(name="t", path=str(tmp_path / "t.parquet"), timestamp_field="event_timestamp"),
    )
    store.apply([person, told])
    with pytest.raises(FeatureRepoError, match=r"^consumer_id: a whole number is wanted; ask with"):
        write(store, "bills", consumer_id=["Smith"], a=[1.0])


def test_feature_that_is_no_double_is_refused(open_packed: Callable[[], FeatureStore], tmp_path: Path) -> None:
    store = open_packed()
    store.apply([CONSUMER, view("bills", "a", folder=tmp_path, dtype=Int64)])
    with pytest.raises(FeatureRepoError, match=r"^a: the online store holds doubles, not int64_val; declare"):
        write(store, "bills", consumer_id=[1], a=[1])


@given(
    rows=st.dictionaries(st.integers(-(2**63), 2**63 - 1), st.tuples(st.floats(), st.floats()), min_size=1, max_size=20)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
def test_any_doubles_of_any_consumers_come_back_bit_for_bit(packed: FeatureStore, rows: dict[int, Any]) -> None:
    layout, online = bills(packed), online_of(packed)
    values = np.array(list(rows.values()))
    moment = microseconds(MOMENT)
    online.write(
        packed.config,
        packed.get_feature_view("bills"),
        np.array(list(rows), dtype=np.int64),
        np.full(len(rows), moment),
        values,
    )
    for (found,), wanted in zip(online.fetch(packed.config, ["bills"], list(rows)), values, strict=True):
        assert found is not None
        assert found[0] == moment
        assert np.array(layout.unpack(found[1])).tobytes() == wanted.tobytes()


def test_pieces_of_many_views_and_consumers_come_in_the_order_asked(packed: FeatureStore) -> None:
    write(packed, "bills", consumer_id=[1, 2], a=[1.0, 2.0], b=[1.0, 2.0])
    write(packed, "loans", consumer_id=[2, 3], n=[2.0, 3.0])
    found = online_of(packed).fetch(packed.config, ["loans", "bills"], [3, 9, 2, 1, 2])
    told = [[None if piece is None else np.frombuffer(piece[1])[-1] for piece in row] for row in found]
    assert told == [[3.0, None], [None, None], [2.0, 2.0], [None, 1.0], [2.0, 2.0]]


def test_progress_is_told(packed: FeatureStore) -> None:
    told: list[int] = []
    online_of(packed).online_write_batch(packed.config, packed.get_feature_view("bills"), [], told.append)
    assert told == [0]


# -- generations --------------------------------------------------------------------------------------


def test_generation_is_not_read_until_it_is_current(packed: FeatureStore) -> None:
    write(packed, "bills", consumer_id=[1], a=[1.0], b=[1.0])
    stage(packed, GENERATION, {1: 5.0, 2: 6.0}, days=1)
    assert read(packed, ["bills:a"], [1, 2])["a"] == [1.0, None]
    staged = online_of(packed).staged(packed.config, GENERATION, "bills", [2, 1, 3])
    told = [None if piece is None else bills(packed).unpack(piece[1]) for piece in staged]
    assert told == [[6.0, 6.0], [5.0, 5.0], None]
    online_of(packed).promote(packed.config, GENERATION, ["bills"], [1, 2])
    assert read(packed, ["bills:a"], [1, 2])["a"] == [5.0, 6.0]


def test_generation_that_is_thrown_away_leaves_what_was(packed: FeatureStore) -> None:
    write(packed, "bills", consumer_id=[1], a=[1.0], b=[1.0])
    stage(packed, GENERATION, {1: 5.0, 2: 6.0}, days=1)
    online_of(packed).discard(packed.config, GENERATION, ["bills"], [1, 2])
    online_of(packed).promote(packed.config, GENERATION, ["bills"], [1, 2])
    assert read(packed, ["bills:a"], [1, 2])["a"] == [1.0, None]


def test_generation_of_a_process_that_died_is_never_read(packed: FeatureStore) -> None:
    stage(packed, GENERATION, {1: 5.0, 2: 6.0})
    stage(packed, OTHER, {2: 7.0, 3: 8.0})
    online_of(packed).promote(packed.config, OTHER, ["bills"], [2, 3])
    assert read(packed, ["bills:a"], [1, 2, 3])["a"] == [None, 7.0, 8.0]


def test_what_was_written_in_the_meantime_is_kept_where_it_is_newer(packed: FeatureStore) -> None:
    stage(packed, GENERATION, {1: 5.0, 2: 6.0, 3: 7.0}, days=1)
    write(packed, "bills", MOMENT + timedelta(days=2), consumer_id=[1], a=[10.0], b=[10.0])
    write(packed, "bills", MOMENT, consumer_id=[2], a=[20.0], b=[20.0])
    write(packed, "bills", MOMENT + timedelta(days=1), consumer_id=[3], a=[30.0], b=[30.0])
    online_of(packed).promote(packed.config, GENERATION, ["bills"], [1, 2, 3])
    assert read(packed, ["bills:a"], [1, 2, 3])["a"] == [10.0, 6.0, 7.0]


def test_views_of_a_generation_become_current_together(
    packed: FeatureStore, open_packed: Callable[[], FeatureStore]
) -> None:
    """A reader beside a hundred promotions never meets two generations in one vector, nor an older one again."""
    for name in ("bills", "loans"):
        stage(packed, GENERATION, {1: 0.0}, name=name)
    online_of(packed).promote(packed.config, GENERATION, ["bills", "loans"], [1])
    met: list[tuple[float, float]] = []
    over = threading.Event()

    def watch() -> None:
        reader = open_packed()
        while not over.is_set():
            ((first, second),) = online_of(reader).fetch(reader.config, ["bills", "loans"], [1])
            assert first is not None
            assert second is not None
            met.append((np.frombuffer(first[1])[-1], np.frombuffer(second[1])[-1]))

    watcher = threading.Thread(target=watch)
    watcher.start()
    for number in range(1, 100):
        generation = f"{number:016x}"
        for name in ("bills", "loans"):
            stage(packed, generation, {1: float(number)}, days=number, name=name)
        online_of(packed).promote(packed.config, generation, ["bills", "loans"], [1])
    over.set()
    watcher.join()
    assert met
    assert all(first == second for first, second in met)
    assert met == sorted(met)


# -- on SQLite alone ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["online.db", "${TRADELINE_HOME}/feast/online.db", "./var/online.db"])
def test_path_that_depends_on_where_feast_runs_is_refused(path: str) -> None:
    with pytest.raises(ValidationError, match="an absolute path is wanted; set TRADELINE_HOME"):
        PackedSqliteOnlineStoreConfig(path=path)


def test_a_consumer_is_one_row_a_view(tmp_path: Path) -> None:
    store = open_store(tmp_path, online_store("packed sqlite", tmp_path, ""))
    store.apply([CONSUMER, view("bills", "b", "a", folder=tmp_path)])
    assert isinstance(store.provider.online_store, PackedSqliteOnlineStore)
    write(store, "bills", consumer_id=[1, 2, 3], a=[1.0] * 3, b=[2.0] * 3)
    with sqlite3.connect(tmp_path / "online.db") as connection:
        rows = connection.execute("SELECT consumer_id, length(packed) FROM bills ORDER BY 1").fetchall()
    connection.close()
    assert rows == [(number, 8 + 2 * 8) for number in (1, 2, 3)]


def test_nothing_is_left_of_a_generation(tmp_path: Path) -> None:
    store = open_store(tmp_path, online_store("packed sqlite", tmp_path, ""))
    store.apply([CONSUMER, view("bills", "b", "a", folder=tmp_path)])
    for generation, end in ((GENERATION, "promote"), (OTHER, "discard")):
        stage(store, generation, {1: math.pi})
        getattr(online_of(store), end)(store.config, generation, ["bills"], [1])
    with sqlite3.connect(tmp_path / "online.db") as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    connection.close()
    assert tables == [("bills",)]
