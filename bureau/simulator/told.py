"""What has been told so far: the memory of a careful person who reads every delivery.

It decides whether a mistake can be noticed, and which correct records contradict an earlier mistake.
It holds what was told, and nothing of what the bureau made of it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from bureau.simulator.accounts import NOTHING
from bureau.simulator.arrays import Array
from bureau.simulator.furnishers import COURT, Feed

__all__ = ["NO_FAULT", "Told", "space_of"]

NO_FAULT: Final = -1

_SPACES: Final = {
    "metro2": "account",
    "lender_months": "account",
    "lender_customers": "customer",
    "recurring_payments": "bill",
    "shop_orders": "shopper",
    "applications": "application",
}


def space_of(feed: Feed) -> str:
    """What the records of a feed are about; cases are remembered for each deliverer of its own."""
    if feed.contract == "court_records":
        return "case of court" if feed.furnisher == COURT else "case of vendor"
    return _SPACES[feed.contract]


class Told:
    """Memory of what was told of accounts, customers, cases and so on, by their numbers.

    Parameters
    ----------
    people : int
        How many people there are.

    Attributes
    ----------
    told_by : numpy.ndarray
        For each person the furnishers, as bits, that told a valid national number with the birth date.
    employer_month, employer_by : numpy.ndarray
        For each person the last month in which an employer was told, and by which furnishers.
    """

    def __init__(self, people: int) -> None:
        self.told_by = np.zeros(people, dtype=np.uint16)
        self.employer_month = np.full(people, NOTHING)
        self.employer_by = np.zeros(people, dtype=np.uint16)
        self._months: dict[str, Array] = {}
        self._doubts: dict[str, Array] = {}

    def begin_month(self) -> None:
        """A month later, everything was told a month longer ago."""
        self._months = {space: bits << np.uint64(1) for space, bits in self._months.items()}

    def note(self, space: str, unit: Array, months_ago: int = 0) -> None:
        """Some units were told rightly, as of so many months ago."""
        bits = self._months[space] = _grown(self._months.get(space, np.zeros(0, dtype=np.uint64)), unit, 0)
        bits[unit] |= np.uint64(1) << np.uint64(min(months_ago, 63))

    def months(self, space: str, unit: Array) -> Array:
        """As of which months some units were told rightly: bit k stands for k months ago."""
        bits = self._months[space] = _grown(self._months.get(space, np.zeros(0, dtype=np.uint64)), unit, 0)
        return bits[unit]

    def note_employers(self, person: Array, furnisher: int, month: int) -> None:
        """A furnisher told where some people work."""
        anew = person[self.employer_month[person] != month]
        self.employer_month[anew] = month
        self.employer_by[anew] = 0
        self.employer_by[person] |= np.uint16(1 << furnisher)

    def doubt(self, kind: str, unit: int, fault: int) -> None:
        """A fault was told of a unit that its next correct record will contradict."""
        numbers = np.array([unit])
        known = self._doubts[kind] = _grown(self._doubts.get(kind, np.zeros(0, dtype=np.int64)), numbers, NO_FAULT)
        known[numbers] = fault

    def doubts(self, kind: str, unit: Array) -> Array:
        """The fault that the correct record of each unit contradicts, or :data:`NO_FAULT`."""
        known = self._doubts.get(kind)
        found = np.full(len(unit), NO_FAULT, dtype=np.int64)
        if known is not None:
            inside = unit < len(known)
            found[inside] = known[unit[inside]]
        return found

    def settle(self, kind: str, unit: Array) -> None:
        """The right values of some units were told again."""
        known = self._doubts.get(kind)
        if known is not None:
            known[unit[unit < len(known)]] = NO_FAULT


def _grown(values: Array, unit: Array, fill: int) -> Array:
    """The same values with room for some units."""
    missing = int(unit.max(initial=-1)) + 1 - len(values)
    if missing <= 0:
        return values
    return np.concatenate([values, np.full(max(missing, len(values) // 2), fill, dtype=values.dtype)])
