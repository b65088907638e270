"""Subscribers, and the purposes that they certify."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from made_casework import NOW, SUBSCRIBER

from bureau.access.purposes import PURPOSES, purpose_of
from bureau.casework.casework import Casework
from bureau.errors import AccessError


def test_every_purpose_has_its_paragraph() -> None:
    assert all(code == purpose.code and purpose.paragraph.startswith("604(") for code, purpose in PURPOSES.items())
    assert {purpose.code for purpose in PURPOSES.values() if purpose.inquiry == "hard"} == {
        "credit-application",
        "business-transaction",
    }
    with pytest.raises(AccessError, match="no permissible purpose; there are") as caught:
        purpose_of("curiosity")
    assert "curiosity" not in str(caught.value)


def test_what_is_known_of_a_subscriber_can_change(casework: Casework) -> None:
    before = casework.subscribers.get(SUBSCRIBER)
    casework.subscribers.add(dataclasses.replace(before, address="2 New Street", added_at=NOW + timedelta(days=1)))
    after = casework.subscribers.get(SUBSCRIBER)
    assert (after.address, after.added_at) == ("2 New Street", NOW)  # since when it is one stays
    assert casework.subscribers.purposes(SUBSCRIBER) == {"credit-application", "account-review"}
    assert casework.subscribers.all() == [after]


def test_certifications_are_kept_when_they_are_withdrawn(casework: Casework) -> None:
    day = timedelta(days=1)
    casework.subscribers.certify(SUBSCRIBER, ["account-review"], NOW + day)  # it is certified already
    casework.subscribers.withdraw(SUBSCRIBER, "account-review", NOW + day)
    casework.subscribers.certify(SUBSCRIBER, ["account-review"], NOW + 2 * day)
    told = [
        (each.certified_at, each.withdrawn_at)
        for each in casework.subscribers.certifications(SUBSCRIBER)
        if each.purpose == "account-review"
    ]
    assert told == [(NOW, NOW + day), (NOW + 2 * day, None)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("subscriber_id", "Harbour Bank"),
        ("name", ""),
        ("address", "1 Quay Street\nBoston"),
        ("jurisdiction", "USA"),
        ("regulator", "The Bureau"),
    ],
)
def test_a_subscriber_is_described_well_or_not_added(casework: Casework, name: str, value: str) -> None:
    known = casework.subscribers.get(SUBSCRIBER)
    with pytest.raises(AccessError, match=f"{name} must be"):
        casework.subscribers.add(dataclasses.replace(known, **{name: value}))
    with pytest.raises(AccessError, match="is no subscriber"):
        casework.subscribers.certify("nobody", ["collection"], NOW)
    with pytest.raises(AccessError, match="no permissible purpose"):
        casework.subscribers.certify(SUBSCRIBER, ["collection", "curiosity"], NOW)
    assert "collection" not in casework.subscribers.purposes(SUBSCRIBER)
