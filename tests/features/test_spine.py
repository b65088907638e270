"""Rows that features are asked for: what is refused, what is kept, and who was who at each row's own moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from bureau.identity.decisions import merge, split
from bureau.quarantine import Decision
from features.compute import compute
from features.definitions.all import CATALOGUE
from features.errors import BadSpine, UnknownFeature
from features.ranges import check_ranges
from features.spine import Everybody, spine_of

if TYPE_CHECKING:
    from conftest import FactBook

NOW = datetime(2024, 7, 1, tzinfo=UTC)
TOLD = datetime(2024, 1, 1)  # noqa: DTZ001 (as the history keeps moments)
NAMES = ("hard_inquiries_24m", "asked_amount_12m", "late_30_months_12m")


def rows(consumers: Any, moments: Any) -> pd.DataFrame:
    return pd.DataFrame({"consumer_id": consumers, "event_timestamp": moments})


GOOD = pd.to_datetime(["2024-03-01", "2024-04-01"], utc=True)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (pd.DataFrame({"event_timestamp": GOOD}), "consumer_id: the spine has no columns of this name"),
        (pd.DataFrame({"consumer_id": [1, 2]}), "event_timestamp: the spine has no columns of this name"),
        (rows(["1", "2"], GOOD), "consumer_id: whole numbers are wanted, and 2 rows have string"),
        (rows([1.0, 2.0], GOOD), "consumer_id: whole numbers are wanted, and 2 rows have double"),
        (rows([1, None], GOOD), "consumer_id: whole numbers are wanted, and 2 rows have double"),
        (rows(pd.array([1, None], "Int64"), GOOD), "consumer_id: missing in 1 of 2 rows; leave those rows out"),
        (rows([1, "2"], GOOD), "consumer_id: values of different types in 2 rows"),
        (rows(np.array([1, 2**63], np.uint64), GOOD), "consumer_id: a number over 9223372036854775807"),
        (rows([1, 2], GOOD.tz_localize(None)), "event_timestamp: moments with a time zone are wanted, and 2 rows have"),
        (rows([1, 2], ["2024-03-01", "2024-04-01"]), "event_timestamp: moments with a time zone are wanted"),
        (rows([1, 2], [date(2024, 3, 1)] * 2), "event_timestamp: moments with a time zone are wanted"),
        (rows([1, 2], [GOOD[0], pd.NaT]), "event_timestamp: missing in 1 of 2 rows"),
        (rows([1, 2], [GOOD[0], NOW + timedelta(microseconds=1)]), "event_timestamp: after the present in 1 of 2 rows"),
        (pa.table({"consumer_id": pa.array([[1]]), "event_timestamp": [NOW]}), "whole numbers are wanted"),
    ],
)
def test_what_cannot_be_right_is_refused(given: pd.DataFrame | pa.Table, why: str) -> None:
    with pytest.raises(BadSpine, match=why):
        spine_of(given, now=NOW)


def test_the_present_needs_a_time_zone() -> None:
    with pytest.raises(BadSpine, match="now: a moment with a time zone is wanted"):
        spine_of(rows([1, 2], GOOD), now=datetime(2024, 7, 1))  # noqa: DTZ001 (that is what is refused)


def test_moments_of_any_zone_and_precision_are_one_moment() -> None:
    moment = datetime(2024, 3, 1, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    for unit in ("s", "ms", "us", "ns"):
        given = pa.table({"consumer_id": pa.array([1], pa.int32()), "event_timestamp": [moment]})
        place = given.schema.get_field_index("event_timestamp")
        column = given.column(place).cast(pa.timestamp(unit, "America/New_York"))
        got = spine_of(given.set_column(place, "event_timestamp", column), now=NOW).rows
        assert got.column("event_timestamp").to_pylist() == [datetime(2024, 3, 2, 4, 30, tzinfo=UTC)]
        assert got.schema.types == [pa.int64(), pa.timestamp("us", "UTC")]


def test_parts_of_a_microsecond_go_to_the_past() -> None:
    moments = pa.array([-1, 1999], pa.timestamp("ns", "UTC"))
    got = spine_of(pa.table({"consumer_id": [1, 2], "event_timestamp": moments}), now=NOW).rows
    assert got.column("event_timestamp").cast(pa.int64()).to_pylist() == [-1, 1]


def inquiry(consumer: int, number: int, on: date, *, at: datetime | None = None, **said: Any) -> dict[str, Any]:
    told = at or datetime(on.year, on.month, on.day)  # noqa: DTZ001 (as the history keeps moments)
    key = {"consumer_id": consumer, "inquiry_ref": str(number), "effective_on": on, "recorded_at": told}
    return key | {"kind": "hard", "currency": "EUR", "amount_asked": 100.1} | said


@pytest.fixture(scope="module")
def told(new_book: Callable[[], FactBook]) -> FactBook:
    """Consumers 1 and 2 with inquiries, merged in March and parted in May; 3 known by a soft one alone."""
    book = new_book()
    with book.history.write() as connection:
        connection.execute("INSERT INTO consumer SELECT each, 'bank', each::VARCHAR FROM range(1, 4) AS r(each)")
    days = [date(2024, month, 1) for month in (1, 2, 4, 6)]
    book.record(
        {
            "inquiry": [
                *(inquiry(each, number, on) for each in (1, 2) for number, on in enumerate(days)),
                inquiry(3, 0, date(2024, 2, 1), kind="soft"),
            ]
        }
    )
    decide = {
        month: Decision("Ines", "looked at both", datetime(2024, month, 15))  # noqa: DTZ001
        for month in (3, 5)
    }
    merge(book.history, 1, 2, decide[3])
    split(book.history, 1, [2], decide[5])
    return book


def ask(book: FactBook, given: pd.DataFrame | pa.Table | Everybody, names: tuple[str, ...] = NAMES) -> pa.Table:
    return compute(book.history, CATALOGUE, names, given, currency="EUR", now=NOW)


def test_rows_come_back_as_they_were_given(told: FactBook) -> None:
    moments = pd.to_datetime(["2024-06-30", "2024-01-15", "2024-04-10", "2024-06-30", "2023-01-01", "2024-02-10"])
    given = rows([2, 1, 1, 2, 1, 99], moments.tz_localize("UTC"))
    got = ask(told, given)
    assert got.column_names == ["consumer_id", "event_timestamp", *NAMES]
    assert got.select([0, 1]).to_pandas().equals(given.astype({"event_timestamp": "datetime64[us, UTC]"}))
    # Parted again: its own four. In January one of its own; in April merged, three of each; nothing known before.
    assert got["hard_inquiries_24m"].to_pylist() == [4, 1, 6, 4, None, None]
    assert got["asked_amount_12m"].to_pylist() == [400.4, 100.1, 600.6, 400.4, None, None]
    assert got["late_30_months_12m"].to_pylist() == [0, 0, 0, 0, None, None]


def test_every_row_is_what_it_is_alone(told: FactBook) -> None:
    views = tuple(view.name for view in CATALOGUE.views)
    moments = pd.date_range("2023-12-15", "2024-06-30", freq="13D", tz="UTC")
    given = rows([1, 2, 3] * len(moments), moments.repeat(3)).sample(frac=1, random_state=1)
    together = ask(told, given, views)
    assert len(together) == len(given)
    for place in range(0, len(given), 7):
        assert ask(told, given.iloc[place : place + 1], views).to_pylist() == together.slice(place, 1).to_pylist()


def test_on_file_without_a_record_that_counts_is_zero(told: FactBook) -> None:
    got = ask(told, rows([3, 3], pd.to_datetime(["2024-01-31 23:59:59", "2024-02-01 00:00:00"], utc=True)))
    assert got["hard_inquiries_24m"].to_pylist() == [None, 0]
    assert got["asked_amount_12m"].to_pylist() == [None, None]


@pytest.mark.parametrize(
    ("on", "who"),
    [("2024-01-15", [1, 2]), ("2024-04-15", None), ("2024-05-20", [1, 2, 3]), ("2023-05-20", [])],
)
def test_everybody_is_whoever_was_on_file(told: FactBook, on: str, who: list[int] | None) -> None:
    moment = datetime.fromisoformat(on).replace(tzinfo=UTC)
    got = ask(told, Everybody(moment))["consumer_id"].to_pylist()
    if who is not None:
        assert got == who
    else:  # one of the two that are merged, and 3
        assert len(got) == 2
        assert set(got) <= {1, 2, 3}
    assert ask(told, rows(got, pd.DatetimeIndex([moment] * len(got)))).num_rows == len(got)


def test_an_empty_spine_gives_an_empty_table(told: FactBook) -> None:
    got = ask(told, rows(np.array([], np.int64), pd.DatetimeIndex([], tz="UTC")))
    assert got.num_rows == 0
    assert got.column_names == ["consumer_id", "event_timestamp", *NAMES]
    assert ask(told, rows([], [])).num_rows == 0


def test_everybody_in_the_future_is_refused(told: FactBook) -> None:
    with pytest.raises(BadSpine, match="moment: after the present"):
        ask(told, Everybody(NOW + timedelta(days=1)))
    with pytest.raises(BadSpine, match="moment: a moment with a time zone is wanted"):
        ask(told, Everybody(TOLD))


def test_names_that_cannot_be_computed_are_refused(told: FactBook) -> None:
    given = rows([1, 2], GOOD)
    with pytest.raises(UnknownFeature, match="horoscope: no feature of this name"):
        ask(told, given, ("horoscope",))
    with pytest.raises(
        UnknownFeature, match="instalment_by_income: is derived from others; ask for income, instalment"
    ):
        ask(told, given, ("instalment_by_income",))


def test_progress_goes_from_nothing_to_all(told: FactBook) -> None:
    heard: list[tuple[str, float]] = []
    compute(
        told.history, CATALOGUE, NAMES, rows([1, 2], GOOD), currency="EUR", now=NOW,
        progress=lambda stage, share: heard.append((stage, share)),
    )  # fmt: skip
    shares = [share for _, share in heard]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    assert {stage for stage, _ in heard} == {"view credit_inquiries", "view account_months"}


def test_values_outside_their_range_are_counted() -> None:
    table = pa.table(
        {
            "consumer_id": [1, 2, 3, 4],
            "hard_inquiries_24m": [0.0, 2.5, -1.0, None],
            "asked_amount_12m": pa.array([None] * 4, pa.float64()),
        }
    )
    counts, amounts = check_ranges(table, CATALOGUE)
    assert (counts.feature, counts.known, counts.outside, counts.least, counts.largest) == (
        "hard_inquiries_24m", 3, 2, -1.0, 2.5,
    )  # fmt: skip
    assert (amounts.known, amounts.outside, amounts.least) == (0, 0, None)
    assert "hard_inquiries_24m: 2 of 3 values are not what is expected" in str(counts)
