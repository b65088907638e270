"""What people decide about records that were set aside, and about deliveries that are held.

A record that breaks a rule is set aside with the rules and as it came. A person *corrects* it
(names other values), *accepts* it (says that it is right although it contradicts what is on file),
or *rejects* it. A correction goes through the same door again: it becomes a delivery of one record
under the same contract, is checked by the same rules, and is known from the moment of the decision.
The delivery it came in keeps its counts.

A held delivery is *released*, and is then taken in as any other and known from that moment, or
*turned away*, and its records stay quarantined.

Every decision is kept with who decided, when and why; none is ever overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb

from bureau.content import HeldContent
from bureau.contracts import Contract
from bureau.deliveries import receipts
from bureau.delivery import Delivery, Receipt
from bureau.errors import ReviewError
from bureau.formats.fields import fields_content, fields_of
from bureau.history import History
from bureau.ingest import enter_correction, take_in
from bureau.set_aside import WAITING, SetAside, find_set_aside, form_of, require_id
from bureau.vault import Vault

__all__ = [
    "Decision",
    "accept",
    "correct",
    "reject",
    "release",
    "turn_away",
]


@dataclass(frozen=True)
class Decision:
    """Who decides what, and why.

    Parameters
    ----------
    reviewer : str
        Who decides.
    reason : str
        Why; a sentence that others will understand.
    decided_at : datetime
        When (UTC, naive).

    Raises
    ------
    ReviewError
        If the reviewer or the reason is empty.
    """

    reviewer: str
    reason: str
    decided_at: datetime

    def __post_init__(self) -> None:
        for name in ("reviewer", "reason"):
            if not getattr(self, name).strip():
                raise ReviewError(f"a decision needs a {name}; name one with --{name}")


def correct(
    history: History,
    contracts: Mapping[str, Contract],
    delivery_id: str,
    line: int,
    values: Mapping[str, str | None],
    decision: Decision,
) -> Receipt:
    """Correct a record: it comes in again with other values, under the same rules.

    Parameters
    ----------
    history : History
        The history.
    contracts : mapping of str to Contract
        The contracts by name.
    delivery_id : str
        The delivery; the beginning of its id will do.
    line : int
        The record's line.
    values : mapping of str to str
        Column of the contract to its right value, as text; None for no value.
    decision : Decision
        Who decides, and why.

    Returns
    -------
    Receipt
        Of the corrected record. It may be set aside again.

    Raises
    ------
    ReviewError
        If there is no such record or column, or the record was decided before.
    """
    return _again(history, contracts, delivery_id, line, values, decision, "corrected")


def accept(
    history: History, contracts: Mapping[str, Contract], delivery_id: str, line: int, decision: Decision
) -> Receipt:
    """Accept a record as it is although it contradicts what is on file or the delivery itself.

    The rules it broke are waived, but for those of its form: a number must still be a number.

    Raises
    ------
    ReviewError
        If there is no such record, it was decided before, or it breaks rules of form.
    """
    return _again(history, contracts, delivery_id, line, {}, decision, "accepted")


def reject(history: History, delivery_id: str, line: int, decision: Decision) -> SetAside:
    """Leave a record out for good; it stays in the quarantine.

    Raises
    ------
    ReviewError
        If there is no such record, or it was decided before.
    """
    with history.write() as connection:
        record = _undecided(connection, history.vault, delivery_id, line)
        _note(connection, record.delivery_no, line, "rejected", decision)
        return replace(record, state="rejected")


def release(history: History, contracts: Mapping[str, Contract], delivery_id: str, decision: Decision) -> Receipt:
    """Take in a held delivery; its facts are known from the moment of the decision.

    Raises
    ------
    ReviewError
        If no such delivery is held.
    """
    with history.write() as connection:
        delivery_no, receipt, delivery = _held(connection, history.vault, contracts, delivery_id)
        connection.execute("DELETE FROM delivery WHERE delivery_no = ?", [delivery_no])
        taken = take_in(
            connection, history.vault, replace(delivery, recorded_at=decision.decided_at), receipt, delivery_no
        )
        _note(connection, delivery_no, None, "released", decision)
    history.vault.erase("held", [delivery_no], "released", decision.decided_at)
    return taken


def turn_away(history: History, contracts: Mapping[str, Contract], delivery_id: str, decision: Decision) -> Receipt:
    """Refuse a held delivery for good; its bytes are kept, and its records stay quarantined.

    Raises
    ------
    ReviewError
        If no such delivery is held.
    """
    with history.write() as connection:
        delivery_no, receipt, _ = _held(connection, history.vault, contracts, delivery_id)
        connection.execute("UPDATE delivery SET status = 'turned away' WHERE delivery_no = ?", [delivery_no])
        _note(connection, delivery_no, None, "turned away", decision)
        return replace(receipt, status="turned away")


def _again(
    history: History,
    contracts: Mapping[str, Contract],
    delivery_id: str,
    line: int,
    values: Mapping[str, str | None],
    decision: Decision,
    as_what: str,
) -> Receipt:
    with history.write() as connection:
        record = _undecided(connection, history.vault, delivery_id, line)
        contract = _contract(contracts, record.contract)
        _require_columns(contract, values)
        original = receipts(connection, record.delivery_no)[0]
        came_as = fields_of(record.record or "", form_of(contract, original), contract, original.columns)
        delivery = Delivery(
            replace(contract, format="fields"),
            fields_content(f"{record.file}, line {line}, {as_what}", came_as | dict(values)),
            received_at=decision.decided_at,
            furnisher_id=record.furnisher_id,
            covers=original.covers,
            corrects=record.delivery_no,
            waived=_waivable(contract, record) if as_what == "accepted" else frozenset(),
        )
        receipt, number = enter_correction(connection, history.vault, delivery)
        _note(connection, record.delivery_no, line, as_what, decision, number)
        return receipt


def _waivable(contract: Contract, record: SetAside) -> frozenset[str]:
    """The rules a record broke, if a person may waive them all."""
    may = {check.id for check in contract.checks} | {rule.id for rule in contract.rules} | {"unique"}
    form = [rule for rule in record.rules if rule not in may]
    if form:
        raise ReviewError(
            f"delivery {record.delivery_id[:10]}, line {record.line}: the rule {form[0]!r} is one of form and "
            "cannot be waived; correct the value with `tradeline quarantine correct`"
        )
    return frozenset(record.rules)


def _undecided(connection: duckdb.DuckDBPyConnection, vault: Vault, delivery_id: str, line: int) -> SetAside:
    record = find_set_aside(connection, vault, delivery_id, line)
    if record.record is None:
        raise ReviewError(f"line {line}: of this record nothing is kept any more, since it told of an erased person")
    if record.state != WAITING:
        raise ReviewError(
            f"delivery {record.delivery_id[:10]}, line {line}: the record was {record.state} before; "
            "a decision is not taken back, `tradeline quarantine show` tells who decided"
        )
    return record


def _held(
    connection: duckdb.DuckDBPyConnection, vault: Vault, contracts: Mapping[str, Contract], delivery_id: str
) -> tuple[int, Receipt, Delivery]:
    require_id(delivery_id)
    rows = connection.execute(
        "SELECT delivery_no, bytes FROM delivery WHERE status = 'held' AND starts_with(delivery_id, ?)", [delivery_id]
    ).fetchall()
    if len(rows) != 1:
        problem = "no delivery with this id is held" if not rows else "several held deliveries begin like this"
        raise ReviewError(f"delivery {delivery_id}: {problem}; `tradeline deliveries --held` lists those that wait")
    delivery_no, size = rows[0]
    received = receipts(connection, delivery_no)[0]
    receipt = received.receipt
    delivery = Delivery(
        _contract(contracts, receipt.contract),
        HeldContent(receipt.file, size, vault, delivery_no),
        received.received_at,
        furnisher_id=receipt.furnisher_id,
        covers=received.covers,
    )
    return delivery_no, receipt, delivery


def _contract(contracts: Mapping[str, Contract], name: str) -> Contract:
    if name not in contracts:
        raise ReviewError(
            f"contract {name}: its records cannot be decided one by one; correct the file and deliver it again"
        )
    return contracts[name]


def _require_columns(contract: Contract, values: Mapping[str, str | None]) -> None:
    known = {column.name for column in contract.columns}
    for name in values:
        if name not in known:
            raise ReviewError(
                f"column {name}: the contract {contract.name} has no such column; it has {', '.join(sorted(known))}"
            )


def _note(
    connection: duckdb.DuckDBPyConnection,
    delivery_no: int,
    line: int | None,
    decision_word: str,
    decision: Decision,
    by_delivery: int | None = None,
) -> None:
    connection.execute(
        "INSERT INTO review VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            delivery_no,
            line,
            decision_word,
            decision.reviewer,
            decision.reason,
            decision.decided_at,
            by_delivery,
        ],
    )
