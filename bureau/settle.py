"""Putting the versions of a fact in order once a delivery is in.

Two records with the same key are versions of one fact, in the order in which they became known
(then of delivery, then of the line). A version that says what the one before it said adds nothing:
it is a duplicate and is not kept. Every other version closes the one before it.
"""

from __future__ import annotations

import duckdb

from bureau.facts import Fact

__all__ = ["settle"]


def settle(connection: duckdb.DuckDBPyConnection, fact: Fact, delivery_no: int) -> int:
    """Remove what a delivery repeats and close what it corrects.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A write transaction of the history in which the delivery's facts were inserted.
    fact : Fact
        The fact to settle.
    delivery_no : int
        The delivery.

    Returns
    -------
    int
        How many of the delivery's records repeated what was known.
    """
    key = ", ".join(fact.key)
    contested = _count(
        connection,
        f"CREATE OR REPLACE TEMP TABLE contested AS SELECT {key} FROM {fact.name} "
        f"SEMI JOIN (SELECT {key} FROM {fact.name} WHERE delivery_no = {delivery_no}) AS delivered USING ({key}) "
        "GROUP BY ALL HAVING count(*) > 1",
    )
    if contested == 0:
        return 0
    content = ", ".join(fact.content) or "0"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE versions AS "
        f"SELECT row_id, {key}, delivery_no, recorded_at, said IS NOT DISTINCT FROM "
        "lag(said) OVER version AND row_number() OVER version > 1 "
        f"AND delivery_no = {delivery_no} AS repeats, row_number() OVER version AS version_no "
        f"FROM (SELECT rowid AS row_id, {key}, delivery_no, recorded_at, row({content}) AS said "
        f"FROM {fact.name} SEMI JOIN contested USING ({key})) "
        f"WINDOW version AS (PARTITION BY {key} ORDER BY recorded_at, delivery_no, row_id)"
    )
    connection.execute(
        f"UPDATE {fact.name} SET superseded_at = kept.next_at FROM ("
        f"SELECT row_id, lead(recorded_at) OVER (PARTITION BY {key} ORDER BY version_no) AS next_at "
        f"FROM versions WHERE NOT repeats) AS kept "
        f"WHERE {fact.name}.rowid = kept.row_id AND {fact.name}.superseded_at IS DISTINCT FROM kept.next_at"
    )
    return _count(connection, f"DELETE FROM {fact.name} WHERE rowid IN (SELECT row_id FROM versions WHERE repeats)")


def _count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row is not None else 0
