"""What happens to deliveries without anybody making a mistake: months that come late, accounts taken back.

Corrections belong here too: after a mistake the furnisher may deliver the month again with what is true.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np

from bureau.simulator.draft import Draft, Entry
from bureau.simulator.furnishers import Feed

__all__ = ["Events"]

_LATE: Final = 0.002
_LATER_STILL: Final = 0.25
_DELETED: Final = 0.0005
_COMES_BACK: Final = 0.5
_FOR_GOOD: Final = 30_000


class Events:
    """Remembers, for each feed, what is owed and which accounts are not reported any more."""

    def __init__(self) -> None:
        self._owed: dict[str, list[tuple[int, Entry]]] = {}
        self._silent: dict[str, dict[int, int]] = {}

    def begin(self, draft: Draft, rng: np.random.Generator) -> None:
        """Decide which rows of a draft are late, taken back, left out, or back again.

        Parameters
        ----------
        draft : Draft
            The delivery.
        rng : numpy.random.Generator
            What is drawn is drawn from here.
        """
        feed, month = draft.batch.feed, draft.batch.month
        if feed.contract in ("metro2", "lender_months"):
            self._keep_silent(draft)
        if feed.contract in ("metro2", "lender_months", "recurring_payments"):
            plain = np.flatnonzero(draft.batch.mark("plain") & ~draft.busy)
            draw = rng.random(len(plain))
            still = rng.random(len(plain))
            if feed.contract != "recurring_payments" and month > 0:
                self._take_back(draft, plain[draw > 1 - _DELETED], rng)
            late = plain[(draw < _LATE) & ~draft.batch.mark("caught_up")[plain]]
            for row, record in zip(late.tolist(), draft.records(late), strict=True):
                draft.take(row)
                wait = 2 if still[np.searchsorted(plain, row)] < _LATER_STILL else 1
                self.owe(feed, month + wait, Entry(0, record, draft.day, _unit(draft, row), event="late_month"))

    def owe(self, feed: Feed, month: int, entry: Entry) -> None:
        """A record is to come with the delivery of a later month."""
        self._owed.setdefault(feed.name, []).append((month, entry))

    def deliver_what_is_owed(self, draft: Draft, rng: np.random.Generator) -> None:
        """Put what is due into a draft, anywhere; nothing of accounts that are taken back."""
        feed, month = draft.batch.feed, draft.batch.month
        waiting = self._owed.get(feed.name, [])
        silent = self._silent.get(feed.name, {})
        for _, entry in (one for one in waiting if one[0] <= month):
            if silent.get(entry.unit, -1) <= month:
                draft.entries.append(replace(entry, before=draft.place(rng)))
        self._owed[feed.name] = [one for one in waiting if one[0] > month]

    def _keep_silent(self, draft: Draft) -> None:
        """Leave out the accounts that were taken back, and let some come back."""
        feed, month = draft.batch.feed, draft.batch.month
        silent = self._silent.get(feed.name)
        if not silent:
            return
        rows = np.flatnonzero(np.isin(draft.batch.unit, np.array(list(silent))))
        for row in rows.tolist():
            unit = _unit(draft, row)
            if silent[unit] > month:
                draft.take(row)
            else:
                draft.marks[row] = "refurnished"
                draft.busy[row] = True

    def _take_back(self, draft: Draft, rows: Any, rng: np.random.Generator) -> None:
        """Deliver accounts for the last time, to have them deleted."""
        feed, month = draft.batch.feed, draft.batch.month
        silent = self._silent.setdefault(feed.name, {})
        owed = {entry.unit for _, entry in self._owed.get(feed.name, [])}
        comes_back, wait = rng.random(len(rows)) < _COMES_BACK, rng.integers(2, 5, len(rows))
        for place, (row, record) in enumerate(zip(rows.tolist(), draft.records(rows), strict=True)):
            unit = _unit(draft, row)
            if unit in owed or unit in silent:
                continue
            code = {"account_status": "DF" if place % 5 == 4 else "DA"} if "account_status" in record else {}
            deleted = record | (code or {"action": "delete"})
            draft.take(row)
            draft.entries.append(Entry(row, deleted, draft.day, unit, event="deletion"))
            silent[unit] = month + int(wait[place]) if comes_back[place] else _FOR_GOOD


def _unit(draft: Draft, row: int) -> int:
    return int(draft.batch.unit[row])
