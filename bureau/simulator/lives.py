"""What happens to people month by month: jobs lost and found, changes of employer, moves."""

from __future__ import annotations

from typing import Final

import numpy as np

from bureau.simulator.addresses import Addresses, draw_addresses
from bureau.simulator.arrays import Array
from bureau.simulator.names import EMPLOYERS
from bureau.simulator.options import BURN_IN, Calendar, Options
from bureau.simulator.people import People
from bureau.simulator.randomness import Chance
from bureau.simulator.risk import Risk

__all__ = ["LONGEST_LAG", "Lives"]

LONGEST_LAG: Final = 5
"""Most months until a furnisher hears of a move or a marriage."""

_MOVES: Final = 0.007
_CHANGES_EMPLOYER: Final = 0.006


class Lives:
    """People as they are in the present month.

    Parameters
    ----------
    options : Options
        The world.
    chance : Chance
        Its randomness.
    people : People
        Everybody.
    calendar : Calendar
        The months.

    Attributes
    ----------
    out_of_work : numpy.ndarray
        Who has lost the job.
    employer, employed_month : numpy.ndarray
        Number of the employer (-1: none), and the month in which one began there.
    addresses : Addresses
        All addresses of the world, future ones included.
    """

    def __init__(self, options: Options, chance: Chance, people: People, calendar: Calendar) -> None:
        self._chance = chance
        self._people = people
        self._calendar = calendar
        rng = chance.stream("first lives")
        count, homes = len(people), people.households
        works = people.job_class > 0
        self.out_of_work: Array = works & (rng.random(count) < 0.04)
        self.employer: Array = np.where(works & ~self.out_of_work, rng.integers(0, len(EMPLOYERS), count), -1)
        self.employer = self.employer.astype(np.int16)
        grown_up = calendar.number(people.birth_date) + 12 * 18 + 1
        since = -BURN_IN - 1 - rng.integers(0, 120, count)
        self.employed_month: Array = np.maximum(since, np.minimum(grown_up, -BURN_IN - 1)).astype(np.int16)
        chinese = np.zeros(homes, dtype=bool)
        chinese[people.household] = people.is_chinese
        self._movers: list[Array] = []
        for month in range(options.months):
            self._movers.append(np.flatnonzero(chance.stream("moves", month).random(homes) < _MOVES))
        self.addresses: Addresses = draw_addresses(
            chance, np.concatenate([chinese, *(chinese[movers] for movers in self._movers)])
        )
        self._next_address = homes
        address = np.arange(homes, dtype=np.int32)
        self._history = [address] * (LONGEST_LAG + 1)

    def live(self, month: int, risk: Risk) -> None:
        """Go on by one month."""
        people, rng = self._people, self._chance.stream("lives", month)
        at = month + BURN_IN
        draw = rng.random(len(people))
        loses = ~self.out_of_work & (draw < risk.loses_job[at][people.job_class])
        finds = self.out_of_work & (draw < risk.finds_job[at][people.job_class])
        changes = ~self.out_of_work & ~loses & (people.job_class > 0) & (draw > 1 - _CHANGES_EMPLOYER)
        self.out_of_work = (self.out_of_work | loses) & ~finds
        self.employer[loses] = -1
        begins = np.flatnonzero(finds | changes)
        self.employer[begins] = rng.integers(0, len(EMPLOYERS), len(begins))
        self.employed_month[begins] = month
        if month >= 0:
            self._move(month)

    def address(self, household: Array, months_ago: Array | int = 0) -> Array:
        """Where some households lived some months ago."""
        if isinstance(months_ago, int):
            return np.asarray(self._history[months_ago][household])
        where = np.empty(len(household), dtype=np.int32)
        for ago in range(LONGEST_LAG + 1):
            rows = np.flatnonzero(months_ago == ago)
            where[rows] = self._history[ago][household[rows]]
        return where

    def moved(self, month: int) -> Array:
        """The households that moved in a month."""
        return self._movers[month] if month >= 0 else np.empty(0, dtype=np.int64)

    def _move(self, month: int) -> None:
        movers = self._movers[month]
        address = self._history[0].copy()
        address[movers] = np.arange(self._next_address, self._next_address + len(movers))
        self._next_address += len(movers)
        self._history = [address, *self._history[:-1]]
