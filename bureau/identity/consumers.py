"""Consumers by their numbers, as they are now: which references belong to whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import duckdb

from bureau.errors import UnknownConsumer
from bureau.history import History

__all__ = ["CURRENT", "Consumer", "Reference", "consumer_of", "list_references", "require_known"]

CURRENT: Final = (
    "(SELECT consumer_id, resolved_id FROM resolution WHERE superseded_at IS NULL AND resolved_id <> consumer_id)"
)
"""SQL for who is who now; a reference without a row is a consumer of its own."""


@dataclass(frozen=True)
class Consumer:
    """A consumer and the references that belong to it.

    Parameters
    ----------
    consumer_id : int
        Its number: the smallest of its references.
    references : tuple of int
        The bureau's numbers of the references, ascending.
    """

    consumer_id: int
    references: tuple[int, ...]


@dataclass(frozen=True)
class Reference:
    """A furnisher's own name for a consumer, by the bureau's number.

    Parameters
    ----------
    reference : int
        The bureau's number.
    space : str
        Within which the furnisher's own name is unique: the furnisher, or the name of the portfolio.
    since : datetime, optional
        Since when it belongs to the consumer it belongs to now (UTC, naive); None if it always did.
    because : str, optional
        Why: ``likeness`` of what was told, or a person's ``decision``.
    """

    reference: int
    space: str
    since: datetime | None
    because: str | None

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        return asdict(self)


def list_references(history: History, number: int) -> tuple[Consumer, tuple[Reference, ...]]:
    """The consumer to whom a number belongs now, and its references with how they came to it.

    Parameters
    ----------
    history : History
        The history.
    number : int
        The number of a reference, or of any consumer there ever was.

    Raises
    ------
    UnknownConsumer
        If there is no such number.
    """
    with history.read() as connection:
        require_known(connection, (number,))
        consumer = consumer_of(connection, number)
        rows = connection.execute(
            "SELECT consumer_id, reference_space, recorded_at, because FROM consumer "
            "LEFT JOIN (FROM resolution WHERE superseded_at IS NULL) USING (consumer_id) "
            "WHERE consumer_id IN (SELECT unnest(?::BIGINT[])) ORDER BY consumer_id",
            [list(consumer.references)],
        ).fetchall()
    return consumer, tuple(Reference(*row) for row in rows)


def consumer_of(connection: duckdb.DuckDBPyConnection, number: int) -> Consumer:
    """The consumer to whom a number belongs now, with its references.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A connection of the history.
    number : int
        The number of a reference, or of any consumer there ever was.
    """
    row = connection.execute(f"SELECT resolved_id FROM {CURRENT} WHERE consumer_id = ?", [number]).fetchone()
    own = number if row is None else int(row[0])
    rows = connection.execute(f"SELECT consumer_id FROM {CURRENT} WHERE resolved_id = ?", [own]).fetchall()
    return Consumer(own, tuple(sorted((own, *(int(each) for (each,) in rows)))))


def require_known(connection: duckdb.DuckDBPyConnection, numbers: Iterable[int]) -> None:
    """Raise :class:`UnknownConsumer` if a number is of no reference and was of no consumer."""
    for number in numbers:
        # Beyond 64 bits there is none, and the database would say so in its own words.
        known = abs(number) < 2**63 and connection.execute("FROM consumer WHERE consumer_id = ?", [number]).fetchone()
        if not known:
            raise UnknownConsumer(
                f"no consumer has the number {number}; `tradeline identity review` tells those that wait, "
                "`tradeline credit-file` that of a furnisher's reference"
            )
