"""Policies made up for tests: as files state them, with one thing changed."""

from __future__ import annotations

from datetime import date
from typing import Any

from scoring.policy.conditions import AddressDiffers, Flagged, Found, UnderAge
from scoring.policy.policy import Policy
from scoring.policy.rules import Rule

__all__ = ["FROZEN", "REFERRING", "made_policy", "stated_policy"]

FROZEN = Rule("frozen", Flagged(("frozen",)), "no score", "R01")
REFERRING = Rule("alert", Flagged(("fraud_alert",)), "refer", "R06")


def made_policy(**others: Any) -> Policy:
    """A policy with a rule of every outcome: declined below 540, approved from 560."""
    rules = (
        Rule("nobody", Found(("no match",)), "no score", "R03"),
        Rule("young", UnderAge(18), "decline", "R08"),
        FROZEN,
        Rule("dead", Flagged(("deceased",)), "decline", "R02"),
        REFERRING,
        Rule("duty", Flagged(("active_duty",)), "refer", "R07"),
        Rule("address", AddressDiffers(), "note", "R05"),
    )
    stated: dict[str, Any] = {"portfolio": "p", "version": "p-1", "effective_from": date(2024, 1, 1), "rules": rules}
    return Policy(**(stated | {"refer_below": 560, "decline_below": 540} | others))


def stated_policy(**others: Any) -> dict[str, Any]:
    """A well-formed version as a file states it."""
    rules: list[dict[str, Any]] = [
        {"name": "frozen", "when": "flag", "flags": ["frozen"], "outcome": "no score", "reason": "R01"},
        {"name": "nobody", "when": "identity", "identities": ["no match"], "outcome": "no score", "reason": "R03"},
        {"name": "young", "when": "under age", "least": 18, "outcome": "decline", "reason": "R08"},
        {"name": "address", "when": "address differs", "outcome": "note", "reason": "R05"},
        {"name": "several", "when": "identity", "identities": ["ambiguous"], "outcome": "no score", "reason": "R04"},
    ]  # fmt: skip
    return {
        "portfolio": "p",
        "version": "p-1",
        "effective_from": date(2024, 1, 1),
        "cut_offs": {"refer_below": 560, "decline_below": 540},
        "rules": rules,
        "jurisdictions": {"us": {}, "us-ca": {}},
    } | others
