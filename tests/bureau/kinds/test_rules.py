"""Every rule over a whole record fires on a seeded fault, and is silent on what is like it and in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
from clean_records import CLEAN, OTHER, RESIDENT, judged

from bureau.kinds.all import KINDS

Change = Mapping[str, Any]

_IDENTITY: Final[Mapping[str, tuple[Change, ...]]] = {
    "national-number": (
        {"national_number": "000123456"},
        {"national_number": "666123456"},
        {"national_number": "900123456"},
        {"national_number": "123006789"},
        {"national_number": "123450000"},
        {"national_number": "12345678"},
        {"national_number": "110105194912310021", "birth_date": "1949-12-31"},
        {"national_number": RESIDENT.replace("2X", "3X"), "birth_date": "1949-12-31"},
    ),
    "national-number-birth": ({"national_number": RESIDENT, "birth_date": "1949-12-30"},),
    "birth-implausible": ({"birth_date": "1899-12-31"},),
}
"""Rules on persons that all kinds share; the dates differ."""

_ACCEPTED_IDENTITY: Final[tuple[Change, ...]] = (
    {"national_number": RESIDENT, "birth_date": "1949-12-31"},
    {"national_number": RESIDENT.lower(), "birth_date": "1949-12-31"},
    {"national_number": None, "birth_date": "1980-02-29"},
    {"surname": "王", "first_name": "小明"},
    {"generation": "Jr"},
)

_LATE_M2: Final = {
    "account_status": "78",
    "amount_past_due": "800",
    "first_delinquency_date": "2024-05-20",
}
_OFF_M2: Final = {
    "account_status": "97",
    "amount_past_due": "9000",
    "charge_off_amount": "9000",
    "first_delinquency_date": "2023-12-01",
}
_PAID_M2: Final = {
    "account_status": "13",
    "payment_rating": "0",
    "current_balance": "0",
    "date_closed": "2024-06-10",
}
_LATE: Final = {
    "status": "late",
    "amount_past_due": "600",
    "days_past_due": "62",
    "first_delinquency_on": "2024-05-29",
}
_OFF: Final = {
    "status": "charged_off",
    "amount_past_due": "6000",
    "days_past_due": "181",
    "first_delinquency_on": "2024-01-31",
}
_UNPAID: Final = {"status": "unpaid", "paid": "0", "paid_on": None, "days_late": "10"}
_LATE_BILL: Final = {"status": "late", "paid_on": "2024-06-25", "days_late": "5"}
_OPEN: Final = {"status": "open", "paid": "0", "paid_on": None, "due_on": "2024-06-20"}
_CASE: Final = {"kind": "bankruptcy_7", "status": "discharged"}

BROKEN: Final[Mapping[str, Mapping[str, tuple[Change, ...]]]] = {
    "metro2": {
        "account_information_date-after-receipt": ({"account_information_date": "2024-07-05"},),
        "account_information_date-before-date_opened": (
            {"date_opened": "2024-07-01", "last_payment_date": None},
            {"account_information_date": "2021-03-14", "last_payment_date": None},
        ),
        "date_closed-before-date_opened": ({"date_closed": "2021-03-14"},),
        "account_information_date-before-date_closed": ({"date_closed": "2024-07-01"},),
        "last_payment_date-before-date_opened": ({"last_payment_date": "2021-03-14"},),
        "account_information_date-before-last_payment_date": ({"last_payment_date": "2024-07-01"},),
        "account_information_date-before-first_delinquency_date": (
            _OFF_M2 | {"first_delinquency_date": "2024-07-01"},
            _OFF_M2 | {"account_status": "93", "first_delinquency_date": "2025-01-01"},
        ),
        "first_delinquency_date-before-date_opened": (_OFF_M2 | {"first_delinquency_date": "2021-03-14"},),
        "current-past-due": ({"amount_past_due": "1"},),
        "late-with-nothing-due": (_LATE_M2 | {"amount_past_due": "0"}, _LATE_M2 | {"amount_past_due": None}),
        "past-due-over-balance": (_LATE_M2 | {"amount_past_due": "9001"},),
        "over-with-balance": (_PAID_M2 | {"current_balance": "1"},),
        "sold-with-balance": ({"sale_indicator": "2", "sale_name": "QUICK DEBT"},),
        "balance-over-original": ({"current_balance": "30001"}, {"highest_credit": "5999"}),
        "charged-off-nothing": (_OFF_M2 | {"charge_off_amount": "0"}, _OFF_M2 | {"charge_off_amount": None}),
        "charge-off-unsaid": ({"charge_off_amount": "10"}, _LATE_M2 | {"charge_off_amount": "10"}),
        "delinquency-undated": (
            _LATE_M2 | {"first_delinquency_date": None},
            _OFF_M2 | {"first_delinquency_date": None},
            _PAID_M2 | {"payment_rating": "2"},
        ),
        "current-delinquent": ({"first_delinquency_date": "2024-01-31"},),
        "delinquency-too-young": (_LATE_M2 | {"account_status": "84", "first_delinquency_date": "2024-04-01"},),
        "rating-missing": (_PAID_M2 | {"payment_rating": None},),
        "rating-unwanted": ({"payment_rating": "0"},),
        "history-inside": ({"payment_history_profile": "000B" + "0" * 20},),
        "unidentified": ({"ssn": None, "birth_date": None}, {"ssn": "999999999", "birth_date": None}),
        "national-number": ({"ssn": "666123456"}, {"ssn": "12345678"}),
        "national-number-birth": ({"ssn": RESIDENT, "birth_date": "1949-12-30"},),
        "birth-implausible": ({"birth_date": "1899-12-31"},),
        "birth-after": ({"birth_date": "2021-03-15"},),
        "associated-number": ({"associated": [OTHER, OTHER | {"ssn": "000123456"}]},),
    },
    "lender_customers": {
        **_IDENTITY,
        "told_on-after-receipt": ({"told_on": "2024-07-05"},),
        "birth-after": ({"birth_date": "2024-06-30"},),
    },
    "lender_months": {
        "month-end": ({"month": "2024-06-29"},),
        "month-after-receipt": ({"month": "2024-07-31"},),
        "month-before-opened_on": ({"opened_on": "2024-07-01", "last_payment_on": None},),
        "closed_on-before-opened_on": ({"closed_on": "2022-01-14"},),
        "month-before-closed_on": ({"closed_on": "2024-07-01"},),
        "last_payment_on-before-opened_on": ({"last_payment_on": "2022-01-14"},),
        "month-before-last_payment_on": ({"last_payment_on": "2024-07-01"},),
        "first_delinquency_on-before-opened_on": (_LATE | {"first_delinquency_on": "2022-01-14"},),
        "month-before-first_delinquency_on": (_LATE | {"days_past_due": "20", "first_delinquency_on": "2024-07-01"},),
        "current-past-due": ({"amount_past_due": "5"}, {"days_past_due": "3"}),
        "late-with-nothing-due": (
            _LATE | {"amount_past_due": "0", "days_past_due": "0"},
            _LATE | {"amount_past_due": None, "days_past_due": "0"},
        ),
        "past-due-days": (_LATE | {"amount_past_due": "0"}, _LATE | {"days_past_due": "0"}),
        "past-due-over-balance": (_LATE | {"amount_past_due": "6000.52"},),
        "over-with-balance": (
            {"status": "paid", "closed_on": "2024-06-12"},
            {"status": "closed", "closed_on": "2024-06-12"},
            {"status": "sold"},
            {"status": "sold", "balance": "0", "days_past_due": "31"},
        ),
        "balance-over-original": ({"balance": "18000.01"},),
        "charged-off-nothing": (_OFF | {"balance": "0", "amount_past_due": "0"},),
        "charged-off-on-time": (_OFF | {"days_past_due": "0"},),
        "delinquency-undated": (_LATE | {"first_delinquency_on": None}, _OFF | {"first_delinquency_on": None}),
        "current-delinquent": ({"first_delinquency_on": "2024-01-31"},),
        "delinquency-too-young": (
            _LATE | {"days_past_due": "150", "first_delinquency_on": "2024-05-29"},
            _LATE | {"days_past_due": "20", "first_delinquency_on": "2024-06-12"},
        ),
    },
    "court_records": {
        **_IDENTITY,
        "status_on-before-filed_on": ({"status_on": "2023-05-01"},),
        "status_on-after-receipt": ({"status_on": "2024-07-05"},),
        "filed_on-after-receipt": ({"filed_on": "2024-07-05", "status_on": "2024-07-06"},),
        "status-of-kind": (
            {"status": "discharged"},
            _CASE | {"status": "satisfied"},
            _CASE | {"status": "released"},
            {"kind": "tax_lien", "status": "discharged"},
        ),
        "status-unusual": ({"status": "released"}, {"kind": "tax_lien"}, {"kind": "tax_lien", "status": "dismissed"}),
        "birth-after": ({"birth_date": "2023-05-02"},),
    },
    "recurring_payments": {
        **_IDENTITY,
        "period-end": ({"period": "2024-06-29"},),
        "period-after-receipt": ({"period": "2024-07-31"},),
        "paid_on-after-receipt": ({"status": "late", "paid_on": "2024-07-05", "days_late": "15"},),
        "days-late": (_LATE_BILL | {"days_late": "6"},),
        "paid-late": ({"paid_on": "2024-06-25", "days_late": "5"},),
        "late-in-time": ({"status": "late"}, _LATE_BILL | {"paid_on": "2024-06-20"}),
        "paid-in-part": ({"paid": "0"}, {"paid": "88.00"}),
        "paid-nothing": (_UNPAID | {"paid_on": "2024-06-20", "days_late": "0"},),
        "unpaid-paid": (_UNPAID | {"paid": "88.40"},),
        "paid-over-billed": ({"paid": "884.00"},),
        "birth-after": ({"birth_date": "2024-06-20"},),
    },
    "shop_orders": {
        **_IDENTITY,
        "status_on-before-ordered_on": ({"status_on": "2024-05-01", "paid_on": None},),
        "due_on-before-ordered_on": ({"due_on": "2024-05-01"},),
        "paid_on-before-ordered_on": ({"paid_on": "2024-05-01"},),
        "status_on-before-paid_on": ({"paid_on": "2024-06-06"},),
        "status_on-after-receipt": ({"status_on": "2024-07-05"},),
        "instalments-of-kind": ({"instalments": "3"}, {"payment_kind": "instalments"}),
        "prepaid-owing": (_OPEN | {"payment_kind": "prepaid"},),
        "paid-in-part": ({"paid": "24.00"}, {"paid": "0"}),
        "owing-paid": ({"status": "open"}, {"status": "written_off"}),
        "late-before-due": (_OPEN | {"status": "late"},),
        "paid-over-amount": ({"paid": "2400.00"},),
        "birth-after": ({"birth_date": "2024-05-02"},),
    },
    "applications": {
        **_IDENTITY,
        "applied_on-after-receipt": ({"applied_on": "2024-07-05"},),
        "applied_on-before-employed_since": ({"employed_since": "2024-06-12"},),
        "employed_since-before-birth_date": ({"employed_since": "1980-02-28"},),
        "applicant-child": ({"birth_date": "2008-06-12", "employed_since": None},),
        "birth-after": ({"birth_date": "2024-06-11", "employed_since": None},),
    },
}
"""Kind and rule to changes of the clean record that break it."""

IN_ORDER: Final[Mapping[str, tuple[Change, ...]]] = {
    "metro2": (
        _LATE_M2,
        _OFF_M2,
        _PAID_M2,
        _PAID_M2 | {"payment_rating": "2", "first_delinquency_date": "2024-02-29"},
        _OFF_M2 | {"account_status": "93", "charge_off_amount": "0"},
        _OFF_M2 | {"account_status": "64", "current_balance": "0", "amount_past_due": "0"},
        _OFF_M2 | {"first_delinquency_date": "2020-01-31", "original_creditor": "OLD BANK"},
        _OFF_M2 | {"first_delinquency_date": "2020-01-31", "sale_indicator": "1", "sale_name": "OLD BANK"},
        _LATE_M2 | {"first_delinquency_date": "2023-01-31"},
        _LATE_M2 | {"account_status": "84", "first_delinquency_date": "2024-01-31"},
        {"account_status": "05", "payment_rating": "0", "current_balance": "0", "sale_indicator": "2"},
        {"portfolio_type": "R", "account_type": "18", "highest_credit": "100", "credit_limit": "15000"},
        {"current_balance": "30000"},
        {"account_status": "DA"},
        {"payment_history_profile": "01100" + "B" * 19},
        {"payment_history_profile": "0DD00" + "E" * 19},
        {"ssn": None},
        {"birth_date": None},
        {"associated": [OTHER, OTHER | {"kind": "J2", "ssn": ""}]},
        {"terms_duration": "LOC", "portfolio_type": "C", "account_type": "15"},
        {"ecoa": "Z"},
    ),
    "lender_customers": (*_ACCEPTED_IDENTITY, {"told_on": "2024-07-04"}),
    "lender_months": (
        _LATE,
        _LATE | {"days_past_due": "12", "first_delinquency_on": None},
        _LATE | {"days_past_due": "20", "first_delinquency_on": "2024-06-10"},
        _LATE | {"first_delinquency_on": "2024-04-29"},
        _LATE | {"first_delinquency_on": "2023-01-31"},
        _OFF,
        _OFF | {"amount_past_due": None},
        {"status": "paid", "balance": "0", "closed_on": "2024-06-12"},
        {"status": "sold", "balance": "0"},
        {"product": "card", "credit_amount": None, "credit_limit": "5000"},
        {"balance": "18000.00"},
        {"month": "2024-02-29", "last_payment_on": None},
    ),
    "court_records": (
        *_ACCEPTED_IDENTITY,
        _CASE,
        _CASE | {"status": "dismissed"},
        {"status": "filed", "status_on": "2023-05-02"},
        {"kind": "tax_lien", "status": "released"},
    ),
    "recurring_payments": (
        *_ACCEPTED_IDENTITY,
        _UNPAID,
        _LATE_BILL,
        _UNPAID | {"status": "closed"},
        {"paid_on": None},
        {"billed": "0", "paid": "0"},
    ),
    "shop_orders": (
        *_ACCEPTED_IDENTITY,
        _OPEN,
        _OPEN | {"status": "late", "due_on": "2024-06-01"},
        _OPEN | {"status": "written_off", "due_on": "2024-05-05"},
        _OPEN | {"payment_kind": "instalments", "instalments": "6", "due_on": "2024-11-02"},
        {"payment_kind": "prepaid", "due_on": None, "paid_on": "2024-05-02"},
        {"status": "returned", "paid": "0"},
    ),
    "applications": (
        *_ACCEPTED_IDENTITY,
        {"employer": None, "employed_since": None, "income_kind": "pension"},
        {"birth_date": "2008-06-11", "employed_since": None},
        {"decision": "pending"},
    ),
}
"""Kind to changes of the clean record that break no rule."""


def _cases() -> Iterator[tuple[str, str, Change]]:
    for kind, rules in BROKEN.items():
        for rule, changes in rules.items():
            for change in changes:
                yield kind, rule, change


@pytest.mark.parametrize("kind", KINDS)
def test_every_rule_of_a_kind_has_a_seeded_fault(kind: str) -> None:
    contract = KINDS[kind]
    assert BROKEN[kind].keys() == {rule.id for rule in contract.rules}
    # Those of the columns, the checks and uniqueness are tested beside.
    beside = {rule.id for column in contract.columns for rule in column.rules} | {check.id for check in contract.checks}
    assert contract.sentences.keys() == BROKEN[kind].keys() | beside | {"unique"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_rule_fires_on_its_fault(kind: str) -> None:
    cases = [(rule, change) for of, rule, change in _cases() if of == kind]
    verdicts = judged(KINDS[kind], [{**CLEAN[kind], **change} for _, change in cases])
    severity = {rule.id: rule.severity for rule in KINDS[kind].rules}
    for (rule, change), (aside, found) in zip(cases, verdicts, strict=True):
        if severity[rule] == "finding":
            assert rule in found, change
        else:
            assert rule in aside, (rule, change)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_in_order_breaks_no_rule(kind: str) -> None:
    changes = IN_ORDER[kind]
    verdicts = judged(KINDS[kind], [{**CLEAN[kind], **change} for change in changes])
    for change, verdict in zip(changes, verdicts, strict=True):
        assert verdict == (set(), set()), change
