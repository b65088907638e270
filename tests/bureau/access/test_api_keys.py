"""Keys: made once, good for no more than they were made for, and for no longer."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import Any

import pytest
from made_casework import NOW, SUBSCRIBER, add_subscriber

from bureau.access.access import Access
from bureau.access.api_keys import IssuedKey
from bureau.casework.casework import Casework
from bureau.errors import AccessError
from bureau.home import Home

WEEK = timedelta(days=7)


def make(casework: Casework, **changes: Any) -> IssuedKey:
    told: dict[str, Any] = {"scopes": ["decide", "read"], "purposes": ["credit-application"], "now": NOW}
    return casework.keys.create(SUBSCRIBER, **(told | {"expires_at": NOW + WEEK} | changes))


def test_a_key_opens_what_it_was_made_for(casework: Casework) -> None:
    issued = make(casework, per_minute=10, per_day=100)
    assert re.fullmatch(r"tlk_[0-9a-f]{16}_[A-Za-z0-9_-]{43}", issued.text)
    assert casework.keys.authenticate(issued.text, NOW) == Access(
        SUBSCRIBER,
        issued.key.key_id,
        frozenset({"decide", "read"}),
        frozenset({"credit-application"}),
        "us",
        10,
        100,
    )


def test_what_is_no_key_opens_nothing(casework: Casework) -> None:
    issued = make(casework)
    told = casework.keys.authenticate
    last = "A" if issued.text[-2] != "A" else "B"
    assert told(None, NOW) == "absent"
    assert told("", NOW) == "absent"
    assert told("tlk_1_2", NOW) == "malformed"
    assert told(issued.text + "A", NOW) == "malformed"
    assert told(issued.text[:-2] + last + issued.text[-1], NOW) == "unknown"
    assert told("tlk_" + "0" * 16 + issued.text[20:], NOW) == "unknown"


def test_a_key_ends_to_the_second(casework: Casework) -> None:
    issued = make(casework)
    second = timedelta(seconds=1)
    assert isinstance(casework.keys.authenticate(issued.text, NOW + WEEK - second), Access)
    assert casework.keys.authenticate(issued.text, NOW + WEEK) == "expired"
    assert casework.keys.revoke(issued.key.key_id, NOW + second)
    assert not casework.keys.revoke(issued.key.key_id, NOW + 2 * second)
    for now in (NOW, NOW + second):  # also by a clock that is behind
        assert casework.keys.authenticate(issued.text, now) == "revoked"


def test_a_rotated_key_overlaps_with_its_successor(casework: Casework) -> None:
    old = make(casework, per_minute=5)
    new = casework.keys.rotate(old.key.key_id, now=NOW, expires_at=NOW + 4 * WEEK, overlap=timedelta(hours=1))
    assert (new.key.replaces, new.key.scopes, new.key.per_minute) == (old.key.key_id, old.key.scopes, 5)
    hour = timedelta(hours=1)
    assert isinstance(casework.keys.authenticate(old.text, NOW + hour - timedelta(seconds=1)), Access)
    assert casework.keys.authenticate(old.text, NOW + hour) == "expired"
    assert isinstance(casework.keys.authenticate(new.text, NOW + 3 * WEEK), Access)
    with pytest.raises(AccessError, match="this key is expired"):
        casework.keys.rotate(old.key.key_id, now=NOW + WEEK, expires_at=NOW + 2 * WEEK, overlap=hour)


def test_an_overlap_never_prolongs_a_key(casework: Casework) -> None:
    old = make(casework)
    casework.keys.rotate(old.key.key_id, now=NOW, expires_at=NOW + 4 * WEEK, overlap=3 * WEEK)
    assert casework.keys.get(old.key.key_id).expires_at == NOW + WEEK


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"scopes": []}, "one or several of the scopes"),
        ({"scopes": ["everything"]}, "one or several of the scopes"),
        ({"purposes": ["gossip"]}, "no permissible purpose"),
        ({"purposes": ["employment"]}, "has not certified employment"),
        ({"expires_at": NOW}, "a year at most"),
        ({"expires_at": NOW + timedelta(days=367)}, "a year at most"),
        ({"per_minute": -1}, "a limit of -1 requests is none"),
    ],
    ids=["no scope", "unknown scope", "unknown purpose", "not certified", "no time", "too long", "limit"],
)
def test_what_no_key_can_be_made_for(casework: Casework, changes: dict[str, Any], rule: str) -> None:
    with pytest.raises(AccessError, match=rule):
        make(casework, **changes)
    assert casework.keys.all() == []


def test_a_withdrawn_certification_takes_the_purpose_from_every_key(casework: Casework) -> None:
    issued = make(casework, purposes=["credit-application", "account-review"])
    assert casework.subscribers.withdraw(SUBSCRIBER, "account-review", NOW)
    assert not casework.subscribers.withdraw(SUBSCRIBER, "account-review", NOW)
    access = casework.keys.authenticate(issued.text, NOW)
    assert isinstance(access, Access)
    assert access.purposes == {"credit-application"}
    casework.subscribers.certify(SUBSCRIBER, ["account-review"], NOW + timedelta(days=1))
    again = casework.keys.authenticate(issued.text, NOW)
    assert isinstance(again, Access)
    assert again.purposes == {"credit-application", "account-review"}


def test_no_file_and_no_text_holds_a_secret(home: Home, casework: Casework) -> None:
    issued = make(casework)
    secret = issued.text.rpartition("_")[2]
    assert secret not in repr(issued)
    digests = {hashlib.sha256(text.encode()).digest() for text in (secret, issued.text)}
    for path in home.root.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert secret.encode() not in content
        assert not any(digest in content for digest in digests)  # nor what anybody could try guesses against


def test_every_change_is_in_the_audit_log(casework: Casework) -> None:
    issued = make(casework)
    new = casework.keys.rotate(issued.key.key_id, now=NOW, expires_at=NOW + WEEK, overlap=timedelta())
    casework.keys.revoke(new.key.key_id, NOW)
    told = [entry.text for entry in casework.audit.entries()]
    for kind, subject in (
        ("key created", issued.key.key_id),
        ("key rotated", new.key.key_id),
        ("key revoked", new.key.key_id),
    ):
        assert any(f'"kind":"{kind}"' in text and f'"subject":"{subject}"' in text for text in told)
    assert not any("tlk_" in text for text in told)


def test_keys_are_listed_by_subscriber(casework: Casework) -> None:
    add_subscriber(casework, "other-bank")
    mine = make(casework)
    assert [key.key_id for key in casework.keys.all(SUBSCRIBER)] == [mine.key.key_id]
    assert casework.keys.all("other-bank") == []
    with pytest.raises(AccessError, match="no such key"):
        casework.keys.revoke("0" * 16, NOW)
