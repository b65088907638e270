"""Every check of every kind fires on a scene made for it, and the contract's scene without the fault is silent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest
from clean_records import CLEAN
from told_history import ToldHistory

from bureau.kinds.all import KINDS

Change = Mapping[str, Any]


@dataclass(frozen=True)
class Scene:
    """Deliveries before, each with its kind, its furnisher and its change; then one in order, or with the fault."""

    before: tuple[tuple[str, str, Change], ...]
    in_order: Change
    fault: Change
    furnisher: str = "harbour"


_NUMBER: Final = {"metro2": "ssn"}
_DATED: Final = {
    "metro2": ("account_information_date", "2024-07-31"),
    "lender_customers": ("told_on", "2024-07-10"),
    "court_records": ("status_on", "2024-07-10"),
    "recurring_payments": ("period", "2024-07-31"),
    "shop_orders": ("status_on", "2024-07-10"),
    "applications": ("applied_on", "2024-07-10"),
}


def persons(kind: str) -> Iterator[tuple[str, Scene]]:
    """The scenes of whoever tells persons."""
    column, day = _DATED[kind]
    later = {column: day}
    swapped = {"surname": CLEAN[kind]["first_name"], "first_name": CLEAN[kind]["surname"]}
    mine, theirs = ((kind, "harbour", {}),), (("lender_customers", "civic", {}),)
    yield "national-number-changed", Scene(mine, later, later | {_NUMBER.get(kind, "national_number"): "123456780"})
    yield "birth-date-changed", Scene(mine, later, later | {"birth_date": "1980-03-01"})
    yield "names-swapped", Scene(mine, later, later | swapped)
    yield "names-swapped-elsewhere", Scene(theirs, {}, swapped)
    yield "other-birth-date", Scene(theirs, {}, {"birth_date": "1980-03-01"})
    if "employer" in CLEAN[kind]:
        yield "other-employer", Scene(theirs, {"employer": "HUDSON MILLS"}, {"employer": "ERIE CEMENT"})


_METRO2: Final[Mapping[str, Any]] = {
    "month": "account_information_date",
    "paid": "last_payment_date",
    "opened": "date_opened",
    "amount": "highest_credit",
    "limit": "credit_limit",
    "first": "first_delinquency_date",
    "late": {"account_status": "78", "amount_past_due": "800", "payment_history_profile": "D" * 24},
    "card": {"portfolio_type": "R", "account_type": "18", "credit_limit": "9500"},
    "sold": {"account_status": "05", "payment_rating": "0", "current_balance": "0", "sale_indicator": "2"},
    "deleted": {"account_status": "DA"},
}
_MONTHS: Final[Mapping[str, Any]] = {
    "month": "month",
    "paid": "last_payment_on",
    "opened": "opened_on",
    "amount": "credit_amount",
    "limit": "credit_limit",
    "first": "first_delinquency_on",
    "late": {"status": "late", "amount_past_due": "600", "days_past_due": "62"},
    "card": {"product": "card", "credit_limit": "9500", "credit_amount": None},
    "sold": {"status": "sold", "balance": "0"},
    "deleted": {"action": "delete"},
}
_BOUGHT: Final = {
    "account_number": "Q-7",
    "account_status": "93",
    "amount_past_due": "9000",
    "portfolio_type": "O",
    "account_type": "0C",
    "last_payment_date": None,
    "payment_history_profile": "D" * 24,
    "first_delinquency_date": "2024-01-31",
    "sale_indicator": "1",
    "sale_name": "HARBOUR BANK",
}


def months(kind: str) -> Iterator[tuple[str, Scene]]:
    """The scenes of whoever tells the months of accounts."""
    told = _METRO2 if kind == "metro2" else _MONTHS
    known = (("lender_customers", "harbour", {}),)
    may, june, july = ({told["month"]: f"2024-{day}", told["paid"]: None} for day in ("05-31", "06-30", "07-31"))
    late, card = told["late"], told["card"]

    def mine(*changes: Change) -> tuple[tuple[str, str, Change], ...]:
        return (*known, *((kind, "harbour", change) for change in changes))

    yield "opened-changed", Scene(mine(june), july, july | {told["opened"]: "2022-02-01"})
    yield "original-amount-changed", Scene(mine(june), july, july | {told["amount"]: "15000"})
    since, moved = {told["first"]: "2024-05-15"}, {told["first"]: "2024-06-15"}
    yield "delinquency-moved", Scene(mine(june | late | since), july | late | since, july | late | moved)
    over = card | {told["limit"]: "5000"}
    yield "over-limit", Scene(mine(may | over, june | over), july | card, july | over)
    yield "reported-after-sale", Scene(mine(may, june | told["sold"]), july | told["sold"], july)
    yield "withdrawn-before", Scene(mine(may, june | told["deleted"]), july | told["deleted"], july)
    sold = {told["opened"]: "2023-02-01"}
    buyer = ("metro2", "quick", _BOUGHT | {"date_opened": "2023-02-01"})
    yield "sold-by-word-of-buyer", Scene((*mine(may | sold), buyer), may | sold, july | sold)
    if kind == "lender_months":
        yield "unknown-customer", Scene(mine(june), july, july | {"customer_ref": "C-9", "account_ref": "A-9"})
    else:
        yield "history-contradicts", Scene(mine(june), july, july | {"payment_history_profile": "1" + "0" * 23})
        gone = (*mine(june), ("metro2", "harbour", july | told["sold"] | {"payment_rating": "3"} | since))
        bought = _BOUGHT | since
        yield (
            "delinquency-moved-by-sale",
            Scene(gone, bought, bought | {"first_delinquency_date": "2024-06-29"}, "quick"),
        )


def cases(kind: str) -> Iterator[tuple[str, Scene]]:
    """The scenes of courts."""
    filed = {"status": "filed", "status_on": "2023-05-02"}
    yield "case-changed", Scene(((kind, "harbour", filed),), {}, {"amount": "77.00"})
    again = {"status": "filed", "status_on": "2024-06-01"}
    yield "case-went-back", Scene(((kind, "harbour", {}),), filed, again)
    yield "case-told-otherwise", Scene(((kind, "civic", filed),), {}, {"filed_on": "2023-05-03"})


def scenes() -> Iterator[tuple[str, str, Scene]]:
    """Kind, check and scene."""
    for kind in KINDS:
        made = []
        if kind in ("metro2", "lender_months"):
            made.append(months(kind))
        if kind != "lender_months":
            made.append(persons(kind))
        if kind == "court_records":
            made.append(cases(kind))
        yield from ((kind, check, scene) for each in made for check, scene in each)


SCENES: Final = {f"{kind}: {check}": (kind, check, scene) for kind, check, scene in scenes()}


def test_every_check_has_a_scene() -> None:
    declared = {(kind, check.id) for kind, contract in KINDS.items() for check in contract.checks}
    assert {(kind, check) for kind, check, _ in SCENES.values()} == declared


@pytest.mark.parametrize("kind", KINDS)
def test_a_delivery_without_a_single_good_record_is_checked_too(kind: str) -> None:
    history = ToldHistory()
    assert history.tell(kind).is_clean
    assert history.tell(kind, {}, unique=[1]).aside.keys() <= {1}


@pytest.mark.parametrize("name", SCENES)
def test_the_check_fires_on_the_fault_and_on_nothing_else(name: str) -> None:
    kind, check, scene = SCENES[name]
    severity = next(each.severity for each in KINDS[kind].checks if each.id == check)
    for change in (scene.in_order, scene.fault):
        history = ToldHistory()
        for of, furnisher, before in scene.before:
            assert history.tell(of, before, furnisher=furnisher).is_clean
        verdict = history.tell(kind, change, furnisher=scene.furnisher)
        expected = {1: {check}} if change is scene.fault else {}
        assert (verdict.aside, verdict.found) == ((expected, {}) if severity == "set aside" else ({}, expected))
        history.connection.close()
