"""How far a distribution has moved: the population stability index (PSI) of a delivery's fields.

The usual reading: under 0.1 nothing has changed, from 0.25 on something has.

The bins are those of :mod:`bureau.profiles`, with dates put into wider ones: a book of accounts
grows a month older every month, and a delivery may come a month late.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

__all__ = ["FLOOR", "Bins", "Shift", "field_shifts", "psi", "spread", "widened"]

Bins = Mapping[str, Mapping[str, float]]
"""Field to bin to the number of records in it; the field ``''`` counts all records."""

FLOOR: Final = 0.001
"""The least share of a bin, so that an empty one has a logarithm."""

_MOST_SURE: Final = 200_000
"""A sample counts as no larger than this, however many records it stands for."""

_ENOUGH: Final = 6
"""From so many values on, a few strange ones are passed over; fewer are taken at their widest."""

_FOUR_FIFTHS: Final = 1.2816
"""Within so many standard deviations lie four fifths of a normal distribution."""

_MONTHS: Final = re.compile(r"m(-?\d+)")


@dataclass(frozen=True)
class Shift:
    """How far one field of a delivery has moved from the deliveries before.

    Parameters
    ----------
    value : float
        Its PSI against the deliveries before, each with the same weight.
    usual : float
        The PSI that one of those had against the next.
    noise : float
        What samples of this size reach by chance alone.
    """

    value: float
    usual: float
    noise: float


def psi(expected: Mapping[str, float], actual: Mapping[str, float], floor: float = FLOOR) -> float:
    r"""The population stability index of two distributions.

    .. math:: \sum_b (a_b - e_b) \ln \frac{a_b}{e_b}

    over all bins *b* of either, with the natural logarithm. A share under ``floor``, that of an
    empty bin among them, counts as ``floor``; the shares are not scaled again after that.

    Parameters
    ----------
    expected, actual : mapping of str to float
        Bin to its count, or to its share: each is divided by its total.
    floor : float
        The least share of a bin.

    Returns
    -------
    float
        0 for equal distributions, and where one of them is empty; the same both ways round.

    Examples
    --------
    >>> round(psi({"low": 50, "high": 50}, {"low": 25, "high": 75}), 4)
    0.2747
    """
    all_expected, all_actual = sum(expected.values()), sum(actual.values())
    if not all_expected or not all_actual:
        return 0.0
    total = 0.0
    for each in {**expected, **actual}:  # not a set: the order of a sum must not change from run to run
        before = max(expected.get(each, 0) / all_expected, floor)
        now = max(actual.get(each, 0) / all_actual, floor)
        total += (now - before) * math.log(now / before)
    return total


def field_shifts(bins: Bins, earlier: Sequence[Bins]) -> dict[str, Shift]:
    """The shift of each field of a delivery.

    Parameters
    ----------
    bins : mapping
        The delivery.
    earlier : sequence of mapping
        Those before, oldest first. A field that none of them has is left out.
    """
    found = {}
    for field in bins:
        before = [widened(each[field]) for each in earlier if each.get(field)]
        now = widened(bins[field])
        if field and before and now:
            steps = [psi(one, other) for one, other in pairwise(before)]
            usual = 0.0 if not steps else (median(steps) if len(steps) >= _ENOUGH else max(steps))
            found[field] = Shift(psi(_mean(before), now), usual, _noise(now, before))
    return found


def widened(bins: Mapping[str, float]) -> dict[str, float]:
    """The bins with dates by age in years, in octaves: under 1, under 3, under 7, and so on.

    Examples
    --------
    >>> widened({"m0": 5, "m11": 1, "m12": 2, "m-3": 1, "missing": 4, "b3": 1})
    {'y0': 6, 'y1': 2, 'y-1': 1, 'missing': 4, 'b3': 1}
    """
    wide: dict[str, float] = {}
    for each, count in bins.items():
        name = each
        if told := _MONTHS.fullmatch(each):
            months = int(told[1])
            name = "y-1" if months < 0 else f"y{int(math.log2(1 + months // 12))}"
        wide[name] = wide.get(name, 0) + count
    return wide


def spread(values: Sequence[float]) -> float:
    """How widely values lie around their median: a standard deviation that a fifth of them cannot move.

    It comes from the distance that four fifths of them keep; the whole range of fewer than six.

    Examples
    --------
    >>> spread([1.0, 1.5, 1.25])
    0.5
    """
    if len(values) < _ENOUGH:
        return max(values, default=0.0) - min(values, default=0.0)
    middle = median(values)
    apart = sorted(abs(value - middle) for value in values)
    return apart[math.ceil(0.8 * len(apart)) - 1] / _FOUR_FIFTHS


def _mean(many: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean share of each bin: a large delivery weighs no more than a small one."""
    mean: dict[str, float] = {}
    for bins in many:
        total = sum(bins.values())
        for each, count in bins.items():
            mean[each] = mean.get(each, 0) + count / total / len(many)
    return mean


def _noise(now: Mapping[str, float], before: Sequence[Mapping[str, float]]) -> float:
    """The PSI that chance alone hardly reaches.

    Without a change, PSI over (1/n + 1/m) is about chi-squared with one degree of freedom less
    than there are bins; this is its mean and four standard deviations.
    """
    free = len({each for bins in (now, *before) for each in bins}) - 1
    n = min(sum(now.values()), _MOST_SURE)
    m = min(sum(sum(bins.values()) for bins in before), _MOST_SURE)
    return (free + 4 * math.sqrt(2 * free)) * (1 / n + 1 / m)
