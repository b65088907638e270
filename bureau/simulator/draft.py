"""A delivery while it is put together: which records go out as they are, and which ones are special."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import numpy as np

from bureau.simulator.arrays import Array
from bureau.simulator.batch import Batch
from bureau.simulator.mistakes import Change
from bureau.simulator.writing import Layout, Special

__all__ = ["Draft", "Entry", "Fault"]

_FIRST_LINE: Final = {"csv": 2, "m2": 2, "jsonl": 1, "parquet": 1}


@dataclass(frozen=True)
class Fault:
    """A mistake in a record of a draft.

    Parameters
    ----------
    kind : str
        What kind of mistake.
    change : Change
        What was changed.
    reference : str
        The furnisher's reference, as it should be.
    person : int
        Whom it is about.
    """

    kind: str
    change: Change
    reference: str
    person: int


@dataclass(frozen=True)
class Entry:
    """A record that is written by itself.

    Parameters
    ----------
    before : int
        It stands before this row of the batch.
    record : dict
        Its fields.
    month : date
        The month it speaks of.
    unit : int
        What it is about.
    fault : Fault, optional
        The mistake in it.
    event : str, optional
        The event that it is.
    because_of : int, optional
        The fault that the event answers.
    mangle : callable, optional
        What happens to its line.
    twin : int
        The row that it repeats, or -1.
    truth : dict, optional
        What the furnisher will deliver in the next month to correct it.
    """

    before: int
    record: dict[str, Any]
    month: date
    unit: int
    fault: Fault | None = None
    event: str | None = None
    because_of: int | None = None
    mangle: Callable[[bytes], bytes] | None = None
    twin: int = -1
    truth: dict[str, Any] | None = None


@dataclass
class Draft:
    """The delivery.

    Parameters
    ----------
    batch : Batch
        Its records.
    day : date
        Last day of the month that it speaks of.
    taken : numpy.ndarray
        Which rows do not go out as they are.
    busy : numpy.ndarray
        Which rows must be left alone.
    entries : list of Entry
        Records written by themselves.
    marks : dict of int to str
        Rows that go out as they are and still are an event.
    """

    batch: Batch
    day: date
    taken: Array = field(init=False)
    busy: Array = field(init=False)
    entries: list[Entry] = field(default_factory=list)
    marks: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.taken = np.zeros(len(self.batch), dtype=bool)
        self.busy = np.zeros(len(self.batch), dtype=bool)

    def take(self, row: int) -> None:
        """A row does not go out as it is."""
        self.taken[row] = self.busy[row] = True

    def records(self, rows: Array) -> list[dict[str, Any]]:
        """The records of some rows, one by one."""
        return self.batch.build(rows).rows() if len(rows) else []

    def place(self, rng: np.random.Generator, after: int = -1) -> int:
        """Somewhere in the file, after a row."""
        return int(rng.integers(after + 1, len(self.batch) + 1))

    def layout(self) -> Layout:
        """How it is written; sorts the entries."""
        self.entries.sort(key=lambda one: one.before)
        special = [Special(one.before, one.record, one.mangle) for one in self.entries]
        return Layout(np.flatnonzero(self.taken), special)

    def lines_of_entries(self) -> Array:
        """The line of each entry; they must be sorted."""
        before = np.array([one.before for one in self.entries], dtype=np.int64)
        lines: Array = self._first + before - self._taken_before(before) + np.arange(len(before))
        return lines

    def lines_of_rows(self, rows: Array) -> Array:
        """The lines of rows that go out as they are."""
        before = np.array([one.before for one in self.entries], dtype=np.int64)
        lines: Array = self._first + rows - self._taken_before(rows) + np.searchsorted(before, rows, side="right")
        return lines

    @property
    def _first(self) -> int:
        return _FIRST_LINE[self.batch.feed.extension]

    def _taken_before(self, rows: Array) -> Array:
        return np.concatenate([[0], np.cumsum(self.taken)])[rows]
