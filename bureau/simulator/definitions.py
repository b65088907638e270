"""The written format of each kind of delivery, as far as mistakes can be made in it.

This is what a careful person knows who has read the description of a delivery: which fields must be
filled, which hold amounts, dates and codes, and when two fields of one record cannot both be true.
It is part of the simulated world and knows nothing of the bureau's rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["DEFINITIONS", "Definition", "Record"]

Record = dict[str, Any]
"""One record: field to value; missing values are None, empty or zero as the format has it."""


@dataclass(frozen=True)
class Definition:
    """One kind of delivery.

    Parameters
    ----------
    key : str
        The field with the furnisher's reference.
    period : str
        The field with the day that the record speaks of.
    main_amount : str
        The amount that is told first of all.
    amounts : tuple of str
        Fields with amounts; none of them can be negative.
    dates : tuple of str
        Fields with dates.
    codes : mapping of str to str
        Field to its closed list, separated by blanks.
    mandatory : tuple of str
        Fields that must be filled.
    contradicts : callable
        Whether two fields of a record cannot both be true.
    number : str
        The field with the national number; empty if there is none.
    is_text : bool
        Whether anything can be written into any field.
    """

    key: str
    period: str
    main_amount: str
    amounts: tuple[str, ...]
    dates: tuple[str, ...]
    codes: Mapping[str, str]
    mandatory: tuple[str, ...]
    contradicts: Callable[[Record], bool]
    number: str = "national_number"
    is_text: bool = True


_PRODUCTS: Final = "card consumer mortgage car student line"
_LATE: Final = frozenset({"71", "78", "80", "82", "83", "84"})
_NOTHING_OWED: Final = frozenset({"13", "61", "62", "63", "64", "65"})
_RATED: Final = frozenset({"05", "13", "65", "88", "89", "94", "95"})
_WITH_LOSS: Final = frozenset({"64", "97"})
_MOST_GROWN: Final = 1.5


def _metro2(record: Record) -> bool:
    opened, told_on, born = record["date_opened"], record["account_information_date"], record["birth_date"]
    closed, paid, late = record["date_closed"], record["last_payment_date"], record["first_delinquency_date"]
    if _is_after(opened, told_on) or _is_after(opened, closed) or not _is_before(born, opened):
        return True
    if any(_is_after(one, told_on) for one in (closed, paid, late)):
        return True
    status, balance, past_due = record["account_status"], record["current_balance"], record["amount_past_due"]
    if past_due > balance or (record["portfolio_type"] in "IM" and balance > _MOST_GROWN * record["highest_credit"]):
        return True
    if status == "11" and (past_due or late is not None):
        return True
    if (status in _LATE and not past_due) or (status in _LATE and late is None):
        return True
    if status in _NOTHING_OWED and (balance or past_due):
        return True
    return (status in _WITH_LOSS and not record["charge_off_amount"]) or (
        bool(record["payment_rating"]) != (status in _RATED)
    )


def _lender_months(record: Record) -> bool:
    opened, told_on, closed = record["opened_on"], record["month"], record["closed_on"]
    if _is_after(opened, told_on) or _is_after(opened, closed):
        return True
    if any(_is_after(record[one], told_on) for one in ("closed_on", "last_payment_on", "first_delinquency_on")):
        return True
    status, balance = record["status"], record["balance"]
    past_due, days = record["amount_past_due"], record["days_past_due"]
    if past_due > balance or balance > _MOST_GROWN * (record["credit_amount"] or float("inf")):
        return True
    if status == "late":
        return not past_due and not days
    if status in ("paid", "closed", "sold") and balance:
        return True
    return status != "charged_off" and bool(past_due or days)


def _lender_customers(record: Record) -> bool:
    return not _is_before(record["birth_date"], record["told_on"]) or _is_born_otherwise(record)


_ENDS_OF: Final = {
    "bankruptcy_7": ("discharged", "dismissed"),
    "bankruptcy_13": ("discharged", "dismissed"),
    "civil_judgment": ("satisfied", "dismissed"),
    "tax_lien": ("released",),
}


def _court_records(record: Record) -> bool:
    if _is_after(record["filed_on"], record["status_on"]) or not _is_before(record["birth_date"], record["filed_on"]):
        return True
    fits = record["status"] == "filed" or record["status"] in _ENDS_OF[record["kind"]]
    return not fits or _is_born_otherwise(record)


def _recurring_payments(record: Record) -> bool:
    status, billed, paid, days = record["status"], record["billed"], record["paid"], record["days_late"]
    if _is_after(record["paid_on"], record["period"]) or not _is_before(record["birth_date"], record["period"]):
        return True
    if status == "paid" and (days or paid < billed):
        return True
    if status == "late" and not days:
        return True
    return (status == "unpaid" and (paid > 0 or record["paid_on"] is not None)) or _is_born_otherwise(record)


def _shop_orders(record: Record) -> bool:
    ordered, status = record["ordered_on"], record["status"]
    if any(_is_after(ordered, record[one]) for one in ("status_on", "due_on", "paid_on")):
        return True
    if not _is_before(record["birth_date"], ordered):
        return True
    is_paid = record["paid"] >= record["amount"]
    return (is_paid != (status == "paid") and status in ("paid", "open", "late", "written_off")) or _is_born_otherwise(
        record
    )


def _applications(record: Record) -> bool:
    applied = record["applied_on"]
    if _is_after(record["employed_since"], applied) or not _is_before(record["birth_date"], applied):
        return True
    return _is_born_otherwise(record)


def _is_after(first: Any, second: Any) -> bool:
    return first is not None and second is not None and first > second


def _is_before(first: Any, second: Any) -> bool:
    return first is None or second is None or first < second


def _is_born_otherwise(record: Record) -> bool:
    """Whether a resident number holds another birth date than is told."""
    number, born = record["national_number"], record["birth_date"]
    return number is not None and len(number) == 18 and born is not None and number[6:14] != f"{born:%Y%m%d}"


_PERSON: Final = ("surname", "first_name")

DEFINITIONS: Final = {
    "metro2": Definition(
        key="account_number",
        period="account_information_date",
        main_amount="current_balance",
        amounts=(
            "credit_limit", "highest_credit", "scheduled_payment", "actual_payment", "current_balance",
            "amount_past_due", "charge_off_amount",
        ),
        dates=(
            "date_opened", "account_information_date", "first_delinquency_date", "date_closed", "last_payment_date",
            "birth_date",
        ),
        codes={
            "portfolio_type": "C I M O R",
            "account_status": "05 11 13 61 62 63 64 65 71 78 80 82 83 84 88 89 93 94 95 96 97 DA DF",
            "payment_rating": "0 1 2 3 4 5 6 G L",
            "ecoa": "0 1 2 3 4 5 6 7 T W X Z",
            "compliance_condition": "XA XB XC XD XE XF XG XH XJ XR",
        },
        mandatory=(
            "identification_number", "account_number", "portfolio_type", "account_type", "date_opened",
            "terms_duration", "account_status", "payment_history_profile", "account_information_date", "surname",
            "first_name", "ecoa", "address_1", "city", "state", "zip",
        ),
        contradicts=_metro2,
        number="ssn",
    ),
    "lender_months": Definition(
        key="account_ref",
        period="month",
        main_amount="balance",
        amounts=(
            "credit_limit", "credit_amount", "balance", "scheduled_payment", "payment", "amount_past_due",
        ),
        dates=("month", "opened_on", "closed_on", "first_delinquency_on", "last_payment_on"),
        codes={
            "role": "individual joint authorised_user co_maker guarantor",
            "product": _PRODUCTS,
            "status": "current late charged_off paid closed sold",
            "action": "report delete",
        },
        mandatory=(
            "account_ref", "customer_ref", "role", "month", "product", "currency", "opened_on", "balance",
            "days_past_due", "status", "action",
        ),
        contradicts=_lender_months,
        number="",
        is_text=False,
    ),
    "lender_customers": Definition(
        key="customer_ref",
        period="told_on",
        main_amount="",
        amounts=(),
        dates=("told_on", "birth_date"),
        codes={"generation": "Jr Sr II III IV"},
        mandatory=("customer_ref", "told_on", *_PERSON, "birth_date"),
        contradicts=_lender_customers,
        is_text=False,
    ),
    "court_records": Definition(
        key="case_number",
        period="status_on",
        main_amount="amount",
        amounts=("amount",),
        dates=("filed_on", "status_on", "birth_date"),
        codes={
            "kind": "bankruptcy_7 bankruptcy_13 civil_judgment tax_lien",
            "status": "filed discharged dismissed satisfied released",
        },
        mandatory=(
            "case_number", "court", "kind", "filed_on", "status", "status_on", "amount", "currency", *_PERSON,
        ),
        contradicts=_court_records,
    ),
    "recurring_payments": Definition(
        key="account_ref",
        period="period",
        main_amount="billed",
        amounts=("billed", "paid"),
        dates=("period", "due_on", "paid_on", "birth_date"),
        codes={"service": "electricity gas water mobile internet rent", "status": "paid late unpaid closed"},
        mandatory=(
            "account_ref", "service", "period", "currency", "billed", "paid", "days_late", "status", *_PERSON,
        ),
        contradicts=_recurring_payments,
    ),
    "shop_orders": Definition(
        key="order_ref",
        period="status_on",
        main_amount="amount",
        amounts=("amount", "paid"),
        dates=("ordered_on", "status_on", "due_on", "paid_on", "birth_date"),
        codes={"payment_kind": "prepaid invoice instalments", "status": "paid open late returned written_off"},
        mandatory=(
            "order_ref", "customer_ref", "ordered_on", "status_on", "currency", "amount", "payment_kind", "paid",
            "status", *_PERSON,
        ),
        contradicts=_shop_orders,
    ),
    "applications": Definition(
        key="application_ref",
        period="applied_on",
        main_amount="amount_asked",
        amounts=("amount_asked", "income"),
        dates=("applied_on", "employed_since", "birth_date"),
        codes={
            "product": _PRODUCTS,
            "decision": "approved declined withdrawn pending",
            "income_kind": "salary self_employed pension other",
            "housing": "own rent family other",
        },
        mandatory=(
            "application_ref", "applied_on", "product", "currency", "amount_asked", "decision", *_PERSON, "birth_date",
        ),
        contradicts=_applications,
    ),
}  # fmt: skip
"""Every kind of delivery by the name of its contract."""
