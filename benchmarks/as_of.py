"""The credit file of one consumer among many, and of all, as of a moment.

    python -m benchmarks.as_of [--consumers N] [--months M]

A history of N consumers (a million by default) with one account each and M monthly deliveries (24), a
correction in every hundredth month. One consumer: the whole credit file on an open connection, 200
random consumers, p50 and p99. All consumers: every column of the months known at a moment in the middle,
against a scan of the same columns of the whole table; the median of five.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bureau.credit_file import credit_file_from
from bureau.history import History, open_history
from bureau.home import open_home

COLUMNS = (
    "tradeline_id, effective_on, recorded_at, product, currency, balance, credit_limit, payment, amount_past_due, "
    "days_past_due, opened_on, payment_status"
)


def main() -> None:
    """Build the history, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--consumers", type=int, default=1_000_000)
    parser.add_argument("--months", type=int, default=24)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        history = open_history(open_home(Path(scratch) / "home", create=True))
        build(history, options.consumers, options.months)
        size = history.path.stat().st_size / 1e6
        sys.stdout.write(f"{options.consumers:,} consumers x {options.months} months, {size:,.0f} MB encrypted\n")
        moment = datetime.fromisoformat("2019-01-01").replace(year=2019 + options.months // 24, month=6)
        one(history, options.consumers, moment)
        everybody(history, moment)


def build(history: History, consumers: int, months: int) -> None:
    """One delivery a month, written as the ingest writes it: in the order of the accounts, then settled."""
    with history.write() as connection:
        connection.execute(
            f"INSERT INTO consumer SELECT i, 'bank', 'C' || i FROM range(1, {consumers} + 1) AS t(i); "
            "INSERT INTO association (consumer_id, tradeline_id, role, withdrawn, effective_on, recorded_at, "
            "delivery_no, line_no) SELECT i, i, 'individual', false, DATE '2019-01-01', TIMESTAMP '2019-01-01', 1, i "
            f"FROM range(1, {consumers} + 1) AS t(i)"
        )
    for month in range(months):
        with history.write() as connection:
            connection.execute(f"""
                INSERT INTO tradeline_month BY NAME
                SELECT i AS tradeline_id, last_day(DATE '2019-01-01' + to_months({month})) AS effective_on,
                    (last_day(DATE '2019-01-01' + to_months({month})) + 5)::TIMESTAMP AS recorded_at,
                    CASE WHEN hash(i, {month}) % 100 = 0 THEN
                        (last_day(DATE '2019-01-01' + to_months({month})) + 40)::TIMESTAMP END AS superseded_at,
                    {month + 1} AS delivery_no, i AS line_no, 'card' AS product, 'USD' AS currency,
                    hash(i, 1, {month}) % 500000 / 100 AS balance, (hash(i, 2) % 100 * 100)::DOUBLE AS credit_limit,
                    hash(i, 3, {month}) % 50000 / 100 AS payment, 0.0 AS amount_past_due, 0 AS days_past_due,
                    DATE '2010-01-01' + (hash(i, 4) % 3000)::INTEGER AS opened_on, 'current' AS payment_status
                FROM range(1, {consumers} + 1) AS t(i)
            """)
            connection.execute(f"""
                INSERT INTO tradeline_month BY NAME
                SELECT * REPLACE (superseded_at AS recorded_at, NULL AS superseded_at, balance + 1 AS balance)
                FROM tradeline_month WHERE delivery_no = {month + 1} AND superseded_at IS NOT NULL
            """)


def one(history: History, consumers: int, moment: datetime) -> None:
    """Milliseconds for one consumer's whole credit file."""
    chance = random.Random(1)  # noqa: S311 - which consumers
    with history.as_of(moment) as known:
        credit_file_from(known, 1)
        milliseconds = []
        for _ in range(200):
            begun = time.perf_counter()
            credit_file_from(known, chance.randint(1, consumers))
            milliseconds.append(1000 * (time.perf_counter() - begun))
    milliseconds.sort()
    sys.stdout.write(f"one consumer: p50 {milliseconds[100]:.1f} ms, p99 {milliseconds[198]:.1f} ms\n")
    begun = time.perf_counter()
    with history.as_of(moment) as known:
        credit_file_from(known, 7)
    sys.stdout.write(f"one consumer, from a new connection: {1000 * (time.perf_counter() - begun):.0f} ms\n")


def everybody(history: History, moment: datetime) -> None:
    """Seconds for everybody's months as of a moment, and for a scan of all months."""
    with history.as_of(moment) as known:
        connection = known.connection
        digest = ", ".join(f"sum(hash({column}))" for column in COLUMNS.split(", "))

        def run(table: str) -> Callable[[], object]:
            return lambda: connection.execute(f"SELECT count(*), {digest} FROM {table}").fetchone()

        scan = seconds(run("history.tradeline_month"))
        as_of = seconds(run("known.tradeline_month"))
    sys.stdout.write(f"all consumers: {as_of:.2f} s, a scan {scan:.2f} s: {as_of / scan:.2f} x\n")


def seconds(step: Callable[[], object]) -> float:
    """The median of five."""
    taken = []
    for _ in range(5):
        begun = time.perf_counter()
        step()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
