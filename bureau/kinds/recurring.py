"""Recurring payments: what utilities and telecom companies bill every month (JSON Lines)."""

from __future__ import annotations

from typing import Final

from bureau.contracts import Contract, FactMapping, Rule
from bureau.kinds.columns import amount, code, count, currency, day, not_after_receipt, reference
from bureau.kinds.identity import identity_columns, identity_fact, identity_rules
from bureau.onfile.persons import PERSON_CHECKS

__all__ = ["RECURRING_PAYMENTS"]

_IDENTITY: Final = identity_columns(without=("employer",))

RECURRING_PAYMENTS: Final = Contract(
    name="recurring_payments",
    furnisher_id="",
    record_kind="recurring_payment",
    format="jsonl",
    meaning="What is billed every month for a service, and how it was paid: one record for each account and month.",
    columns=(
        reference("account_ref", "the company's reference to the account"),
        code("service", ("electricity", "gas", "water", "mobile", "internet", "rent"), "what is billed"),
        day("period", "last day of the month that is billed", filled=True),
        currency(),
        amount("billed", "what was billed", filled=True),
        amount("paid", "what was paid of it", filled=True),
        day("due_on", "date on which it fell due", filled=True),
        day("paid_on", "date on which it was paid"),
        count(
            "days_late",
            36525,
            "days between the due date and the payment, or the report where it is unpaid",
            filled=True,
        ),
        code("status", ("paid", "late", "unpaid", "closed"), "how the bill stands"),
        *_IDENTITY,
    ),
    rules=(
        Rule("period-end", "period is the last day of a month", "period <> last_day(period)"),
        not_after_receipt("period"),
        not_after_receipt("paid_on"),
        Rule(
            "days-late",
            "days_late is the number of days from the due date to the payment, none where it was paid in time",
            "paid_on IS NOT NULL AND days_late <> greatest(paid_on - due_on, 0)",
        ),
        Rule(
            "paid-late",
            "a bill that is told as paid was not late",
            "status = 'paid' AND (days_late > 0 OR paid_on > due_on)",
        ),
        Rule(
            "late-in-time",
            "a bill that is told as late is late by days",
            "status = 'late' AND (coalesce(days_late, 0) = 0 OR paid_on <= due_on)",
        ),
        Rule(
            "paid-in-part",
            "a bill that is told as paid was paid in full",
            "status = 'paid' AND paid < billed - 0.01",
        ),
        Rule(
            "paid-nothing",
            "a bill with a date of payment was paid, in part at least",
            "paid_on IS NOT NULL AND paid = 0 AND billed > 0",
        ),
        Rule(
            "unpaid-paid",
            "a bill that is told as unpaid was not paid in full",
            "status = 'unpaid' AND billed > 0 AND paid >= billed",
        ),
        Rule("paid-over-billed", "no more is paid than was billed", "paid > billed + 0.01"),
        *identity_rules("due_on"),
    ),
    unique=("tradeline_id", "effective_on"),
    checks=PERSON_CHECKS,
    facts=(
        FactMapping(
            "recurring_payment",
            {
                "tradeline_id": "account_ref",
                "effective_on": "period",
                "service": "service",
                "status": "status",
                "currency": "currency",
                "billed": "billed",
                "paid": "paid",
                "due_on": "due_on",
                "paid_on": "paid_on",
                "days_late": "days_late",
            },
        ),
        FactMapping(
            "association",
            {"consumer_id": "account_ref", "tradeline_id": "account_ref", "role": "'individual'"},
            effective_on="period",
            distinct=True,
        ),
        identity_fact("account_ref", "period", {column.name: column.name for column in _IDENTITY}),
    ),
    profiled=("service", "status", "billed", "paid", "days_late", "period"),
)
