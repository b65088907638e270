"""What waits for a person: records set aside and deliveries held, and what people decide about them.

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

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import duckdb

from bureau.content import HeldContent
from bureau.contracts import Contract, Format
from bureau.deliveries import ReceivedDelivery, receipts
from bureau.delivery import Delivery, Receipt
from bureau.errors import ReviewError
from bureau.evidence import revealed
from bureau.formats.fields import fields_content, fields_of
from bureau.formats.records import FORM_RULES
from bureau.history import History
from bureau.ingest import enter_correction, take_in
from bureau.sealing import quarantine_number
from bureau.vault import Vault

__all__ = [
    "Decision",
    "SetAside",
    "accept",
    "correct",
    "examine",
    "list_quarantine",
    "reject",
    "release",
    "set_aside",
    "turn_away",
]

_WAITING: Final = "waiting"
_SHORTEST_ID: Final = 4


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


@dataclass(frozen=True)
class SetAside:
    """A record in quarantine.

    Parameters
    ----------
    delivery_no : int
        Number of the delivery it came in.
    delivery_id, furnisher_id, contract, file : str
        The delivery it came in.
    line : int
        Its line in the file.
    rules : tuple of str
        The rules it breaks, as ``rule`` or ``rule:column``.
    state : {'waiting', 'corrected', 'accepted', 'rejected'}
        What a person has decided last.
    record : str, optional
        The record as it came. It may hold personal data: it is read on request alone and never
        shown by ``repr``.
    """

    delivery_no: int
    delivery_id: str
    furnisher_id: str
    contract: str
    file: str
    line: int
    rules: tuple[str, ...]
    state: str = _WAITING
    record: str | None = field(default=None, repr=False)


def list_quarantine(
    history: History,
    delivery_id: str | None = None,
    *,
    waiting: bool = False,
    with_records: bool = False,
    limit: int | None = None,
) -> list[SetAside]:
    """The records that were set aside, in the order of their deliveries and lines.

    Parameters
    ----------
    history : History
        The history.
    delivery_id : str, optional
        Of this delivery alone; the beginning of its id will do.
    waiting : bool
        Only those that still wait for a decision.
    with_records : bool
        Read the records themselves too, which may hold personal data.
    limit : int, optional
        No more than this many.
    """
    with history.read() as connection:
        return _listed(
            connection,
            history.vault,
            f"starts_with(delivery_id, coalesce($delivery_id, '')) {'AND decision IS NULL' if waiting else ''} "
            "ORDER BY delivery_no, line LIMIT $limit",
            {"delivery_id": delivery_id, "limit": limit},
            with_records=with_records,
        )


def set_aside(connection: duckdb.DuckDBPyConnection, vault: Vault, delivery_id: str, line: int) -> SetAside:
    """One record in quarantine, as it came.

    Raises
    ------
    ReviewError
        If there is none, or the beginning of the id fits several deliveries.
    """
    _require_id(delivery_id)
    found = _listed(
        connection,
        vault,
        "starts_with(delivery_id, $delivery_id) AND line = $line",
        {"delivery_id": delivery_id, "line": line},
        with_records=True,
    )
    if len(found) != 1:
        problem = "no record is set aside" if not found else "several deliveries have a record set aside"
        raise ReviewError(
            f"delivery {delivery_id}, line {line}: {problem}; "
            "`tradeline quarantine list` names them with their full ids"
        )
    return found[0]


def examine(history: History, contracts: Mapping[str, Contract], delivery_id: str, line: int) -> dict[str, Any]:
    """All about one record set aside: how it came, its fields, what it breaks, what was decided.

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

    Returns
    -------
    dict
        ``delivery_id``, ``furnisher``, ``contract``, ``file``, ``line``, ``state``, ``rules`` (id,
        severity, sentence), ``evidence`` (what it contradicts; personal data), ``record`` (as it
        came; personal data), ``fields`` (by the contract's
        columns; empty where it cannot be taken apart) and ``decisions``.

    Raises
    ------
    ReviewError
        If there is none, or the beginning of the id fits several deliveries.
    """
    with history.read() as connection:
        record = set_aside(connection, history.vault, delivery_id, line)
        original = receipts(connection, record.delivery_no)[0]
        decisions = connection.execute(
            "SELECT decision, reviewer, reason, decided_at::VARCHAR AS decided_at, by_delivery FROM review "
            "WHERE delivery_no = ? AND line = ? ORDER BY review.decided_at",
            [record.delivery_no, line],
        ).fetchall()
    kept = history.vault.open("quarantine", [quarantine_number(record.delivery_no, line)])
    evidence = [json.loads(entry.content) for entry in kept if entry.field == "evidence"]
    contract = contracts.get(record.contract)
    sentences = contract.sentences if contract else {}
    fields: dict[str, Any] = {}
    if contract is not None:
        fields = fields_of(record.record or "", _form(contract, original), contract, original.columns)
    named = ("decision", "reviewer", "reason", "decided_at", "by_delivery")
    return {
        "delivery_id": record.delivery_id,
        "furnisher": record.furnisher_id,
        "contract": record.contract,
        "file": record.file,
        "line": line,
        "state": record.state,
        "rules": [
            {"id": rule, "severity": severity, "sentence": sentence}
            for rule in record.rules
            for severity, sentence in [sentences.get(rule, ("set aside", FORM_RULES.get(rule, "")))]
        ],
        "evidence": revealed(history.vault, evidence),
        "record": record.record,
        "fields": fields,
        "decisions": [dict(zip(named, decision, strict=True)) for decision in decisions],
    }


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
        if record.record is None:
            raise ReviewError(
                f"line {line}: of this record nothing is kept any more, since it told of an erased person"
            )
        contract = _contract(contracts, record.contract)
        _require_columns(contract, values)
        original = receipts(connection, record.delivery_no)[0]
        came_as = fields_of(record.record or "", _form(contract, original), contract, original.columns)
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


def _form(contract: Contract, delivery: ReceivedDelivery) -> Format:
    """The format of a delivery's records; a correction is told by its fields, whatever it corrects."""
    return contract.format if delivery.corrects is None else "fields"


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


def _listed(
    connection: duckdb.DuckDBPyConnection,
    vault: Vault,
    where: str,
    parameters: Mapping[str, Any],
    *,
    with_records: bool,
) -> list[SetAside]:
    rows = connection.execute(
        "SELECT delivery_no, delivery_id, furnisher_id, contract, file, line, rules, "
        f"coalesce(decision, '{_WAITING}') "
        "FROM quarantine JOIN delivery USING (delivery_no) "
        "LEFT JOIN (SELECT delivery_no, line, arg_max(decision, decided_at) AS decision FROM review "
        f"WHERE line IS NOT NULL GROUP BY ALL) AS decided USING (delivery_no, line) WHERE {where}",
        parameters,
    ).fetchall()
    numbers = [quarantine_number(row[0], row[5]) for row in rows] if with_records else []
    records = {
        each.number: each.content.decode() for each in vault.open("quarantine", numbers) if each.field == "record"
    }
    return [
        SetAside(
            delivery_no, delivery_id, furnisher, contract, file, line, tuple(rules), state,
            records.get(quarantine_number(delivery_no, line)),
        )
        for delivery_no, delivery_id, furnisher, contract, file, line, rules, state in rows
    ]  # fmt: skip


def _undecided(connection: duckdb.DuckDBPyConnection, vault: Vault, delivery_id: str, line: int) -> SetAside:
    record = set_aside(connection, vault, delivery_id, line)
    if record.state != _WAITING:
        raise ReviewError(
            f"delivery {record.delivery_id[:10]}, line {line}: the record was {record.state} before; "
            "a decision is not taken back, `tradeline quarantine show` tells who decided"
        )
    return record


def _held(
    connection: duckdb.DuckDBPyConnection, vault: Vault, contracts: Mapping[str, Contract], delivery_id: str
) -> tuple[int, Receipt, Delivery]:
    _require_id(delivery_id)
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


def _require_id(delivery_id: str) -> None:
    """An id that was left out would fit every delivery."""
    if len(delivery_id) < _SHORTEST_ID:
        raise ReviewError(
            f"delivery {delivery_id!r}: name at least {_SHORTEST_ID} characters of its id; "
            "`tradeline deliveries` lists them"
        )


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
