"""Applications for credit: who asks whom for what, and whether it is granted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from bureau.simulator.accounts import PRODUCTS, Accounts, draw_lender
from bureau.simulator.arrays import Array, Columns
from bureau.simulator.batch import Records
from bureau.simulator.identity import Identities
from bureau.simulator.lives import Lives
from bureau.simulator.options import Calendar
from bureau.simulator.people import People
from bureau.simulator.references import references

__all__ = ["APPROVED", "Applications", "draw_applications"]

_A_MONTH: Final = 0.026
_PRODUCTS: Final = (0.5, 0.05, 0.22, 0.13, 0.05, 0.05)
APPROVED, _DECLINED, _WITHDRAWN, _PENDING = range(4)
_DECISIONS: Final = ("approved", "declined", "withdrawn", "pending")
_INCOME_KINDS: Final = ("salary", "self_employed", "pension", "other")
_HOUSING: Final = ("own", "rent", "family", "other")
_SELF_EMPLOYED: Final = 0.08


@dataclass
class Applications(Columns):
    """The applications of one month.

    Parameters
    ----------
    application, person, furnisher, product : numpy.ndarray
        Its number; who asks whom for what.
    applied_on, decision : numpy.ndarray
        When, and with what result.
    amount, term : numpy.ndarray
        What is asked for, in hundredths, and over how many months (0: no term).
    income, income_kind : numpy.ndarray
        What the applicant states.
    """

    application: Array
    person: Array
    furnisher: Array
    product: Array
    applied_on: Array
    decision: Array
    amount: Array
    term: Array
    income: Array
    income_kind: Array

    def records(
        self, furnisher: int, month: int, people: People, lives: Lives, identities: Identities, calendar: Calendar
    ) -> Records:
        """The applications as the lender passes them on."""
        employed_on = calendar.first(lives.employed_month[self.person].astype(np.int64))
        age = (calendar.end(month) - people.birth_date[self.person]).astype(np.int64) / 365.25
        owns = (people.income[self.person] > 45_000) & (age > 30)
        housing = np.select([owns, age < 25], [0, 2], 1)
        none = np.datetime64("NaT", "D")
        works = lives.employer[self.person] >= 0
        told = {
            "application_ref": references("A", self.application),
            "applied_on": pa.array(self.applied_on),
            "product": pa.array([kind.name for kind in PRODUCTS]).take(pa.array(self.product)),
            "currency": pa.array(["USD", "CNY"]).take(pa.array(identities.is_chinese(self.person).astype(np.int8))),
            "amount_asked": pa.array(self.amount / 100),
            "term_months": pa.array(self.term.astype(np.int32), mask=self.term == 0),
            "decision": pa.array(_DECISIONS).take(pa.array(self.decision)),
            "income": pa.array(self.income.astype(np.float64)),
            "income_kind": pa.array(_INCOME_KINDS).take(pa.array(self.income_kind)),
            "employed_since": pa.array(np.where(works, employed_on, none)),
            "housing": pa.array(_HOUSING).take(pa.array(housing)),
        }
        return Records(told | identities.told(furnisher, self.person, month, phone=True, employer=True))


def draw_applications(
    people: People,
    lives: Lives,
    accounts: Accounts,
    *,
    first_application: int,
    month: int,
    strain: float,
    calendar: Calendar,
    rng: np.random.Generator,
) -> Applications:
    """Who applies this month, and what the lenders decide."""
    count = rng.poisson(len(people) * _A_MONTH * np.exp(-0.15 * strain))
    person = rng.integers(0, len(people), count)
    grown_up = people.birth_date[person] + np.timedelta64(18 * 366, "D") < calendar.first(month)
    person = person[grown_up & (people.death_month[person] > month + 1)]
    count = len(person)
    product = rng.choice(len(_PRODUCTS), count, p=_PRODUCTS)
    furnisher = draw_lender(product, people.is_chinese[person], rng)
    worst = np.zeros(len(people), dtype=np.int8)
    np.maximum.at(worst, accounts.person, accounts.unpaid)
    idle = lives.out_of_work[person]
    odds = 1.7 - 1.0 * people.trait[person] - 2.5 * (worst[person] >= 2) - 0.5 * strain - 0.8 * idle
    draw = rng.random(count)
    decision = np.where(rng.random(count) < 1 / (1 + np.exp(-odds)), APPROVED, _DECLINED)
    decision = np.select([draw < 0.04, draw < 0.06], [_WITHDRAWN, _PENDING], decision)
    kind = np.select([people.job_class[person] == 0, idle, rng.random(count) < _SELF_EMPLOYED], [2, 3, 1], 0)
    low = np.array([one.amount[0] for one in PRODUCTS])[product]
    high = np.array([one.amount[1] for one in PRODUCTS])[product]
    share = np.exp(rng.uniform(np.log(low), np.log(high)))
    income = np.where(idle, people.income[person] // 4, people.income[person])
    stated = np.rint(income * np.exp(np.abs(rng.normal(0, 0.05, count))) / 100) * 100
    amount = np.maximum(np.rint(people.income[person] * share / 100) * 100, 300) * 100
    yuan = np.where(people.is_chinese[person], 6, 1)
    terms = np.zeros(count, dtype=np.int16)
    for number, one in enumerate(PRODUCTS):
        rows = np.flatnonzero(product == number)
        if one.terms:
            terms[rows] = rng.choice(one.terms, len(rows))
    return Applications(
        application=np.arange(first_application, first_application + count, dtype=np.int32),
        person=person.astype(np.int32),
        furnisher=furnisher,
        product=product.astype(np.int8),
        applied_on=calendar.day(month, rng.integers(1, 22, count)),
        decision=decision.astype(np.int8),
        amount=(amount * yuan).astype(np.int64),
        term=terms,
        income=(stated * yuan).astype(np.int64),
        income_kind=kind.astype(np.int8),
    )
