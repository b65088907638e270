"""Bills that come every month: electricity for a household, a telephone for a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from bureau.simulator.arrays import Array, Columns
from bureau.simulator.batch import Records
from bureau.simulator.furnishers import ELECTRIC, TELECOM
from bureau.simulator.identity import Identities
from bureau.simulator.lives import Lives
from bureau.simulator.options import Calendar
from bureau.simulator.people import People
from bureau.simulator.randomness import Chance
from bureau.simulator.references import references

__all__ = ["Utilities", "first_contracts"]

_WITH_ELECTRICITY: Final = 0.42
_WITH_TELEPHONE: Final = 0.19
_SERVICES: Final = ("electricity", "gas", "mobile", "internet")
_PAID, _LATE, _UNPAID, _CLOSED = range(4)
_STATUSES: Final = ("paid", "late", "unpaid", "closed")
_LEAVES: Final = 0.003


@dataclass
class Utilities(Columns):
    """Contracts with a utility, and the bill of the present month.

    Parameters
    ----------
    contract : numpy.ndarray
        Its number.
    person, furnisher, service : numpy.ndarray
        Who has which service from whom.
    usual : numpy.ndarray
        What a bill usually comes to, in hundredths.
    due_day : numpy.ndarray
        Day of the month by which it is to be paid.
    billed, status, days_late : numpy.ndarray
        The bill of the month and what became of it.
    """

    contract: Array
    person: Array
    furnisher: Array
    service: Array
    usual: Array
    due_day: Array
    billed: Array
    status: Array
    days_late: Array

    def live(self, month: int, people: People, lives: Lives, strain: float, rng: np.random.Generator) -> None:
        """Bill one month."""
        count = len(self)
        season = 1 + 0.25 * np.cos(2 * np.pi * (month % 12) / 12) * (self.furnisher == ELECTRIC)
        self.billed = np.rint(self.usual * season * np.exp(rng.normal(0, 0.12, count))).astype(np.int64)
        risk = 0.8 * people.trait[self.person] + 1.1 * lives.out_of_work[self.person] + 0.3 * strain
        draw = rng.random(count)
        unpaid = draw < 1 / (1 + np.exp(4.6 - risk))
        late = ~unpaid & (draw > 1 - 1 / (1 + np.exp(3.0 - risk)))
        self.status = np.select([unpaid, late], [_UNPAID, _LATE], _PAID).astype(np.int8)
        # Paid late, but within the month; bills are due by the 19th.
        self.days_late = np.where(late, rng.integers(1, 9, count), 0).astype(np.int16)
        ends = (people.death_month[self.person] <= month) | (draw > 1 - _LEAVES)
        moved = np.isin(people.household[self.person], lives.moved(month)) & (self.furnisher == ELECTRIC)
        self.status[ends | moved] = _CLOSED
        self.billed[ends | moved] = 0
        self.days_late[ends | moved] = 0

    def renewed(self, people: People, month: int, rng: np.random.Generator) -> Utilities:
        """The contracts of the next month: those closed are gone, and most of them replaced by new ones."""
        ended = self.status == _CLOSED
        left = self.at(np.flatnonzero(ended & (people.death_month[self.person] > month)))
        first = int(self.contract[-1]) + 1 if len(self) else 0
        left.contract = np.arange(first, first + len(left), dtype=np.int32)
        left.due_day = rng.integers(8, 20, len(left)).astype(np.int8)
        return self.at(~ended).joined(left)

    def records(self, month: int, identities: Identities, calendar: Calendar) -> Records:
        """The bills of one utility as it reports them."""
        furnisher = int(self.furnisher[0]) if len(self) else ELECTRIC
        due_on = calendar.day(month, self.due_day)
        paid_on = due_on + np.where(self.status == _LATE, self.days_late, -(self.contract % 6)).astype("timedelta64[D]")
        settled = self.status < _UNPAID
        unpaid_days = (calendar.end(month) - due_on).astype(np.int64)
        days = np.select([self.status == _UNPAID], [unpaid_days], self.days_late).astype(np.int32)
        people_in_cny = identities.is_chinese(self.person)
        told = {
            "account_ref": references("E" if furnisher == ELECTRIC else "T", self.contract),
            "service": pa.array(_SERVICES).take(pa.array(self.service)),
            "period": pa.array(np.full(len(self), calendar.end(month))),
            "currency": pa.array(["USD", "CNY"]).take(pa.array(people_in_cny.astype(np.int8))),
            "billed": pa.array(self.billed / 100),
            "paid": pa.array(np.where(settled, self.billed, 0) / 100),
            "due_on": pa.array(due_on),
            "paid_on": pa.array(np.where(settled, paid_on, np.datetime64("NaT"))),
            "days_late": pa.array(days),
            "status": pa.array(_STATUSES).take(pa.array(self.status)),
        }
        return Records(told | identities.told(furnisher, self.person, month, phone=True, employer=False))


def first_contracts(people: People, chance: Chance) -> Utilities:
    """Who has a contract at first: somebody of a household for electricity, persons for telephones."""
    rng = chance.stream("first contracts")
    everybody = np.arange(len(people))
    heads = np.flatnonzero(np.diff(people.household, prepend=-1) > 0)
    electric = heads[rng.random(len(heads)) < _WITH_ELECTRICITY]
    telephone = everybody[rng.random(len(people)) < _WITH_TELEPHONE]
    person = np.concatenate([electric, telephone])
    count, is_electric = len(person), np.arange(len(person)) < len(electric)
    service = np.where(is_electric, rng.random(count) < 0.2, 2 + (rng.random(count) < 0.3)).astype(np.int8)
    zeros = np.zeros(count, dtype=np.int64)
    usual = np.exp(rng.normal(np.where(is_electric, 4.6, 3.7), 0.4)) * 100
    return Utilities(
        contract=np.arange(count, dtype=np.int32),
        person=person.astype(np.int32),
        furnisher=np.where(is_electric, ELECTRIC, TELECOM).astype(np.int8),
        service=service,
        usual=np.rint(usual),
        due_day=rng.integers(8, 20, count).astype(np.int8),
        billed=zeros.copy(),
        status=zeros.astype(np.int8),
        days_late=zeros.astype(np.int16),
    )
