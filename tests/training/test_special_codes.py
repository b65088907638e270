"""Special codes: found where files have them, not where an ordinary column runs through the same numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from training.errors import UnfitArgument
from training.special_codes import declared_codes, find_codes

LATE = np.repeat(np.arange(18.0), np.maximum(1, 2000 // 3 ** np.arange(18)))
"""Late counts thin out: 2000 zeros, 666 ones, ... a single 17."""

CODED: dict[str, tuple[list[float], tuple[float, ...]]] = {
    "late counts, 96 and 98": ([*LATE, *[98.0] * 20, 96, 96], (96.0, 98.0)),
    "credit file absent": ([0.0, 12, 55, 90, -9, -9, -8, -7], (-9.0, -8.0, -7.0)),
    "negative and high": ([*LATE, -9, -9, *[99.0] * 8], (-9.0, 99.0)),
    "minus one": ([0.0, 3, 5, -1], (-1.0,)),
    "nines": ([0.0, 3, 250, -999, -998], (-999.0, -998.0)),
    "days employed": ([-100.0, -2000, -31, 365243, 365243], (365243.0,)),
    "ratio with codes": ([0.1, 0.2, 0.37, 99, 99, np.nan], (99.0,)),
}

ORDINARY: dict[str, npt.NDArray[np.float64]] = {
    "age": np.arange(18.0, 100),
    "percentage": np.arange(0.0, 99),
    "share to a hundred": np.array([1.0, 5, 96, 98, 98, 100]),
    "count with a long tail": np.array([*LATE, 98]),
    "repayment status": np.array([-2.0, -1, 0, 1, 2, 8]),
    "direction of change": np.array([-1.0, 0, 1, 1]),
    "negative amounts": np.array([-7.0, -8, -8.5, 0, 10]),
    "too many negatives": np.array([-1.0, -7, -8, -9, -99, 0, 3]),
    "nothing but codes": np.array([-9.0, -8, -7]),
    "one ordinary value": np.array([0.0, 0, 99, 99]),
    "all missing": np.array([np.nan, np.nan]),
    "empty": np.array([]),
}


@pytest.mark.parametrize("kind", CODED)
def test_codes_are_found(kind: str) -> None:
    values, codes = CODED[kind]
    assert find_codes(np.array(values)) == codes
    assert find_codes(np.random.default_rng(1).permutation(values)) == codes


@pytest.mark.parametrize("kind", ORDINARY)
def test_ordinary_numbers_are_left_alone(kind: str) -> None:
    assert find_codes(ORDINARY[kind]) == ()


def test_declared_codes_are_sorted_and_counted_once() -> None:
    assert declared_codes({"late": [98, 96, 98.0]}, ["late", "age"]) == {"late": (96.0, 98.0)}


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({"lat": [98]}, "'lat', which is no column of numbers"),
        ({"late": ["none"]}, "must be numbers, not \\['none'\\]"),
        ({"late": [np.inf]}, "must be finite"),
        ({"late": 98}, "must be numbers, not 98"),
        ({"late": "98"}, "must be numbers, not '98'"),
    ],
)
def test_wrong_declarations_are_refused(declared: dict[str, object], words: str) -> None:
    with pytest.raises(UnfitArgument, match=words):
        declared_codes(declared, ["late"])  # type: ignore[arg-type] # on purpose
