"""A delivery, and the receipt for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from bureau.content import Content, digest
from bureau.contracts import Contract

__all__ = ["Delivery", "Furnisher", "Receipt", "Status", "fingerprint"]

Status = Literal["taken in", "held", "released", "turned away"]


@dataclass(frozen=True)
class Furnisher:
    """Someone who reports to the bureau.

    Parameters
    ----------
    furnisher_id : str
        Its name in the history.
    name : str
        Its name for people.
    jurisdiction : str
        Whose law it reports under.
    currency : str
        The currency of amounts that name none.
    """

    furnisher_id: str
    name: str
    jurisdiction: str
    currency: str


@dataclass(frozen=True)
class Delivery:
    """One file, to be read under one contract.

    Parameters
    ----------
    contract : Contract
        What the file holds.
    content : Content
        Its bytes.
    received_at : datetime
        When the bureau received it (UTC, naive).
    observed_on : date, optional
        The date that relative times in the file count from; the day it was received by default.
    furnisher_id : str
        Who sent it; the contract's furnisher where that is one only.
    covers : date, optional
        The end of the period it reports, as its furnisher says.
    recorded_at : datetime, optional
        From when the bureau knew its facts (UTC, naive), unless the contract reads that from the
        data; when it was received by default. Later for a delivery that waited for a person.
    corrects : int, optional
        Number of the delivery whose record this one corrects.
    waived : frozenset of str
        Rules that a person has decided this delivery may break.
    """

    contract: Contract
    content: Content
    received_at: datetime
    observed_on: date | None = None
    furnisher_id: str = ""
    covers: date | None = None
    recorded_at: datetime | None = None
    corrects: int | None = None
    waived: frozenset[str] = frozenset()

    @property
    def furnisher(self) -> str:
        """Who sent it."""
        return self.furnisher_id or self.contract.furnisher_id

    @property
    def counts_from(self) -> date:
        """The date that relative times in the file count from."""
        return self.observed_on or self.received_at.date()

    @property
    def known_from(self) -> datetime:
        """From when the bureau knew its facts."""
        return self.recorded_at or self.received_at


@dataclass(frozen=True)
class Receipt:
    """What became of a delivery; ``read == accepted + quarantined + duplicate``.

    Parameters
    ----------
    delivery_id : str
        Fingerprint of the content and its contract.
    furnisher_id, contract, file : str
        Who, what, and the name of the file.
    read, accepted, quarantined, duplicate : int
        Records. All of a held delivery count as quarantined.
    status : {'taken in', 'held', 'released', 'turned away'}
        Where the delivery stands.
    rules : mapping of str to int
        Broken rule to the number of records that broke it.
    findings : int
        What was noticed about records that were accepted.
    held_because : tuple of str
        Why a person has to look at it, in sentences.
    unknown_columns : tuple of str
        Columns of the file that the contract does not know.
    known_before : bool
        Whether this very delivery had been taken in before; it changed nothing this time.
    """

    delivery_id: str
    furnisher_id: str
    contract: str
    file: str
    read: int
    accepted: int
    quarantined: int
    duplicate: int
    status: Status = "taken in"
    rules: Mapping[str, int] = field(default_factory=dict)
    findings: int = 0
    held_because: tuple[str, ...] = ()
    unknown_columns: tuple[str, ...] = ()
    known_before: bool = False


def fingerprint(delivery: Delivery) -> str:
    """What a delivery is known by: its bytes, its contract, its furnisher, and the date it counts from.

    The same bytes are the same delivery whenever they come and whatever their file is called, so
    that a run can be repeated. A furnisher who returns to an earlier state sends a file that
    differs, in its date for example.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    parts = [delivery.contract.name, delivery.furnisher]
    if delivery.observed_on is not None:
        parts.append(delivery.observed_on.isoformat())
    if delivery.corrects is not None:
        parts.append(f"corrects {delivery.corrects} at {delivery.received_at.isoformat()}")
    return digest(delivery.content, "\n".join(parts) + "\n")
