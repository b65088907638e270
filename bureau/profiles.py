"""The profile of a delivery: how its fields are distributed, counted while it is taken in.

A value falls into a bin by the type of its column:

========  =====================================================================================
number    ``b0`` is 0, ``b1`` from 1, ``b2`` from 3, ``b3`` from 7: *k* is the whole part of
          log2(1 + x), and ``b-k`` is the same below zero
date      ``m<k>``: *k* months before the delivery was received
text      its value, for the 40 most frequent ones; ``other``
missing   ``missing``
========  =====================================================================================

The field ``''`` counts the records that were looked at: about 200,000 of a large file, chosen by
their line, so that a file always has the same profile.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Final

import duckdb

from bureau.contracts import Column, Contract
from bureau.habits import Profile
from bureau.quoting import literal
from bureau.shifts import Bins

__all__ = ["bins_of", "count_bins", "load_profiles", "merged_bins", "profile_sql", "sampling_step", "store_profile"]

_SAMPLE: Final = 200_000
_MOST_VALUES: Final = 40
_HASH_RANGE: Final = 1 << 32
_MULTIPLIER: Final = 2_654_435_769
"""2**32 over the golden ratio: its multiples fall evenly, whatever rhythm the lines of a file have."""


def sampling_step(records: int) -> int:
    """Of so many records, one in how many is looked at; an estimate of their number will do.

    Examples
    --------
    >>> sampling_step(1_000), sampling_step(10_000_000)
    (1, 50)
    """
    return max(1, round(records / _SAMPLE))


def profile_sql(contract: Contract, relation: str = "good", *, step: int = 1) -> str:
    """The query that counts the bins of a delivery.

    Parameters
    ----------
    contract : Contract
        The contract; its ``profiled`` columns are counted.
    relation : str
        A relation with the typed columns and ``line_no``.
    step : int
        One record in so many is looked at (:func:`sampling_step`).

    Returns
    -------
    str
        SQL for ``field``, ``bin`` and ``count``; it uses the variable ``received_on``.

    Raises
    ------
    ValueError
        If a profiled column is none of the contract, or a list.
    """
    columns = {column.name: column for column in contract.columns}
    for name in contract.profiled:
        if name not in columns or columns[name].type == "list":
            raise ValueError(f"contract {contract.name}: profiled column {name!r} must be a column that is no list")
    profiled = [columns[name] for name in contract.profiled]
    fields = ", ".join(["''", *(literal(column.name) for column in profiled)])
    bins = ", ".join(["'records'", *(_bin(column) for column in profiled)])
    chosen = "" if step == 1 else f" WHERE (line_no * {_MULTIPLIER}) % {_HASH_RANGE} < {_HASH_RANGE // step}"
    # The values of a text that are left over once its most frequent ones are taken are one bin.
    kept = " OR ".join(
        [f"place <= {_MOST_VALUES}", *(f"field = {literal(each.name)}" for each in profiled if each.type != "text")]
    )
    return (
        f"SELECT field, CASE WHEN {kept} THEN bin ELSE 'other' END AS bin, sum(records)::BIGINT AS count FROM ("
        "SELECT field, bin, count(*) AS records, "
        "row_number() OVER (PARTITION BY field ORDER BY count(*) DESC, bin) AS place "
        f"FROM (SELECT unnest([{fields}]) AS field, unnest([{bins}]) AS bin FROM {relation}{chosen}) "
        "GROUP BY field, bin) GROUP BY ALL ORDER BY ALL"
    )


def count_bins(
    connection: duckdb.DuckDBPyConnection, contract: Contract, relation: str = "good", *, step: int = 1
) -> dict[str, dict[str, int]]:
    """The bins of a delivery, or of one block of it, by field; empty where the contract has none profiled.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A connection with the relation and the variable ``received_on``.
    contract, relation, step
        As for :func:`profile_sql`.
    """
    if not contract.profiled:
        return {}
    return _by_field(connection.execute(profile_sql(contract, relation, step=step)).fetchall())


def merged_bins(*blocks: Bins) -> dict[str, dict[str, float]]:
    """The bins of several blocks of a delivery, added up.

    Examples
    --------
    >>> merged_bins({"status": {"A": 2}}, {"status": {"A": 1, "B": 1}})
    {'status': {'A': 3, 'B': 1}}
    """
    merged: dict[str, dict[str, float]] = {}
    for block in blocks:
        for field, counts in block.items():
            total = merged.setdefault(field, {})
            for name, count in counts.items():
                total[name] = total.get(name, 0) + count
    return merged


def store_profile(connection: duckdb.DuckDBPyConnection, delivery_no: int, bins: Bins) -> None:
    """Keep the bins of a delivery, in place of those kept under its number before.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A write transaction of the history.
    delivery_no : int
        The delivery.
    bins : mapping
        Field to bin to records.
    """
    connection.execute("DELETE FROM delivery_profile WHERE delivery_no = ?", [delivery_no])
    rows = [(field, name, int(count)) for field, counts in bins.items() for name, count in counts.items()]
    if rows:
        connection.execute(
            "INSERT INTO delivery_profile SELECT ?, unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), unnest(?::BIGINT[])",
            [delivery_no, *(list(column) for column in zip(*rows, strict=True))],
        )


def load_profiles(
    connection: duckdb.DuckDBPyConnection,
    furnisher_id: str,
    contract: str,
    *,
    received_by: datetime,
    but_not: int | None = None,
    most: int = 24,
) -> tuple[Profile, ...]:
    """The profiles that make a furnisher's habits, oldest first.

    Deliveries that are held or were turned away make no habit, and neither do the records that a
    person corrected.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A connection of the history.
    furnisher_id, contract : str
        Whose, and of which kind.
    received_by : datetime
        Of the deliveries received by then (UTC, naive).
    but_not : int, optional
        Number of the delivery that is to be judged.
    most : int
        The latest so many.
    """
    rows = connection.execute(
        "SELECT delivery_no, read, quarantined, duplicate, received_at, covers, status = 'released' FROM delivery "
        "WHERE furnisher_id = ? AND contract = ? AND received_at <= ? AND status IN ('taken in', 'released') "
        "AND corrects IS NULL AND delivery_no IS DISTINCT FROM ? ORDER BY received_at DESC, delivery_no DESC LIMIT ?",
        [furnisher_id, contract, received_by, but_not, most],
    ).fetchall()
    bins = bins_of(connection, [row[0] for row in rows])
    return tuple(
        Profile(read, quarantined, duplicate, received_at, covers, bins.get(number, {}), released)
        for number, read, quarantined, duplicate, received_at, covers, released in reversed(rows)
    )


def bins_of(connection: duckdb.DuckDBPyConnection, delivery_nos: Iterable[int]) -> dict[int, dict[str, dict[str, int]]]:
    """The bins kept of some deliveries: number to field to bin to records.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A connection of the history.
    delivery_nos : iterable of int
        Numbers of the deliveries; one of which nothing is kept is left out.
    """
    listed = ", ".join(str(int(number)) for number in delivery_nos) or "NULL"
    rows = connection.execute(
        f"SELECT delivery_no, field, bin, count FROM delivery_profile WHERE delivery_no IN ({listed}) "
        "ORDER BY delivery_no, field, bin"
    ).fetchall()
    grouped = groupby(rows, key=lambda row: int(row[0]))
    return {number: _by_field([(row[1], row[2], row[3]) for row in some]) for number, some in grouped}


def _by_field(rows: list[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
    bins: dict[str, dict[str, int]] = {}
    for field, name, count in rows:
        bins.setdefault(field, {})[name] = count
    return bins


def _bin(column: Column) -> str:
    """SQL for the bin of a column's value."""
    name = '"' + column.name.replace('"', '""') + '"'
    if column.type == "text":
        told = name
    elif column.type == "date":
        told = f"'m' || date_diff('month', {name}, getvariable('received_on'))"
    else:
        told = f"'b' || (sign({name}) * floor(log2(1 + abs({name}))))::BIGINT"
    return f"coalesce({told}, 'missing')"
