"""The spine: for whom features are computed, and as of when.

A row of a spine is a consumer at a moment. Rows are kept as they are given: in their order, doubled ones
too; a consumer that nobody knows, or of whom nothing was known by then, gets missing values. What cannot be right is
refused with one error: keys that are no whole numbers, moments without a time zone, anything missing, a moment that
is still to come.

On a connection of the history :func:`lay` makes four temporary tables out of it, from the queries in
:data:`TABLES`, which any engine can run:

``observed``
    a row for each row of the spine: ``row_no`` (from 1, in its order), ``consumer_id``, ``observed_at`` (moment,
    UTC), ``observed_on`` (its date) and ``currency``;
``spine``
    a row for each reference of its consumer, as it was known at the row's own moment: ``row_no``, ``consumer_id``
    (by which facts are told under the reference), ``is_own``, ``observed_at``, ``observed_on``, ``currency``;
``on_file``
    ``row_no`` of the rows whose consumer the bureau had heard of by then;
``spine_account``
    a row for each account it was known to stand on, once, whatever the roles: ``row_no``, ``tradeline_id``,
    ``observed_at``, ``observed_on``, ``currency``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from typing import Final, cast

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.asof import known, pinned
from features.errors import BadSpine

__all__ = ["TABLES", "Everybody", "Laid", "Observation", "Spine", "asked_for", "lay", "spine_of"]

_KEY: Final = "consumer_id"
_EVENT: Final = "event_timestamp"


@dataclass(frozen=True)
class Observation:
    """The consumers that a delivery names, on a date.

    Parameters
    ----------
    delivery_id : str
        The delivery that names the consumers.
    observed_on : date
        The observation date; facts recorded by its beginning (UTC) are known.
    currency : str
        Currency of the amounts; amounts in another are missing.
    """

    delivery_id: str
    observed_on: date
    currency: str

    @property
    def moment(self) -> datetime:
        """The beginning of the observation date (UTC)."""
        return datetime.combine(self.observed_on, time(), UTC)


@dataclass(frozen=True)
class Everybody:
    """Every consumer who was on file at a moment (with a time zone), by ascending identifier."""

    moment: datetime


@dataclass(frozen=True, eq=False)
class Spine:
    """Rows that were looked through: who, and as of when.

    Parameters
    ----------
    rows : pyarrow.Table
        ``consumer_id`` (int64) and ``event_timestamp`` (microseconds, UTC), nothing missing.
    """

    rows: pa.Table

    @property
    def moment(self) -> datetime | None:
        """The moment that all rows share (UTC, without a zone), if they do."""
        ends = pc.min_max(self.rows.column(_EVENT))
        if len(self.rows) == 0 or ends["min"] != ends["max"]:
            return None
        return _naive(cast(datetime, ends["min"].as_py()))

    def observed(self, currency: str) -> pa.Table:
        """The table ``observed`` of these rows (module docstring)."""
        moments = self.rows.column(_EVENT).cast(pa.timestamp("us"))
        return pa.table(
            {
                "row_no": pa.array(np.arange(1, len(self.rows) + 1)),
                "consumer_id": self.rows.column(_KEY),
                "observed_at": moments,
                "observed_on": moments.cast(pa.date32()),
                "currency": pa.repeat(currency, len(self.rows)),
            }
        )


@dataclass(frozen=True)
class Laid:
    """What :func:`lay` has made.

    Parameters
    ----------
    rows : int
        Number of rows of ``observed``.
    moment : datetime or None
        The moment that all rows share (UTC, without a zone, as the history keeps moments); else None.
    """

    rows: int
    moment: datetime | None


def asked_for(rows: pd.DataFrame | pa.Table | Everybody, *, now: datetime) -> Spine | Everybody:
    """Look through what features are asked for, rows as :func:`spine_of` does.

    Raises
    ------
    BadSpine
        If the rows are not what they should be, or the moment of everybody has no time zone or lies after `now`.
    """
    if not isinstance(rows, Everybody):
        return spine_of(rows, now=now)
    _require_zone(now, "now")
    _require_zone(rows.moment, "moment")
    if rows.moment > now:
        raise BadSpine("moment: after the present; nothing is known of then, ask for one that has passed")
    return rows


def spine_of(rows: pd.DataFrame | pa.Table, *, now: datetime) -> Spine:
    """Look through the rows that features are asked for.

    Parameters
    ----------
    rows : pandas.DataFrame or pyarrow.Table
        ``consumer_id``, whole numbers, and ``event_timestamp``, moments with a time zone; other columns are not
        looked at. What is known at a moment speaks of no later date than that of the moment in UTC. Parts of a
        microsecond are cut off.
    now : datetime
        The present, with a time zone; no moment may lie after it.

    Raises
    ------
    BadSpine
        If a column is missing or of another type, a value is missing, or a moment lies after `now`.
    """
    _require_zone(now, "now")
    names = list(rows.columns) if isinstance(rows, pd.DataFrame) else rows.column_names
    for name in (_KEY, _EVENT):
        if names.count(name) != 1:
            raise BadSpine(
                f"{name}: the spine has {names.count(name) or 'no'} columns of this name; "
                f"it needs {_KEY} and {_EVENT}, each once"
            )
    consumers, moments = _column(rows, _KEY), _column(rows, _EVENT)
    _require_type(_KEY, consumers, pa.types.is_integer(consumers.type), "whole numbers", "the bureau's own identifiers")
    is_moment = pa.types.is_timestamp(moments.type) and moments.type.tz is not None
    _require_type(_EVENT, moments, is_moment, "moments with a time zone", "them in UTC")
    for name, column in ((_KEY, consumers), (_EVENT, moments)):
        if column.null_count:
            raise BadSpine(f"{name}: missing in {column.null_count} of {len(column)} rows; leave those rows out")
    try:
        consumers = consumers.cast(pa.int64())
    except pa.ArrowInvalid:
        largest = np.iinfo(np.int64).max
        raise BadSpine(f"{_KEY}: a number over {largest}; give the bureau's own identifiers") from None
    moments = _microseconds(moments)
    late = pc.sum(pc.greater(moments, pa.scalar(now, moments.type))).as_py() or 0
    if late:
        raise BadSpine(
            f"{_EVENT}: after the present in {late} of {len(moments)} rows; nothing is known of then, "
            "ask for moments that have passed"
        )
    return Spine(pa.table({_KEY: consumers, _EVENT: moments}))


def _column(rows: pd.DataFrame | pa.Table, name: str) -> pa.ChunkedArray:
    if isinstance(rows, pa.Table):
        return rows.column(name)
    try:
        return pa.chunked_array([pa.Array.from_pandas(rows[name])])
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        raise BadSpine(f"{name}: values of different types in {len(rows)} rows; give one type throughout") from None


def _require_type(name: str, column: pa.ChunkedArray, fits: bool, wanted: str, remedy: str) -> None:
    if not fits and len(column) > 0:
        raise BadSpine(f"{name}: {wanted} are wanted, and {len(column)} rows have {column.type}; give {remedy}")


def _microseconds(moments: pa.ChunkedArray) -> pa.ChunkedArray:
    wanted = pa.timestamp("us", "UTC")
    if len(moments) == 0:
        return pa.chunked_array([], wanted)
    if moments.type.unit == "ns":  # towards the past: what came within the microsecond is not known yet
        nanoseconds = np.asarray(moments.cast(pa.int64()))
        return pa.chunked_array([pa.array(nanoseconds // 1000).cast(pa.timestamp("us")).cast(wanted)])
    try:
        return moments.cast(wanted)
    except pa.ArrowInvalid:
        raise BadSpine(f"{_EVENT}: a moment beyond what can be counted in microseconds; give a nearer one") from None


def _require_zone(moment: datetime, name: str) -> None:
    if moment.tzinfo is None:
        raise BadSpine(f"{name}: a moment with a time zone is wanted; give it in UTC")


# -- on a connection of the history ---------------------------------------------------------------

_TOLD: Final = ("association", "inquiry", "identity", "application")
"""The facts by which the bureau knows that somebody exists."""

_EARLIEST: Final = " UNION ALL ".join(f"SELECT consumer_id, recorded_at FROM {fact}" for fact in _TOLD)

_WHO: Final = (
    "who.resolved_id <> who.consumer_id AND who.recorded_at <= {0}.observed_at "
    "AND (who.superseded_at IS NULL OR who.superseded_at > {0}.observed_at)"
)
"""SQL for who is who, as the bureau knew it at the moment of a row."""

TABLES: Final = MappingProxyType(
    {
        "spine": f"""
            WITH owned AS (
                SELECT observed.*, coalesce(who.resolved_id, observed.consumer_id) AS resolved_id
                FROM observed LEFT JOIN resolution AS who
                    ON who.consumer_id = observed.consumer_id AND {_WHO.format("observed")}
            ), referred AS (
                SELECT owned.*, resolved_id AS reference FROM owned
                UNION ALL
                SELECT owned.*, who.consumer_id AS reference
                FROM owned JOIN resolution AS who ON who.resolved_id = owned.resolved_id AND {_WHO.format("owned")}
            )
            SELECT row_no, reference AS consumer_id, reference = consumer_id AS is_own, observed_at, observed_on,
                currency
            FROM referred""",
        "on_file": f"""
            SELECT DISTINCT spine.row_no
            FROM spine JOIN (
                SELECT consumer_id, min(recorded_at) AS first_at
                FROM ({_EARLIEST}) AS told WHERE consumer_id IN (SELECT consumer_id FROM spine)
                GROUP BY consumer_id
            ) AS told ON told.consumer_id = spine.consumer_id AND told.first_at <= spine.observed_at""",
        "spine_account": f"""
            SELECT DISTINCT spine.row_no, association.tradeline_id, spine.observed_at, spine.observed_on,
                spine.currency
            FROM spine JOIN association ON association.consumer_id = spine.consumer_id
            WHERE {known("association")} AND NOT coalesce(association.withdrawn, false)""",
    }
)
"""The queries of the tables that follow from ``observed``, in the order in which they need each other."""

_EVERYBODY: Final = f"""
    SELECT DISTINCT coalesce(who.resolved_id, told.consumer_id) AS consumer_id
    FROM (
        SELECT consumer_id, $at::TIMESTAMP AS observed_at FROM ({_EARLIEST})
        WHERE recorded_at <= $at::TIMESTAMP GROUP BY consumer_id
    ) AS told
    LEFT JOIN resolution AS who ON who.consumer_id = told.consumer_id AND {_WHO.format("told")}"""

_NAMED: Final = """
    SELECT consumer_id FROM observed_consumer JOIN delivery USING (delivery_no) WHERE delivery_id = $delivery_id"""


def lay(connection: duckdb.DuckDBPyConnection, who: Spine | Everybody | Observation, currency: str) -> Laid:
    """Make the temporary tables of a spine (module docstring).

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A reading connection of the history.
    who : Spine, Everybody or Observation
        Who is observed, and when; a delivery's consumers come by ascending identifier.
    currency : str
        Currency of the amounts; amounts in another are missing.
    """
    if isinstance(who, Spine):
        moment = who.moment
        connection.register("given_rows", who.observed(currency))
        connection.execute("CREATE OR REPLACE TEMP TABLE observed AS FROM given_rows")
        connection.unregister("given_rows")
    elif isinstance(who, Everybody):
        moment = _naive(who.moment)
        _lay_consumers(connection, _EVERYBODY, {"at": moment}, moment, currency)
    else:
        moment = _naive(who.moment)
        _lay_consumers(connection, _NAMED, {"delivery_id": who.delivery_id}, moment, currency)
    for name, query in TABLES.items():
        statement = query if moment is None else pinned(query, moment)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {statement}")
    row = connection.execute("SELECT count(*) FROM observed").fetchone()
    return Laid(int(row[0]) if row is not None else 0, moment)


def _lay_consumers(
    connection: duckdb.DuckDBPyConnection, query: str, values: dict[str, object], moment: datetime, currency: str
) -> None:
    """Make ``observed`` from a query for consumers, all at one moment."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE observed AS "
        "SELECT row_number() OVER (ORDER BY consumer_id) AS row_no, consumer_id, $moment::TIMESTAMP AS observed_at, "
        f"$moment::DATE AS observed_on, $currency::VARCHAR AS currency FROM ({query})",
        {"moment": moment, "currency": currency, **values},
    )


def _naive(moment: datetime) -> datetime:
    """A moment as the history keeps it: UTC, without a zone."""
    _require_zone(moment, "moment")
    return moment.astimezone(UTC).replace(tzinfo=None)
