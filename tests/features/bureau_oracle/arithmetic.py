"""Arithmetic and calendar of the bureau's oracle, on plain numbers in which None counts for nothing.

Sums are of whole numbers: amounts in thousandths, shares in 1e-9, each value rounded to the nearest unit, from
the middle away from zero. What is divided is divided last, as 64-bit floating-point numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Literal

Kind = Literal["whole", "amount", "share"]
Number = float | int
PARTS = {"whole": 1, "amount": 1000, "share": 1_000_000_000}


# -- numbers --------------------------------------------------------------------------------------


def present(values: Iterable[Number | None]) -> list[Number]:
    return [value for value in values if value is not None]


def largest(values: Iterable[Number | None]) -> Number | None:
    return max(present(values), default=None)


def smallest(values: Iterable[Number | None]) -> Number | None:
    return min(present(values), default=None)


def units(value: Number | None, kind: Kind) -> int | None:
    """A value in whole units of its kind; missing where it is too large to be true."""
    if value is None or kind == "whole":
        return None if value is None else int(value)
    if abs(value) >= 1e15 / PARTS[kind]:
        return None
    parts = abs(value * float(PARTS[kind]))
    return int(math.copysign(int(parts) + (parts - int(parts) >= 0.5), value))


def total(values: Iterable[Number | None], kind: Kind = "amount") -> float | None:
    there = present(units(value, kind) for value in values)
    return float(sum(there)) / float(PARTS[kind]) if there else None


def mean(values: Iterable[Number | None], kind: Kind = "amount") -> float | None:
    there = present(units(value, kind) for value in values)
    return float(sum(there)) / float(len(there) * PARTS[kind]) if there else None


def slope(points: Iterable[tuple[int, Number | None]], kind: Kind = "amount") -> float | None:
    """Least squares from whole sums; missing where all points lie at one place."""
    there = [(x, y) for x, y in ((x, units(y, kind)) for x, y in points) if y is not None]
    n, sum_x, sum_xx = len(there), sum(x for x, _ in there), sum(x * x for x, _ in there)
    sum_y, sum_xy = sum(y for _, y in there), sum(x * y for x, y in there)
    below = float(n) * float(sum_xx) - float(sum_x) * float(sum_x)
    if not below:
        return None
    return (float(n) * float(sum_xy) - float(sum_x) * float(sum_y)) / below / float(PARTS[kind])


def ratio(above: Number | None, below: Number | None) -> float | None:
    return None if above is None or below is None or below == 0 else float(above) / float(below)


def count(answers: Iterable[object]) -> float:
    return float(sum(1 for answer in answers if answer))


def share(answers: Iterable[bool | None]) -> float | None:
    """Share of those that are answered yes among those that are answered."""
    return mean((None if answer is None else int(answer) for answer in answers), "whole")


def at_least(value: Number | None, limit: float) -> bool:
    return value is not None and value >= limit


def over(value: Number | None, limit: float) -> bool:
    return value is not None and value > limit


def within(ago: int | None, months: int) -> bool:
    """Whether something is told to lie in the last so many months; what is still to come does not."""
    return ago is not None and 0 <= ago < months


# -- time -----------------------------------------------------------------------------------------


def months_ago(day: date | None, observed_on: date) -> int | None:
    """Whole months that have passed, each date moved on by a day, so that month ends are a month apart.

    The last day of a month completes it. Missing for a date that is still to come.
    """
    if day is None or day > observed_on:
        return None
    start, end = day + timedelta(days=1), observed_on + timedelta(days=1)
    is_last = (end + timedelta(days=1)).month != end.month
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day and not is_last)
