"""The months of a tradeline beside what was told of it before.

Nearly every month agrees with the one before it. One pass puts each month of the delivery beside
the month before and keeps those that are *suspicious*: a date, an amount or the history differs in
a way that may be wrong. Only of their tradelines the other months are fetched, and only there it is
judged whether anything that was accepted before agrees after all: a corrected month, a late one, a
delinquency that had been cured.

What earlier deliveries told counts for more than what the delivery itself tells. Its own months
bear witness only where nobody else does, and then by their number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import duckdb

from bureau.contracts import Contract

__all__ = ["make_told_month"]

_MONTHS_BACK: Final = 25
"""How far back a month is compared: a payment history profile reaches back 24 months."""

_ROWS_AT_ONCE: Final = 4_000_000
"""Months put beside the ones before in one pass, so that memory does not grow with the delivery."""

_REVOLVING: Final = "('card', 'line')"
"""Products with a limit in place of an original amount."""


_COMPARED: Final = {
    "product": "VARCHAR",
    "payment_status": "VARCHAR",
    "opened_on": "DATE",
    "credit_amount": "DOUBLE",
    "first_delinquency_on": "DATE",
    "payment_code": "VARCHAR",
    "payment_profile": "VARCHAR",
    "balance": "DOUBLE",
    "credit_limit": "DOUBLE",
    "sold_to": "VARCHAR",
}
"""What is compared, where the contract tells it, and its type."""

_MONTH_NO: Final = "year(effective_on) * 12 + month(effective_on)"
_OVER: Final = "balance > credit_limit AND credit_limit > 0 AND payment_status IN ('current', 'late')"
_SOLD: Final = "payment_status = 'sold' OR sold_to <> ''"

_PAIR: Final = {
    "line_no": "BIGINT",
    "tradeline_id": "BIGINT",
    "effective_on": "DATE",
    "month_no": "BIGINT",
    "gap": "BIGINT",
    "told": "VARCHAR",
    "expected": "VARCHAR",
    "old_on": "DATE",
    "old_delivery_no": "INTEGER",
    "old_line_no": "BIGINT",
}
"""A month and the last one known before it: where they stand, how many months lie between, the histories."""

_SUSPICIONS: Final = {
    "opened_differs": "opened_on <> old_opened_on",
    "amount_differs": f"credit_amount <> old_credit_amount AND product NOT IN {_REVOLVING}",
    "delinquency_later": "first_delinquency_on > old_first_delinquency_on",
    "history_differs": "told <> expected AND replace(told, 'E', '0') <> replace(expected, 'E', '0')",
    "over_limit": "over AND old_over",
    "after_sale": "old_sold AND balance > 0 AND sold_to IS DISTINCT FROM ''",
}
"""What makes a month suspicious, over its columns and, with ``old_``, those of the month before."""


@dataclass(frozen=True)
class _Extent:
    """The months and tradelines of a delivery."""

    delivery_no: int
    first: date
    last: date
    rows: int
    lowest: int
    highest: int

    @property
    def parts(self) -> Iterator[str]:
        """SQL for ranges of tradelines of a size that fits into memory."""
        count = max(-(-self.rows // _ROWS_AT_ONCE), 1)
        width = max(-(-(self.highest - self.lowest + 1) // count), 1)
        for start in range(self.lowest, self.highest + 1, width):
            yield f"tradeline_id BETWEEN {start} AND {start + width - 1}"

    @property
    def mine(self) -> str:
        """SQL for the months of the delivery; its period lets DuckDB pass over the blocks of others."""
        period = f"effective_on BETWEEN DATE '{self.first}' AND DATE '{self.last}'"
        return f"delivery_no = {self.delivery_no} AND {period} AND payment_status IS DISTINCT FROM 'deleted'"

    @property
    def torn(self) -> str:
        """SQL for what the delivery tells twice, and differently."""
        return f"(delivery_no = {self.delivery_no} AND line_no IN (FROM torn))"

    def since(self, months: int) -> str:
        """SQL for what is told of no earlier than so many months before the first."""
        count = self.first.year * 12 + self.first.month - 1 - months
        return f"effective_on >= DATE '{max(count // 12, 1):04}-{count % 12 + 1:02}-01'"

    def earlier(self, months: int) -> str:
        """SQL for what may be known of before, from so many months before the first."""
        return f"{self.since(months)} AND effective_on < DATE '{self.last.replace(day=1)}' AND superseded_at IS NULL"


def make_told_month(connection: duckdb.DuckDBPyConnection, contract: Contract, delivery_no: int) -> None:
    """Make the tables of suspicious months.

    ``told_month`` has a row for each suspicious month of the delivery, with what makes it so and
    the last month before; ``account_month`` has all months of their tradelines, those of the
    delivery (``is_mine``) and those told before in every version (``is_current`` is the last one).

    Parameters
    ----------
    connection, contract, delivery_no
        As for :func:`bureau.onfile.check`.
    """
    told = frozenset(contract.facts[0].columns)
    columns = [*_PAIR.items(), *((flag, "BOOLEAN") for flag in _SUSPICIONS)]
    declared = ", ".join(f"{name} {kind}" for name, kind in columns)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE told_month ({declared})")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE torn AS SELECT DISTINCT line_no FROM set_aside WHERE rule = 'unique'"
    )
    extent = _extent(connection, delivery_no)
    for part in extent.parts:
        _compare(connection, told, extent, part)
    _fetch_accounts(connection, told, extent)


def _extent(connection: duckdb.DuckDBPyConnection, delivery_no: int) -> _Extent:
    row = connection.execute(
        "SELECT min(effective_on), max(effective_on), count(*), min(tradeline_id), max(tradeline_id) "
        f"FROM tradeline_month WHERE delivery_no = {delivery_no}"
    ).fetchone()
    if row is None or row[0] is None:
        return _Extent(delivery_no, date.max, date.max, 0, 0, -1)
    return _Extent(delivery_no, *row)


def _compare(connection: duckdb.DuckDBPyConnection, told: frozenset[str], extent: _Extent, part: str) -> None:
    """Put the months of some tradelines beside the months before, and keep the suspicious ones.

    The month before is there nearly always, and found by its number; where it is not, the last one
    before that is looked for.
    """
    if "payment_profile" not in told:
        part = f"{part} AND {_pass_over_calm(connection, told, extent, part)}"
        # Whatever lies before the first month of a calm tradeline lies before the delivery.
        _compare_lonely(connection, told, extent, f"effective_on < DATE '{extent.first}'")
    mine = _months(f"{part} AND {extent.mine}", told, extent)
    before = _months(f"{part} AND {extent.earlier(1)}", told, extent)
    neighbours = f"FROM {mine} AS mine LEFT JOIN {before} AS old ON {_SAME} AND old.month_no = mine.month_no - 1"
    _insert(connection, told, neighbours, "old_on IS NULL OR ")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE lonely AS SELECT line_no, tradeline_id FROM told_month WHERE old_on IS NULL"
    )
    connection.execute("DELETE FROM told_month WHERE old_on IS NULL")
    _compare_lonely(connection, told, extent, "true")


def _compare_lonely(connection: duckdb.DuckDBPyConnection, told: frozenset[str], extent: _Extent, where: str) -> None:
    """Put the months that have none right before them beside the last one known; of new accounts there is none."""
    tradelines = "tradeline_id IN (SELECT tradeline_id FROM lonely)"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE older AS FROM "
        + _months(f"{where} AND {tradelines} AND {extent.earlier(_MONTHS_BACK)}", told, extent)
    )
    if connection.execute("FROM older LIMIT 1").fetchone() is None:
        return
    mine = _months(f"line_no IN (SELECT line_no FROM lonely) AND {extent.mine}", told, extent)
    pairs = (
        f"FROM {mine} AS mine JOIN older AS old ON {_SAME} AND old.effective_on < mine.effective_on "
        "QUALIFY row_number() OVER (PARTITION BY mine.line_no ORDER BY old.effective_on DESC) = 1"
    )
    _insert(connection, told, pairs, "")


def _pass_over_calm(connection: duckdb.DuckDBPyConnection, told: frozenset[str], extent: _Extent, part: str) -> str:
    """Find the tradelines in which two months may differ suspiciously; SQL for the others to be passed over.

    Where no two months of a tradeline differ in what is compared, no pair of them is suspicious, and
    to see that is much cheaper than to put them side by side. Of a calm tradeline only the first
    month may have none right before it, and is noted in ``lonely``.
    """
    mine, earlier = f"{part} AND {extent.mine}", f"{part} AND {extent.earlier(1)}"
    either = _months(f"(({mine}) OR ({earlier}))", told, extent)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE stirred AS SELECT tradeline_id, {_IS_STIRRED} AS is_stirred, "
        f"arg_min(line_no, month_no) AS line_no, arg_min(delivery_no, month_no) = {extent.delivery_no} AS is_mine "
        f"FROM {either} GROUP BY tradeline_id"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE lonely AS "
        "SELECT line_no, tradeline_id FROM stirred WHERE is_mine AND NOT is_stirred"
    )
    return "tradeline_id IN (SELECT tradeline_id FROM stirred WHERE is_stirred)"


_IS_STIRRED: Final = (
    "(min(opened_on) < max(opened_on) OR min(credit_amount) < max(credit_amount) "
    "OR min(first_delinquency_on) < max(first_delinquency_on) OR count_if(over) > 1 OR coalesce(bool_or(sold), false) "
    "OR count(*) <> max(month_no) - min(month_no) + 1) IS TRUE"
)
"""Whether any of the suspicions without a payment history can be true of two months of a tradeline."""


_SAME: Final = "old.tradeline_id = mine.tradeline_id"


def _months(where: str, told: frozenset[str], extent: _Extent) -> str:
    """A query for months with what is compared of them; those that the delivery tells twice bear no witness."""
    columns = ", ".join(_column(name, told) for name in _COMPARED)
    return (
        f"(SELECT *, {_OVER} AS over, {_SOLD} AS sold FROM (SELECT tradeline_id, effective_on, delivery_no, line_no, "
        f"{_MONTH_NO} AS month_no, {columns} FROM tradeline_month WHERE {where} AND NOT {extent.torn}))"
    )


def _column(name: str, told: frozenset[str]) -> str:
    return name if name in told else f"NULL::{_COMPARED[name]} AS {name}"


def _insert(connection: duckdb.DuckDBPyConnection, told: frozenset[str], pairs: str, wanted: str) -> None:
    """Keep the pairs of a month and the one before it that are suspicious."""
    olds = ", ".join(f"old.{name} AS old_{name}" for name in (*_COMPARED, "over", "sold", "delivery_no", "line_no"))
    history = "NULL::VARCHAR AS told, NULL::VARCHAR AS expected"
    if "payment_profile" in told:
        # From the place on that tells the month before; that month's own code comes first in what is expected.
        history = (
            "substr(mine.payment_profile, gap, 25 - gap) AS told, "
            "left(coalesce(old.payment_code, 'B') || old.payment_profile, 25 - gap) AS expected"
        )
    suspicious = " OR ".join(_SUSPICIONS.values())
    flags = ", ".join(_SUSPICIONS.values())
    connection.execute(
        f"INSERT INTO told_month SELECT {', '.join(_PAIR)}, {flags} FROM (SELECT mine.*, {olds}, "
        f"old.effective_on AS old_on, mine.month_no - old.month_no AS gap, {history} {pairs}) "
        f"WHERE {wanted}{suspicious}"
    )


def _fetch_accounts(connection: duckdb.DuckDBPyConnection, told: frozenset[str], extent: _Extent) -> None:
    """Fetch all months of the tradelines that have a suspicious one, in every version."""
    columns = ", ".join(_column(name, told) for name in _COMPARED)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE account_month AS SELECT *, superseded_at IS NULL "
        "AND (is_mine OR NOT bool_or(is_mine) OVER (PARTITION BY tradeline_id, month_no)) AS is_current "
        f"FROM (SELECT tradeline_id, effective_on, {_MONTH_NO} AS month_no, delivery_no, line_no, superseded_at, "
        f"delivery_no = {extent.delivery_no} AS is_mine, {_OVER} AS over, {columns} FROM tradeline_month "
        "SEMI JOIN (SELECT DISTINCT tradeline_id FROM told_month) AS suspicious USING (tradeline_id) "
        f"WHERE {extent.since(_MONTHS_BACK)} AND NOT {extent.torn})"
    )
