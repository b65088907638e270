"""Special codes: numbers that are not amounts but words, such as -9 for "no credit file found".

Swallowed as ordinary numbers they break a monotone constraint (-9 is not less late than 0), and a
missing value would share their fate. Each declared code becomes an indicator of its own, and a missing
value takes its place among the ordinary ones.

The rule of ``"auto"``, column by column, over the values that are not missing:

- **Low codes.** All negative values are codes if each is one of -1, -7, -8, -9 or such a number of equal
  digits or nines as files use (-77, -88, -97, -98, -99, -777, ..., -999999), if there are at most four
  different ones, and if what remains is not negative and has at least two different values. A column of
  -1, 0 and 1 alone counts directions and has no code.
- **High codes.** The largest values are codes if they are the last numbers of a decade of counting
  (96 to 99, 996 to 999, 9996 to 9999, ... 999996 to 999999, or 365243, a thousand years in days), if
  nothing is larger, if the largest ordinary value is at most half of the smallest code, and if the rows with codes
  are at least two and more than those with the largest ordinary value: a long tail thins out, codes do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from training.errors import UnfitArgument

__all__ = ["Declared", "declared_codes", "find_codes"]

Declared = Mapping[str, Sequence[float]]
"""Codes by the name of the column."""

_Values = npt.NDArray[np.float64]

_DIGITS: Final = range(2, 7)
_LOW: Final = frozenset(
    [-1.0, -7.0, -8.0, -9.0]
    + [-float(str(digit) * count) for digit in (7, 8, 9) for count in _DIGITS]
    + [-(10.0**count - short) for count in _DIGITS for short in (2, 3)]
)
_MOST_LOW: Final = 4
_DIRECTIONS: Final = frozenset([-1.0, 0.0, 1.0])
_HIGH: Final = (
    *(frozenset(10.0**count - short for short in (1, 2, 3, 4)) for count in _DIGITS),
    frozenset([365243.0]),
)
_FEWEST_ROWS: Final = 2


def find_codes(values: _Values) -> tuple[float, ...]:
    """The special codes in a column, by the rule above.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Missing values NaN.

    Examples
    --------
    >>> find_codes(np.array([0.0, 3, 12, 17, 96, 98, 98]))
    (96.0, 98.0)
    >>> find_codes(np.array([-9.0, -8, 0, 40, 71]))
    (-9.0, -8.0)
    >>> find_codes(np.arange(18.0, 99.0))
    ()
    """
    distinct, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    low = _low_codes(distinct)
    ordinary = ~np.isin(distinct, low)
    return (*low, *_high_codes(distinct[ordinary], counts[ordinary]))


def declared_codes(declared: Declared, names: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """Codes declared by hand, checked.

    Parameters
    ----------
    declared : mapping
        Codes by column.
    names : sequence of str
        The columns of numbers.

    Raises
    ------
    UnfitArgument
        If they are declared for a column that is not there, or a code is no finite number.
    """
    checked = {}
    for key, given in declared.items():
        name, codes = str(key), cast(Any, given)  # columns may be numbered, and anything may be given
        if name not in names:
            raise UnfitArgument(f"special codes are declared for {name!r}, which is no column of numbers; leave it out")
        try:
            if isinstance(codes, str):  # its characters would be read one by one
                raise TypeError
            checked[name] = tuple(sorted({float(code) for code in codes}))
        except (TypeError, ValueError):
            raise UnfitArgument(f"special codes of {name!r} must be numbers, not {codes!r}") from None
        if not np.isfinite(checked[name]).all():
            raise UnfitArgument(f"special codes of {name!r} must be finite, not {codes!r}; missing is one by itself")
    return checked


def _low_codes(distinct: _Values) -> tuple[float, ...]:
    negative, rest = distinct[distinct < 0], distinct[distinct >= 0]
    if not 0 < negative.size <= _MOST_LOW or rest.size < 2 or not _LOW.issuperset(negative.tolist()):
        return ()
    return () if _DIRECTIONS.issuperset(distinct.tolist()) else tuple(negative.tolist())


def _high_codes(distinct: _Values, counts: npt.NDArray[np.intp]) -> tuple[float, ...]:
    for family in _HIGH:
        codes = np.isin(distinct, list(family))
        if not codes.any() or codes.all() or not codes[-1] or codes.sum() == distinct.size - 1:
            continue
        largest = distinct[~codes][-1]
        rows = counts[codes].sum()
        if largest <= distinct[codes][0] / 2 and rows >= _FEWEST_ROWS and rows > counts[~codes][-1]:
            return tuple(distinct[codes].tolist())
    return ()
