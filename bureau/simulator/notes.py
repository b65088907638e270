"""What is noted of a delivery: faults and events in the key, and what was told in the memory."""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np

from bureau.simulator.arrays import Array
from bureau.simulator.batch import Batch
from bureau.simulator.definitions import DEFINITIONS, Record
from bureau.simulator.draft import Draft, Entry, Fault
from bureau.simulator.events import Events
from bureau.simulator.furnishers import FURNISHERS
from bureau.simulator.log import Log
from bureau.simulator.told import NO_FAULT, Told, space_of
from bureau.simulator.world import World

__all__ = ["Notes"]

_CASE_SPACES: Final = ("case of court", "case of vendor")


class Notes:
    """Notes what a delivery holds once it is put together.

    Parameters
    ----------
    world : World
        The world.
    log : Log
        The key's tables.
    told : Told
        What was told so far.
    events : Events
        Where corrections are put down for the next month.
    """

    def __init__(self, world: World, log: Log, told: Told, events: Events) -> None:
        self._world = world
        self._log = log
        self._told = told
        self._events = events

    def take(self, draft: Draft, file: str) -> None:
        """Note a delivery.

        Parameters
        ----------
        draft : Draft
            The delivery, its entries sorted.
        file : str
            Its file, as the manifest names it.
        """
        lines = draft.lines_of_entries().tolist()
        before = self._log.faults
        self._consequences(draft, file, lines)
        for line, entry in zip(lines, draft.entries, strict=True):
            if entry.fault is not None:
                self._fault(draft, file, line, entry, entry.fault)
            if entry.event is not None:
                self._event(draft, file, line, entry.event, entry.record, entry.month, entry.because_of)
        rows = np.array(sorted(draft.marks), dtype=np.int64)
        places = draft.lines_of_rows(rows).tolist()
        for line, row, record in zip(places, rows.tolist(), draft.records(rows), strict=True):
            self._event(draft, file, line, draft.marks[row], record, draft.day, None)
        self._totals(draft, file, before)
        self._remember(draft)

    # -- the key --------------------------------------------------------------------------------

    def _fault(self, draft: Draft, file: str, line: int, entry: Entry, fault: Fault) -> None:
        feed, change = draft.batch.feed, fault.change
        number = self._log.fault(
            delivery_file=file,
            line=line,
            furnisher_id=FURNISHERS[feed.furnisher].furnisher_id,
            contract=feed.contract,
            kind=fault.kind,
            field=change.field,
            criterion=change.criterion,
            account_ref=fault.reference,
            month=entry.month,
            true_value=change.true_value,
            faulty_value=change.faulty_value,
        )
        self._doubt(space_of(feed), entry.unit, fault, number)
        self._others_in_this_file(draft, file, entry, fault, number)
        if fault.kind == "contradictory_duplicate":
            self._log.consequence(file, int(draft.lines_of_rows(np.array([entry.twin]))[0]), number)
        if entry.truth is not None:
            truth = entry.truth | ({"correction_indicator": "1"} if feed.contract == "metro2" else {})
            correction = Entry(0, truth, entry.month, entry.unit, event="correction", because_of=number)
            self._events.owe(feed, draft.batch.month + 1, correction)

    def _totals(self, draft: Draft, file: str, first: int) -> None:
        """The trailer counts a broken line, which nobody can count who reads the file."""
        if draft.batch.feed.contract == "metro2":
            faults = [entry.fault for entry in draft.entries if entry.fault is not None]
            broken = [place for place, fault in enumerate(faults) if fault.kind == "broken_line"]
            if broken:
                records = len(draft.batch) - int(draft.taken.sum()) + len(draft.entries)
                self._log.consequence(file, records + 2, first + broken[0])

    def _event(
        self, draft: Draft, file: str, line: int, kind: str, record: Record, month: date, because_of: int | None
    ) -> None:
        feed = draft.batch.feed
        reference = record[DEFINITIONS[feed.contract].key]
        furnisher_id = FURNISHERS[feed.furnisher].furnisher_id
        self._log.event(kind, file, line, furnisher_id, feed.contract, reference, month, because_of)

    # -- doubts ---------------------------------------------------------------------------------

    def _doubt(self, space: str, unit: int, fault: Fault, number: int) -> None:
        """Remember what a correct record will contradict.

        What could not be noticed is contradicted by every later record; what could be noticed, but
        not which side is wrong, until the furnisher says it rightly again. A customer of whom the lender
        told nothing that can be read is missing when the accounts are told.
        """
        about = fault.change.doubt
        if space == "customer" and fault.change.criterion in ("D1", "D2"):
            self._told.doubt("missing customer", unit, number)
        how = "ever" if fault.change.criterion is None else "next"
        if about in ("unit", "person"):
            self._told.doubt(f"{how} {space}", unit, number)
        if about in ("person", "employer"):
            self._told.doubt(f"{how} {about}", fault.person, number)
        if about == "case" or (how == "ever" and space in _CASE_SPACES):
            for each in _CASE_SPACES:
                self._told.doubt(f"{how} {each}", unit, number)
        if about == "sale":
            self._told.doubt("next account", unit, number)

    def _others_in_this_file(self, draft: Draft, file: str, entry: Entry, fault: Fault, number: int) -> None:
        """What the same delivery says rightly of the same person, in other records."""
        batch, about = draft.batch, fault.change.doubt
        if about not in ("person", "employer"):
            return
        others = (batch.person == fault.person) & batch.mark("tells_number" if about == "person" else "tells_employer")
        if about == "person":
            others |= batch.unit == entry.unit
            if batch.feed.contract == "metro2":
                others |= batch.marks["co"] == fault.person
        for line in draft.lines_of_rows(np.flatnonzero(others & ~draft.taken)).tolist():
            self._log.consequence(file, line, number)

    def _consequences(self, draft: Draft, file: str, lines: list[int]) -> None:
        """Correct records that contradict earlier faults."""
        batch = draft.batch
        space = space_of(batch.feed)
        rows = np.flatnonzero(~draft.taken)
        because_of = self._contradicted(space, batch.unit[rows])
        for about, mark in (("person", "tells_number"), ("employer", "tells_employer")):
            tells = np.flatnonzero(batch.mark(mark)[rows])
            for how in ("ever", "next"):
                known = self._told.doubts(f"{how} {about}", batch.person[rows[tells]])
                because_of[tells] = np.where(because_of[tells] == NO_FAULT, known, because_of[tells])
        if batch.feed.contract == "lender_months":
            known = self._told.doubts("missing customer", batch.person[rows])
            because_of = np.where(because_of == NO_FAULT, known, because_of)
        co, beside = self._beside(batch, rows)
        for how in ("ever", "next"):
            known = self._told.doubts(f"{how} person", co)
            because_of[beside] = np.where(because_of[beside] == NO_FAULT, known, because_of[beside])
        found = np.flatnonzero(because_of != NO_FAULT)
        places = draft.lines_of_rows(rows[found]).tolist()
        for line, number in zip(places, because_of[found].tolist(), strict=True):
            self._log.consequence(file, line, number)
        for line, entry in zip(lines, draft.entries, strict=True):
            if entry.event in ("late_month", "correction"):
                number = int(self._contradicted(space, np.array([entry.unit]))[0])
                if number != NO_FAULT:
                    self._log.consequence(file, line, number)
        self._settle(space, batch, rows)

    def _contradicted(self, space: str, unit: Array) -> Array:
        ever, soon = self._told.doubts(f"ever {space}", unit), self._told.doubts(f"next {space}", unit)
        return np.where(ever != NO_FAULT, ever, soon)

    def _settle(self, space: str, batch: Batch, rows: Array) -> None:
        """Whoever told something wrongly has now told it rightly."""
        settled = rows[self._told.doubts(f"next {space}", batch.unit[rows]) != NO_FAULT]
        self._told.settle("next person", batch.person[settled])
        self._told.settle(f"next {space}", batch.unit[settled])
        if space == "customer":
            self._told.settle("missing customer", batch.person[rows])
        tells = rows[batch.mark("tells_employer")[rows]]
        self._told.settle("next employer", batch.person[tells])

    # -- the memory -----------------------------------------------------------------------------

    def _remember(self, draft: Draft) -> None:
        """Remember what this delivery told rightly."""
        batch, month = draft.batch, draft.batch.month
        feed, rows = batch.feed, np.flatnonzero(~draft.taken)
        space = space_of(feed)
        self._told.note(space, batch.unit[rows])
        start = self._world.calendar.start
        for entry in draft.entries:
            if entry.event in ("late_month", "correction"):
                ago = month - int((np.datetime64(entry.month, "M") - start).astype(int))
                self._told.note(space, np.array([entry.unit]), ago)
                if space == "customer":
                    self._told.settle("missing customer", np.array([entry.unit]))
        mine = np.uint16(1 << feed.furnisher)
        if feed.contract != "shop_orders":
            self._told.told_by[batch.person[rows[batch.mark("tells_number")[rows]]]] |= mine
        self._told.told_by[self._beside(batch, rows)[0]] |= mine
        with_employer = rows[(batch.mark("tells_employer") & batch.mark("tells_number"))[rows]]
        self._told.note_employers(batch.person[with_employer], feed.furnisher, month)

    def _beside(self, batch: Batch, rows: Array) -> tuple[Array, Array]:
        """The people beside the holders whose number is told, and at which places of the rows they stand."""
        if batch.feed.contract != "metro2":
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        co = batch.marks["co"][rows]
        places = np.flatnonzero(co >= 0)
        people, identities = self._world.people, self._world.identities
        knows = identities.knows_number(batch.feed.furnisher, co[places]) & ~people.is_chinese[co[places]]
        return co[places[knows]], places[knows]
