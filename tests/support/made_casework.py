"""A casework store with a subscriber, and decisions, inquiries and entries to put into it."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from pathlib import Path
from typing import Any

from bureau.access.subscribers import Subscriber
from bureau.casework.casework import Casework
from bureau.casework.records import DecisionRecord, NewInquiry
from bureau.store import Store

__all__ = ["NOW", "SUBSCRIBER", "add_subscriber", "behind", "inquiry", "record"]

NOW = datetime.fromisoformat("2026-11-28T12:00:00")
SUBSCRIBER = "harbour-bank"


def add_subscriber(casework: Casework, name: str = SUBSCRIBER) -> None:
    """A lender that has certified two purposes."""
    casework.subscribers.add(Subscriber(name, "Harbour Bank", "1 Quay Street, Boston", "us", "", NOW))
    casework.subscribers.certify(name, ["credit-application", "account-review"], NOW)


def record(number: int, **changes: Any) -> DecisionRecord:
    """A decision; its content tells its number."""
    told = f"content-of-{number}".encode()
    made = DecisionRecord(
        decision_id=f"decision-{number:06d}",
        decided_at=NOW,
        subscriber=SUBSCRIBER,
        key_id="a-key",
        purpose="credit-application",
        consumer_id=7,
        portfolio="home-credit",
        jurisdiction="us",
        model_version="home-credit-1",
        manifest_sha256="ab" * 32,
        policy_version="home-credit-us-1",
        known_at=NOW,
        decision="decline",
        request=told + b" request",
        inputs=told + b" inputs",
        answer=told + b" answer",
        shadow=b"",
    )
    return dataclasses.replace(made, **changes)


def inquiry(number: int, **changes: Any) -> NewInquiry:
    """The inquiry of a decision, about a consumer who is known."""
    made = NewInquiry(
        f"decision-{number:06d}", SUBSCRIBER, NOW.date(), "hard", "card", "USD", consumer_id=7, amount_asked=1200.0
    )
    return dataclasses.replace(made, **changes)


def behind(place: Path | str, *statements: str, **values: object) -> Any:
    """Run statements behind the casework's back, its guards taken away; what the last one selects."""
    store = Store(place, "casework", 5)
    guards = (
        ("DROP TRIGGER IF EXISTS audit_entry_update", "DROP TRIGGER IF EXISTS audit_entry_delete")
        if store.is_sqlite
        else ("DROP TRIGGER IF EXISTS audit_entry_change ON audit_entry",)
    )
    try:
        for statement in guards:
            store.rows(statement)
        found: Any = None
        for statement in statements:
            used = {name: value for name, value in values.items() if f":{name}" in statement}
            found = store.rows(statement, **used)
        return found
    finally:
        store.close()
