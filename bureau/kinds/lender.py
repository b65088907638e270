"""A lender's customers and the months of their accounts, as typed tables (Parquet)."""

from __future__ import annotations

from typing import Final

from bureau.contracts import Contract, FactMapping, Rule
from bureau.kinds.columns import amount, code, count, currency, day, in_order, not_after_receipt, reference
from bureau.kinds.identity import identity_columns, identity_fact, identity_rules
from bureau.onfile.accounts import SELLER_CHECK, UNKNOWN_CUSTOMER, WITHDRAWN_CHECK
from bureau.onfile.employers import EMPLOYER_CHECK
from bureau.onfile.month_checks import MONTH_CHECKS
from bureau.onfile.persons import PERSON_CHECKS

__all__ = ["CLOSED_END", "CUSTOMERS", "MONTHS"]

CLOSED_END: Final = ("consumer", "mortgage", "car", "student")
"""Products with an original amount that is paid off; the others have a limit that is drawn on."""

_CUSTOMER_COLUMNS: Final = identity_columns(filled=("birth_date",))

CUSTOMERS: Final = Contract(
    name="lender_customers",
    furnisher_id="",
    record_kind="identity",
    format="parquet",
    meaning="A lender's customers: one row for each that is new or has changed.",
    columns=(
        reference("customer_ref", "the lender's reference to the customer"),
        day("told_on", "date from which it is so", filled=True),
        *_CUSTOMER_COLUMNS,
    ),
    rules=(not_after_receipt("told_on"), *identity_rules("told_on")),
    unique=("consumer_id", "effective_on"),
    checks=(*PERSON_CHECKS, EMPLOYER_CHECK),
    facts=(
        identity_fact(
            "customer_ref", "told_on", {column.name: column.name for column in _CUSTOMER_COLUMNS}, also="customer_ref"
        ),
    ),
    profiled=("birth_date", "country", "told_on"),
)

_OPEN: Final = "status IN ('current', 'late')"
_OVER: Final = "status IN ('paid', 'closed', 'sold')"

_MONTH_RULES: Final = (
    Rule("month-end", "month is the last day of a month", "month <> last_day(month)"),
    not_after_receipt("month"),
    in_order("opened_on", "month"),
    in_order("opened_on", "closed_on"),
    in_order("closed_on", "month"),
    in_order("opened_on", "last_payment_on"),
    in_order("last_payment_on", "month"),
    in_order("opened_on", "first_delinquency_on"),
    in_order("first_delinquency_on", "month"),
    Rule(
        "current-past-due",
        "an account that is current has nothing past due",
        "status = 'current' AND (amount_past_due > 0 OR days_past_due > 0)",
    ),
    Rule(
        "late-with-nothing-due",
        "an account that is late has an amount past due or days past due",
        "status = 'late' AND NOT coalesce(amount_past_due > 0, false) AND NOT coalesce(days_past_due > 0, false)",
    ),
    Rule(
        "past-due-days",
        "an account has days past due if and only if it has an amount past due",
        f"{_OPEN} AND (amount_past_due > 0) <> (days_past_due > 0)",
    ),
    Rule(
        "past-due-over-balance",
        "the amount past due is not over the balance",
        "amount_past_due > balance + 0.01",
    ),
    Rule(
        "over-with-balance",
        "an account that is paid, closed or sold has no balance and nothing past due",
        f"{_OVER} AND (balance > 0 OR amount_past_due > 0 OR days_past_due > 0)",
    ),
    Rule(
        "balance-over-original",
        "the balance of a closed-end account is not over 1.5 times its original amount",
        f"balance > 1.5 * credit_amount AND credit_amount > 0 AND product IN {CLOSED_END}",
    ),
    Rule(
        "charged-off-nothing",
        "an account that is charged off has an amount that was lost",
        "status = 'charged_off' AND coalesce(balance, 0) = 0 AND coalesce(amount_past_due, 0) = 0",
    ),
    Rule(
        "charged-off-on-time",
        "an account that is charged off is past due",
        "status = 'charged_off' AND days_past_due = 0",
    ),
    Rule(
        "delinquency-undated",
        "an account that is 30 days past due or charged off tells its date of first delinquency",
        "first_delinquency_on IS NULL AND (status = 'charged_off' OR (status = 'late' AND days_past_due >= 30))",
    ),
    Rule(
        "current-delinquent",
        "an account that is current tells no date of first delinquency",
        "status = 'current' AND first_delinquency_on IS NOT NULL",
    ),
    Rule(
        "delinquency-too-young",
        "the first delinquency of a late account is no younger than its days past due, counted from the day due or, "
        "from 30 days on, from 30 days later",
        "status = 'late' AND first_delinquency_on > "
        "month - days_past_due::INTEGER + CASE WHEN days_past_due < 30 THEN 1 ELSE 31 END",
    ),
)

_ROLES: Final = ("individual", "joint", "authorised_user", "co_maker", "guarantor")

MONTHS: Final = Contract(
    name="lender_months",
    furnisher_id="",
    record_kind="tradeline_month",
    format="parquet",
    meaning="The months of a lender's accounts: one row for each account and month.",
    columns=(
        reference("account_ref", "the lender's reference to the account"),
        reference("customer_ref", "the lender's reference to the customer, told among its customers before"),
        code("role", _ROLES, "how the customer answers for the account"),
        day("month", "last day of the month", filled=True),
        code("product", (*CLOSED_END, "card", "line"), "what the account is"),
        currency(),
        day("opened_on", "date on which the account was opened", filled=True),
        day("closed_on", "date on which it was closed"),
        count("term_months", 1200, "months in which it is to be paid back"),
        amount("credit_limit", "limit of a card or line"),
        amount("credit_amount", "original amount of a closed-end account"),
        amount("balance", "what is owed at the end of the month", filled=True),
        amount("scheduled_payment", "what was to be paid in the month"),
        amount("payment", "what was paid in the month"),
        amount("amount_past_due", "the part of the balance that is past due"),
        count("days_past_due", 36525, "days since the oldest unpaid amount fell due", filled=True),
        code("status", ("current", "late", "charged_off", "paid", "closed", "sold"), "how the account stands"),
        day("first_delinquency_on", "from when the delinquency that leads to the present status runs"),
        day("last_payment_on", "date of the last payment"),
        code("action", ("report", "delete"), "whether the month is told, or the account taken back"),
    ),
    rules=_MONTH_RULES,
    unique=("tradeline_id", "effective_on"),
    checks=(*MONTH_CHECKS, WITHDRAWN_CHECK, SELLER_CHECK, UNKNOWN_CUSTOMER),
    withdraws="action = 'delete'",
    facts=(
        FactMapping(
            "tradeline_month",
            {
                "tradeline_id": "account_ref",
                "effective_on": "month",
                "product": "product",
                "currency": "currency",
                "payment_status": "CASE action WHEN 'delete' THEN 'deleted' ELSE status END",
                "days_past_due": "days_past_due",
                "balance": "balance",
                "credit_limit": "credit_limit",
                "payment": "payment",
                "minimum_payment": "scheduled_payment",
                "amount_past_due": "amount_past_due",
                "credit_amount": "credit_amount",
                "term_months": "term_months",
                "opened_on": "opened_on",
                "closed_on": "closed_on",
                "last_payment_on": "last_payment_on",
                "first_delinquency_on": "first_delinquency_on",
                # As Metro 2's payment history profile would write the month.
                "payment_code": (
                    "CASE status WHEN 'current' THEN '0' WHEN 'charged_off' THEN 'L' "
                    "WHEN 'late' THEN least(days_past_due // 30, 6)::VARCHAR END"
                ),
            },
        ),
        FactMapping(
            "association",
            {
                "consumer_id": "customer_ref",
                "tradeline_id": "account_ref",
                "role": "role",
                "withdrawn": "action = 'delete'",
            },
            effective_on="month",
            distinct=True,
        ),
    ),
    profiled=("product", "status", "balance", "amount_past_due", "days_past_due", "payment", "month", "opened_on"),
)
