"""Samples: whom a model is made from, and on whom it is judged.

*Development* is what tuning, calibration and the fit see. *Test* are other people of the same time: a consumer
with several observation dates is in one of the two only. *Out of time* is everybody observed from a date on,
which development and test end before; people of the development sample may be among them, as they are among
those whom a model in use meets (:meth:`Samples.unseen` leaves them out).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.errors import UnfitPopulation
from training.population import Population

__all__ = ["Samples", "draw_samples"]

_Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Samples:
    """Row numbers of a population, ascending; no row is in two of them.

    Parameters
    ----------
    development : ndarray of int
        Rows that tuning, calibration and the fit see.
    test : ndarray of int
        Rows of other consumers, observed at the same dates.
    out_of_time : ndarray of int
        Rows observed later; may be empty.
    """

    development: _Rows
    test: _Rows
    out_of_time: _Rows

    def unseen(self, people: Population) -> _Rows:
        """The out-of-time rows of consumers who are not in the development sample at all."""
        known = np.isin(people.consumer_ids[self.out_of_time], people.consumer_ids[self.development])
        return self.out_of_time[~known]


def draw_samples(
    people: Population,
    *,
    test_share: float = 0.2,
    out_of_time_from: date | None = None,
    embargo_months: int = 0,
    seed: int = 0,
) -> Samples:
    """Divide a population into samples.

    Whether a consumer is in the test sample follows from the seed, the consumer's own identifier and those of
    the others, in no way from the order of the rows. Consumers who went bad at one date at least, and the
    others, are drawn from apart, so that both samples have the same share of them (to the rounding).

    Parameters
    ----------
    people : Population
        The population.
    test_share : float
        Share of the consumers in the test sample, from 0 (none) to below 1.
    out_of_time_from : date, optional
        Rows observed on this date (UTC) or later are out of time; by default there are none.
    embargo_months : int
        Rows observed in so many months before that date are left out of all samples. As long as the performance
        window, no outcome that the model learns from lies after the first observation that it is judged on.
    seed : int
        Another seed draws another test sample.

    Raises
    ------
    ValueError
        If the share or the months are out of range, or an embargo is asked for without a date.
    UnfitPopulation
        If nobody is observed before the date, or nobody from it on.
    """
    if not 0 <= test_share < 1:
        raise ValueError(f"test_share: {test_share} is not in [0, 1); a fifth is usual")
    if embargo_months < 0 or (embargo_months and out_of_time_from is None):
        raise ValueError(f"embargo_months: {embargo_months} needs a date from which on rows are out of time")
    earlier = np.ones(len(people), dtype=np.bool_)
    later = ~earlier
    if out_of_time_from is not None:
        start = pd.Timestamp(out_of_time_from)
        later = people.observed_at >= start.to_datetime64()
        earlier = people.observed_at < (start - pd.DateOffset(months=embargo_months)).to_datetime64()
        for kind, rows in (("before", earlier), ("on or after", later)):
            if not rows.any():
                after = f" less {embargo_months} months of embargo" if embargo_months and kind == "before" else ""
                raise UnfitPopulation(
                    f"out of time from {out_of_time_from}{after}: no row is observed {kind} that date; choose one "
                    "between the observation dates"
                )
    in_test = np.isin(people.consumer_ids, _drawn(people.take(earlier), test_share, seed))
    numbers = [np.flatnonzero(rows) for rows in (earlier & ~in_test, earlier & in_test, later)]
    return Samples(*(rows.astype(np.int64) for rows in numbers))


def _drawn(people: Population, share: float, seed: int) -> _Rows:
    """The consumers of the test sample."""
    consumers, place = np.unique(people.consumer_ids, return_inverse=True)
    ever_bad = np.zeros(len(consumers), dtype=np.bool_)
    ever_bad[place[people.is_bad]] = True
    drawn = []
    for stratum in (consumers[ever_bad], consumers[~ever_bad]):
        order = np.argsort(_keyed_hash(stratum, seed), kind="stable")
        drawn.append(stratum[order[: round(share * len(stratum))]])
    return np.concatenate(drawn)


_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)


def _keyed_hash(numbers: npt.NDArray[Any], seed: int) -> npt.NDArray[np.uint64]:
    """A number of 64 bits for each, different for different ones (Steele, Lea and Flood 2014: SplitMix64, mixed twice).

    A cryptographic hash would serve as well; this one takes a millisecond for a hundred thousand.
    """
    key = _mixed(np.array([seed % 2**64], dtype=np.uint64))
    return _mixed(numbers.astype(np.uint64) ^ key)


def _mixed(state: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    state = state + _GOLDEN
    state = (state ^ (state >> np.uint64(30))) * _FIRST
    state = (state ^ (state >> np.uint64(27))) * _SECOND
    return state ^ (state >> np.uint64(31))
