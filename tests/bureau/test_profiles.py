from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_feeds import Portfolio, enter, months

from bureau.contracts import Column, Contract
from bureau.feeds import Feed
from bureau.history import History
from bureau.profiles import bins_of, count_bins, load_profiles, merged_bins, profile_sql, sampling_step, store_profile

RECEIVED = date(2020, 5, 4)
CONTRACT = Contract(
    name="toy",
    furnisher_id="",
    record_kind="toy",
    columns=(
        Column("the amount", "number"),
        Column("days", "integer"),
        Column("opened", "date"),
        Column("code", "text"),
        Column("people", "list"),
        Column("unread", "number"),
    ),
    facts=(),
    profiled=("the amount", "days", "opened", "code"),
)
FEED = Feed("bank", "Bank", "us", "USD", "toy", "monthly")


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    made.execute(f"SET VARIABLE received_on = DATE '{RECEIVED}'")
    return made


def put(connection: duckdb.DuckDBPyConnection, rows: list[tuple[object, ...]]) -> None:
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE good "
        '(line_no BIGINT, "the amount" DOUBLE, days BIGINT, opened DATE, code VARCHAR)'
    )
    connection.executemany(
        "INSERT INTO good VALUES (?, ?, ?, ?, ?)", [(line, *row) for line, row in enumerate(rows, 2)]
    )


def octave(value: float | None) -> str:
    """The bin of a number, found by counting up."""
    if value is None:
        return "missing"
    place = 0
    while 2 ** (place + 1) <= 1 + abs(value):
        place += 1
    return f"b{-place if value < 0 else place}"


def age(day: date | None) -> str:
    if day is None:
        return "missing"
    return f"m{(RECEIVED.year - day.year) * 12 + RECEIVED.month - day.month}"


@given(
    st.lists(
        st.tuples(
            st.none() | st.floats(-1e9, 1e9, width=32),
            st.none() | st.integers(-5000, 10**6),
            st.none() | st.dates(date(1900, 1, 1), date(2030, 1, 1)),
            st.none() | st.sampled_from(["A", "b'", "11", ""]),
        ),
        min_size=1,
        max_size=25,
    )
)
def test_bins_against_python(rows: list[tuple[float | None, int | None, date | None, str | None]]) -> None:
    connection = duckdb.connect()
    connection.execute(f"SET VARIABLE received_on = DATE '{RECEIVED}'")
    put(connection, rows)
    assert count_bins(connection, CONTRACT) == {
        "": {"records": len(rows)},
        "the amount": Counter(octave(row[0]) for row in rows),
        "days": Counter(octave(row[1]) for row in rows),
        "opened": Counter(age(row[2]) for row in rows),
        "code": Counter("missing" if row[3] is None else row[3] for row in rows),
    }


def test_only_the_most_frequent_texts_have_a_bin(connection: duckdb.DuckDBPyConnection) -> None:
    put(connection, [(1.0, 0, RECEIVED, f"code {place}") for place in range(60) for _ in range(1 + (place < 40))])
    codes = count_bins(connection, CONTRACT)["code"]
    assert codes.pop("other") == 20
    assert codes == {f"code {place}": 2 for place in range(40)}


def test_blocks_add_up_to_the_whole(connection: duckdb.DuckDBPyConnection) -> None:
    rows: list[tuple[object, ...]] = [(float(place), place % 7, RECEIVED, str(place % 3)) for place in range(500)]
    put(connection, rows)
    whole = count_bins(connection, CONTRACT)
    connection.execute("CREATE TEMP VIEW early AS FROM good WHERE line_no < 100")
    connection.execute("CREATE TEMP VIEW late AS FROM good WHERE line_no >= 100")
    assert merged_bins(*(count_bins(connection, CONTRACT, each) for each in ("early", "late"))) == whole
    assert merged_bins() == {}


@pytest.mark.parametrize("step", [2, 5, 10])
def test_a_sample_is_even_and_always_the_same(connection: duckdb.DuckDBPyConnection, step: int) -> None:
    # Lines come in a rhythm of ten, and yet every kind of line is sampled alike.
    connection.execute(
        "CREATE TEMP TABLE good AS SELECT line_no, 1.0 AS \"the amount\", 0 AS days, DATE '2020-01-01' AS opened, "
        "(line_no % 10)::VARCHAR AS code FROM range(2, 200_002) AS t(line_no)"
    )
    bins = count_bins(connection, CONTRACT, step=step)
    assert bins[""]["records"] == pytest.approx(200_000 / step, rel=0.001)
    assert all(count == pytest.approx(20_000 / step, rel=0.01) for count in bins["code"].values())
    assert len(bins["code"]) == 10
    assert count_bins(connection, CONTRACT, step=step) == bins


def test_about_two_hundred_thousand_records_are_sampled() -> None:
    for records in (0, 1, 250_000, 3_000_000, 10**9):
        assert records / sampling_step(records) <= 300_000
    assert sampling_step(200_000) == 1


def test_a_contract_without_profiled_columns_has_no_bins(connection: duckdb.DuckDBPyConnection) -> None:
    assert count_bins(connection, replace(CONTRACT, profiled=())) == {}


@pytest.mark.parametrize("name", ["people", "nowhere"])
def test_lists_and_unknown_columns_have_no_bins(name: str) -> None:
    with pytest.raises(ValueError, match=f"contract toy: profiled column '{name}' must be a column that is no list"):
        profile_sql(replace(CONTRACT, profiled=(name,)))


def test_what_is_stored_is_loaded(history: History) -> None:
    bins = {"": {"records": 3}, "code": {"it's": 2, "missing": 1}}
    with history.write() as connection:
        store_profile(connection, 7, {"code": {"old": 1}})
        store_profile(connection, 7, bins)
        store_profile(connection, 8, {})
    with history.read() as connection:
        assert bins_of(connection, [7, 8]) == {7: bins}
        assert bins_of(connection, []) == {}


def test_habits_are_made_by_what_was_taken_in(history: History) -> None:
    made = months(Portfolio(1, 300), 6)
    with history.write() as connection:
        numbers = enter(connection, FEED, made, status="taken in")
        enter(connection, replace(FEED, furnisher_id="other"), made[:1])
        for number, change in zip(
            numbers, ("status = 'held'", "status = 'turned away'", "status = 'released'", "corrects = 1"), strict=False
        ):
            connection.execute(f"UPDATE delivery SET {change} WHERE delivery_no = ?", [number])
    with history.read() as connection:

        def loaded(received_by: datetime, **options: int) -> list[int]:
            found = load_profiles(connection, "bank", "toy", received_by=received_by, **options)
            return [
                next(place for place, each in enumerate(made) if each == replace(one, released=False)) for one in found
            ]

        last = made[-1].received_at
        assert loaded(last) == [2, 4, 5]
        assert loaded(last, but_not=numbers[4]) == [2, 5]
        assert loaded(last - timedelta(seconds=1)) == [2, 4]
        assert loaded(last, most=1) == [5]
        assert [one.released for one in load_profiles(connection, "bank", "toy", received_by=last)] == [
            True,
            False,
            False,
        ]


def test_octaves_double() -> None:
    assert [octave(value) for value in (0, 0.9, 1, 3, 6.9, 7, -1)] == ["b0", "b0", "b1", "b2", "b2", "b3", "b-1"]
    assert math.log2(1 + 7) == 3
