"""Features as of the moments of a spine, from tables in Parquet: a narrow as-of join, then a gather.

The join looks at keys and moments alone, and finds for each row of the spine the moment of the
values it may see. Only then are the values themselves read, in one pass over the table. Both are
DuckDB's.

A row of a table is seen from its event timestamp on; where creation counts, from the later of its
event and its created timestamp on. Of the rows that are seen, the one with the newest event
timestamp is taken; of several with the same, the one created last; of several of these, the one
that stands last in the last file by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["Asked", "gather", "identifier", "newest", "read_parquet", "text"]

_ROW: Final = "row of the spine"
"""Column of a spine's numbering; no feature has a blank in its name."""


@dataclass(frozen=True)
class Asked:
    """What is asked of one view.

    Parameters
    ----------
    view : str
        Its name, for errors.
    path : str
        Path or pattern of its Parquet files.
    keys : mapping of str to str
        Column of the table to the column of the spine it must equal.
    features : mapping of str to str
        Column of the result to the column of the table.
    event : str
        Column of the table: as of when its values are.
    created : str
        Column of the table: when its values were made; empty where there is none.
    ttl : timedelta, optional
        How old values may be.
    """

    view: str
    path: str
    keys: Mapping[str, str]
    features: Mapping[str, str]
    event: str
    created: str
    ttl: timedelta | None


def identifier(name: str) -> str:
    """A name as an identifier of SQL.

    Examples
    --------
    >>> identifier('my "own" column')
    '"my ""own"" column"'
    """
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text as a literal of SQL.

    Examples
    --------
    >>> text("it's")
    "'it''s'"
    """
    return "'" + value.replace("'", "''") + "'"


def read_parquet(path: str) -> str:
    """SQL for the tables under a path, with ``filename`` and ``file_row_number``, which tell where a row stands."""
    return f"read_parquet({text(path)}, filename = true, file_row_number = true)"


def newest(event: str, created: str) -> str:
    """SQL for an order that has the row first that is taken of several of one key."""
    parts = [f"{event} DESC"] if event else []
    parts += [f"{created} DESC NULLS LAST"] if created else []
    return ", ".join((*parts, "filename DESC", "file_row_number DESC"))


def gather(
    connection: duckdb.DuckDBPyConnection, spine: pa.Table, moment: str, asked: Asked, *, creation_counts: bool
) -> pa.Table:
    """The features asked of a view for each row of a spine, in the spine's order; null where nothing is seen.

    Parameters
    ----------
    connection : DuckDBPyConnection
        A database whose clock is UTC.
    spine : Table
        Keys and moments, and whatever else.
    moment : str
        Column of the spine: its moments, with a time zone.
    asked : Asked
        What is asked.
    creation_counts : bool
        Whether values are seen only once they were created.
    """
    narrow = spine.select(list(dict.fromkeys((*asked.keys.values(), moment))))
    narrow = narrow.append_column(_ROW, pa.array(np.arange(spine.num_rows, dtype=np.int64)))
    connection.register("narrow", narrow)
    keys = [f"{identifier(column)} AS k{number}" for number, column in enumerate(asked.keys.values())]
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE spine AS SELECT {', '.join(keys)}, {identifier(moment)} AS moment, "
        f"{identifier(_ROW)} AS row_no FROM narrow"
    )
    connection.unregister("narrow")
    table = _Table(asked, creation_counts=creation_counts)
    _match(connection, table)
    matched = connection.execute("SELECT count(*) FROM matched").fetchone()
    found = connection.execute(table.gathered()).to_arrow_table()
    if matched is not None and found.num_rows > matched[0]:
        found = connection.execute(table.gathered(one=True)).to_arrow_table()
    return _in_order(found, spine.num_rows)


def _match(connection: duckdb.DuckDBPyConnection, table: _Table) -> None:
    """Make ``matched``: of each row of the spine that sees something, the event timestamp of what it takes."""
    late = 0
    if table.created:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE late AS SELECT {table.keys}, {table.event} AS event, "
            f"{table.created} AS created FROM {table.source} WHERE {table.created} > {table.event}"
        )
        row = connection.execute("SELECT count(*) FROM late").fetchone()
        late = row[0] if row is not None else 0
    fresh = f"WHERE moment <= event + {table.ttl}" if table.ttl else ""
    if not late:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE matched AS SELECT * FROM ({table.in_time()}) {fresh}")
        return
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE matched AS
        SELECT * FROM (
            SELECT row_no, {table.columns}, moment, max(event) AS event FROM (
                {table.in_time(late=True)}
                UNION ALL BY NAME
                SELECT row_no, {table.columns}, moment, max(event) AS event FROM spine JOIN late USING ({table.columns})
                WHERE event <= moment AND created <= moment GROUP BY ALL
            ) GROUP BY ALL
        ) {fresh}
    """)


class _Table:
    """The pieces of SQL that speak of one view's table."""

    def __init__(self, asked: Asked, *, creation_counts: bool) -> None:
        self._asked = asked
        self.source = f"{read_parquet(asked.path)} AS source"
        self.columns = ", ".join(f"k{number}" for number in range(len(asked.keys)))
        self.keys = ", ".join(f"{identifier(column)} AS k{number}" for number, column in enumerate(asked.keys))
        self.event = f"{identifier(asked.event)}::TIMESTAMPTZ"
        self._made = f"{identifier(asked.created)}::TIMESTAMPTZ" if asked.created else ""
        self.created = self._made if creation_counts else ""
        self.ttl = f"to_microseconds({asked.ttl // timedelta(microseconds=1)})" if asked.ttl else ""

    def in_time(self, *, late: bool = False) -> str:
        """The as-of join with the rows created no later than what they speak of; with all, if none is late."""
        where = f"WHERE {self.created} <= {self.event}" if late else ""
        numbers = range(len(self._asked.keys))
        columns = ", ".join(f"spine.k{number}" for number in numbers)
        equal = " AND ".join(f"spine.k{number} = known.k{number}" for number in numbers)
        return (
            f"SELECT row_no, {columns}, moment, event FROM spine "
            f"ASOF JOIN (SELECT {self.keys}, {self.event} AS event FROM {self.source} {where}) AS known "
            f"ON {equal} AND moment >= event"
        )

    def gathered(self, *, one: bool = False) -> str:
        """The values of what was matched; where several rows have the moment, all of them or the one that is taken."""
        values = ", ".join(
            f"source.{identifier(column)} AS {identifier(name)}" for name, column in self._asked.features.items()
        )
        equal = [f"source.{identifier(column)} = matched.k{n}" for n, column in enumerate(self._asked.keys)]
        equal.append(f"{self.event} = matched.event")
        if self.created:
            equal.append(f"{self.created} <= matched.moment")
        chosen = f"QUALIFY row_number() OVER (PARTITION BY row_no ORDER BY {newest('', self._made)}) = 1" if one else ""
        return f"SELECT row_no, {values} FROM {self.source} JOIN matched ON {' AND '.join(equal)} {chosen}"


def _in_order(found: pa.Table, rows: int) -> pa.Table:
    """What was found by rows of the spine, with a row of nulls for each that has nothing."""
    places = found["row_no"].to_numpy()
    unseen = np.ones(rows, dtype=np.bool_)
    unseen[places] = False
    order = None
    columns = {}
    for name in found.column_names:
        column = found[name]
        if name == "row_no":
            continue
        if column.type == pa.float64():
            columns[name] = _scattered(column, places, unseen)
            continue
        if order is None:
            order = np.zeros(rows, dtype=np.int64)
            order[places] = np.arange(len(places))
        columns[name] = column.combine_chunks().take(pa.array(order, mask=unseen))
    return pa.table(columns)


def _scattered(column: pa.ChunkedArray, places: npt.NDArray[np.int64], unseen: npt.NDArray[np.bool_]) -> pa.Array:
    """The doubles of a column at their places: five times as fast as Arrow's own way for all types."""
    values = np.zeros(len(unseen), dtype=np.float64)
    missing = unseen
    if column.null_count:
        missing = unseen.copy()
        missing[places] = column.is_null().to_numpy()
    start = 0
    for chunk in column.chunks:
        values[places[start : start + len(chunk)]] = chunk.to_numpy(zero_copy_only=False)
        start += len(chunk)
    return pa.array(values, mask=missing)
