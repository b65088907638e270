"""A record set aside tells of a person by the comparisons of who is who, where its words do not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from clean_records import CLEAN
from erasing import only, rows_of

from bureau.alike import alike_to
from bureau.delivery import Receipt
from bureau.erasure import erase
from bureau.history import History
from bureau.identity.model import default_model

MOMENT = datetime.fromisoformat("2024-09-01")
ROBERT = {"surname": "Haverford", "first_name": "Robert", "birth_date": "1971-03-05", "national_number": "541236789",
          "phone": None, "email": None}  # fmt: skip
XIAOMING = {**ROBERT, "surname": "Ouyang", "first_name": "Xiaoming"}
NAMELESS = {"national_number": None, "phone": None, "email": None}
ELSEWHERE = {"address": "1 Nowhere Street", "city": "Elko", "postcode": "89801"}
BAD = {
    "metro2": {"account_status": "99"},
    "lender_customers": {"email": "none"},
    "court_records": {"status": "odd"},
    "recurring_payments": {"service": "steam"},
    "applications": {"decision": "perhaps", "application_ref": "A-2"},
}
"""Kind to what makes a record of it wrong, whoever it tells of."""


@pytest.mark.parametrize(
    ("person", "now", "found"),
    [
        (ROBERT, {"first_name": "Bob", "surname": "Havreford"}, True),
        (ROBERT, {"first_name": "Bob", **ELSEWHERE}, True),
        (XIAOMING, {"first_name": "小明", "surname": "欧阳"}, True),
        (ROBERT, {"first_name": "Bob", "birth_date": "1949-08-30"}, False),
        (ROBERT, {"first_name": "Ulrike", "surname": "Haverforth", "birth_date": "1974-03-05"}, False),
    ],
    ids=["nickname and misspelt", "nickname, moved", "hanzi", "father", "spouse"],
)
def test_who_is_meant_goes_and_who_is_not_stays(
    person: dict[str, Any], now: dict[str, Any], found: bool, history: History, told: Callable[..., Receipt]
) -> None:
    told("applications", {"application_ref": "A-1", **person})
    assert told("shop_orders", {**person, **NAMELESS, **now, "status": "odd"}, received="2024-07-06").quarantined == 1
    assert erase(history, only(history), "asked", MOMENT).quarantined == int(found)
    assert rows_of(history, "SELECT count(*) FROM quarantine") == [(1,)]


@pytest.mark.parametrize("kind", list(BAD))
def test_records_of_every_kind_are_taken_apart(kind: str, history: History, told: Callable[..., Receipt]) -> None:
    told("applications", {"application_ref": "A-1", **ROBERT})
    bob = {**ROBERT, **NAMELESS, "first_name": "Bob", "surname": "Havreford"}
    if kind == "metro2":
        bob = {**bob, "ssn": "999999999", "telephone": ""}
    known = {name: value for name, value in bob.items() if name in CLEAN[kind]}
    assert told(kind, {**known, **BAD[kind]}, received="2024-07-06").quarantined == 1
    assert erase(history, only(history), "asked", MOMENT).quarantined == 1


def test_somebody_of_whom_nothing_is_known_is_nobody() -> None:
    nobody = alike_to([], default_model(1_000))
    assert not nobody.to(ROBERT)
    assert not alike_to([{}], default_model(1_000)).to({})
    assert repr(alike_to([ROBERT], default_model(1_000))) == "Alike(***)"
