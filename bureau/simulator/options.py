"""What a person can ask of a simulated world, and its calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bureau.simulator.errors import SimulationError

__all__ = ["BURN_IN", "HORIZON", "Calendar", "Options"]

BURN_IN: Final = 12
"""Months that are lived through, unreported, before the first reported one."""

HORIZON: Final = 12
"""Months over which a default probability looks ahead."""

_MOST_CONSUMERS: Final = 20_000_000
_MOST_MONTHS: Final = 600


@dataclass(frozen=True)
class Options:
    """A world, fully described: the same options give the same bytes.

    Parameters
    ----------
    consumers : int
        How many people live in it.
    months : int
        How many months are reported.
    seed : int
        Another seed is another world.
    fault_rate : float
        Share of the records that carry a mistake, from 0 to 0.2. It changes what furnishers send,
        not how people live.
    cycle : float
        Amplitude of the macro cycle; 0 for none.
    start : date
        A day in the first reported month.

    Raises
    ------
    SimulationError
        If a value is out of its range.
    """

    consumers: int
    months: int
    seed: int = 0
    fault_rate: float = 0.01
    cycle: float = 1.0
    start: date = date(2019, 1, 1)

    def __post_init__(self) -> None:
        ranges: dict[str, tuple[float, float]] = {
            "consumers": (10, _MOST_CONSUMERS),
            "months": (1, _MOST_MONTHS),
            "seed": (0, 2**63 - 1),
            "fault_rate": (0, 0.2),
            "cycle": (0, 3),
        }
        for name, (low, high) in ranges.items():
            if not low <= getattr(self, name) <= high:
                raise SimulationError(f"{name.replace('_', '-')} must lie between {low:,g} and {high:,g}")
        if not 1990 <= self.start.year <= 2100:
            raise SimulationError("start must lie between 1990 and 2100")

    @property
    def calendar(self) -> Calendar:
        """The months of the world."""
        return Calendar(np.datetime64(self.start, "M"))


@dataclass(frozen=True)
class Calendar:
    """Months by number: 0 is the first reported one, negative ones lie before it.

    Parameters
    ----------
    start : numpy.datetime64
        The first reported month.

    Examples
    --------
    >>> calendar = Calendar(np.datetime64("2019-01", "M"))
    >>> calendar.end(1), calendar.name(-1)
    (np.datetime64('2019-02-28'), '2018-12')
    """

    start: np.datetime64

    def first(self, month: Any) -> Any:
        """First day of a month, or of an array of months."""
        return (self.start + np.asarray(month, dtype="timedelta64[M]")).astype("datetime64[D]")

    def end(self, month: Any) -> Any:
        """Last day of a month, or of an array of months."""
        return self.first(np.asarray(month) + 1) - np.timedelta64(1, "D")

    def day(self, month: Any, day: Any) -> Any:
        """A day of a month, counted from 1; both may be arrays."""
        return self.first(month) + (np.asarray(day) - 1).astype("timedelta64[D]")

    def number(self, days: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
        """The numbers of the months in which some days lie."""
        counted: npt.NDArray[np.int64] = (days.astype("datetime64[M]") - self.start).astype(np.int64)
        return counted

    def name(self, month: int) -> str:
        """A month as YYYY-MM."""
        return str(self.start + np.timedelta64(month, "M"))

    def last_day(self, month: int) -> date:
        """Last day of one month."""
        day: date = self.end(month).item()
        return day
