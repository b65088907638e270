"""Inquiries reach the history: as deliveries of the subscribers' own, through the ordinary door, exactly once.

An outgoing delivery holds the same inquiries for ever, so its bytes and its fingerprint are the same however
often it is begun. Killed before the history has it, it is delivered again; killed after, the history knows it.
What is personal in it stays in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bureau.casework.casework import Casework
from bureau.casework.inquiries import Outgoing
from bureau.content import BytesContent
from bureau.delivery import Delivery, Furnisher, Receipt
from bureau.history import History
from bureau.ingest import ingest_own, register_furnishers
from bureau.kinds.inquiries import INQUIRIES

__all__ = ["DeliveredInquiries", "deliver_inquiries"]

_NO_CURRENCY: Final = ""


@dataclass(frozen=True)
class DeliveredInquiries:
    """One outgoing delivery that is in the history.

    Parameters
    ----------
    number : int
        Its number.
    subscriber : str
        Whose inquiries.
    receipt : Receipt
        What became of them.
    """

    number: int
    subscriber: str
    receipt: Receipt


def deliver_inquiries(
    casework: Casework, history: History, at: datetime, *, done: Callable[[str], None] | None = None
) -> list[DeliveredInquiries]:
    """Deliver the hard inquiries that wait; repeat it if it was interrupted.

    Parameters
    ----------
    casework : Casework
        Where they were kept.
    history : History
        Where they go.
    at : datetime
        The moment (UTC, naive).
    done : callable, optional
        Told after each step of each delivery: ``put together``, ``in the history``, ``noted``.

    Raises
    ------
    CaseworkBusy, HistoryBusy
        If another process is at work for too long.
    """
    tell = done or _nobody
    delivered = []
    numbers = casework.inquiries.put_together(at)
    tell("put together")
    for number in numbers:
        outgoing = casework.inquiries.outgoing(number)
        receipt = _ingest(casework, history, outgoing)
        tell("in the history")
        casework.inquiries.delivered(number, receipt.delivery_id, at)
        tell("noted")
        delivered.append(DeliveredInquiries(number, outgoing.subscriber, receipt))
    return delivered


def _ingest(casework: Casework, history: History, outgoing: Outgoing) -> Receipt:
    subscriber = casework.subscribers.get(outgoing.subscriber)
    furnisher = Furnisher(subscriber.subscriber_id, subscriber.name, subscriber.jurisdiction, _NO_CURRENCY)
    register_furnishers(history, (furnisher,))
    content = BytesContent(f"inquiries-{outgoing.number}.jsonl", outgoing.records)
    return ingest_own(history, Delivery(INQUIRIES, content, outgoing.made_at, furnisher_id=subscriber.subscriber_id))


def _nobody(_: str) -> None:
    """Nobody wants to know."""
