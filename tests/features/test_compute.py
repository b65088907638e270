# ruff: noqa: DTZ001 (the history keeps its moments without a zone: they are UTC)
"""What is known as of a moment, on credit files small enough to compute by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from random_files import random_files

from bureau.history import open_history
from bureau.home import open_home
from bureau.portfolios.home_credit import HomeCredit
from bureau.portfolios.portfolio import load
from features.compute import compute_view, view_sql
from features.definitions.all import CATALOGUE
from features.errors import UnknownFeature
from features.spine import Observation

if TYPE_CHECKING:
    from conftest import FactBook

ON = date(2024, 3, 31)
MORNING = datetime(2024, 3, 31)
ENDS = (date(2024, 3, 31), date(2024, 2, 29), date(2024, 1, 31), date(2023, 12, 31))
VIEWS = [view.name for view in CATALOGUE.views]


def covered(consumer_id: int, kind: str) -> dict[str, Any]:
    return {"consumer_id": consumer_id, "record_kind": kind, "effective_on": ON, "recorded_at": MORNING}


def stands_on(consumer_id: int, tradeline_id: int, role: str = "individual", **known: Any) -> dict[str, Any]:
    recorded = {"effective_on": date(2023, 1, 1), "recorded_at": datetime(2023, 1, 1)} | known
    return {"consumer_id": consumer_id, "tradeline_id": tradeline_id, "role": role} | recorded


def card(day: date, *, tradeline_id: int = 7, recorded: datetime | None = None, **said: Any) -> dict[str, Any]:
    at = recorded or datetime(day.year, day.month, day.day)
    known = {"tradeline_id": tradeline_id, "effective_on": day, "recorded_at": at}
    return known | {"product": "card", "currency": "EUR"} | said


def cards(book: FactBook, months: list[dict[str, Any]], *associations: dict[str, Any], on: date = ON) -> dict[str, Any]:
    """The card features of consumer 1."""
    book.record(
        {
            "coverage": [covered(1, "card_month")],
            "association": associations or (stands_on(1, 7),),
            "tradeline_month": months,
        }
    )
    return book.compute("card_months", book.observe([1], on))[1]


def test_card_by_hand(book: FactBook) -> None:
    bills = (500.0, 800.0, 1000.0, 400.0)  # March back to December, under a limit of 1,000
    paid = (300.0, 1000.0, 100.0, None)
    late = (0, 0, 45, 0)
    months = [
        card(day, balance=bill, credit_limit=1000.0, payment=payment, days_past_due=days)
        for day, bill, payment, days in zip(ENDS, bills, paid, late, strict=True)
    ]
    got = cards(book, months)
    assert got["card_utilisation_latest"] == 0.5
    assert got["card_utilisation_mean_3m"] == pytest.approx((0.5 + 0.8 + 1.0) / 3)
    assert got["card_utilisation_high_share_12m"] == 0.25  # January alone is over 90 %
    assert got["card_months_since_late"] == 2
    assert got["card_late_months_3m"] == 1
    # Paid 300 on 800, 1,000 on 1,000, 100 on 400; December's own bill before is not known.
    assert got["card_paid_share_6m"] == pytest.approx(1400 / 2200)
    assert got["card_paid_share_min_6m"] == 0.25
    # Spent: 500 - (800 - 300) = 0; 800 - (1,000 - 1,000) = 800; 1,000 - (400 - 100) = 700.
    assert got["card_spend_share_3m"] == pytest.approx(1.5)
    assert got["card_headroom_latest"] == 500
    assert got["card_months_known"] == 3


def test_share_of_bills_is_missing_when_there_was_no_bill(book: FactBook) -> None:
    months = [card(day, balance=0.0, credit_limit=1000.0, payment=0.0) for day in ENDS]
    got = cards(book, months)
    assert got["card_paid_share_3m"] is None
    assert got["card_paid_share_min_6m"] is None
    assert got["card_spend_share_3m"] == 0


def test_what_was_spent_is_missing_when_the_month_before_is(book: FactBook) -> None:
    march, _, january, _ = ENDS
    months = [card(day, balance=500.0, credit_limit=1000.0, payment=100.0) for day in (march, january)]
    got = cards(book, months)
    assert got["card_spend_share_latest"] is None
    assert got["card_paid_share_6m"] is None


def test_account_in_two_roles_counts_once(book: FactBook) -> None:
    months = [card(day, balance=100.0, days_past_due=10) for day in ENDS]
    got = cards(book, months, stands_on(1, 7, "joint"), stands_on(1, 7, "authorised user"))
    assert got["card_balance_latest"] == 100
    assert got["card_late_months_12m"] == 4


def test_several_cards_of_one_month_leave_no_chance(book: FactBook) -> None:
    said = (("balance", 100.0, 900.0), ("days_past_due", 0, 40))
    months = [
        card(ENDS[0], tradeline_id=number, credit_limit=1000.0, **{name: pair[place] for name, *pair in said})
        for place, number in enumerate((7, 8))
    ]
    got = cards(book, months, stands_on(1, 7), stands_on(1, 8))
    assert got["card_utilisation_latest"] == 0.9
    assert got["card_days_past_due_latest"] == 40
    assert got["card_limit_latest"] == 2000


@pytest.mark.parametrize("on", [date(2024, 3, 31), date(2024, 4, 1), date(2024, 4, 16), date(2024, 4, 29)])
def test_month_ends_are_numbered_without_gap_or_double_on_any_day(book: FactBook, on: date) -> None:
    book.record({"coverage": [covered(1, "card_month")]})
    got = cards(book, [card(day, payment=100.0 + place) for place, day in enumerate(ENDS)], on=on)
    assert [got[f"card_payment_{n}_months_ago"] for n in (0, 1, 2, 3)] == [100.0, 101.0, 102.0, 103.0]


def test_month_end_february_is_month_zero_in_a_leap_year(book: FactBook) -> None:
    got = cards(book, [card(date(2024, 2, 29), payment=5.0)], on=date(2024, 3, 30))
    assert got["card_payment_0_months_ago"] is None  # not covered on that day: the coverage came on the 31st
    got = book.compute("card_months", book.observe([1], date(2024, 4, 1)))[1]
    assert got["card_payment_1_months_ago"] == 5.0


def test_correction_counts_from_its_own_record_on(book: FactBook) -> None:
    march, february, *_ = ENDS
    first = card(february, days_past_due=60)
    corrected = card(february, days_past_due=0, recorded=datetime(2024, 3, 20), delivery_no=2)
    again = card(february, days_past_due=90, recorded=datetime(2024, 3, 31, 0, 0, 1), delivery_no=3)
    got = cards(book, [first, corrected, again, card(march, days_past_due=0)])
    assert got["card_days_past_due_max"] == 0
    assert got["card_months_since_late"] is None


def test_beginning_of_the_observation_date_is_the_last_moment_that_counts(book: FactBook) -> None:
    in_time = card(ENDS[0], days_past_due=30, recorded=MORNING)
    too_late = card(ENDS[1], days_past_due=90, recorded=MORNING + timedelta(microseconds=1))
    assert cards(book, [in_time, too_late])["card_days_past_due_max"] == 30


def test_amounts_of_another_currency_are_missing_and_never_added(book: FactBook) -> None:
    euros = card(ENDS[0], balance=100.0, credit_limit=1000.0, days_past_due=0)
    dollars = card(ENDS[0], tradeline_id=8, balance=100.0, credit_limit=1000.0, days_past_due=31, currency="USD")
    got = cards(book, [euros, dollars], stands_on(1, 7), stands_on(1, 8))
    assert got["card_balance_latest"] == 100
    assert got["card_days_past_due_latest"] == 31  # being late has no currency


def test_no_records_is_zero_and_not_asked_is_missing(book: FactBook) -> None:
    book.record({"coverage": [covered(1, "tradeline")]})
    got = book.compute("tradelines", book.observe([1, 2], ON))
    assert got[1]["tradeline_count"] == 0
    assert got[1]["tradeline_debt"] is None
    assert set(got[2].values()) == {None}


def test_past_due_in_another_currency_is_past_due(book: FactBook) -> None:
    line = {
        "tradeline_id": 7,
        "effective_on": ON,
        "recorded_at": MORNING,
        "currency": "USD",
        "max_amount_past_due": 5.0,
    }
    book.record({"coverage": [covered(1, "tradeline")], "association": [stands_on(1, 7)], "tradeline": [line]})
    got = book.compute("tradelines", book.observe([1], ON))[1]
    assert got["tradeline_past_due_share"] == 1
    assert got["tradeline_past_due_max"] is None


def test_future_dates_are_not_times_since(book: FactBook) -> None:
    said = {"employed_since": ON + timedelta(days=1), "registered_since": ON, "telephone_since": date(2023, 3, 31)}
    stated = {"consumer_id": 1, "effective_on": ON, "recorded_at": MORNING} | said
    book.record({"coverage": [covered(1, "application")], "application": [stated]})
    got = book.compute("application", book.observe([1], ON))[1]
    assert got["employment_months"] is None
    assert got["registration_months"] == 0
    assert got["telephone_months"] == pytest.approx(366 / 30.4375)


def test_observed_consumers_are_those_of_the_delivery_once(book: FactBook) -> None:
    observation = book.observe([3, 1, 2], ON)
    book.observe([9], ON)
    assert list(book.compute("inquiries", observation)) == [1, 2, 3]


def test_table_is_replaced_whole_and_leaves_nothing_unfinished(book: FactBook) -> None:
    observation = book.observe([1], ON)
    first = compute_view(book.history, CATALOGUE, "inquiries", observation, book.tables)
    second = compute_view(book.history, CATALOGUE, "inquiries", observation, book.tables)
    assert first == second
    assert list(book.tables.rglob("*.*")) == [second.path]
    kinds = {field.name: str(field.type) for field in pq.read_schema(second.path)}
    assert kinds.pop("consumer_id") == "int64"
    assert kinds.pop("event_timestamp") == kinds.pop("created_timestamp") == "timestamp[us, tz=UTC]"
    assert set(kinds.values()) == {"double"}


def test_folder_with_a_quote_in_its_name(book: FactBook) -> None:
    table = compute_view(book.history, CATALOGUE, "inquiries", book.observe([1], ON), book.tables / "o'brien's")
    assert pq.read_metadata(table.path).num_rows == 1


def test_unknown_view_is_refused(book: FactBook) -> None:
    with pytest.raises(UnknownFeature, match="horoscope: no view of this name; known are application"):
        compute_view(book.history, CATALOGUE, "horoscope", book.observe([1], ON), book.tables)


def test_statement_of_a_view_reads_nothing_but_the_history() -> None:
    for view in CATALOGUE.views:
        sql = view_sql(view, CATALOGUE.of_view(view.name))
        assert "recorded_at <= spine.observed_at" in sql
        assert "now(" not in sql.lower()


# -- what comes later changes nothing -------------------------------------------------------------


@pytest.fixture(scope="module")
def before_and_after(new_book: Callable[[], FactBook]) -> dict[str, list[dict[int, dict[str, float | None]]]]:
    """All features of 100 random histories: as first computed, and once more facts were recorded."""
    book = new_book()
    files = random_files(5, range(1, 101), ON)
    records: dict[str, dict[int, Any]] = {}
    for file in files.values():
        for fact, of_fact in file.items():
            records.setdefault(fact, {}).update((id(record), record) for record in of_fact)
    book.record({fact: list(unique.values()) for fact, unique in records.items()})
    observation = book.observe(files, ON)
    first = {view: book.compute(view, observation) for view in VIEWS}
    later = {fact: [_changed(fact, record) for record in unique.values()] for fact, unique in records.items()}
    book.record(later | {"coverage": _coverage_of(files)})
    return {view: [first[view], book.compute(view, observation)] for view in VIEWS}


def _changed(fact: str, record: dict[str, Any]) -> dict[str, Any]:
    """A correction of a record, recorded a second after the observation, or a new record of another key."""
    changed = {name: value + 1000 if isinstance(value, float) else value for name, value in record.items()}
    if fact == "association":
        changed["tradeline_id"] += 1
    if changed.get("days_past_due") is not None:
        changed["days_past_due"] += 100
    moment = max(record["recorded_at"], MORNING) + timedelta(seconds=1)
    return changed | {"recorded_at": moment, "delivery_no": 9}


def _coverage_of(files: dict[int, Any]) -> list[dict[str, Any]]:
    late = {"recorded_at": MORNING + timedelta(seconds=1), "delivery_no": 9}
    return [covered(consumer_id, "card_month") | late for consumer_id in files]


@pytest.mark.parametrize("view", VIEWS)
def test_facts_recorded_after_the_observation_change_nothing(
    before_and_after: dict[str, list[dict[int, dict[str, float | None]]]], view: str
) -> None:
    first, second = before_and_after[view]
    assert second == first
    assert any(value is not None for values in first.values() for value in values.values())


def test_a_consumer_has_one_row_a_moment_whichever_delivery_names_them(
    tmp_path: Path, home_credit_folder: Path
) -> None:
    """Feast's choice between two rows of one consumer and moment would be undefined."""
    history, folder = open_history(open_home(tmp_path / "home", create=True)), tmp_path / "tables"
    people = (home_credit_folder / "application_train.csv").read_text().splitlines()
    for number, lines in enumerate([people, people[:60], people[:40]]):
        data = tmp_path / f"delivery-{number}"
        data.mkdir()
        (data / "application_train.csv").write_text("\n".join(lines) + "\n")
        observed_by = load(history, HomeCredit(), data, labelled=False).observed_by
        observation = Observation(observed_by, HomeCredit().observed_on, HomeCredit().currency)
        newest = compute_view(history, CATALOGUE, "application", observation, folder)
        files = list(newest.path.parent.glob("*.parquet"))
        rows = pd.concat(pd.read_parquet(file) for file in files)
        assert newest.rows == len(lines) - 1
        assert len(rows) == len(people) - 1
        assert not rows.duplicated(["consumer_id", "event_timestamp"]).any()
