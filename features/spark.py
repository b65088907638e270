"""The same features on Spark, for histories that one machine is too small for.

A feature has one definition (:mod:`features.declaration`) and one statement compiled from it
(:mod:`features.planning`). Here the statement is translated by sqlglot and run by a Spark session over the facts as
Parquet files, which :func:`export_facts` writes out of a history. A session may be that of a cluster
(``SparkSession.builder.remote("sc://...")``) or of an engine on this machine that speaks Spark Connect.

Values are those of :func:`features.compute.compute`, bit for bit, for the views whose columns have kinds
(:mod:`features.exact`); a view without, whose sums need integers of 128 bits, is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import sqlglot
from sqlglot import exp

from bureau.history import History
from bureau.quoting import literal
from features.catalogue import Catalogue
from features.compute import values_sql
from features.declaration import Feature, View
from features.errors import NotOnSpark
from features.spine import TABLES, Spine

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["compute_on_spark", "export_facts", "facts_read", "on_spark"]

_ROWS_A_GROUP: Final = 122_880
_OBSERVED: Final = "observed"
_OBSERVED_SCHEMA: Final = (
    "row_no BIGINT, consumer_id BIGINT, observed_at TIMESTAMP_NTZ, observed_on DATE, currency STRING"
)


def export_facts(history: History, facts: Iterable[str], folder: Path) -> dict[str, Path]:
    """Write facts out of the history as Parquet files, for an engine that cannot read the history itself.

    They hold no names and numbers of people, but their credit history in clear: the folder needs the protection that
    the history's own file has by its encryption.

    Parameters
    ----------
    history : History
        The credit history.
    facts : iterable of str
        Tables of it (:func:`facts_read`).
    folder : Path
        Where they go, a file a table; made if need be.

    Returns
    -------
    dict of str to Path
        The file of each table.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = {}
    with history.read() as connection:
        for fact in facts:
            paths[fact] = folder / f"{fact}.parquet"
            connection.execute(
                f"COPY (FROM {fact}) TO {literal(str(paths[fact]))} (FORMAT parquet, ROW_GROUP_SIZE {_ROWS_A_GROUP})"
            )
    return paths


def facts_read(catalogue: Catalogue, views: Iterable[str]) -> tuple[str, ...]:
    """The tables of the history that views need, those of who is who and who is on file among them."""
    queries = [*TABLES.values(), *(values_sql(catalogue.view(view), catalogue.of_view(view), None) for view in views)]
    made = {_OBSERVED, *TABLES}
    read: set[str] = set()
    for query in queries:
        tree = sqlglot.parse_one(query, dialect="duckdb")
        named = {common.alias for common in tree.find_all(exp.CTE)}
        read |= {table.name for table in tree.find_all(exp.Table)} - named
    return tuple(sorted(read - made))


def on_spark(query: str) -> str:
    """A query in DuckDB's SQL as Spark reads it.

    Examples
    --------
    >>> on_spark("SELECT date_diff('day', opened_on, observed_on) AS days FROM spine")
    'SELECT DATEDIFF(DAY, opened_on, observed_on) AS days FROM spine'
    """
    return sqlglot.parse_one(query, dialect="duckdb").transform(_without_zone).sql(dialect="spark")


def _without_zone(node: exp.Expr) -> exp.Expr:
    """A moment of the history has no zone (it is UTC); Spark's plain TIMESTAMP has that of its session."""
    if isinstance(node, exp.Cast) and node.to.this == exp.DataType.Type.TIMESTAMP:
        return exp.cast(node.this, exp.DataType.Type.TIMESTAMPNTZ)
    return node


def compute_on_spark(
    session: SparkSession,
    tables: Mapping[str, Path | str],
    catalogue: Catalogue,
    views: Iterable[str],
    spine: Spine,
    *,
    currency: str,
) -> pa.Table:
    """Compute all features of views for the rows of a spine.

    Parameters
    ----------
    session : pyspark.sql.SparkSession
        Where it runs; the tables and the spine must be readable there.
    tables : mapping of str to Path or str
        The Parquet file, folder or address of each table of :func:`facts_read`.
    catalogue : Catalogue
        The catalogue.
    views : iterable of str
        The views.
    spine : Spine
        Who, and as of when (:func:`features.spine.spine_of`).
    currency : str
        Currency of the amounts; amounts in another are missing.

    Returns
    -------
    pyarrow.Table
        As :func:`features.compute.compute` gives it: row for row as given.

    Raises
    ------
    NotOnSpark
        If a view cannot be computed there, or a table is not named.
    """
    wanted = {name: catalogue.view(name) for name in views}
    _require_portable(wanted.values(), catalogue)
    absent = sorted(set(facts_read(catalogue, wanted)) - set(tables))
    if absent:
        raise NotOnSpark(f"{', '.join(absent)}: no file named, and the views read them; write them with export_facts()")
    session.conf.set("spark.sql.session.timeZone", "UTC")
    for name, place in tables.items():
        session.read.parquet(str(place)).createOrReplaceTempView(name)
    session.createDataFrame(spine.observed(currency), schema=_OBSERVED_SCHEMA).createOrReplaceTempView(_OBSERVED)
    for name, query in TABLES.items():
        session.sql(on_spark(query)).createOrReplaceTempView(name)
    found = spine.rows
    for name, view in wanted.items():
        features = catalogue.of_view(name)
        values = _in_order(session.sql(on_spark(values_sql(view, features, spine.moment))), features)
        for feature in features:
            found = found.append_column(feature.name, values.column(feature.name))
    return found


def _in_order(values: DataFrame, features: Iterable[Feature]) -> pa.Table:
    """The values by row number, missing ones null, each a double."""
    table: pa.Table = values.toArrow().sort_by("row_no")
    return pa.table({each.name: table.column(each.name).cast(pa.float64()) for each in features})


def _require_portable(views: Iterable[View], catalogue: Catalogue) -> None:
    for view in views:
        if not view.kinds:
            raise NotOnSpark(
                f"{view.name}: its columns have no kinds, so its sums need integers of 128 bits that Spark has not; "
                f"compute its {len(catalogue.of_view(view.name))} features with features.compute"
            )
