"""A delivery, and the receipt for it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from bureau.contracts import Contract

__all__ = ["Delivery", "Furnisher", "Receipt", "fingerprint"]


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
    path : Path
        The file.
    received_at : datetime
        When the bureau received it (UTC, naive); the recorded date of its facts, unless the
        contract reads that from the data.
    observed_on : date
        The date that relative times in the file count from.
    """

    contract: Contract
    path: Path
    received_at: datetime
    observed_on: date


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
        Records.
    rules : mapping of str to int
        Broken rule to the number of records that broke it.
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
    rules: Mapping[str, int] = field(default_factory=dict)
    unknown_columns: tuple[str, ...] = ()
    known_before: bool = False


def fingerprint(delivery: Delivery) -> str:
    """What a delivery is known by: its bytes, its contract and the date it counts from.

    The same bytes are the same delivery whenever they come, so that a run can be repeated. A
    furnisher who returns to an earlier state sends a file that differs, in its date for example.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    digest = hashlib.sha256(f"{delivery.contract.name}\n{delivery.observed_on.isoformat()}\n".encode())
    with delivery.path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()[:32]
