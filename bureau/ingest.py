"""Taking in deliveries: each is one transaction, and all of it or nothing is kept.

A delivery far outside its furnisher's habits is *held*: nothing of it becomes a fact, its bytes
are kept in the vault, all its records count as quarantined, and a person releases it
or turns it away (:mod:`bureau.quarantine`).
"""

from __future__ import annotations

import dataclasses
import logging
from typing import Final

import duckdb

from bureau.content import parts
from bureau.deliveries import keep_delivery, next_delivery_no, receipts
from bureau.delivery import Delivery, Furnisher, Receipt, fingerprint
from bureau.errors import BureauError, DeliveryRefused
from bureau.formats.lines import file_errors
from bureau.formats.records import FORM_RULES
from bureau.habits import Profile, judge
from bureau.history import History
from bureau.intake import Intake, Judge, Progress
from bureau.profiles import load_profiles, store_profile
from bureau.shifts import Bins
from bureau.vault import Vault

__all__ = [
    "MAX_BAD_SHARE",
    "enter_correction",
    "ingest",
    "ingest_own",
    "ingest_within",
    "known_receipt",
    "register_furnishers",
    "take_in",
]

_log = logging.getLogger(__name__)
_LOGGED: Final = (
    "delivery_id",
    "furnisher_id",
    "contract",
    "file",
    "status",
    "read",
    "accepted",
    "quarantined",
    "duplicate",
    "known_before",
)

MAX_BAD_SHARE: Final = 0.05
"""A portfolio's table with a larger share of bad records is refused as a whole."""


def register_furnishers(history: History, furnishers: tuple[Furnisher, ...]) -> None:
    """Make furnishers known to the history; one that is known already is left as it is."""
    with history.write() as connection:
        for furnisher in furnishers:
            connection.execute(
                "INSERT INTO furnisher SELECT $1, $2, $3, $4 WHERE NOT EXISTS (FROM furnisher WHERE furnisher_id = $1)",
                [furnisher.furnisher_id, furnisher.name, furnisher.jurisdiction, furnisher.currency],
            )


def ingest(history: History, delivery: Delivery, progress: Progress | None = None) -> Receipt:
    """Take one delivery into the history, or hold it for a person.

    Parameters
    ----------
    history : History
        Where the facts go.
    delivery : Delivery
        The file and its contract.
    progress : callable, optional
        Told the share of the file that has been read.

    Returns
    -------
    Receipt
        What became of its records. A delivery taken in before changes nothing, and its first
        receipt is returned with ``known_before``.

    Raises
    ------
    DeliveryRefused
        If the file as a whole cannot be read; its facts are none, and the refusal is noted.
    HistoryBusy
        If another process holds the history for too long.
    DiskFull
        If there is no room; the history is as it was.
    """
    try:
        with history.write() as connection:
            receipt = _enter(connection, history.vault, delivery, progress, _hold_if_unusual)
    except _FarFromHabit as far:
        with history.write() as connection:
            receipt = known_receipt(connection, far.receipt.delivery_id) or _hold(
                connection, history.vault, delivery, far
            )
    except DeliveryRefused as refused:
        with history.write() as connection:
            _note_refusal(connection, delivery, refused)
        _log.warning("delivery refused", extra={"file": delivery.content.name, "furnisher": delivery.furnisher})
        raise
    _log.info("delivery received", extra={name: getattr(receipt, name) for name in _LOGGED})
    return receipt


def ingest_within(
    connection: duckdb.DuckDBPyConnection, vault: Vault, delivery: Delivery, progress: Progress | None = None
) -> Receipt:
    """Take one table of a portfolio into the history within a write transaction, which the caller ends.

    It is never held: with more than :data:`MAX_BAD_SHARE` bad records it is refused.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A write transaction of the history; after an error it must not be committed.
    vault : Vault
        The vault of the same home.
    delivery, progress
        As for :func:`ingest`.

    Raises
    ------
    DeliveryRefused
        If the file as a whole cannot be taken in.
    """
    return _enter(connection, vault, delivery, progress, _refuse_if_bad)


def take_in(
    connection: duckdb.DuckDBPyConnection, vault: Vault, delivery: Delivery, receipt: Receipt, delivery_no: int
) -> Receipt:
    """Take in a delivery that a person has released; the receipt it gets now.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A write transaction of the history.
    vault : Vault
        The vault of the same home.
    delivery : Delivery
        The delivery, with its held content.
    receipt : Receipt
        What it got when it was held.
    delivery_no : int
        Its number.
    """
    intake = Intake(connection, vault, delivery, receipt.delivery_id, delivery_no, "released", receipt.held_because)
    return intake.run(None, _pass)


def ingest_own(history: History, delivery: Delivery) -> Receipt:
    """Take in what the bureau itself has recorded, such as inquiries: it is never held, however unusual.

    A delivery taken in before changes nothing, and its first receipt is returned with ``known_before``.

    Parameters
    ----------
    history : History
        Where the facts go.
    delivery : Delivery
        The delivery.

    Raises
    ------
    DeliveryRefused
        If it cannot be read.
    HistoryBusy
        If another process holds the history for too long.
    """
    with history.write() as connection:
        receipt = _enter(connection, history.vault, delivery, None, _pass)
    _log.info("own delivery received", extra={name: getattr(receipt, name) for name in _LOGGED})
    return receipt


def enter_correction(connection: duckdb.DuckDBPyConnection, vault: Vault, delivery: Delivery) -> tuple[Receipt, int]:
    """Take in a record that a person has corrected; its receipt, and its number among the deliveries."""
    number = next_delivery_no(connection, vault)
    intake = Intake(connection, vault, delivery, fingerprint(delivery), number)
    return intake.run(None, _pass), number


def known_receipt(connection: duckdb.DuckDBPyConnection, delivery_id: str) -> Receipt | None:
    """The receipt of a delivery that came before; None if it did not."""
    row = connection.execute("SELECT delivery_no FROM delivery WHERE delivery_id = ?", [delivery_id]).fetchone()
    return None if row is None else dataclasses.replace(receipts(connection, row[0])[0].receipt, known_before=True)


class _FarFromHabit(BureauError):
    """The delivery has to be held."""

    def __init__(self, receipt: Receipt, bins: Bins) -> None:
        self.receipt = receipt
        self.bins = bins
        super().__init__("; ".join(receipt.held_because))


def _enter(
    connection: duckdb.DuckDBPyConnection, vault: Vault, delivery: Delivery, progress: Progress | None, judge: Judge
) -> Receipt:
    name = delivery.content.name
    with file_errors(name):
        before = delivery.content.state()
        delivery_id = fingerprint(delivery)
    known = known_receipt(connection, delivery_id)
    if known is not None:
        return known
    receipt = Intake(connection, vault, delivery, delivery_id, next_delivery_no(connection, vault)).run(progress, judge)
    with file_errors(name):
        if delivery.content.state() != before:
            raise DeliveryRefused(name, "the file changed while it was read", "wait until it is complete")
    return receipt


def _hold_if_unusual(intake: Intake, receipt: Receipt) -> None:
    delivery = intake.delivery
    if delivery.corrects is not None:
        return  # a person has just looked at it
    earlier = load_profiles(
        intake.connection,
        receipt.furnisher_id,
        receipt.contract,
        received_by=delivery.received_at,
        but_not=intake.delivery_no,
    )
    profile = Profile(
        receipt.read, receipt.quarantined, receipt.duplicate, delivery.received_at, delivery.covers, intake.bins
    )
    because = tuple(anomaly.sentence for anomaly in judge(profile, earlier) if anomaly.holds)
    if because:
        raise _FarFromHabit(
            dataclasses.replace(
                receipt,
                status="held",
                held_because=because,
                accepted=0,
                quarantined=receipt.read,
                duplicate=0,
                findings=0,
            ),
            intake.bins,
        )


def _hold(connection: duckdb.DuckDBPyConnection, vault: Vault, delivery: Delivery, far: _FarFromHabit) -> Receipt:
    delivery_no = next_delivery_no(connection, vault)
    vault.discard(-delivery_no)
    kept = ((delivery_no, number, "content", part) for number, part in enumerate(parts(delivery.content)))
    vault.seal("held", kept, delivery_no=-delivery_no)  # its records, once released, are another writing
    keep_delivery(connection, delivery, far.receipt, delivery_no, delivery.content.size)
    store_profile(connection, delivery_no, far.bins)
    return far.receipt


def _pass(_intake: Intake, _receipt: Receipt) -> None:
    """Let a delivery in that a person has judged, or that the bureau has made."""


def _note_refusal(connection: duckdb.DuckDBPyConnection, delivery: Delivery, refused: DeliveryRefused) -> None:
    """Note once that a file could not be read, and why."""
    try:
        delivery_id = fingerprint(delivery)
    except OSError:
        return
    connection.execute("DELETE FROM refused_delivery WHERE delivery_id = ?", [delivery_id])
    connection.execute(
        "INSERT INTO refused_delivery VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            delivery_id,
            delivery.furnisher,
            delivery.contract.name,
            delivery.content.name,
            delivery.received_at,
            refused.rule if refused.column is None else f"column {refused.column}: {refused.rule}",
            refused.remedy,
        ],
    )


def _refuse_if_bad(intake: Intake, receipt: Receipt) -> None:
    if receipt.quarantined <= MAX_BAD_SHARE * receipt.read:
        return
    rule, count = next(iter(receipt.rules.items()))
    row = intake.connection.execute("SELECT min(line_no) FROM set_aside WHERE rule = ?", [rule]).fetchone()
    line = row[0] if row is not None else 0
    _, _, column = rule.partition(":")
    raise DeliveryRefused(
        receipt.file,
        f"{receipt.quarantined:,} of {receipt.read:,} records are bad, over {MAX_BAD_SHARE:.0%}; "
        f"{count:,} break the rule {rule.partition(':')[0]!r} ({_words(intake, rule)}), the first in line {line}",
        "correct the records, or ask the furnisher to",
        column or None,
    )


def _words(intake: Intake, rule: str) -> str:
    return FORM_RULES.get(rule) or intake.contract.sentences[rule][1]
