"""Records that were set aside: which there are, what they break, and how they came.

What people decide about them is in :mod:`bureau.quarantine`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import duckdb

from bureau.contracts import Contract, Format
from bureau.deliveries import ReceivedDelivery, receipts
from bureau.errors import ReviewError
from bureau.evidence import revealed
from bureau.formats.fields import fields_of
from bureau.formats.records import FORM_RULES
from bureau.history import History
from bureau.sealing import quarantine_number
from bureau.vault import Vault

__all__ = ["WAITING", "SetAside", "examine", "find_set_aside", "form_of", "list_quarantine", "require_id"]

WAITING: Final = "waiting"
"""The state of a record about which nobody has decided yet."""

_SHORTEST_ID: Final = 4


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
    state : {'waiting', 'corrected', 'accepted', 'rejected', 'erased'}
        What a person has decided last; ``erased`` if it told of somebody who was erased, and nothing is kept of it.
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
    state: str = WAITING
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


def find_set_aside(connection: duckdb.DuckDBPyConnection, vault: Vault, delivery_id: str, line: int) -> SetAside:
    """One record in quarantine, as it came.

    Raises
    ------
    ReviewError
        If there is none, or the beginning of the id fits several deliveries.
    """
    require_id(delivery_id)
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
        record = find_set_aside(connection, history.vault, delivery_id, line)
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
        fields = fields_of(record.record or "", form_of(contract, original), contract, original.columns)
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


def form_of(contract: Contract, delivery: ReceivedDelivery) -> Format:
    """The format of a delivery's records; a correction is told by its fields, whatever it corrects."""
    return contract.format if delivery.corrects is None else "fields"


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
        f"coalesce(decision, '{WAITING}') "
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


def require_id(delivery_id: str) -> None:
    """An id that was left out would fit every delivery."""
    if len(delivery_id) < _SHORTEST_ID:
        raise ReviewError(
            f"delivery {delivery_id!r}: name at least {_SHORTEST_ID} characters of its id; "
            "`tradeline deliveries` lists them"
        )
