"""One person's credit file as it stood at a moment: what was recorded by then, and nothing later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

import duckdb
import pandas as pd

from bureau.errors import UnknownConsumer
from bureau.facts import FACTS
from bureau.history import History

__all__ = ["CreditFile", "consumer_id_of", "credit_file"]

_SHOWN_ROWS = 6
_VISIBLE = (
    "{fact}.recorded_at <= $as_of AND coalesce({fact}.superseded_at > $as_of, true) "
    "AND {fact}.effective_on <= $as_of::DATE"
)


@dataclass(frozen=True, eq=False)
class CreditFile:
    """What the bureau knew about one person at one moment, newest first in every table.

    Parameters
    ----------
    consumer_id : int
        The bureau's number of the person; no furnisher's reference stands anywhere in the file.
    as_of : datetime
        The moment (UTC, naive).
    tradelines : pandas.DataFrame
        The statements about each tradeline, with the person's role in it.
    months : pandas.DataFrame
        The months of those tradelines.
    inquiries : pandas.DataFrame
        Who asked for what, and what was decided.
    application : pandas.DataFrame
        What the person stated when applying.
    outcome : pandas.DataFrame
        How it went, as far as it was known.
    covered : tuple of str
        The kinds of record that were delivered in full: an empty table of such a kind means
        "there are none", of another kind "nobody was asked".
    """

    consumer_id: int
    as_of: datetime
    tradelines: pd.DataFrame
    months: pd.DataFrame
    inquiries: pd.DataFrame
    application: pd.DataFrame
    outcome: pd.DataFrame
    covered: tuple[str, ...] = ()

    def __repr__(self) -> str:
        lines = [self._title(), f"  delivered in full: {', '.join(self.covered) or 'nothing'}"]
        for name, frame in self._tables():
            shown = _readable(frame).head(_SHOWN_ROWS)
            more = f", the newest {_SHOWN_ROWS}" if len(frame) > _SHOWN_ROWS else ""
            lines.append(f"\n{name} ({len(frame)}{more})")
            if len(frame) == 1:
                lines.append(shown.iloc[0].to_string())
            elif len(frame):
                lines.append(shown.to_string(index=False))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        parts = [f"<b>{escape(self._title())}</b><br>delivered in full: {escape(', '.join(self.covered) or 'nothing')}"]
        for name, frame in self._tables():
            shown = _readable(frame)
            # One record reads better from top to bottom than across thirty columns.
            table = shown.T.to_html(header=False) if len(shown) == 1 else shown.head(_SHOWN_ROWS).to_html(index=False)
            opened = " open" if name != "months" else ""
            body = table if len(frame) else ""
            parts.append(f"<details{opened}><summary>{name} ({len(frame)})</summary>{body}</details>")
        return "".join(parts)

    def _title(self) -> str:
        return f"Credit file of consumer {self.consumer_id} as of {self.as_of:%Y-%m-%d %H:%M} UTC"

    def _tables(self) -> Iterator[tuple[str, pd.DataFrame]]:
        for name in ("tradelines", "months", "inquiries", "application", "outcome"):
            yield name, getattr(self, name)


def credit_file(history: History, consumer_id: int, as_of: datetime) -> CreditFile:
    """The credit file of one person as of a moment.

    A record is in it if it was recorded by then, not yet superseded by a later record, and speaks
    of a date not after that of `as_of`.

    Parameters
    ----------
    history : History
        The history.
    consumer_id : int
        The person, see :func:`consumer_id_of`.
    as_of : datetime
        The moment; without a time zone it is UTC.

    Raises
    ------
    UnknownConsumer
        If the bureau has no such person.
    """
    moment = as_of.astimezone(UTC).replace(tzinfo=None) if as_of.tzinfo is not None else as_of
    with history.read() as connection:
        known = connection.execute("SELECT 1 FROM consumer WHERE consumer_id = ?", [consumer_id]).fetchone()
        if known is None:
            raise UnknownConsumer(
                f"no consumer has the number {consumer_id}; find the number of a reference with consumer_id_of()"
            )
        parameters = {"consumer_id": consumer_id, "as_of": moment}
        tables = {name: _of_consumer(connection, name, parameters) for name in ("inquiry", "application", "outcome")}
        tables |= {name: _of_tradelines(connection, name, parameters) for name in ("tradeline", "tradeline_month")}
        covered = _rows(connection, _select("coverage", "record_kind", order="record_kind"), parameters)
    return CreditFile(
        consumer_id,
        moment,
        tables["tradeline"],
        tables["tradeline_month"],
        tables["inquiry"],
        tables["application"],
        tables["outcome"],
        tuple(covered["record_kind"]),
    )


def consumer_id_of(history: History, space: str, consumer_ref: str) -> int:
    """The bureau's number of a person, from a furnisher's reference.

    Parameters
    ----------
    history : History
        The history.
    space : str
        Within which the reference is unique: the name of the portfolio.
    consumer_ref : str
        The reference; it does not appear in the error.

    Raises
    ------
    UnknownConsumer
        If nobody is known under it.
    """
    with history.read() as connection:
        row = connection.execute(
            "SELECT consumer_id FROM consumer WHERE reference_space = ? AND consumer_ref = ?", [space, consumer_ref]
        ).fetchone()
    if row is None:
        raise UnknownConsumer(
            f"no consumer of {space} has this reference; ingest the consumer's records first, or check the reference"
        )
    return int(row[0])


def _of_consumer(connection: duckdb.DuckDBPyConnection, fact: str, parameters: dict[str, object]) -> pd.DataFrame:
    return _rows(
        connection, _select(fact, _columns(fact, without="consumer_id"), order="effective_on DESC"), parameters
    )


def _of_tradelines(connection: duckdb.DuckDBPyConnection, fact: str, parameters: dict[str, object]) -> pd.DataFrame:
    own = f"(SELECT tradeline_id, role FROM association WHERE {_condition('association')})"
    sql = (
        f"SELECT tradeline_id, own.role, {_columns(fact, without='tradeline_id')} FROM {fact} "
        f"JOIN {own} AS own USING (tradeline_id) WHERE {_VISIBLE.format(fact=fact)} "
        "ORDER BY effective_on DESC, tradeline_id"
    )
    return _rows(connection, sql, parameters)


def _columns(fact: str, *, without: str) -> str:
    """Its own columns and when it was recorded; not when it was superseded, which lies in the future."""
    names = [name for name in FACTS[fact].columns if name not in (without, "effective_on")]
    return ", ".join(f"{fact}.{name}" for name in ("effective_on", *names, "recorded_at"))


def _select(fact: str, columns: str, *, order: str) -> str:
    return f"SELECT {columns} FROM {fact} WHERE {_condition(fact)} ORDER BY {order}"


def _condition(fact: str) -> str:
    return f"{fact}.consumer_id = $consumer_id AND {_VISIBLE.format(fact=fact)}"


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, object]) -> pd.DataFrame:
    return connection.execute(sql, parameters).df()


def _readable(frame: pd.DataFrame) -> pd.DataFrame:
    """The columns that say something, dates without their midnight."""
    shown = frame.drop(columns="recorded_at", errors="ignore").dropna(axis="columns", how="all").copy()
    for name in shown.select_dtypes("datetime").columns:
        shown[name] = shown[name].dt.strftime("%Y-%m-%d")
    return shown.astype(object).where(shown.notna(), "")
