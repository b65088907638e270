"""Courts: bankruptcies, judgments and tax liens, which follow from how people's accounts go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bureau.simulator.accounts import Accounts
from bureau.simulator.arrays import Array, Columns
from bureau.simulator.batch import Records
from bureau.simulator.identity import Identities
from bureau.simulator.options import Calendar
from bureau.simulator.payments import DISCHARGED, FINAL, LOST, write_off
from bureau.simulator.people import NEVER, People
from bureau.simulator.randomness import Chance
from bureau.simulator.references import scrambled
from bureau.simulator.risk import BAD

__all__ = ["Cases", "Courts"]

_CHAPTER_7, _CHAPTER_13, _JUDGMENT, _LIEN = range(4)
_KINDS: Final = ("bankruptcy_7", "bankruptcy_13", "civil_judgment", "tax_lien")
_LETTERS: Final = ("BK", "BK", "CV", "TL")
_FILED, _DISCHARGED, _DISMISSED, _SATISFIED, _RELEASED = range(5)
_STATUSES: Final = ("filed", "discharged", "dismissed", "satisfied", "released")
_COURTS: Final = (
    "Western District Bankruptcy Court",
    "Eastern District Bankruptcy Court",
    "Harbor County Court",
    "Cedar County Court",
)
_GOES_BANKRUPT: Final = 0.02
_IS_SUED: Final = 0.02
_OWES_TAXES: Final = 0.0003
_ENDS: Final = 0.04
_AT_VENDOR: Final = 0.65

_OF_CHAPTER_7, _OF_CHAPTER_13, _FREED_7, _FREED_13, _REFUSED_7, _REFUSED_13 = range(1, 7)


@dataclass
class Cases(Columns):
    """Cases before the courts.

    Parameters
    ----------
    case, person : numpy.ndarray
        The case's number and whom it is about.
    kind, court : numpy.ndarray
        What it is and before which court.
    filed_on, status, status_on : numpy.ndarray
        When it was filed, how it stands and since when.
    amount : numpy.ndarray
        What it is about, in hundredths.
    ends_month, ending : numpy.ndarray
        When and how it will end.
    told_month : numpy.ndarray
        The month in which its standing last changed.
    """

    case: Array
    person: Array
    kind: Array
    court: Array
    filed_on: Array
    status: Array
    status_on: Array
    amount: Array
    ends_month: Array
    ending: Array
    told_month: Array

    def records(self, furnisher: int, month: int, identities: Identities) -> Records:
        """The cases as a court or a vendor of court records reports them."""
        years = pc.utf8_slice_codeunits(pa.array(self.filed_on).cast(pa.string()), 0, 4)
        digits = pc.utf8_lpad(pa.array(scrambled(self.case)).cast(pa.string()), 9, "0")
        letters = pa.array(_LETTERS).take(pa.array(self.kind))
        told = {
            "case_number": pc.binary_join_element_wise(years, letters, digits, "-"),
            "court": pa.array(_COURTS).take(pa.array(self.court)),
            "kind": pa.array(_KINDS).take(pa.array(self.kind)),
            "filed_on": pa.array(self.filed_on),
            "status": pa.array(_STATUSES).take(pa.array(self.status)),
            "status_on": pa.array(self.status_on),
            "amount": pa.array(self.amount / 100),
            "currency": pa.array(["USD"]).take(pa.array(np.zeros(len(self), dtype=np.int8))),
        }
        return Records(told | identities.told(furnisher, self.person, month, phone=False, employer=False))


class Courts:
    """All cases, and who has gone bankrupt.

    Parameters
    ----------
    people : People
        Everybody.
    chance : Chance
        The world's randomness.

    Attributes
    ----------
    cases : Cases
        The cases that are not over.
    told, told_before : Cases
        The cases whose standing changed this month, and the month before.
    """

    def __init__(self, people: People, chance: Chance) -> None:
        self._people = people
        self._chance = chance
        self._bankrupt = np.zeros(len(people), dtype=bool)
        self._next_case = 0
        nobody = np.empty(0, dtype=np.int64)
        self.cases = self._filed(nobody, nobody, nobody, 0, Calendar(np.datetime64("2000-01", "M")), chance.stream(""))
        self.told = self.told_before = self.cases

    def live(self, accounts: Accounts, month: int, calendar: Calendar, strain: float, rng: np.random.Generator) -> None:
        """Go on by one month; accounts of bankrupt people are written off, and freed in the end."""
        self.told_before = self.told
        running = self.cases.at(np.flatnonzero(self.cases.status == _FILED))
        self._end(running, accounts, month, calendar, rng)
        is_bad = (accounts.unpaid >= BAD) | (accounts.stage == LOST)
        is_bad &= (accounts.stage != FINAL) & (self._people.death_month[accounts.person] > month)
        bad = np.flatnonzero(is_bad)
        filed = [
            self._bankruptcies(accounts, bad, month, calendar, rng),
            self._judgments(accounts, bad, month, calendar, rng),
            self._liens(month, calendar, strain, rng),
        ]
        new = filed[0].joined(filed[1]).joined(filed[2])
        self.cases = running.joined(new)
        self.told = self.cases.at(self.cases.told_month == month)

    def at_vendor(self) -> Cases:
        """What changed a month ago, as far as the vendor knows of it."""
        known = self._chance.share("vendor", self.told_before.case) < _AT_VENDOR
        return self.told_before.at(known)

    def _end(
        self, running: Cases, accounts: Accounts, month: int, calendar: Calendar, rng: np.random.Generator
    ) -> None:
        ends = np.flatnonzero(running.ends_month <= month)
        running.status[ends] = running.ending[ends]
        running.status_on[ends] = calendar.day(month, rng.integers(1, 28, len(ends)))
        running.told_month[ends] = month
        becomes = np.zeros(len(self._people), dtype=np.int8)
        for kind, free, refused in ((_CHAPTER_7, _FREED_7, _REFUSED_7), (_CHAPTER_13, _FREED_13, _REFUSED_13)):
            of_kind = ends[running.kind[ends] == kind]
            freed = running.ending[of_kind] == _DISCHARGED
            becomes[running.person[of_kind]] = np.where(freed, free, refused)
        rows = np.flatnonzero((accounts.bankrupt > 0) & (accounts.stage == LOST) & (becomes[accounts.person] > 0))
        accounts.bankrupt[rows] = becomes[accounts.person[rows]]
        freed = rows[np.isin(accounts.bankrupt[rows], (_FREED_7, _FREED_13))]
        accounts.stage[freed], accounts.ending[freed] = FINAL, DISCHARGED
        accounts.balance[freed] = accounts.past_due[freed] = 0

    def _bankruptcies(
        self, accounts: Accounts, bad: Array, month: int, calendar: Calendar, rng: np.random.Generator
    ) -> Cases:
        """Who owes what cannot be paid may file: every account that is bad is part of it."""
        could, first = np.unique(accounts.person[bad], return_index=True)
        files = (rng.random(len(could)) < _GOES_BANKRUPT) & ~self._bankrupt[could]
        person, account = could[files], bad[first[files]]
        self._bankrupt[person] = True
        chapter_13 = rng.random(len(person)) < 0.3
        state = np.zeros(len(self._people), dtype=np.int8)
        state[person] = np.where(chapter_13, _OF_CHAPTER_13, _OF_CHAPTER_7)
        part = bad[state[accounts.person[bad]] > 0]
        accounts.bankrupt[part] = state[accounts.person[part]]
        write_off(accounts, part[accounts.stage[part] != LOST], rng)
        amount = np.rint(accounts.balance[account] * rng.uniform(1.2, 4, len(person)) / 100) * 100 + 100_000
        cases = self._filed(person, np.where(chapter_13, _CHAPTER_13, _CHAPTER_7), amount, month, calendar, rng)
        wait = np.where(chapter_13, rng.integers(12, 48, len(person)), rng.integers(3, 7, len(person)))
        refused = rng.random(len(person)) < np.where(chapter_13, 0.45, 0.06)
        cases.ends_month = (month + wait).astype(np.int16)
        cases.ending = np.where(refused, _DISMISSED, _DISCHARGED).astype(np.int8)
        return cases

    def _judgments(
        self, accounts: Accounts, bad: Array, month: int, calendar: Calendar, rng: np.random.Generator
    ) -> Cases:
        """Who holds a written-off account may sue."""
        lost = bad[(accounts.stage[bad] == LOST) & (accounts.bankrupt[bad] == 0) & (accounts.balance[bad] > 0)]
        sued = lost[rng.random(len(lost)) < _IS_SUED]
        amount = np.rint(accounts.balance[sued] * rng.uniform(1, 1.2, len(sued)))
        person = accounts.person[sued].astype(np.int64)
        return self._filed(person, np.full(len(sued), _JUDGMENT), amount, month, calendar, rng)

    def _liens(self, month: int, calendar: Calendar, strain: float, rng: np.random.Generator) -> Cases:
        people = self._people
        owes = rng.random(len(people)) < _OWES_TAXES * np.exp(0.5 * people.trait + 0.3 * strain)
        person = np.flatnonzero(owes & (people.death_month > month))
        amount = np.rint(people.income[person] * rng.uniform(0.03, 0.4, len(person))) * 100
        return self._filed(person, np.full(len(person), _LIEN), amount, month, calendar, rng)

    def _filed(
        self, person: Array, kind: Array, amount: Array, month: int, calendar: Calendar, rng: np.random.Generator
    ) -> Cases:
        count = len(person)
        filed_on = calendar.day(month, rng.integers(1, 28, count))
        first = self._next_case
        self._next_case += count
        wait = np.minimum(1 + rng.geometric(_ENDS, count), NEVER // 2)
        return Cases(
            case=np.arange(first, first + count, dtype=np.int32),
            person=person.astype(np.int32),
            kind=kind.astype(np.int8),
            court=np.where(kind <= _CHAPTER_13, 0, 2).astype(np.int8) + (person % 2).astype(np.int8),
            filed_on=filed_on,
            status=np.full(count, _FILED, dtype=np.int8),
            status_on=filed_on.copy(),
            amount=amount.astype(np.int64),
            ends_month=np.minimum(month + wait, NEVER).astype(np.int16),
            ending=np.where(kind == _LIEN, _RELEASED, _SATISFIED).astype(np.int8),
            told_month=np.full(count, month, dtype=np.int16),
        )
