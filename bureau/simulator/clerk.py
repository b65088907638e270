"""The clerks who send the deliveries: what they are late with, what they take back, and what they get wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Final

import numpy as np

from bureau.simulator.arrays import Array
from bureau.simulator.batch import Batch
from bureau.simulator.contradictions import KINDS
from bureau.simulator.definitions import DEFINITIONS
from bureau.simulator.draft import Draft, Entry, Fault
from bureau.simulator.events import Events
from bureau.simulator.furnishers import CIVIC
from bureau.simulator.log import Log
from bureau.simulator.mistakes import Case, Change
from bureau.simulator.notes import Notes
from bureau.simulator.running import Running
from bureau.simulator.told import Told, space_of
from bureau.simulator.world import World
from bureau.simulator.writing import Layout

__all__ = ["Clerk"]

_EVENLY: Final = 0.86
"""Share of the faults that fall on any record; the others need particular ones."""

_REAGED: Final = 1.6
_VENDOR_CONTRADICTS: Final = 15.0
_OTHER_EMPLOYER: Final = 5.0
_MOST: Final = 0.4
_TRIES: Final = 8
_CORRECTED: Final = 0.35
_MADE_GOOD: Final = frozenset({"metro2", "lender_months", "lender_customers", "recurring_payments"})

_ANYWHERE: Final[Mapping[str, float]] = {
    "amount_text": 1.0,
    "amount_negative": 1.0,
    "amount_wrong": 1.0,
    "amount_shifted": 1.0,
    "code_unknown": 1.0,
    "mandatory_missing": 1.0,
    "broken_line": 0.8,
    "date_impossible": 1.0,
    "date_contradiction": 1.0,
    "status_contradiction": 1.0,
    "swapped_fields": 1.0,
    "national_number_typed": 1.0,
    "birth_date_contradiction": 1.0,
    "duplicate_record": 1.0,
    "contradictory_duplicate": 0.8,
}
_TYPED: Final = frozenset({"amount_text", "broken_line", "date_impossible"})
_WITHOUT: Final[Mapping[str, frozenset[str]]] = {
    "metro2": frozenset({"amount_negative"}),
    "lender_months": _TYPED | {"national_number_typed", "birth_date_contradiction"},
    "lender_customers": _TYPED
    | {
        *("amount_negative", "amount_wrong", "amount_shifted", "code_unknown", "status_contradiction"),
        "contradictory_duplicate",
    },
    "court_records": frozenset(),
    "recurring_payments": frozenset(),
    "shop_orders": frozenset(),
    "applications": frozenset({"status_contradiction"}),
}
_BESIDE: Final[Mapping[str, Mapping[str, float]]] = {
    "metro2": {"profile_contradiction": 1.0, "opened_changed": 1.0},
    "lender_months": {"opened_changed": 1.0},
    "lender_customers": {"employer_contradiction": 1.0},
}


class Clerk:
    """Puts deliveries together, mistakes included.

    Parameters
    ----------
    world : World
        The world.
    log : Log
        Where faults and events are noted.

    Notes
    -----
    Deliveries must be prepared in the order in which they are received.
    """

    def __init__(self, world: World, log: Log) -> None:
        self._world = world
        self._rate = world.options.fault_rate
        self._told = Told(len(world.people))
        self._events = Events()
        self._running = Running(self._rate, self._told)
        self._notes = Notes(world, log, self._told, self._events)
        self._numbers = np.sort(world.people.number[~world.people.is_chinese])

    def begin_month(self) -> None:
        """Another month has passed."""
        self._told.begin_month()

    def prepare(self, batch: Batch, file: str, day: date) -> tuple[Layout, int]:
        """Put a delivery together, and note what is wrong with it.

        Parameters
        ----------
        batch : Batch
            What there is to report.
        file : str
            Its file, as the manifest names it.
        day : date
            Last day of the month.

        Returns
        -------
        tuple of Layout and int
            How it is to be written, and the number of its records.
        """
        draft = Draft(batch, day)
        chance = self._world.chance
        events = chance.stream(f"events of {batch.feed.name}", batch.month)
        faults = chance.stream(f"faults of {batch.feed.name}", batch.month)
        self._events.begin(draft, events)
        self._events.deliver_what_is_owed(draft, events)
        if self._rate:
            self._running.go_on(draft, faults)
            self._make_mistakes(draft, faults)
        layout = draft.layout()
        self._notes.take(draft, file)
        return layout, int(len(batch) - draft.taken.sum() + len(draft.entries))

    # -- mistakes -------------------------------------------------------------------------------

    def _make_mistakes(self, draft: Draft, rng: np.random.Generator) -> None:
        """Choose rows and make a mistake in each, of a kind that is possible there."""
        batch = draft.batch
        contract = batch.feed.contract
        self._make_particular_mistakes(draft, rng)
        free = np.flatnonzero(~draft.busy)
        rows = np.sort(rng.choice(free, min(rng.binomial(len(batch), self._rate * _EVENLY), len(free)), replace=False))
        kinds, weights = _weights(contract)
        cases = self._cases(draft, rows, rng)
        for row, case in zip(rows.tolist(), cases, strict=True):
            for kind in rng.choice(kinds, _TRIES, p=weights).tolist():
                if self._make(draft, row, kind, case):
                    break

    def _make_particular_mistakes(self, draft: Draft, rng: np.random.Generator) -> None:
        """Mistakes that only few rows allow."""
        batch = draft.batch
        if batch.feed.contract in ("metro2", "lender_months"):
            self._some(draft, np.flatnonzero(batch.mark("delinquent") & ~draft.busy), "reaged", _REAGED, rng)
        if batch.feed.furnisher == CIVIC:
            told = self._told.months("case of court", batch.unit) > 0
            self._some(draft, np.flatnonzero(told), "public_record_contradiction", _VENDOR_CONTRADICTS, rng)
        if batch.feed.contract in ("metro2", "lender_customers"):
            elsewhere = self._employer_told_elsewhere(batch) & ~draft.busy
            self._some(draft, np.flatnonzero(elsewhere), "employer_contradiction", _OTHER_EMPLOYER, rng)

    def _some(self, draft: Draft, pool: Array, kind: str, times: float, rng: np.random.Generator) -> None:
        """Make a mistake of a kind in some rows of a pool, so many times as often as others."""
        rows = pool[rng.random(len(pool)) < min(self._rate * times, _MOST)]
        for row, case in zip(rows.tolist(), self._cases(draft, rows, rng), strict=True):
            self._make(draft, row, kind, case)

    def _make(self, draft: Draft, row: int, kind: str, case: Case) -> bool:
        """Make one mistake, if it is possible there."""
        batch = draft.batch
        unit = int(batch.unit[row])
        if kind == "duplicate_record":
            change: Change | None = Change("", case.record, "D5", "", "")
        elif kind == "employer_contradiction":
            elsewhere = bool(self._employer_told_elsewhere(batch)[row])
            change = KINDS[kind](replace(case, told_elsewhere=elsewhere))
        else:
            change = KINDS[kind](case)
            if change is not None and change.criterion is None and self._is_told_by_court(batch, row, change.field):
                change = replace(change, criterion="D4", doubt="case")
        if change is None:
            return False
        fault = Fault(kind, change, str(case.record[case.definition.key]), int(batch.person[row]))
        if kind in ("duplicate_record", "contradictory_duplicate"):
            draft.busy[row] = True
            draft.entries.append(Entry(draft.place(case.rng, row), change.record, draft.day, unit, fault, twin=row))
            return True
        corrects = batch.feed.contract in _MADE_GOOD and "L1" not in case.record and case.rng.random() < _CORRECTED
        truth = case.record if corrects else None
        draft.take(row)
        draft.entries.append(Entry(row, change.record, draft.day, unit, fault, mangle=change.mangle, truth=truth))
        return True

    def _cases(self, draft: Draft, rows: Array, rng: np.random.Generator) -> list[Case]:
        """The records of some rows, with what is known of them."""
        batch = draft.batch
        contract = batch.feed.contract
        unit, person = batch.unit[rows], batch.person[rows]
        months = (self._told.months(space_of(batch.feed), unit) >> np.uint64(1)).tolist()
        mine = np.uint16(1 << batch.feed.furnisher)
        elsewhere = ((self._told.told_by[person] & ~mine) > 0) & batch.mark("tells_number")[rows]
        return [
            Case(record, contract, DEFINITIONS[contract], rng, draft.day, bits, told, self._is_number_taken)
            for record, bits, told in zip(draft.records(rows), months, elsewhere.tolist(), strict=True)
        ]

    def _employer_told_elsewhere(self, batch: Batch) -> Array:
        """Whether another furnisher told each person's employer, under the same number, in this month."""
        mine = np.uint16(1 << batch.feed.furnisher)
        others = self._told.employer_by[batch.person] & ~mine
        told = (self._told.employer_month[batch.person] == batch.month) & (others > 0)
        both: Array = told & batch.mark("tells_number") & batch.mark("tells_employer")
        return both

    def _is_told_by_court(self, batch: Batch, row: int, field: str) -> bool:
        """Whether a vendor now says something else of a case than the court has said."""
        if batch.feed.furnisher != CIVIC or field != "amount":
            return False
        return bool(self._told.months("case of court", batch.unit[row : row + 1])[0])

    def _is_number_taken(self, number: int) -> bool:
        place = int(np.searchsorted(self._numbers, number))
        return place < len(self._numbers) and int(self._numbers[place]) == number


@cache
def _weights(contract: str) -> tuple[list[str], Array]:
    """The mistakes that any record of a kind allows, and how common each is."""
    weights = {kind: weight for kind, weight in _ANYWHERE.items() if kind not in _WITHOUT[contract]}
    weights |= _BESIDE.get(contract, {})
    shares = np.array(list(weights.values()))
    return list(weights), shares / shares.sum()
