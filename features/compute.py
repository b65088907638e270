"""Computing features as of a moment, for a whole spine at once: into a table in memory, or one Parquet table a view.

Every value uses only facts that were effective and recorded by its row's moment, under any reference
that belonged to the consumer by then. What a missing value means is in the catalogue: a view whose
records were never delivered about a consumer is missing altogether, and so is one of a consumer who was not on file;
where the view was delivered, or the consumer on file, records that do not count give zero to a count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb
import pandas as pd
import pyarrow as pa

from bureau.history import History
from features.asof import pinned
from features.catalogue import Catalogue
from features.declaration import Derived, Feature, View
from features.errors import UnknownFeature
from features.planning import counted_sql
from features.progress import Progress, told
from features.spine import Everybody, Observation, asked_for, lay

__all__ = ["FeatureTable", "compute", "compute_view", "values_sql", "view_sql"]

_CREATED: Final = "created_timestamp"
_EVENT: Final = "event_timestamp"

_LARGEST: Final = "1.7976931348623157e308"
"""The largest floating-point number: what is above it, or no number, is missing."""


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


def compute(
    history: History,
    catalogue: Catalogue,
    names: Iterable[str],
    rows: pd.DataFrame | pa.Table | Everybody,
    *,
    currency: str,
    now: datetime,
    progress: Progress | None = None,
) -> pa.Table:
    """Compute features of any number of views for the rows of a spine.

    Parameters
    ----------
    history : History
        The credit history. What the computation needs beyond its ``memory_limit`` is spilled, encrypted; the result
        itself comes on top.
    catalogue : Catalogue
        The catalogue.
    names : iterable of str
        Features, and views for all of theirs; features derived from others are not computed here.
    rows : pandas.DataFrame, pyarrow.Table or Everybody
        Who, and as of when (:func:`features.spine.spine_of`).
    currency : str
        Currency of the amounts; amounts in another are missing.
    now : datetime
        The present, with a time zone; no moment may lie after it.
    progress : callable, optional
        Is told the name of the view under way, and the share of the whole that is done.

    Returns
    -------
    pyarrow.Table
        ``consumer_id``, ``event_timestamp`` (UTC, microseconds) and one DOUBLE a feature, in the order asked for; row
        for row as given.

    Raises
    ------
    BadSpine
        If the rows are not what they should be.
    UnknownFeature
        If a name is that of no view and no feature counted over one.
    """
    wanted = _wanted(catalogue, names)
    who = asked_for(rows, now=now)
    by_view: dict[str, list[Feature]] = {}
    for feature in wanted:
        by_view.setdefault(feature.view, []).append(feature)
    columns: dict[str, pa.ChunkedArray] = {}
    with history.read() as connection, told(connection, progress, [f"view {each}" for each in by_view]) as stages:
        laid = lay(connection, who, currency)
        keys = connection.execute(f"SELECT consumer_id, {_MOMENT} AS {_EVENT} FROM observed ORDER BY row_no")
        table = keys.to_arrow_table()
        for view, features in by_view.items():
            with stages.stage(f"view {view}"):
                sql = values_sql(catalogue.view(view), features, laid.moment)
                found = connection.execute(f"{sql} ORDER BY row_no").to_arrow_table()
            columns.update(zip(found.column_names[1:], found.columns[1:], strict=True))
    for feature in wanted:
        table = table.append_column(feature.name, columns[feature.name])
    return table


def _wanted(catalogue: Catalogue, names: Iterable[str]) -> list[Feature]:
    """The features named, or of the views named, each once."""
    views = {view.name for view in catalogue.views}
    wanted: dict[str, Feature] = {}
    for name in names:
        for item in catalogue.of_view(name) if name in views else (catalogue[name],):
            if isinstance(item, Derived):
                operands = ", ".join(sorted(item.expression.operands))
                raise UnknownFeature(f"{name}: is derived from others; ask for {operands} and features.vectors.matrix")
            wanted[item.name] = item
    return list(wanted.values())


def compute_view(
    history: History,
    catalogue: Catalogue,
    view: str,
    observation: Observation | Everybody,
    folder: Path,
    *,
    currency: str | None = None,
    progress: Progress | None = None,
) -> FeatureTable:
    """Compute the features of one view for everyone under observation, into a Parquet file.

    Parameters
    ----------
    history : History
        The credit history.
    catalogue : Catalogue
        The catalogue.
    view : str
        Name of the view.
    observation : Observation or Everybody
        Who is observed, and when.
    folder : Path
        Where the tables are; the file goes to a folder of the view's definitions in it, named
        after the observation, and takes the place of an earlier one of the same observation.
        Rows of the same consumers and moment in other tables are removed.
    currency : str, optional
        Currency of the amounts; an observation names its own.
    progress : callable, optional
        Is told the name of the view, and the share of it that is done.

    Returns
    -------
    FeatureTable
        Where it is. One row a consumer, in the order of their identifiers.

    Raises
    ------
    UnknownFeature
        If there is no such view.
    ValueError
        If no currency is named.
    """
    declared = catalogue.view(view)
    features = catalogue.of_view(view)
    if isinstance(observation, Observation):
        label, currency = observation.delivery_id, observation.currency
    else:
        label = "everybody"
    if currency is None:
        raise ValueError("currency: none is named, and amounts of different currencies are never added; name one")
    moment = _file_moment(observation.moment)
    path = folder / catalogue.table_folder(view) / f"{label}-{moment}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    stage = f"view {view}"
    with history.read() as connection, told(connection, progress, [stage]) as stages:
        laid = lay(connection, observation, currency)
        with stages.stage(stage):
            connection.execute(
                f"COPY ({view_sql(declared, features, laid.moment)}) TO '{_quoted(unfinished)}' (FORMAT parquet)"
            )
    unfinished.replace(path)
    for other in path.parent.glob(f"*-{moment}.parquet"):
        if other != path:
            _drop_consumers_of(path, other)
    return FeatureTable(view, path, laid.rows)


def _file_moment(moment: datetime) -> str:
    """A moment in the name of a file: its date, and the time where it is not the beginning of the date."""
    return f"{moment:%Y%m%d}" if moment.time() == moment.min.time() else f"{moment:%Y%m%dT%H%M%S.%f}"


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


_MOMENT: Final = "observed_at AT TIME ZONE 'UTC'"


def view_sql(view: View, features: Iterable[Feature], moment: datetime | None = None) -> str:
    """The statement that computes a view's table over the temporary tables of :mod:`features.spine`.

    Parameters
    ----------
    view : View
        The view.
    features : iterable of Feature
        Features of it.
    moment : datetime, optional
        The moment that all rows share (UTC), if they do.
    """
    features = tuple(features)
    names = ", ".join(feature.name for feature in features)
    return f"""
        SELECT observed.consumer_id, {_MOMENT} AS {_EVENT}, {_MOMENT} AS {_CREATED}, {names}
        FROM observed JOIN ({values_sql(view, features, moment)}) AS valued USING (row_no)
        ORDER BY row_no
    """


def values_sql(view: View, features: Iterable[Feature], moment: datetime | None) -> str:
    """A query for ``row_no`` and the values of a view's features for every row observed, in no order.

    Parameters
    ----------
    view : View
        The view.
    features : iterable of Feature
        Features of it.
    moment : datetime or None
        The moment that all rows share (UTC), if they do.
    """
    features = tuple(features)
    values = ", ".join(f"{_value(feature)} AS {feature.name}" for feature in features)
    counted = counted_sql(view, features)
    return f"""
        SELECT observed.row_no, {values}
        FROM observed
        LEFT JOIN ({counted if moment is None else pinned(counted, moment)}) AS counted
            ON counted.row_no = observed.row_no
        LEFT JOIN ({_asked(view)}) AS asked ON asked.row_no = observed.row_no
    """


def _asked(view: View) -> str:
    """The rows about whose consumer the view's records were delivered, or who are on file."""
    if view.record_kind is None:
        return "SELECT row_no, true AS delivered FROM on_file"
    return f"""
        SELECT DISTINCT spine.row_no, true AS delivered FROM spine JOIN coverage USING (consumer_id)
        WHERE coverage.record_kind = '{view.record_kind}' AND coverage.recorded_at <= spine.observed_at"""


def _value(feature: Feature) -> str:
    value = f"CAST(counted.{feature.name} AS DOUBLE)"
    if feature.empty is not None:
        value = f"coalesce({value}, {feature.empty:e})"
    return f"CASE WHEN delivered AND abs({value}) <= {_LARGEST} THEN {value} END"
