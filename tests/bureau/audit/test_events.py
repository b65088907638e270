"""Events hold codes and numbers, and come back as they were."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bureau.audit.events import KINDS, Event
from bureau.errors import AuditBroken

AT = datetime.fromisoformat("2026-11-28T12:00:00.123456")
CODES = st.from_regex(r"[A-Za-z0-9._:/+-]{0,20}", fullmatch=True)


@given(
    kind=st.sampled_from(KINDS),
    subject=CODES,
    consumer=st.none() | st.integers(1, 2**53),
    details=st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True), CODES | st.integers() | st.none()),
    number=st.integers(1, 2**53),
)
def test_an_event_comes_back_from_its_text(
    kind: Any, subject: str, consumer: int | None, details: dict[str, Any], number: int
) -> None:
    event = Event(kind, AT, "actor", "bank", subject, consumer, details)
    text = event.canonical(number)
    assert Event.of(text) == (number, event)
    assert text.isascii()
    assert Event.of(text)[1].canonical(number) == text


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "Jane Doe"},
        {"actor": "jane@example.com"},
        {"subscriber": "李雷"},
        {"details": {"why": "a sentence"}},
        {"details": {"amount": 12.5}},
        {"details": {"Name": "x"}},
        {"details": {"long": "x" * 129}},
    ],
    ids=["name", "mail", "hanzi", "sentence", "fraction", "key", "long"],
)
def test_what_could_tell_of_somebody_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(AuditBroken, match="no code and no number") as caught:
        Event("score", AT, **changes)
    assert not any(str(value) in str(caught.value) for value in changes.values())


def test_a_kind_or_a_moment_that_is_none_is_refused() -> None:
    kind: Any = "gossip"
    with pytest.raises(AuditBroken, match="of a kind that is not listed"):
        Event(kind, AT)
    with pytest.raises(AuditBroken, match="has a time zone"):
        Event("score", AT.replace(tzinfo=UTC))
    for text in ("", "[]", "{}", '{"number": 1}', '{"number": 1, "at": "today", "kind": "score"}'):
        with pytest.raises(AuditBroken, match="not readable as one"):
            Event.of(text)
