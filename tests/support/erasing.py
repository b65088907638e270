"""Deliveries of clean records with changes, for the tests of erasure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from clean_records import CLEAN
from written_files import written

from bureau.content import BytesContent
from bureau.delivery import Delivery, Furnisher, Receipt
from bureau.history import History
from bureau.ingest import ingest, register_furnishers
from bureau.kinds.all import KINDS

__all__ = ["only", "rows_of", "teller"]


def teller(history: History) -> Callable[..., Receipt]:
    """A function that delivers records of a kind, each with changes to a clean one."""
    register_furnishers(history, tuple(Furnisher(f"f-{kind}", kind, "us", "USD") for kind in KINDS))

    def tell(kind: str, *changes: dict[str, Any], received: str = "2024-07-04", furnisher: str = "") -> Receipt:
        data = written(kind, [{**CLEAN[kind], **change} for change in changes])
        content = BytesContent(f"{kind}-{received}.{KINDS[kind].format}", data)
        when = datetime.fromisoformat(received)
        return ingest(history, Delivery(KINDS[kind], content, when, furnisher_id=furnisher or f"f-{kind}"))

    return tell


def only(history: History) -> int:
    """The one consumer of whom something was told."""
    with history.read() as connection:
        ((consumer,),) = connection.execute("SELECT DISTINCT consumer_id FROM identity").fetchall()
    return int(consumer)


def rows_of(history: History, sql: str) -> list[tuple[Any, ...]]:
    """What a query gives."""
    with history.read() as connection:
        return connection.execute(sql).fetchall()
