"""A lender that may ask: a subscriber with certified purposes, and keys of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from bureau.access.access import SCOPES
from bureau.access.purposes import PURPOSES
from bureau.access.subscribers import Subscriber
from bureau.casework.casework import Casework

__all__ = ["LENDER", "add_lender", "application", "bearer", "make_key"]

LENDER = "first-lender"


def add_lender(casework: Casework, subscriber: str = LENDER, jurisdiction: str = "us") -> None:
    """Add a subscriber that has certified every purpose."""
    now = _now()
    casework.subscribers.add(
        Subscriber(subscriber, "First Lender", "1 Main Street, Springfield, IL 62701", jurisdiction, "ftc", now)
    )
    casework.subscribers.certify(subscriber, PURPOSES, now)


def make_key(
    casework: Casework,
    subscriber: str = LENDER,
    scopes: Iterable[str] = SCOPES,
    purposes: Iterable[str] = ("credit-application", "account-review"),
    per_minute: int = 0,
    lasts: timedelta = timedelta(days=30),
) -> str:
    """A key as its subscriber is shown it."""
    now = _now()
    issued = casework.keys.create(
        subscriber, scopes=scopes, purposes=purposes, now=now, expires_at=now + lasts, per_minute=per_minute
    )
    return issued.text


def application(**others: Any) -> dict[str, Any]:
    """An application as a body of POST /v1/decisions; who applies is among the others."""
    body = {
        "credit": {"product": "consumer", "currency": "USD", "amount": 12_000, "term_months": 36},
        "consent": {"given_on": "2026-01-02"},
        "purpose": "credit-application",
    }
    return body | others


def bearer(key: str) -> dict[str, str]:
    """The header that presents a key."""
    return {"Authorization": f"Bearer {key}"}


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
