"""The outcome among the columns is refused, an honest strong column is not."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt
import pytest

from training.errors import UnfitTable
from training.leaks import NearOutcome, refuse_outcome_among_columns, warn_of_near_outcome

RNG = np.random.default_rng(5)
IS_BAD = RNG.random(2000) < 0.2
LEAKS: dict[str, npt.NDArray[np.float64]] = {
    "the outcome": IS_BAD.astype(float),
    "its opposite": 1.0 - IS_BAD,
    "missing for the good": np.where(IS_BAD, 1.0, np.nan),
    "recovered from the bad, missing for the good": np.where(IS_BAD, RNG.random(2000), np.nan),
    "a status of several values": np.where(IS_BAD, RNG.integers(3, 7, 2000), RNG.integers(0, 3, 2000)),
    "days past due at the end": np.where(IS_BAD, 90 + 100 * RNG.random(2000), 89 * RNG.random(2000)),
}


@pytest.mark.parametrize("kind", LEAKS)
def test_leaks_are_named(kind: str) -> None:
    values = np.column_stack([RNG.random(2000), LEAKS[kind]])
    with pytest.raises(UnfitTable, match="column 'leak' alone tells the two classes apart"):
        refuse_outcome_among_columns(values, IS_BAD, ["honest", "leak"])


def test_strong_columns_are_not() -> None:
    almost = IS_BAD.astype(float)
    almost[:2] = 1 - almost[:2]
    identifiers = np.arange(2000.0)
    values = np.column_stack([almost, identifiers, np.full(2000, np.nan), np.ones(2000)])
    refuse_outcome_among_columns(values, IS_BAD, list("abcd"))


def test_few_rows_may_be_parted_by_chance() -> None:
    is_bad = np.arange(100) < 20
    refuse_outcome_among_columns(np.arange(100.0)[:, None], is_bad, ["a"])
    refuse_outcome_among_columns(np.column_stack([is_bad[:30]]).astype(float), is_bad[:30], ["a"])
    with pytest.raises(UnfitTable, match="'a' alone"):
        refuse_outcome_among_columns(is_bad.astype(float)[:, None], is_bad, ["a"])


def test_what_comes_near_the_outcome_is_warned_of() -> None:
    almost = IS_BAD.astype(float)
    almost[:2] = 1 - almost[:2]
    for column in (almost, -almost):
        with pytest.warns(NearOutcome, match=r"column 'almost' alone has an area under the curve of 0\.99"):
            warn_of_near_outcome(np.column_stack([RNG.random(2000), column]), IS_BAD, ["honest", "almost"])


def test_an_honest_column_is_not_warned_of() -> None:
    strong = IS_BAD + RNG.normal(size=2000)  # an area of about 0.76: one standard deviation apart
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_near_outcome(np.column_stack([strong, np.full(2000, np.nan)]), IS_BAD, ["strong", "empty"])
