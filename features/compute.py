"""Computing features as of a moment, for a whole spine at once, into one Parquet table a view.

Every value uses only facts that were effective and recorded by its row's moment, under any reference
that belonged to the consumer by then. What a missing value means is in the catalogue: a view whose
records were never delivered about a consumer is missing altogether; delivered records that do not
count give zero to a count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final

import duckdb

from bureau.history import History
from features.catalogue import Catalogue
from features.declaration import Feature, View

__all__ = ["FeatureTable", "Observation", "compute_view", "view_sql"]

_CREATED: Final = "created_timestamp"
_EVENT: Final = "event_timestamp"


@dataclass(frozen=True)
class Observation:
    """Who is observed, and when.

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
class FeatureTable:
    """A computed feature table.

    Parameters
    ----------
    view : str
        Name of the view.
    path : Path
        The Parquet file: ``consumer_id``, ``event_timestamp`` and ``created_timestamp`` (both the
        observation's moment, UTC, microseconds), then one DOUBLE a feature.
    rows : int
        Number of rows, one a consumer observed.
    """

    view: str
    path: Path
    rows: int


def compute_view(
    history: History,
    catalogue: Catalogue,
    view: str,
    observation: Observation,
    folder: Path,
) -> FeatureTable:
    """Compute the features of one view for everyone under observation.

    Parameters
    ----------
    history : History
        The credit history.
    catalogue : Catalogue
        The catalogue.
    view : str
        Name of the view.
    observation : Observation
        Who is observed, and when.
    folder : Path
        Where the tables are; the file goes to a folder of the view's definitions in it, named
        after the observation, and takes the place of an earlier one of the same observation.
        Rows of the same consumers and moment in other tables are removed.

    Returns
    -------
    FeatureTable
        Where it is. One row a consumer, in the order of their identifiers.

    Raises
    ------
    UnknownFeature
        If there is no such view.
    """
    declared = catalogue.view(view)
    features = catalogue.of_view(view)
    path = folder / catalogue.table_folder(view) / f"{observation.delivery_id}-{observation.observed_on:%Y%m%d}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    with history.read() as connection:
        _make_spine(connection, observation)
        row = connection.execute(
            f"COPY ({view_sql(declared, features)}) TO '{_quoted(unfinished)}' (FORMAT parquet)"
        ).fetchone()
    unfinished.replace(path)
    for other in path.parent.glob(f"*-{observation.observed_on:%Y%m%d}.parquet"):
        if other != path:
            _drop_consumers_of(path, other)
    return FeatureTable(view, path, int(row[0]) if row is not None else 0)


def _drop_consumers_of(newer: Path, older: Path) -> None:
    """Leave in an older table of the same moment only the consumers that a newer one does not have.

    There must be one row a consumer and moment: between two, Feast's choice is undefined.
    """
    unfinished = older.with_suffix(".unfinished")
    tables = f"read_parquet('{_quoted(older)}') AS older {{}} JOIN read_parquet('{_quoted(newer)}') AS newer"
    with duckdb.connect() as connection:
        shared = connection.execute(f"SELECT count(*) FROM {tables.format('SEMI')} USING (consumer_id)").fetchone()
        if shared == (0,):
            return
        kept = f"SELECT older.* FROM {tables.format('ANTI')} USING (consumer_id) ORDER BY consumer_id"
        row = connection.execute(f"COPY ({kept}) TO '{_quoted(unfinished)}' (FORMAT parquet)").fetchone()
    if row is not None and row[0] > 0:
        unfinished.replace(older)
    else:
        unfinished.unlink()
        older.unlink()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def view_sql(view: View, features: Iterable[Feature]) -> str:
    """The statement that computes a view over the temporary tables ``observed`` and ``spine``."""
    features = tuple(features)
    counted = ", ".join(f"{feature.sql} AS {feature.name}" for feature in features)
    values = ", ".join(f"{_value(feature)} AS {feature.name}" for feature in features)
    return f"""
        SELECT observed.consumer_id, observed.observed_at AT TIME ZONE 'UTC' AS {_EVENT},
            observed.observed_at AT TIME ZONE 'UTC' AS {_CREATED}, {values}
        FROM observed
        LEFT JOIN (SELECT row_no, {counted} FROM ({view.relation}) GROUP BY row_no) AS counted USING (row_no)
        LEFT JOIN (
            SELECT DISTINCT spine.row_no, true AS delivered FROM spine JOIN coverage USING (consumer_id)
            WHERE coverage.record_kind = '{view.record_kind}' AND coverage.recorded_at <= spine.observed_at
        ) AS covered USING (row_no)
        ORDER BY row_no
    """


def _value(feature: Feature) -> str:
    value = f"counted.{feature.name}::DOUBLE"
    if feature.empty is not None:
        value = f"coalesce({value}, {feature.empty!r})"
    return f"CASE WHEN delivered AND isfinite({value}) THEN {value} END"


def _make_spine(connection: duckdb.DuckDBPyConnection, observation: Observation) -> None:
    """Make ``observed``, a row for each consumer, and ``spine``, a row for each of its references.

    What is told of a consumer stands under all references that belonged to it at the observation's moment, as it
    was known by then: later merges and splits change nothing.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE observed AS "
        "SELECT row_number() OVER (ORDER BY consumer_id) AS row_no, consumer_id, $on::TIMESTAMP AS observed_at, "
        "$on::DATE AS observed_on, $currency AS currency "
        "FROM observed_consumer JOIN delivery USING (delivery_no) WHERE delivery_id = $delivery_id",
        {"on": observation.observed_on, "currency": observation.currency, "delivery_id": observation.delivery_id},
    )
    connection.execute(_SPINE, {"on": observation.observed_on})


_SPINE: Final = """
CREATE OR REPLACE TEMP TABLE spine AS
WITH who AS (
    SELECT consumer_id, resolved_id FROM resolution
    WHERE resolved_id <> consumer_id AND recorded_at <= $on::TIMESTAMP
        AND (superseded_at IS NULL OR superseded_at > $on::TIMESTAMP)),
resolved AS (
    SELECT observed.*, coalesce(who.resolved_id, observed.consumer_id) AS resolved_id
    FROM observed LEFT JOIN who USING (consumer_id)),
referred AS (
    SELECT *, resolved_id AS reference FROM resolved
    UNION ALL
    SELECT resolved.*, who.consumer_id FROM resolved JOIN who USING (resolved_id))
SELECT row_no, reference AS consumer_id, reference = consumer_id AS is_own, observed_at, observed_on, currency
FROM referred"""
