"""The registry of deliveries: which came in, and what became of their records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from bureau.delivery import Delivery, Receipt
from bureau.history import History
from bureau.sealing import place_of
from bureau.vault import Vault

__all__ = ["ReceivedDelivery", "keep_delivery", "list_deliveries", "next_delivery_no", "receipts"]


@dataclass(frozen=True)
class ReceivedDelivery:
    """A delivery that was received.

    Parameters
    ----------
    delivery_no : int
        Its number; every fact carries that of the delivery that brought it.
    received_at : datetime
        When the bureau received it (UTC, naive).
    recorded_at : datetime
        From when its facts were known (UTC, naive): later for one that waited for a person.
    covers : date, optional
        The end of the period it reports, as its furnisher says.
    receipt : Receipt
        What became of its records.
    corrects : int, optional
        Number of the delivery whose record it corrects.
    columns : tuple of str
        The columns of its file, in order.
    """

    delivery_no: int
    received_at: datetime
    recorded_at: datetime
    covers: date | None
    receipt: Receipt
    corrects: int | None = None
    columns: tuple[str, ...] = ()


def list_deliveries(history: History) -> list[ReceivedDelivery]:
    """All deliveries in the order in which they came in."""
    with history.read() as connection:
        return receipts(connection)


def receipts(connection: duckdb.DuckDBPyConnection, delivery_no: int | None = None) -> list[ReceivedDelivery]:
    """All deliveries of the history a connection has open, or one of them."""
    parameters = {"delivery_no": delivery_no}
    rows = connection.execute(
        "SELECT delivery_no, received_at, recorded_at, covers, corrects, columns, held_because, delivery_id, "
        "furnisher_id, contract, file, read, accepted, quarantined, duplicate, status FROM delivery "
        "WHERE $delivery_no IS NULL OR delivery_no = $delivery_no ORDER BY delivery_no",
        parameters,
    ).fetchall()
    broken = connection.execute(
        "SELECT delivery_no, rule, count(*) FROM (SELECT delivery_no, unnest(rules) AS rule FROM quarantine "
        "WHERE $delivery_no IS NULL OR delivery_no = $delivery_no) "
        "GROUP BY ALL ORDER BY delivery_no, count(*) DESC, rule",
        parameters,
    ).fetchall()
    found = connection.execute(
        "SELECT delivery_no, count(*) FROM finding "
        "WHERE $delivery_no IS NULL OR delivery_no = $delivery_no GROUP BY ALL",
        parameters,
    ).fetchall()
    rules: dict[int, dict[str, int]] = {}
    for number, rule, count in broken:
        rules.setdefault(number, {})[rule] = count
    findings = dict(found)
    received = []
    for (
        number,
        received_at,
        recorded_at,
        covers,
        corrects,
        columns,
        because,
        delivery,
        furnisher,
        contract,
        file,
        read,
        good,
        bad,
        again,
        status,
    ) in rows:
        receipt = Receipt(
            delivery,
            furnisher,
            contract,
            file,
            read,
            good,
            bad,
            again,
            status,
            rules=rules.get(number, {}),
            findings=findings.get(number, 0),
            held_because=tuple(because or ()),
        )
        received.append(
            ReceivedDelivery(number, received_at, recorded_at, covers, receipt, corrects, tuple(columns or ()))
        )
    return received


def next_delivery_no(connection: duckdb.DuckDBPyConnection, vault: Vault) -> int:
    """The number of the delivery that comes next.

    None of whose records anything was erased gets its number again: in a history that was restored from
    a backup, the vault knows more deliveries than the history does.
    """
    ((known,),) = connection.execute("SELECT coalesce(max(delivery_no), 0) FROM delivery").fetchall()
    erased, _ = place_of(vault.last_erased("quarantine"))
    return max(int(known), erased, vault.last_erased("held")) + 1


def keep_delivery(
    connection: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    receipt: Receipt,
    delivery_no: int,
    size: int,
    columns: Sequence[str] = (),
) -> None:
    """Enter a delivery into the registry, in place of an earlier entry of the same number."""
    connection.execute("DELETE FROM delivery WHERE delivery_no = ?", [delivery_no])
    connection.execute(
        f"INSERT INTO delivery VALUES ({', '.join('?' * 17)})",
        [
            delivery_no,
            receipt.delivery_id,
            receipt.furnisher_id,
            receipt.contract,
            receipt.file,
            receipt.status,
            delivery.covers,
            size,
            delivery.received_at,
            delivery.known_from,
            receipt.read,
            receipt.accepted,
            receipt.quarantined,
            receipt.duplicate,
            list(receipt.held_because),
            delivery.corrects,
            list(columns),
        ],
    )
