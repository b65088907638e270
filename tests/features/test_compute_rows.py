"""Computing for everybody at once: into Parquet tables, and in less memory than it takes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from benchmarks.features_file import CURRENCY, OBSERVED, build
from features.compute import compute, compute_view
from features.definitions.all import CATALOGUE
from features.errors import UnknownFeature
from features.spine import Everybody

if TYPE_CHECKING:
    from conftest import FactBook

NOW = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def bureau(new_book: Callable[[], FactBook]) -> FactBook:
    """A made-up bureau of 400,000 tradeline-months."""
    book = new_book()
    build(book.history, 400_000)
    return book


def test_a_table_of_everybody_has_what_memory_has(bureau: FactBook) -> None:
    for moment, name in (
        (OBSERVED, "everybody-20220120"),
        (OBSERVED.replace(hour=7), "everybody-20220120T070000.000000"),
    ):
        asked = Everybody(moment)
        written = compute_view(bureau.history, CATALOGUE, "account_months", asked, bureau.tables, currency=CURRENCY)
        assert written.path.stem == name
        table = pq.read_table(written.path)
        assert table.num_rows == written.rows
        assert table.column("created_timestamp").equals(table.column("event_timestamp"))
        got = compute(bureau.history, CATALOGUE, ["account_months"], asked, currency=CURRENCY, now=NOW)
        assert table.drop_columns("created_timestamp").equals(got)


def test_a_table_of_everybody_needs_a_currency(bureau: FactBook) -> None:
    with pytest.raises(ValueError, match="currency: none is named"):
        compute_view(bureau.history, CATALOGUE, "accounts", Everybody(OBSERVED), bureau.tables)
    with pytest.raises(UnknownFeature, match="horoscope"):
        compute_view(bureau.history, CATALOGUE, "horoscope", Everybody(OBSERVED), bureau.tables, currency=CURRENCY)


def test_what_memory_cannot_hold_is_spilled_and_the_same(bureau: FactBook) -> None:
    asked = Everybody(OBSERVED)
    ample = compute(bureau.history, CATALOGUE, ["accounts"], asked, currency=CURRENCY, now=NOW)
    small = replace(bureau.history, memory_limit="80MB")
    vars(small)["vault"] = bureau.history.vault
    over, spilled = threading.Event(), 0

    def watch() -> None:
        nonlocal spilled
        while not over.wait(0.002):
            for file in small.home.tmp.glob("duckdb_temp_*"):
                try:
                    spilled = max(spilled, file.stat().st_size)
                except FileNotFoundError:
                    continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        tight = compute(small, CATALOGUE, ["accounts"], asked, currency=CURRENCY, now=NOW)
    finally:
        over.set()
        watcher.join()
    assert spilled > 0
    assert tight.equals(ample)
    assert list(small.home.tmp.glob("duckdb_temp_*")) == []
