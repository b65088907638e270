"""Looking back: which deliveries came in, and what was set aside of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bureau.delivery import Receipt
from bureau.history import History

__all__ = ["ReceivedDelivery", "SetAside", "list_deliveries", "list_quarantine"]


@dataclass(frozen=True)
class ReceivedDelivery:
    """A delivery that was taken in.

    Parameters
    ----------
    received_at : datetime
        When the bureau received it (UTC, naive).
    receipt : Receipt
        What became of its records.
    """

    received_at: datetime
    receipt: Receipt


@dataclass(frozen=True)
class SetAside:
    """A record in quarantine.

    Parameters
    ----------
    delivery_id, contract, file : str
        The delivery it came in.
    line : int
        Its line in the file; the header is line 1.
    rules : tuple of str
        The rules it breaks, as ``rule`` or ``rule:column``.
    record : str, optional
        The record as it came. It may hold personal data: it is read on request alone and never
        shown by ``repr``.
    """

    delivery_id: str
    contract: str
    file: str
    line: int
    rules: tuple[str, ...]
    record: str | None = field(default=None, repr=False)


def list_deliveries(history: History) -> list[ReceivedDelivery]:
    """All deliveries in the order in which they were taken in."""
    with history.read() as connection:
        rows = connection.execute(
            "SELECT received_at, delivery_no, delivery_id, furnisher_id, contract, file, read, accepted, quarantined, "
            "duplicate FROM delivery ORDER BY delivery_no"
        ).fetchall()
        broken = connection.execute(
            "SELECT delivery_no, rule, count(*) FROM (SELECT delivery_no, unnest(rules) AS rule FROM quarantine) "
            "GROUP BY ALL ORDER BY delivery_no, count(*) DESC, rule"
        ).fetchall()
    rules: dict[int, dict[str, int]] = {}
    for delivery_no, rule, count in broken:
        rules.setdefault(delivery_no, {})[rule] = count
    received = []
    for received_at, delivery_no, delivery, furnisher, contract, file, read, accepted, quarantined, duplicate in rows:
        counts = rules.get(delivery_no, {})
        receipt = Receipt(delivery, furnisher, contract, file, read, accepted, quarantined, duplicate, counts)
        received.append(ReceivedDelivery(received_at, receipt))
    return received


def list_quarantine(
    history: History, delivery_id: str | None = None, *, with_records: bool = False, limit: int | None = None
) -> list[SetAside]:
    """The records that were set aside, in the order of their lines.

    Parameters
    ----------
    history : History
        The history.
    delivery_id : str, optional
        Of this delivery alone; the beginning of its id will do.
    with_records : bool
        Read the records themselves too, which may hold personal data.
    limit : int, optional
        No more than this many.
    """
    record = "record" if with_records else "NULL"
    with history.read() as connection:
        rows = connection.execute(
            f"SELECT delivery_id, contract, file, line, rules, {record} "
            "FROM quarantine JOIN delivery USING (delivery_no) "
            "WHERE starts_with(delivery_id, coalesce($delivery_id, '')) ORDER BY delivery_no, line LIMIT $limit",
            {"delivery_id": delivery_id, "limit": limit},
        ).fetchall()
    return [
        SetAside(delivery, contract, file, line, tuple(rules), text)
        for delivery, contract, file, line, rules, text in rows
    ]
