"""A contract that every online store keeps through Feast's public API: ours on SQLite and Valkey, and Feast's own."""

from __future__ import annotations

import math
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from feast import FeatureService, FeatureStore
from online_stores import CONSUMER, MOMENT, ONLINE_STORES, online_store, open_store, read, view, write


@pytest.fixture(params=ONLINE_STORES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def store(kind: str, tmp_path: Path, valkey: str) -> FeatureStore:
    """A store that knows the views ``bills`` (b, a) and ``loans`` (n)."""
    opened = open_store(tmp_path, online_store(kind, tmp_path, valkey))
    bills, loans = view("bills", "b", "a", folder=tmp_path), view("loans", "n", folder=tmp_path)
    opened.apply([CONSUMER, bills, loans, FeatureService(name="both", features=[bills, loans])])
    return opened


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


def test_same_moment_again_takes_the_place(store: FeatureStore, kind: str, request: pytest.FixtureRequest) -> None:
    if kind == "feast redis":
        request.applymarker(pytest.mark.xfail(reason="Feast's Redis store keeps the first row of a second"))
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
