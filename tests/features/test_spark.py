"""The bureau's features on an engine that speaks Spark Connect are those of DuckDB, every row, bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from bureau_files import random_group
from bureau_world import BUREAU_VIEWS, NOW, Row, rows_of, write

from features.compute import compute
from features.definitions.all import CATALOGUE
from features.errors import NotOnSpark
from features.spark import compute_on_spark, export_facts, facts_read, on_spark
from features.spine import spine_of

if TYPE_CHECKING:
    from conftest import FactBook
    from pyspark.sql import SparkSession

SEEDS = range(5000, 5250)
"""A group of references each, other ones than those of the oracle."""


@pytest.fixture(scope="module")
def session() -> Iterator[SparkSession]:
    """A session on Sail, a real engine in a wheel; on a machine with Java it may as well be Spark itself."""
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    server = SparkConnectServer(port=0)
    server.start(background=True)
    _, port = server.listening_address
    session = SparkSession.builder.remote(f"sc://localhost:{port}").getOrCreate()
    yield session
    session.stop()
    server.stop()


@pytest.fixture(scope="module")
def book(new_book: Callable[[], FactBook]) -> FactBook:
    book = new_book()
    write(book, [random_group(seed, place) for place, seed in enumerate(SEEDS)])
    return book


@pytest.fixture(scope="module")
def tables(book: FactBook, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return export_facts(book.history, facts_read(CATALOGUE, BUREAU_VIEWS), tmp_path_factory.mktemp("facts"))


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return rows_of(random_group(seed, place) for place, seed in enumerate(SEEDS))


def spine(rows: list[Row]) -> pa.Table:
    moments = pa.array([moment for _, moment in rows], pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))
    return pa.table({"consumer_id": pa.array([who for who, _ in rows], pa.int64()), "event_timestamp": moments})


def differing(ours: pa.Table, theirs: pa.Table) -> list[str]:
    """Columns in which two tables differ in any row; nulls are equal to nulls alone."""
    assert ours.column_names == theirs.column_names
    return [name for name in ours.column_names if not _same(ours.column(name), theirs.column(name))]


def _same(ours: pa.ChunkedArray, theirs: pa.ChunkedArray) -> bool:
    return ours.combine_chunks().equals(theirs.combine_chunks())


@pytest.mark.parametrize("view", BUREAU_VIEWS)
def test_every_value_is_that_of_duckdb(
    session: SparkSession, book: FactBook, tables: dict[str, Path], rows: list[Row], view: str
) -> None:
    asked = spine(rows)
    ours = compute(book.history, CATALOGUE, [view], asked, currency="EUR", now=NOW)
    theirs = compute_on_spark(session, tables, CATALOGUE, [view], spine_of(asked, now=NOW), currency="EUR")
    assert not differing(ours, theirs)
    told = [np.isfinite(ours.column(name).to_numpy()).sum() for name in ours.column_names[2:]]
    assert min(told) > 0  # every feature has a value somewhere, so that the comparison says something


def test_a_spine_of_one_moment_and_unknown_people(
    session: SparkSession, book: FactBook, tables: dict[str, Path], rows: list[Row]
) -> None:
    moment = rows[0][1]
    asked = spine([(who, moment) for who in (rows[5][0], -1, rows[5][0], 10**15)])
    ours = compute(book.history, CATALOGUE, ["accounts", "file"], asked, currency="EUR", now=NOW)
    theirs = compute_on_spark(
        session, tables, CATALOGUE, ["accounts", "file"], spine_of(asked, now=NOW), currency="EUR"
    )
    assert not differing(ours, theirs)
    unknown = theirs.slice(1, 1).select(theirs.column_names[2:])
    assert all(column.null_count == 1 for column in unknown.columns)


def test_a_view_that_needs_128_bits_is_refused(session: SparkSession, rows: list[Row]) -> None:
    with pytest.raises(NotOnSpark, match=r"^card_months: its columns have no kinds.*compute its 60 features"):
        compute_on_spark(session, {}, CATALOGUE, ["card_months"], spine_of(spine(rows), now=NOW), currency="EUR")


def test_a_table_that_is_not_named_is_refused(session: SparkSession, tables: dict[str, Path], rows: list[Row]) -> None:
    fewer = {name: path for name, path in tables.items() if name != "inquiry"}
    with pytest.raises(NotOnSpark, match=r"^inquiry: no file named, and the views read them; write them with export"):
        compute_on_spark(session, fewer, CATALOGUE, ["file"], spine_of(spine(rows), now=NOW), currency="EUR")


def test_moments_of_the_history_stay_without_a_zone() -> None:
    assert on_spark("SELECT TIMESTAMP '2024-03-31 00:00:00' AS at") == (
        "SELECT CAST('2024-03-31 00:00:00' AS TIMESTAMP_NTZ) AS at"
    )
