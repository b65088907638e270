"""How random facts are told: late, corrected, told again, and recorded after they are looked for."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from bureau.facts import FACTS

__all__ = ["Record", "Teller"]

Record = dict[str, Any]

_WINDOWS: Final = (0, 1, 3, 6, 12, 24, 36, 60, 84, 120)
"""Lengths of windows, in months."""

_CURRENCIES: Final = ("EUR", "USD", None)


class Teller:
    """Keeps what is told of a group, with the moment at which it became known.

    Parameters
    ----------
    rng : random.Random
        Where chance comes from.
    moments : sequence of datetime
        The moments of observation: facts lie around them.
    """

    def __init__(self, rng: random.Random, moments: Sequence[datetime]) -> None:
        self.rng = rng
        self.moments = moments
        self.present: date = max(moments).date()
        self.facts: dict[str, list[Record]] = {}

    # -- recording ------------------------------------------------------------------------------

    def record(self, fact: str, delivery_no: int, values: Record, *, after: bool = False) -> None:
        """Record a fact once, at some moment after the day it speaks of, and `after` the one recorded before it."""
        columns = dict.fromkeys((*FACTS[fact].columns, "effective_on"))
        records = self.facts.setdefault(fact, [])
        recorded_at = self.moment(values["effective_on"])
        if after:
            recorded_at = max(recorded_at, records[-1]["recorded_at"] + timedelta(seconds=1))
        records.append(columns | values | {"recorded_at": recorded_at, "delivery_no": delivery_no})

    def tell(self, fact: str, key: Record, say: Callable[[], Record]) -> None:
        """Record a fact, now and then corrected or told again; corrections may be known before what they correct."""
        said = say()
        for delivery_no in (1, 2, 3):
            self.record(fact, delivery_no, key | said)
            if delivery_no > 1 and self.rng.random() < 0.25:  # corrected at the very moment of an observation
                self.facts[fact][-1]["recorded_at"] = self.rng.choice(self.moments)
            if self.rng.random() < 0.8:
                return
            if self.rng.random() < 0.7:
                corrected = say()
                said = said | {name: value for name, value in corrected.items() if self.rng.random() < 0.5}

    def moment(self, day: date) -> datetime:
        """When a fact of a day becomes known: soon, late, at the very moment of an observation, or before the day."""
        if self.rng.random() < 0.08:
            return self.rng.choice(self.moments) + timedelta(microseconds=self.rng.choice((-1, 0, 0, 1)))
        if self.rng.random() < 0.04:
            return datetime.combine(day, time()) - timedelta(days=self.rng.choice((1, 1, 10, 40)), hours=5)
        wait = timedelta(
            days=self.rng.choice((0, 0, 0, 0, 0, 1, 3, 3, 14, 14, 35, 80, 200)),
            seconds=self.rng.choice((0, 0, 0, 1, 21_600, 86_399)),
        )
        return datetime.combine(day, time()) + wait

    # -- chance ---------------------------------------------------------------------------------

    def day(self, low: int, high: int) -> date:
        """A day from `low` to `high` days before the newest observation, or one at the edge of a window."""
        if self.rng.random() < 0.2:
            edges = [months for months in _WINDOWS if low <= months * 30 and months * 30 <= high]
            if edges:
                return self.edge(self.rng.choice(edges))
        if low <= 0 and self.rng.random() < 0.1:
            return self.rng.choice((date(2023, 12, 31), date(2024, 2, 29), self.present))
        return self.present - timedelta(days=self.rng.randint(low, high))

    def edge(self, months: int) -> date:
        """A day so many months before an observation, or the day before or after that one."""
        observed_on = self.rng.choice(self.moments).date()
        return later_by_months(observed_on, -months) + timedelta(days=self.rng.choice((-1, 0, 0, 1)))

    def day_or_none(self, low: int, high: int) -> date | None:
        return None if self.rng.random() < 0.12 else self.day(low, high)

    def one_of(self, *values: Any) -> Any:
        """One of some values; missing now and then."""
        return None if self.rng.random() < 0.08 else self.rng.choice(values)

    def amount(self) -> float | None:
        """An amount: missing, zero, usual, negative, with thousandths and less, or huge."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.6:
            return float(rng.choice((0, 50, 100, 100, 250, 900, 1000, 1000, 2000, 5000)))
        if kind < 0.85:
            return round(rng.uniform(0, 20_000), rng.choice((0, 1, 2, 3)))
        return rng.choice((None, None, None, -25.5, -1000.0, 0.001, 0.0005, 1.0049999, 2.0625, 1e12, 987_654_321.123))

    def currency(self) -> str | None:
        return self.rng.choices(_CURRENCIES, (88, 9, 3))[0]

    def late(self) -> int | None:
        return self.one_of(0, 0, 0, 1, 7, 29, 30, 31, 59, 60, 61, 89, 90, 119, 120, 150, 180, 400)


def later_by_months(day: date, months: int) -> date:
    """The same day some months later, or the last one of that month."""
    index = day.year * 12 + day.month - 1 + months
    following = date((index + 1) // 12, (index + 1) % 12 + 1, 1)
    return date(index // 12, index % 12 + 1, min(day.day, (following - timedelta(days=1)).day))
