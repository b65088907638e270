"""What became of people: bad, good, or not to be told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from bureau.identity.decisions import merge
from bureau.quarantine import Decision
from features.analysis.outcome import went_bad_within

if TYPE_CHECKING:
    from conftest import FactBook

ON = pd.Timestamp("2023-01-31", tz="UTC")
KNOWN_AT = datetime(2024, 3, 1)  # noqa: DTZ001 (the history keeps its moments without a zone: they are UTC)
BEFORE, FIRST, LAST, AFTER = date(2023, 1, 31), date(2023, 2, 1), date(2024, 1, 31), date(2024, 2, 1)

CASES: dict[str, tuple[list[dict[str, Any]], object]] = {
    "never late": ([{"on": BEFORE}, {"on": LAST}], False),
    "90 days on the first day": ([{"on": FIRST, "days_past_due": 90}], True),
    "90 days on the last day": ([{"on": LAST, "days_past_due": 90}], True),
    "89 days": ([{"on": LAST, "days_past_due": 89}], False),
    "after the window": ([{"on": LAST}, {"on": AFTER, "days_past_due": 120}], False),
    "lost, without days": ([{"on": LAST, "days_past_due": None, "payment_status": "charged_off"}], True),
    "bad already": ([{"on": BEFORE, "days_past_due": 95}, {"on": LAST, "days_past_due": 300}], pd.NA),
    "cured before": ([{"on": date(2022, 6, 30), "days_past_due": 95}, {"on": BEFORE}, {"on": LAST}], False),
    "no month in the window": ([{"on": BEFORE}, {"on": AFTER}], pd.NA),
    "nothing known": ([], pd.NA),
    "one who may only use the account": ([{"on": LAST, "days_past_due": 120, "role": "authorised_user"}], pd.NA),
    "a deleted month": ([{"on": FIRST}, {"on": LAST, "days_past_due": 120, "payment_status": "deleted"}], False),
    "told late": ([{"on": FIRST}, {"on": LAST, "days_past_due": 90, "known": datetime(2024, 3, 2)}], False),  # noqa: DTZ001
    "one of two accounts": ([{"on": LAST}, {"on": LAST, "days_past_due": 90, "account": 1}], True),
}


@pytest.fixture(scope="module")
def book(new_book: Callable[[], FactBook]) -> FactBook:
    """A person a case."""
    book = new_book()
    associations, months = [], []
    for number, (told, _) in enumerate(CASES.values(), start=1):
        for month in told:
            known = month.get("known", datetime(month["on"].year, month["on"].month, 1))  # noqa: DTZ001
            account = 10 * number + month.get("account", 0)
            associations.append(
                {"consumer_id": number, "tradeline_id": account, "role": month.get("role", "individual")}
                | {"effective_on": month["on"], "recorded_at": known}
            )
            fact = {"days_past_due": 0, "payment_status": "current"} | month
            months.append(
                {"tradeline_id": account, "effective_on": month["on"], "recorded_at": known}
                | {name: fact[name] for name in ("days_past_due", "payment_status")}
            )
    with book.history.write() as connection:
        for number in range(1, len(CASES) + 2):
            connection.execute("INSERT INTO consumer VALUES (?, 'book', ?)", [number, f"ref {number}"])
    book.record({"association": associations, "tradeline_month": months})
    return book


def _spine(*consumers: int, at: pd.Timestamp = ON) -> pd.DataFrame:
    return pd.DataFrame({"consumer_id": consumers, "event_timestamp": [at] * len(consumers)})


@pytest.mark.parametrize("case", CASES)
def test_each_case(book: FactBook, case: str) -> None:
    told = went_bad_within(book.history, _spine(1 + list(CASES).index(case)), KNOWN_AT)
    assert str(told.iloc[0]) == str(CASES[case][1])


def test_rows_keep_their_order_their_index_and_their_doubles(book: FactBook) -> None:
    consumers = [4, 2, 2, 999_999, 1]
    spine = _spine(*consumers).set_index(pd.Index(["e", "d", "c", "b", "a"]))
    told = went_bad_within(book.history, spine, KNOWN_AT)
    assert told.index.tolist() == ["e", "d", "c", "b", "a"]
    assert told.astype(object).where(told.notna(), None).tolist() == [False, True, True, None, False]


def test_a_window_that_is_not_over_tells_nothing(book: FactBook) -> None:
    spine = _spine(1, 2)
    assert went_bad_within(book.history, spine, datetime(2024, 1, 30)).isna().all()  # noqa: DTZ001
    assert went_bad_within(book.history, spine, datetime(2024, 1, 31, 23)).notna().all()  # noqa: DTZ001


def test_a_shorter_window_and_fewer_days(book: FactBook) -> None:
    first, last = 2, 3
    told = went_bad_within(book.history, _spine(first, last), KNOWN_AT, months=1)
    assert told.iloc[0]
    assert pd.isna(told.iloc[1])
    late = 1 + list(CASES).index("89 days")
    assert went_bad_within(book.history, _spine(late), KNOWN_AT, days_past_due=60).tolist() == [True]


def test_what_is_told_of_a_joined_reference_counts(new_book: Callable[[], FactBook]) -> None:
    book = new_book()
    with book.history.write() as connection:
        for number in (1, 2):
            connection.execute("INSERT INTO consumer VALUES (?, 'book', ?)", [number, f"ref {number}"])
    common = {"effective_on": LAST, "recorded_at": datetime(2024, 2, 5)}  # noqa: DTZ001
    book.record(
        {
            "association": [{"consumer_id": 2, "tradeline_id": 5, "role": "individual"} | common],
            "tradeline_month": [{"tradeline_id": 5, "days_past_due": 120} | common],
        }
    )
    assert went_bad_within(book.history, _spine(1), KNOWN_AT).isna().all()
    merge(book.history, 1, 2, Decision("Ines", "looked at both files", datetime(2024, 2, 6)))  # noqa: DTZ001
    assert went_bad_within(book.history, _spine(1, 2), KNOWN_AT).tolist() == [True, True]


def test_what_cannot_be_asked_is_refused(book: FactBook) -> None:
    naive = _spine(1).assign(event_timestamp=pd.Timestamp("2023-01-31"))
    with pytest.raises(TypeError, match="moments without a time zone"):
        went_bad_within(book.history, naive, KNOWN_AT)
    with pytest.raises(ValueError, match="0 months, 90 days past due: both must be at least 1"):
        went_bad_within(book.history, _spine(1), KNOWN_AT, months=0)
