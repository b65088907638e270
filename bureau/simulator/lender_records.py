"""What the large lender reports: its customers when it learns something of them, and its accounts every month."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bureau.simulator.accounts import CO_MAKER, COLLECTION, JOINT, NOTHING, OPEN, PRODUCTS, Accounts
from bureau.simulator.arrays import Array
from bureau.simulator.batch import Records
from bureau.simulator.furnishers import NORTHLIGHT
from bureau.simulator.identity import Identities
from bureau.simulator.options import Calendar
from bureau.simulator.payments import CLOSED, DISCHARGED, FINAL, FORECLOSED, LOST, PAID_OFF, SETTLED, SOLD
from bureau.simulator.people import People
from bureau.simulator.references import account_numbers, references

__all__ = ["MONTHS_SCHEMA", "customer_records", "month_records"]

_DATE: Final = pa.date32()
MONTHS_SCHEMA: Final = pa.schema(
    {
        "account_ref": pa.string(),
        "customer_ref": pa.string(),
        "role": pa.string(),
        "month": _DATE,
        "product": pa.string(),
        "currency": pa.string(),
        "opened_on": _DATE,
        "closed_on": _DATE,
        "term_months": pa.int32(),
        "credit_limit": pa.float64(),
        "credit_amount": pa.float64(),
        "balance": pa.float64(),
        "scheduled_payment": pa.float64(),
        "payment": pa.float64(),
        "amount_past_due": pa.float64(),
        "days_past_due": pa.int32(),
        "status": pa.string(),
        "first_delinquency_on": _DATE,
        "last_payment_on": _DATE,
        "action": pa.string(),
    }
)
_STATUSES: Final = ("current", "late", "charged_off", "paid", "closed", "sold")


def month_records(accounts: Accounts, month: int, people: People, calendar: Calendar) -> Records:
    """A record for each account; amounts with their hundredths.

    Parameters
    ----------
    accounts : Accounts
        Accounts of the lender.
    month : int
        The month.
    people, calendar
        The world.
    """
    end = calendar.end(month)
    count = len(accounts)
    ended, lost = accounts.stage == FINAL, accounts.stage == LOST
    late = (accounts.stage == OPEN) & (accounts.unpaid > 0)
    status = np.select(
        [late, lost, ended & (accounts.ending == CLOSED), ended & (accounts.ending == SOLD), ended], [1, 2, 4, 5, 3], 0
    )
    still_lost = ended & np.isin(accounts.ending, (SOLD, SETTLED, DISCHARGED, FORECLOSED))
    status = np.where(ended & np.isin(accounts.ending, (DISCHARGED, FORECLOSED)), 4, status)
    counted = accounts.unpaid.astype(np.int64)
    overdue = late | lost
    since = calendar.day(np.where(overdue, month - counted + 1, month), accounts.due_day)
    days = np.where(overdue, (end - since).astype(np.int64), 0).astype(np.int32)
    first = np.where(accounts.first_missed == NOTHING, 0, accounts.first_missed)
    has_first = (overdue | still_lost) & (accounts.first_missed != NOTHING)
    closed = ended & np.isin(accounts.ending, (CLOSED, PAID_OFF, SETTLED, DISCHARGED, FORECLOSED))
    closed_on = np.where(closed, np.where(accounts.paid > 0, accounts.last_paid, end), np.datetime64("NaT", "D"))
    role = np.select([accounts.role == JOINT, accounts.role == CO_MAKER], [1, 0], 0)
    revolving = accounts.is_revolving
    return Records(
        {
            "account_ref": account_numbers(NORTHLIGHT, accounts.account, np.zeros(count, dtype=bool)),
            "customer_ref": references("C", accounts.person),
            "role": _coded(role, ("individual", "joint")),
            "month": pa.array(np.full(count, end)),
            "product": _coded(accounts.product, tuple(kind.name for kind in PRODUCTS[:COLLECTION])),
            "currency": _coded(people.is_chinese[accounts.person].astype(np.int8), ("USD", "CNY")),
            "opened_on": pa.array(accounts.opened),
            "closed_on": pa.array(closed_on),
            "term_months": pa.array(accounts.term.astype(np.int32), mask=revolving),
            "credit_limit": pa.array(accounts.limit / 100, mask=~revolving),
            "credit_amount": pa.array(accounts.amount / 100, mask=revolving),
            "balance": pa.array(accounts.balance / 100),
            "scheduled_payment": pa.array(np.where(accounts.stage == OPEN, accounts.scheduled, 0) / 100),
            "payment": pa.array(accounts.paid / 100),
            "amount_past_due": pa.array(accounts.past_due / 100),
            "days_past_due": pa.array(days),
            "status": _coded(status, _STATUSES),
            "first_delinquency_on": pa.array(
                np.where(has_first, calendar.day(first, accounts.due_day), np.datetime64("NaT", "D"))
            ),
            "last_payment_on": pa.array(accounts.last_paid),
            "action": pa.array(["report"]).take(pa.array(np.zeros(count, dtype=np.int8))),
        }
    )


def customer_records(person: Array, month: int, identities: Identities, calendar: Calendar) -> Records:
    """A record for each customer of whom the lender has learnt something.

    Parameters
    ----------
    person : numpy.ndarray
        The customers.
    month : int
        The month.
    identities, calendar
        The world.
    """
    told = {
        "customer_ref": references("C", person),
        "told_on": pa.array(np.full(len(person), calendar.end(month))),
    }
    return Records(told | identities.told(NORTHLIGHT, person, month, phone=True, employer=True))


def _coded(numbers: Array, codes: tuple[str, ...]) -> pa.Array:
    return pc.cast(pa.array(codes), pa.string()).take(pa.array(numbers))
