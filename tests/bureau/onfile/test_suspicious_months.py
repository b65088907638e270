"""Which months are put beside the one before, against every pair looked at in plain Python."""

from __future__ import annotations

import random
from calendar import monthrange
from datetime import date, datetime
from typing import Any

import duckdb
import pytest

from bureau.facts import FACTS
from bureau.kinds.lender import MONTHS
from bureau.onfile.months import make_told_month

NOW = 3
RECORDED = datetime.fromisoformat("2024-06-01")


def month_of(day: date) -> int:
    return day.year * 12 + day.month


def made_up_months(seed: int) -> list[dict[str, Any]]:
    """Months of forty tradelines told by three deliveries, some with gaps, doubled, corrected or changed."""
    dice = random.Random(seed)  # noqa: S311
    rows = []
    for tradeline in range(1, 41):
        is_card, opened, is_wild = dice.random() < 0.4, date(2020, 1, dice.randint(1, 28)), dice.random() < 0.5
        first = dice.randint(0, 8)
        for number in range(first, first + dice.randint(1, 14)):
            year, month = 2022 + number // 12, number % 12 + 1
            odd = is_wild and dice.random() < 0.2
            for _ in range(2 if is_wild and dice.random() < 0.1 else 1):
                if is_wild and dice.random() < 0.15:
                    continue
                rows.append(
                    {
                        "tradeline_id": tradeline,
                        "effective_on": date(year, month, monthrange(year, month)[1]),
                        "product": "card" if is_card else "car",
                        "payment_status": dice.choice(["sold", "late", "deleted"]) if odd else "current",
                        "opened_on": dice.choice([None, date(2020, 2, 2)]) if odd else opened,
                        "credit_amount": None if is_card else 900.0 if odd else 1000.0,
                        "credit_limit": 500.0 if is_card else None,
                        "balance": dice.choice([0.0, 400.0, 600.0]),
                        "first_delinquency_on": date(2022, 1, dice.randint(1, 3)) if odd else None,
                        "delivery_no": min(1 + number // 5, NOW) if dice.random() < 0.9 else NOW,
                    }
                )
    return [row | {"line_no": line} for line, row in enumerate(rows, 1)]


def is_suspicious(now: dict[str, Any], old: dict[str, Any]) -> bool:
    """Whether one of the suspicions without a payment history is true of two months, as their documentation says."""

    def known(name: str) -> bool:
        return now[name] is not None and old[name] is not None

    def is_over(row: dict[str, Any]) -> bool:
        limit = row["credit_limit"]
        return bool(limit and row["balance"] > limit and row["payment_status"] in ("current", "late"))

    return (
        (known("opened_on") and now["opened_on"] != old["opened_on"])
        or (known("credit_amount") and now["credit_amount"] != old["credit_amount"] and now["product"] != "card")
        or (known("first_delinquency_on") and now["first_delinquency_on"] > old["first_delinquency_on"])
        or (is_over(now) and is_over(old))
        or (old["payment_status"] == "sold" and now["balance"] > 0)
    )


def expected(rows: list[dict[str, Any]]) -> set[tuple[int, date]]:
    """Line of each suspicious month, with the date of the month before that makes it so."""
    mine = [row for row in rows if row["delivery_no"] == NOW and row["payment_status"] != "deleted"]
    last = max((row["effective_on"] for row in rows if row["delivery_no"] == NOW), default=date.min).replace(day=1)
    found = set()
    for now in mine:
        earlier = [
            row
            for row in rows
            if row["tradeline_id"] == now["tradeline_id"] and row["effective_on"] < min(now["effective_on"], last)
        ]
        before = max((month_of(row["effective_on"]) for row in earlier), default=None)
        for old in earlier:
            if month_of(old["effective_on"]) == before and is_suspicious(now, old):
                found.add((now["line_no"], old["effective_on"]))
    return found


@pytest.mark.parametrize("seed", range(40))
def test_suspicious_months_are_those_of_every_pair(seed: int) -> None:
    rows = made_up_months(seed)
    connection = duckdb.connect()
    connection.execute(FACTS["tradeline_month"].ddl)
    connection.execute("CREATE TEMP TABLE set_aside (line_no BIGINT, rule VARCHAR)")
    names = [*rows[0], "recorded_at"]
    connection.executemany(
        f"INSERT INTO tradeline_month ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
        [[*row.values(), RECORDED] for row in rows],
    )
    make_told_month(connection, MONTHS, NOW)
    told = connection.execute("SELECT line_no, old_on FROM told_month").fetchall()
    assert set(told) == expected(rows)
