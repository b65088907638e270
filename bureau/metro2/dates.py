"""Dates MMDDYYYY, many at a time."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from bureau.metro2.arrays import Mask, Matrix

__all__ = ["is_date", "says_nothing", "to_days"]

_ZERO: Final = np.uint8(ord("0"))
_ZEROS, _BLANKS = np.frombuffer(b"0" * 8 + b" " * 8, dtype=np.uint64)
_LAST_DAY: Final = np.zeros(100, dtype=np.int16)
_LAST_DAY[1:13] = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def says_nothing(dates: Matrix) -> Mask:
    """Which dates are filled with zeros or blanks; a contiguous row of eight bytes each."""
    whole = dates.view(np.uint64).ravel()
    nothing: Mask = (whole == _ZEROS) | (whole == _BLANKS)
    return nothing


def is_date(dates: Matrix) -> Mask:
    """Which are days of the calendar; a row of eight bytes each.

    Examples
    --------
    >>> told = np.frombuffer(b"02292000" b"02291900" b"13012019" b"0x012019", dtype=np.uint8)
    >>> is_date(told.reshape(-1, 8)).tolist()
    [True, False, False, False]
    """
    digits = dates - _ZERO
    valid: Mask = np.logical_and.reduce(digits <= 9, axis=1)
    digits[~valid] = 0
    month, day, century, year = _pairs(digits)
    is_leap = np.where(year != 0, year % 4 == 0, century % 4 == 0)
    in_month = (day >= 1) & (day <= _LAST_DAY[month] + ((month == 2) & is_leap))
    found: Mask = np.logical_and.reduce([valid, in_month, (year > 0) | (century > 0)])
    return found


def to_days(dates: Matrix) -> npt.NDArray[np.int32]:
    """Dates as numbers YYYYMMDD, which can be compared; 0 for what is none."""
    month, day, century, year = (pair.astype(np.int32) for pair in _pairs(dates - _ZERO))
    return np.where(is_date(dates), ((century * 100 + year) * 100 + month) * 100 + day, 0)


def _pairs(digits: Matrix) -> list[npt.NDArray[np.int16]]:
    pairs = digits[:, 0::2] * np.uint8(10) + digits[:, 1::2]
    return [pairs[:, place].astype(np.int16) for place in range(4)]
