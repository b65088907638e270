"""One person's credit file as it stood at a moment: what was recorded by then, and nothing later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any, Final

import pandas as pd

from bureau.errors import UnknownConsumer
from bureau.history import History
from bureau.known import Known

__all__ = ["CreditFile", "consumer_id_of", "consumers_of", "credit_file", "credit_file_from"]

_SHOWN_ROWS = 6
_TABLES: Final = {
    "tradelines": "tradeline",
    "months": "tradeline_month",
    "inquiries": "inquiry",
    "application": "application",
    "public_records": "public_record",
    "recurring_payments": "recurring_payment",
    "shop_orders": "shop_order",
    "outcome": "outcome",
}
"""Table of the credit file to the fact it shows, in the order in which they are shown."""


@dataclass(frozen=True, eq=False)
class CreditFile:
    """What the bureau knew about one person at one moment, newest first in every table.

    Parameters
    ----------
    consumer_id : int
        The bureau's number of the person, to whom the number that was asked for belonged. Of
        furnishers' references only those of applications stand in the file, as ``inquiry_ref``.
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
    identities : pandas.DataFrame
        The person as furnishers told it, from when each first did; from the vault.
    public_records, recurring_payments, shop_orders : pandas.DataFrame
        What courts, utilities and shops told.
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
    identities: pd.DataFrame
    public_records: pd.DataFrame
    recurring_payments: pd.DataFrame
    shop_orders: pd.DataFrame
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
            opened = " open" if name != "months" and len(frame) else ""
            body = table if len(frame) else ""
            parts.append(f"<details{opened}><summary>{name} ({len(frame)})</summary>{body}</details>")
        return "".join(parts)

    def as_dict(self) -> dict[str, Any]:
        """For machines: every table as a list of records, dates as ISO text."""
        return {
            "consumer_id": self.consumer_id,
            "as_of": self.as_of.isoformat(),
            "covered": list(self.covered),
            **{
                name: [
                    {column: _plain(value) for column, value in row.items()} for row in frame.to_dict(orient="records")
                ]
                for name, frame in self._tables()
            },
        }

    def _title(self) -> str:
        return f"Credit file of consumer {self.consumer_id} as of {self.as_of:%Y-%m-%d %H:%M} UTC"

    def _tables(self) -> Iterator[tuple[str, pd.DataFrame]]:
        for name in ("identities", *_TABLES):
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
    with history.as_of(as_of) as known:
        return credit_file_from(known, consumer_id)


def credit_file_from(known: Known, consumer_id: int) -> CreditFile:
    """The credit file of one person from a history that is open as of a moment, for many in a row.

    Raises
    ------
    UnknownConsumer
        If the bureau has no such person.
    """
    row = known.connection.execute("SELECT 1 FROM consumer WHERE consumer_id = ?", [consumer_id]).fetchone()
    if row is None:
        raise UnknownConsumer(
            f"no consumer has the number {consumer_id}; find the number of a reference with consumer_id_of()"
        )
    tables = {table: _arranged(known.frame(fact, consumer_id)) for table, fact in _TABLES.items()}
    tables["identities"] = _arranged(known.identities(consumer_id))
    covered = known.frame("coverage", consumer_id)["record_kind"]
    return CreditFile(known.consumer(consumer_id), known.moment, **tables, covered=tuple(sorted(covered)))


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


def consumers_of(history: History, space: str, reference: str) -> tuple[int, ...]:
    """Everybody whom a furnisher's reference leads to: a person's own, or that of an account, case or order.

    Parameters
    ----------
    history : History
        The history.
    space : str
        Within which the reference is unique: the furnisher, or the name of the portfolio.
    reference : str
        The reference; it does not appear in the error.

    Raises
    ------
    UnknownConsumer
        If nobody is known under it.
    """
    with history.read() as connection:
        rows = connection.execute(
            "SELECT consumer_id FROM consumer WHERE reference_space = $space AND consumer_ref = $reference "
            "UNION SELECT consumer_id FROM association JOIN tradeline_reference USING (tradeline_id) "
            "WHERE reference_space = $space AND tradeline_ref = $reference ORDER BY consumer_id",
            {"space": space, "reference": reference},
        ).fetchall()
    if not rows:
        raise UnknownConsumer(
            f"nobody is known under this reference of {space}; check the reference, and the furnisher's name with "
            "`tradeline furnishers`"
        )
    return tuple(row[0] for row in rows)


def _arranged(frame: pd.DataFrame) -> pd.DataFrame:
    """What it is about and when first, then what is told, then since when it was known."""
    first = [name for name in ("tradeline_id", "role", "effective_on") if name in frame]
    last = ["recorded_at", "delivery_no", "line_no"]
    told = [name for name in frame if name not in (*first, *last, "consumer_id", "told_as")]
    return frame[[*first, *told, *last]]


def _plain(value: Any) -> Any:
    if value is None or value is pd.NaT or value != value:  # noqa: PLR0124 - not a number
        return None
    return value.isoformat() if hasattr(value, "isoformat") else value


def _readable(frame: pd.DataFrame) -> pd.DataFrame:
    """The columns that say something, dates without their midnight."""
    shown = frame.drop(columns=["recorded_at", "delivery_no", "line_no"], errors="ignore")
    shown = shown.dropna(axis="columns", how="all").copy()
    for name in shown.select_dtypes("datetime").columns:
        shown[name] = shown[name].dt.strftime("%Y-%m-%d")
    return shown.astype(object).where(shown.notna(), "")
