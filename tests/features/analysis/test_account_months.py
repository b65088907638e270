# ruff: noqa: DTZ001 (the history keeps its moments without a zone: they are UTC)
"""Vintages and roll rates of a few accounts, counted by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pytest
from fact_book import FactBook

from bureau.history import History
from features.analysis.account_months import BUCKETS, roll_rates, vintages

TOLD = datetime(2024, 1, 1)
LATER = datetime(2024, 6, 1)


def months(
    account: int, opened: date, first: int, late: Sequence[int], told: datetime = TOLD, delivery: int = 1
) -> list[dict[str, Any]]:
    """Successive month ends of 2023 from a month on, so many days past due in each."""
    return [
        {"tradeline_id": account, "effective_on": date(2023, first + n, 28), "opened_on": opened, "days_past_due": days,
         "recorded_at": told, "delivery_no": delivery}
        for n, days in enumerate(late)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """Three accounts opened in the first quarter of 2023, one first told of late, and a correction told later."""
    book = FactBook(tmp_path_factory.mktemp("book"))
    rows = [
        *months(1, date(2023, 1, 5), 1, (0, 0, 30, 60, 90)),
        *months(2, date(2023, 2, 5), 2, (0, 0, 0)),
        *months(3, date(2023, 3, 5), 3, (0, 15, 0, 0)),
        *months(4, date(2022, 1, 5), 1, (90, 90)),
        *months(2, date(2023, 2, 5), 4, (120,), told=LATER, delivery=2),
    ]
    book.record({"tradeline_month": rows})
    return book.history


def test_vintages_by_hand(history: History) -> None:
    # Ages: account 1 is seen to 4 and bad from 4 on; 2 is seen to 2, 3 to 3; account 4 was first told of at 12 months.
    found = vintages(history, until=date(2023, 12, 31), known_at=TOLD, most_months=6)
    told = [tuple(row) for row in found[["months_on_book", "accounts", "bad"]].itertuples(index=False)]
    assert told == [(0, 3, 0), (1, 3, 0), (2, 3, 0), (3, 2, 0), (4, 1, 1), (5, 1, 1), (6, 1, 1)]
    assert {str(opened)[:10] for opened in found["opened"]} == {"2023-01-01"}


def test_corrections_count_from_when_they_were_told(history: History) -> None:
    found = vintages(history, until=date(2023, 12, 31), known_at=LATER, most_months=3).set_index("months_on_book")
    assert found["bad"].tolist() == [0, 0, 1, 1]


def test_months_after_the_day_are_not_looked_at(history: History) -> None:
    found = vintages(history, until=date(2023, 4, 30), known_at=TOLD)
    assert found["bad"].sum() == 0


def test_roll_rates_by_hand(history: History) -> None:
    found = roll_rates(history, until=date(2023, 12, 31), known_at=TOLD)
    counted = {(BUCKETS[row.from_bucket], BUCKETS[row.to_bucket]): row.accounts for row in found.itertuples()}
    assert counted == {
        ("current", "current"): 4,
        ("current", "1–29"): 1,
        ("1–29", "current"): 1,
        ("current", "30–59"): 1,
        ("30–59", "60–89"): 1,
        ("60–89", "90 or more"): 1,
        ("90 or more", "90 or more"): 1,
    }
