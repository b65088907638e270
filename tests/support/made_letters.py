"""Decisions on record in the form in which the service keeps them, of which letters can be written."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from made_casework import NOW, record

from bureau.access.subscribers import Subscriber
from bureau.casework.casework import Casework
from bureau.casework.records import DecisionRecord
from serving.answers import DecisionAnswer

__all__ = ["PARTIES", "add_creditor", "kept_decision", "rule_reason"]

PARTIES = """
[agency]
name = "Example Credit Bureau"
address = ["P.O. Box 2200", "Wilmington, DE 19801"]
phone = "1-800-555-0199"

[creditor.harbor]
phone = "1-800-555-0142"
"""
"""The file of a home that names the bureau."""

_APPLICANT = {
    "first_name": "Winifred", "surname": "Okafor", "birth_date": "1979-03-14", "address": "2218 Alder Court",
    "city": "Boise", "region": "ID", "postcode": "83702",
}  # fmt: skip


def add_creditor(casework: Casework) -> None:
    """The creditor of the decisions."""
    casework.subscribers.add(
        Subscriber("harbor", "Harbor Point Lending", "410 Wharf Street; Portland, OR 97209", "us", "ftc", NOW)
    )


def kept_decision(number: int, decision: str = "decline", **changes: Any) -> DecisionRecord:
    """A decision; the answer is checked against the interface's own description of it.

    Parameters
    ----------
    number : int
        Its number.
    decision : str
        What was decided.
    **changes
        Fields of the answer (``decided_by``, ``credit_score``, ``reasons``), or of the request (``applicant``),
        or of the inputs (``not_stated``).
    """
    made = record(number, decision=decision, subscriber="harbor")
    reason = _reason("B01", "Share of card and credit line limits in use", "信用卡与循环信贷额度使用比例")
    answer = {
        "decision_id": made.decision_id, "decided_at": NOW.isoformat() + "Z", "decision": decision,
        "decided_by": "score", "rule": None, "identity": "match", "address_mismatch": False, "credit_score": 528,
        "default_probability": 0.3, "score_range": {"lowest": 300, "highest": 850}, "reasons": [reason],
        "key_factors": [reason], "baselines_agree_on": 1, "notes": [], "jurisdiction": "us", "policy_version": "p",
        "model_version": "m", "known_at": None,
    }  # fmt: skip
    request = {
        "applicant": changes.pop("applicant", _APPLICANT),
        "credit": {"product": "consumer", "currency": "USD", "amount": 12000, "term_months": 36},
    }
    inputs = {"circumstances": {"not_stated": changes.pop("not_stated", [])}}
    answer |= changes
    DecisionAnswer.model_validate_json(json.dumps(answer))
    return dataclasses.replace(
        made, request=_text(request), inputs=_text(inputs), answer=_text(answer), jurisdiction=answer["jurisdiction"]
    )


def rule_reason(code: str, statement: str, statement_zh: str) -> dict[str, Any]:
    """A reason of a rule, as the answer tells it."""
    return _reason(code, statement, statement_zh) | {"component": "rule", "contribution": None}


def _reason(code: str, statement: str, statement_zh: str) -> dict[str, Any]:
    told = {"told": f"{statement}: 94 %", "told_zh": f"{statement_zh}：94%"}
    words = {"code": code, "statement": statement, "statement_zh": statement_zh}
    return words | told | {"component": "score", "contribution": 0.4}


def _text(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
