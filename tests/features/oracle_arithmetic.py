"""Arithmetic and calendar of the oracle: plain Python in which a missing value (None) counts for nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction

# -- arithmetic in which a missing value counts for nothing ---------------------------------------


def present(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def total(values: Iterable[float | None]) -> float | None:
    there = present(values)
    return math.fsum(there) if there else None


def mean(values: Iterable[float | None]) -> float | None:
    there = present(values)
    return math.fsum(there) / len(there) if there else None


def largest(values: Iterable[float | None]) -> float | None:
    return max(present(values), default=None)


def smallest(values: Iterable[float | None]) -> float | None:
    return min(present(values), default=None)


def deviation(values: Iterable[float | None]) -> float | None:
    there = [Fraction(value) for value in present(values)]
    if not there:
        return None
    middle = sum(there) / len(there)
    return math.sqrt(float(sum((value - middle) ** 2 for value in there) / len(there)))


def ratio(above: float | None, below: float | None) -> float | None:
    return None if above is None or below is None or below == 0 else above / below


def slope(points: Iterable[tuple[int, float | None]]) -> float | None:
    """Least squares, exact."""
    there = [(Fraction(x), Fraction(y)) for x, y in points if y is not None]
    if not there:
        return None
    mean_x = sum(x for x, _ in there) / len(there)
    mean_y = sum(y for _, y in there) / len(there)
    spread = sum((x - mean_x) ** 2 for x, _ in there)
    return float(sum((x - mean_x) * (y - mean_y) for x, y in there) / spread) if spread else None


def share(answers: Iterable[bool | None]) -> float | None:
    return mean(None if answer is None else float(answer) for answer in answers)


def count(answers: Iterable[bool]) -> float:
    return float(sum(1 for answer in answers if answer))


def over(value: float | None, limit: float) -> bool:
    return value is not None and value > limit


# -- time -----------------------------------------------------------------------------------------


def later_by_months(day: date, months: int) -> date:
    """The same day some months later, or the last one of that month."""
    index = day.year * 12 + day.month - 1 + months
    first = date(index // 12, index % 12 + 1, 1)
    last = (date(first.year + first.month // 12, first.month % 12 + 1, 1) - timedelta(days=1)).day
    return first.replace(day=min(day.day, last))


def whole_months(day: date, observed_on: date) -> int:
    """Whole months that have passed; counted between the mornings after, so that month ends are month ends."""
    start, end = day + timedelta(days=1), observed_on + timedelta(days=1)
    months = 0
    while later_by_months(start, months + 1) <= end:
        months += 1
    return months


def months_between(start: date | None, end: date | None) -> float | None:
    return None if start is None or end is None else (end - start).days / 30.4375


def months_since(day: date | None, observed_on: date) -> float | None:
    return months_between(day, observed_on) if day is not None and day <= observed_on else None
