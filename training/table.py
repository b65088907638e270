"""A table as it comes, column by column: numbers as floats with NaN for missing, anything else as text.

Any frame or array is read here, once, so that nothing behind it asks for a dtype. Dates and durations
are numbers of days (:mod:`training.days`), an interval is its middle, truth values are 0 and 1.
Text is a number if all of it is: see :func:`kind_of`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils.validation import check_array

from training.days import WORDS_FOR_MISSING, Measure, days_of_dates, days_of_durations, measure_of
from training.errors import UnfitTable

__all__ = ["MISSING", "Kind", "as_frame", "kind_of", "numbers", "texts"]

Kind = Literal["number", "rank", "category"]

MISSING: Final = ""
"""The text of a missing category; an empty string is taken for missing."""

_FEW_NUMBERS: Final = 20
"""Up to this many different numbers written as text are the codes of categories."""

_NUMBERS: Final = frozenset({"integer", "floating", "mixed-integer-float", "boolean", "decimal", "empty"})
_HOW_TO_GIVE: Final[Mapping[Measure, str]] = MappingProxyType(
    {
        "number": "numbers",
        "date": "dates, or texts such as 2024-01-31",
        "duration": "durations, or texts such as '3 days'",
    }
)


def as_frame(table: Any) -> pd.DataFrame:
    """Any table as a pandas frame, its values untouched.

    Parameters
    ----------
    table : DataFrame, ndarray, list of rows, or what has ``to_pandas`` (polars, pyarrow)
        The columns of an array are named ``x0``, ``x1``, ...

    Raises
    ------
    UnfitTable
        If two columns have the same name.
    ValueError, TypeError
        If it is no table, is sparse, complex, or without rows or columns, as scikit-learn puts it.
    """
    if not isinstance(table, pd.DataFrame) and hasattr(table, "to_pandas"):
        table = table.to_pandas()
    if not isinstance(table, pd.DataFrame):
        array = check_array(table, dtype=None, ensure_all_finite=False)
        return pd.DataFrame(array, columns=[f"x{place}" for place in range(array.shape[1])])
    if not table.columns.is_unique:
        twice = table.columns[table.columns.duplicated()][0]
        raise UnfitTable(f"column {str(twice)!r} is there more than once; rename or drop one of them")
    check_array(np.empty(table.shape, dtype=np.int8), dtype=None)  # for scikit-learn's words on an empty table
    return table


def kind_of(column: pd.Series[Any]) -> Kind:
    """Whether a column is one of numbers, of ranks (an ordered category) or of categories.

    A column of objects or text is one of numbers if all that is not missing is a number or a date.
    Numbers may be written as text if there are more than 20 different ones and none begins with a
    needless zero, as a postal code does; a word for missing ("?", "NA", ...) may stand among them.

    Raises
    ------
    UnfitTable
        If a value has several parts, as a list has.
    """
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return "rank" if dtype.ordered else "category"
    if not _is_text(column):
        return "number"
    if measure_of(column) != "number" or pd.api.types.infer_dtype(column, skipna=True) in _NUMBERS:
        return "number"
    return "number" if _is_written_numbers(column) else "category"


def numbers(column: pd.Series[Any], expected: Measure | None = None) -> npt.NDArray[np.float64]:
    """A column of numbers as floats, NaN where a value is missing.

    Parameters
    ----------
    column : Series
        The column.
    expected : {"number", "date", "duration"}, optional
        What it measured when the model was fitted; None at the fit, when it may be any of them.

    Raises
    ------
    UnfitTable
        If there is something else in it, an infinity, a number beyond the largest float, or a date beyond the years
        1 to 9999.
    """
    name = repr(str(column.name))
    if pd.api.types.is_complex_dtype(column.dtype):
        raise UnfitTable(f"column {name}: Complex data not supported; give real numbers")
    try:
        values = _as_floats(column, measure_of(column) if expected is None else expected)
    except OverflowError:
        raise UnfitTable(f"column {name} holds a number too large for a float; replace it") from None
    except pd.errors.OutOfBoundsDatetime:
        raise UnfitTable(
            f"column {name} holds a date of a year that is none of 1 to 9999; replace it, by a missing value if it "
            "stands for none"
        ) from None
    except pd.errors.OutOfBoundsTimedelta:
        raise UnfitTable(f"column {name} holds a duration of more than 292,000 years; replace it") from None
    except (TypeError, ValueError):
        if expected is None:
            raise UnfitTable(
                f"column {name} holds what can be read neither as numbers nor as dates; convert it, or leave it out"
            ) from None
        raise UnfitTable(
            f"column {name} was one of {expected}s when the model was fitted and holds something else now; give it as "
            f"{_HOW_TO_GIVE[expected]}"
        ) from None
    if np.isinf(values).any():
        raise UnfitTable(
            f"column {name} contains infinity; replace it, by a missing value if it comes from a division by zero"
        )
    return values


def texts(column: pd.Series[Any]) -> npt.NDArray[np.object_]:
    """A column of categories as texts, ``MISSING`` where there is none.

    The number 3, the number 3.0 and the text "3" are the same category, because a missing value among
    whole numbers makes them floats on the way through a file.

    Raises
    ------
    UnfitTable
        If a value has several parts, as a list has.
    """
    try:
        places, categories = pd.factorize(column, use_na_sentinel=True)
        names = np.array([*(_text(category) for category in categories), MISSING], dtype=object)
    except (TypeError, ValueError):
        raise _of_parts(column) from None
    chosen: npt.NDArray[np.object_] = names[places]
    return chosen


def _is_text(column: pd.Series[Any]) -> bool:
    return column.dtype == object or pd.api.types.is_string_dtype(column.dtype)


def _as_floats(column: pd.Series[Any], measure: Measure) -> npt.NDArray[np.float64]:
    if measure == "date":
        return days_of_dates(column)
    if measure == "duration":
        return days_of_durations(column)
    if measure_of(column) != "number" and column.notna().any():
        raise TypeError
    if isinstance(column.dtype, pd.IntervalDtype):
        column = pd.Series(column.array.mid)
    if _is_text(column) and pd.api.types.infer_dtype(column, skipna=True) not in _NUMBERS:
        column = pd.to_numeric(_without_words_for_missing(column))
    if not pd.api.types.is_numeric_dtype(column.dtype) and column.isna().all():
        return np.full(len(column), np.nan)
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _is_written_numbers(column: pd.Series[Any]) -> bool:
    try:
        distinct = pd.Series(column.unique(), dtype=object)
    except TypeError:
        raise _of_parts(column) from None
    distinct = _without_words_for_missing(distinct).dropna()
    if len(distinct) <= _FEW_NUMBERS:
        return False
    as_text = distinct.astype(str)
    if as_text.str.match(r"^[+-]?0\d").any():
        return False
    return bool(pd.to_numeric(as_text, errors="coerce").notna().all())


def _without_words_for_missing(column: pd.Series[Any]) -> pd.Series[Any]:
    words = column.astype(str).str.strip().str.lower().isin(WORDS_FOR_MISSING)
    return column.mask(words)


def _of_parts(column: pd.Series[Any]) -> UnfitTable:
    return UnfitTable(
        f"column {str(column.name)!r} holds values of several parts, such as lists; make a column of each part, or "
        "leave it out"
    )


def _text(category: Hashable) -> str:
    if isinstance(category, float) and category.is_integer():
        return str(int(category))
    return str(category)
