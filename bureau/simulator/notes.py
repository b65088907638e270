"""What is noted of a delivery: faults and events in the key, and what was told in the memory."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from bureau.simulator.arrays import Array
from bureau.simulator.definitions import DEFINITIONS
from bureau.simulator.draft import Draft, Entry
from bureau.simulator.events import Events
from bureau.simulator.furnishers import COURT, FURNISHERS
from bureau.simulator.log import Log
from bureau.simulator.told import NO_FAULT, Told, space_of
from bureau.simulator.world import World

__all__ = ["Notes"]

_CASE_SPACES = ("case of court", "case of vendor")


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

    def take(self, draft: Draft, file: str, over: list[int]) -> None:
        """Note a delivery.

        Parameters
        ----------
        draft : Draft
            The delivery, its entries sorted.
        file : str
            Its file, as the manifest names it.
        over : list of int
            Accounts whose limit is told rightly again.
        """
        lines = draft.lines_of_entries().tolist()
        self._consequences(draft, file, lines)
        for line, entry in zip(lines, draft.entries, strict=True):
            if entry.fault is not None:
                self._fault(draft, file, line, entry)
            if entry.event is not None:
                self._event(draft, file, line, entry.event, entry.record, entry.month, entry.because_of)
        rows = np.array(sorted(draft.marks), dtype=np.int64)
        places = draft.lines_of_rows(rows).tolist()
        for line, row, record in zip(places, rows.tolist(), draft.records(rows), strict=True):
            self._event(draft, file, line, draft.marks[row], record, draft.day, None)
        self._remember(draft)
        if over:
            kind = f"soon {space_of(draft.batch.feed)}"
            known = self._told.doubts(kind, np.array(over))
            for unit, fault in zip(over, known.tolist(), strict=True):
                if fault == NO_FAULT:
                    self._told.doubt(kind, unit, max(self._log.faults - 1, 0))

    # -- the key --------------------------------------------------------------------------------

    def _fault(self, draft: Draft, file: str, line: int, entry: Entry) -> None:
        fault, batch = entry.fault, draft.batch
        if fault is None:
            return
        change = fault.change
        definition = DEFINITIONS[batch.feed.contract]
        original = entry.truth or draft_record(entry)
        number = self._log.fault(
            delivery_file=file,
            line=line,
            furnisher_id=FURNISHERS[batch.feed.furnisher].furnisher_id,
            contract=batch.feed.contract,
            kind=fault.kind,
            field=change.field,
            criterion=change.criterion,
            account_ref=original.get(definition.key),
            month=entry.month,
            true_value=change.true_value,
            faulty_value=change.faulty_value,
        )
        self._doubt(draft, entry, number)
        if entry.twin >= 0 and fault.kind == "contradictory_duplicate":
            self._log.consequence(file, int(draft.lines_of_rows(np.array([entry.twin]))[0]), number)
        if entry.truth is not None:
            truth = entry.truth
            if "correction_indicator" in truth:
                truth = truth | {"correction_indicator": "1"}
            correction = Entry(0, truth, entry.month, entry.unit, event="correction", because_of=number)
            self._events.owe(batch.feed, batch.month + 1, correction)
