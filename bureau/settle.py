"""Putting the versions of a fact in order once a delivery is in.

Two records with the same key are versions of one fact, in the order in which they became known
(then of delivery, then of the line). A version that says what the one before it said is a
duplicate; it stays all the same where it was recorded later, since a third version may yet come
between the two. Every version closes the one before it.

A fact whose key does not hold its date (an association, an identity) is kept from the first
moment on: said again it is not kept.
"""

from __future__ import annotations

import duckdb

from bureau.facts import Fact

__all__ = ["settle"]


def settle(connection: duckdb.DuckDBPyConnection, fact: Fact, delivery_no: int, doubled: str | None = None) -> int:
    """Close what a delivery corrects, and count what it repeats.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A write transaction of the history in which the delivery's facts were inserted.
    fact : Fact
        The fact to settle.
    delivery_no : int
        The delivery.
    doubled : str, optional
        SQL for the keys that the delivery holds more than once, where they are known already.

    Returns
    -------
    int
        How many of the delivery's records repeated what was known.
    """
    key = ", ".join(fact.key)
    if not _make_contested(connection, fact, delivery_no, doubled):
        return 0
    dated_key = ", ".join(dict.fromkeys((*fact.key, "effective_on")))
    content = ", ".join(fact.content) or "0"
    same = "said IS NOT DISTINCT FROM lag(said) OVER version AND row_number() OVER version > 1"
    if fact.is_dated:
        dropped = "same AND recorded_at = before_at"
    else:
        same += " AND effective_on >= lag(effective_on) OVER version"
        dropped = "same"  # whoever brought it: an earlier telling may come later
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE versions AS SELECT *, "
        f"same AND delivery_no = {delivery_no} AS repeats, {dropped} AS dropped FROM ("
        f"SELECT row_id, {key}, delivery_no, recorded_at, lag(recorded_at) OVER version AS before_at, "
        f"{same} AS same, row_number() OVER version AS version_no "
        f"FROM (SELECT rowid AS row_id, {dated_key}, delivery_no, line_no, recorded_at, "
        f"row({content}) AS said FROM {fact.name} SEMI JOIN contested USING ({key})) "
        f"WINDOW version AS (PARTITION BY {key} ORDER BY recorded_at, delivery_no, line_no, row_id))"
    )
    connection.execute(
        f"UPDATE {fact.name} SET superseded_at = kept.next_at FROM ("
        f"SELECT row_id, lead(recorded_at) OVER (PARTITION BY {key} ORDER BY version_no) AS next_at "
        f"FROM versions WHERE NOT dropped) AS kept "
        f"WHERE {fact.name}.rowid = kept.row_id AND {fact.name}.superseded_at IS DISTINCT FROM kept.next_at"
    )
    repeated = _count(connection, "SELECT count(*) FROM versions WHERE repeats")
    connection.execute(f"DELETE FROM {fact.name} WHERE rowid IN (SELECT row_id FROM versions WHERE dropped)")
    return repeated


def _make_contested(connection: duckdb.DuckDBPyConnection, fact: Fact, delivery_no: int, doubled: str | None) -> int:
    """The keys of the delivery that have more than one version; how many there are."""
    key = ", ".join(fact.key)
    mine = f"FROM {fact.name} WHERE delivery_no = {delivery_no}"
    others = f"FROM {fact.name} WHERE delivery_no <> {delivery_no}"
    if "effective_on" in fact.key:
        row = connection.execute(f"SELECT min(effective_on), max(effective_on) {mine}").fetchone()
        if row is None or row[0] is None:
            return 0
        # Lets DuckDB pass over the blocks of other periods.
        others += f" AND effective_on BETWEEN DATE '{row[0]}' AND DATE '{row[1]}'"
    return _count(
        connection,
        f"CREATE OR REPLACE TEMP TABLE contested AS "
        f"{doubled or f'SELECT {key} {mine} GROUP BY ALL HAVING count(*) > 1'} UNION "
        f"SELECT DISTINCT {key} FROM (SELECT {key} {mine}) AS delivered SEMI JOIN (SELECT {key} {others}) AS others "
        f"USING ({key})",
    )


def _count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row is not None else 0
