"""A shop's orders: paid at once, on an invoice, or in instalments; some late, some returned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from bureau.simulator.arrays import Array, Columns
from bureau.simulator.batch import Records
from bureau.simulator.furnishers import MARKET
from bureau.simulator.identity import Identities
from bureau.simulator.lives import Lives
from bureau.simulator.options import Calendar
from bureau.simulator.people import People
from bureau.simulator.randomness import Chance
from bureau.simulator.references import references

__all__ = ["Orders", "new_orders", "no_orders"]

_SHOPPERS: Final = 1 / 3
_A_MONTH: Final = 1.5 / 12
_PREPAID, _INVOICE, _INSTALMENTS = range(3)
_KINDS: Final = ("prepaid", "invoice", "instalments")
_PAID, _OPEN, _LATE, _RETURNED, _WRITTEN_OFF = range(5)
_STATUSES: Final = ("paid", "open", "late", "returned", "written_off")


@dataclass
class Orders(Columns):
    """Orders about which there is something to report, or will be.

    Parameters
    ----------
    order, person : numpy.ndarray
        Its number, and who ordered.
    kind, instalments : numpy.ndarray
        How it is paid, and in how many parts.
    amount, paid : numpy.ndarray
        What it costs and what has been paid, in hundredths.
    ordered_on, status_on, due_on, paid_on : numpy.ndarray
        Its days; NaT where there is none.
    status : numpy.ndarray
        How it stands.
    told_month : numpy.ndarray
        The month in which its standing last changed.
    """

    order: Array
    person: Array
    kind: Array
    instalments: Array
    amount: Array
    paid: Array
    ordered_on: Array
    status_on: Array
    due_on: Array
    paid_on: Array
    status: Array
    told_month: Array

    def live(
        self, month: int, people: People, lives: Lives, strain: float, calendar: Calendar, rng: np.random.Generator
    ) -> None:
        """Go on by one month: what was open is paid, returned, late or given up."""
        rows = np.flatnonzero((self.status == _OPEN) | (self.status == _LATE))
        draw = rng.random(len(rows))
        risk = 0.8 * people.trait[self.person[rows]] + lives.out_of_work[self.person[rows]] + 0.3 * strain
        late = self.status[rows] == _LATE
        due = self.due_on[rows] < calendar.end(month)
        misses = draw < 1 / (1 + np.exp(np.where(late, 0.4, 2.4) - risk))
        days = rng.integers(1, 27, len(rows))
        on = calendar.day(month, days)
        pays = due & ~misses
        returns = ~late & ~due & (draw < 0.06)
        becomes_late = due & misses & ~late
        gives_up = due & misses & late & (rng.random(len(rows)) < 0.3)
        in_time = np.where(late | (on > self.due_on[rows]), on, np.maximum(on, self.ordered_on[rows]))
        for chosen, status in ((pays, _PAID), (returns, _RETURNED), (becomes_late, _LATE), (gives_up, _WRITTEN_OFF)):
            changed = rows[chosen]
            self.status[changed] = status
            self.told_month[changed] = month
            self.status_on[changed] = in_time[chosen]
        after_due = np.maximum(on, self.due_on[rows] + np.timedelta64(1, "D"))
        self.status_on[rows[becomes_late]] = np.minimum(after_due, calendar.end(month))[becomes_late]
        paid = rows[pays]
        self.paid[paid], self.paid_on[paid] = self.amount[paid], self.status_on[paid]

    def is_over(self) -> Array:
        """Whether nothing will change any more."""
        over: Array = np.isin(self.status, (_PAID, _RETURNED, _WRITTEN_OFF))
        return over

    def records(self, month: int, identities: Identities) -> Records:
        """The orders as the shop reports them."""
        told = {
            "order_ref": references("M", self.order),
            "customer_ref": references("S", self.person),
            "ordered_on": pa.array(self.ordered_on),
            "status_on": pa.array(self.status_on),
            "currency": pa.array(["USD", "CNY"]).take(pa.array(identities.is_chinese(self.person).astype(np.int8))),
            "amount": pa.array(self.amount / 100),
            "payment_kind": pa.array(_KINDS).take(pa.array(self.kind)),
            "instalments": pa.array(self.instalments.astype(np.int32), mask=self.kind != _INSTALMENTS),
            "due_on": pa.array(self.due_on),
            "paid_on": pa.array(self.paid_on),
            "paid": pa.array(self.paid / 100),
            "status": pa.array(_STATUSES).take(pa.array(self.status)),
        }
        return Records(told | identities.told(MARKET, self.person, month, phone=True, employer=False))


def no_orders() -> Orders:
    """An empty list of orders."""
    whole, days = np.empty(0, dtype=np.int64), np.empty(0, dtype="datetime64[D]")
    return Orders(
        whole.astype(np.int32), whole.astype(np.int32), whole.astype(np.int8), whole.astype(np.int8), whole, whole,
        days, days, days, days, whole.astype(np.int8), whole.astype(np.int16),
    )  # fmt: skip


def new_orders(
    people: People, first_order: int, month: int, chance: Chance, calendar: Calendar, rng: np.random.Generator
) -> Orders:
    """The orders of a month."""
    count = rng.poisson(len(people) * _SHOPPERS * _A_MONTH)
    person = rng.integers(0, len(people), count)
    # Who shops at all is fixed: orders of others go to the shopper next to them.
    shops = chance.share("shops", np.arange(len(people))) < _SHOPPERS
    shoppers = np.flatnonzero(shops & (people.death_month > month))
    if not len(shoppers):
        return no_orders()
    person = shoppers[person % len(shoppers)]
    kind = rng.choice(3, count, p=(0.45, 0.33, 0.22))
    ordered_on = calendar.day(month, rng.integers(1, 28, count))
    instalments = np.where(kind == _INSTALMENTS, rng.choice((3, 4, 6), count), 0)
    wait = np.select([kind == _PREPAID, kind == _INVOICE], [0, 30], instalments * 30)
    none = np.datetime64("NaT", "D")
    amount = np.maximum(np.rint(np.exp(rng.normal(8.8, 0.9, count))), 500).astype(np.int64)
    amount = np.where(people.is_chinese[person], amount * 6, amount)
    prepaid = kind == _PREPAID
    return Orders(
        order=np.arange(first_order, first_order + count, dtype=np.int32),
        person=person.astype(np.int32),
        kind=kind.astype(np.int8),
        instalments=instalments.astype(np.int8),
        amount=amount,
        paid=np.where(prepaid, amount, 0),
        ordered_on=ordered_on,
        status_on=ordered_on.copy(),
        due_on=np.where(prepaid, none, ordered_on + wait.astype("timedelta64[D]")),
        paid_on=np.where(prepaid, ordered_on, none),
        status=np.where(prepaid, _PAID, _OPEN).astype(np.int8),
        told_month=np.full(count, month, dtype=np.int16),
    )
