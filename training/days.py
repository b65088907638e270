"""Dates and durations as numbers of days, and what a column measures.

Days count from 1970-01-01 (UTC), to the microsecond, over all years that a date can have. Many files write 9999-12-31
for no end and 0001-01-01 for no beginning, which is further than the nanoseconds reach that pandas turns objects into.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["WORDS_FOR_MISSING", "Measure", "days_of_dates", "days_of_durations", "measure_of"]

Measure = Literal["number", "date", "duration"]
"""What the numbers of a column are: themselves, or days."""

WORDS_FOR_MISSING: Final = frozenset({"", "?", "-", ".", "na", "n/a", "nan", "nat", "nil", "none", "null"})

_DATES: Final = frozenset({"date", "datetime", "datetime64", "period"})
_DURATIONS: Final = frozenset({"timedelta", "timedelta64"})
_DAY: Final = np.timedelta64(1, "D")
_EPOCH: Final = np.datetime64(0, "us")
_WRITTEN_DATE: Final = re.compile(r"\d{4}-\d{2}(-\d{2}.*)?")
_NO_DATE: Final = np.datetime64("NaT", "us")
_NO_DURATION: Final = np.timedelta64("NaT", "us")
_NO_ORDINAL: Final = np.iinfo(np.int64).min
_FIRST_YEAR, _LAST_YEAR = np.datetime64("0001", "Y"), np.datetime64("9999", "Y")
_FIRST_DAY, _LAST_DAY = pd.Period("0001-01-01", "D"), pd.Period("9999-12-31", "D")
_MOST_WEEKS: Final = np.timedelta64(2**63 - 1, "us").astype("timedelta64[W]")

_Values = npt.NDArray[np.float64]


def measure_of(column: pd.Series[Any]) -> Measure:
    """What a column of numbers measures, by its values: text measures nothing but numbers."""
    dtype = column.dtype.subtype if isinstance(column.dtype, pd.IntervalDtype) else column.dtype
    if isinstance(dtype, pd.PeriodDtype) or pd.api.types.is_datetime64_any_dtype(dtype):
        return "date"
    if pd.api.types.is_timedelta64_dtype(dtype):
        return "duration"
    if pd.api.types.is_numeric_dtype(dtype) or isinstance(dtype, pd.CategoricalDtype):
        return "number"
    kind = pd.api.types.infer_dtype(column, skipna=True)
    return "date" if kind in _DATES else "duration" if kind in _DURATIONS else "number"


def days_of_dates(column: pd.Series[Any]) -> _Values:
    """Days from 1970-01-01 (UTC) of dates or moments, which may be written (ISO 8601); NaN where there is none.

    A moment without a zone is taken for UTC, a period for its first moment.

    Raises
    ------
    OutOfBoundsDatetime
        If there is a date of a year that is none of 1 to 9999. It is a `ValueError`.
    TypeError, ValueError
        If there is something else in it.
    """
    if isinstance(column.dtype, pd.IntervalDtype):
        column = pd.Series(column.array.mid)
    if isinstance(column.dtype, pd.PeriodDtype):
        moments = _first_moments(column.array)
    elif pd.api.types.is_datetime64_any_dtype(column.dtype) and not isinstance(column.dtype, pd.ArrowDtype):
        _require_years(column.dt.tz_localize(None).to_numpy())
        moments = pd.to_datetime(column, utc=True).dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
    else:
        places, distinct = pd.factorize(_objects(column), use_na_sentinel=True)
        moments = np.array([*map(_moment, distinct), _NO_DATE], dtype="datetime64[us]")[places]
    return np.asarray((moments - _EPOCH) / _DAY, dtype=np.float64)


def days_of_durations(column: pd.Series[Any]) -> _Values:
    """Days of durations, which may be written as pandas writes them; NaN where there is none.

    Raises
    ------
    OutOfBoundsTimedelta
        If there is one of more than 292,000 years, which microseconds do not reach. It is a `ValueError`.
    TypeError, ValueError
        If there is something else in it.
    """
    if isinstance(column.dtype, pd.IntervalDtype):
        column = pd.Series(column.array.mid)
    if pd.api.types.is_timedelta64_dtype(column.dtype):
        _require_reach(column.to_numpy())
        durations = column.to_numpy(dtype="timedelta64[us]")
    else:
        places, distinct = pd.factorize(_objects(column), use_na_sentinel=True)
        durations = np.array([*map(_duration, distinct), _NO_DURATION], dtype="timedelta64[us]")[places]
    return np.asarray(durations / _DAY, dtype=np.float64)


def _objects(column: pd.Series[Any]) -> npt.NDArray[np.object_]:
    return np.asarray(column.to_numpy(dtype=object), dtype=object)


def _moment(value: Any) -> Any:
    if isinstance(value, str):
        if value.strip().lower() in WORDS_FOR_MISSING:
            return _NO_DATE
        if not _WRITTEN_DATE.fullmatch(value.strip()):
            raise ValueError
        written = value.strip()
        value = datetime.fromisoformat(written if len(written) > len("2000-01") else f"{written}-01")
    if isinstance(value, pd.Period):
        return _first_moments(value)
    if isinstance(value, pd.Timestamp):
        _require_years(value.tz_localize(None).to_datetime64())
        return value.to_datetime64().astype("datetime64[us]")
    if isinstance(value, np.datetime64):
        _require_years(value)
        return value.astype("datetime64[us]")
    if isinstance(value, datetime):
        # Not astimezone(), which does not reach beyond the first and the last year.
        return np.datetime64(value.replace(tzinfo=None), "us") - np.timedelta64(value.utcoffset() or timedelta(), "us")
    if isinstance(value, date):
        return np.datetime64(value, "us")
    raise TypeError


def _duration(value: Any) -> Any:
    if isinstance(value, str):
        if value.strip().lower() in WORDS_FOR_MISSING:
            return _NO_DURATION
        if value.strip().lstrip("+-").replace(".", "", 1).isdigit():  # pandas would take it for nanoseconds
            raise ValueError
        value = pd.Timedelta(value)
    if isinstance(value, pd.Timedelta):
        value = value.to_timedelta64()
    if isinstance(value, timedelta):
        _require_reach(np.timedelta64(value.days, "D"))
    elif isinstance(value, np.timedelta64):
        _require_reach(value)
    else:
        raise TypeError
    return np.timedelta64(value, "us")


def _first_moments(periods: Any) -> Any:
    """The first moment of a period, or of each of several.

    Not by way of nanoseconds, as pandas goes, which reach from 1677 to 2262 only.
    """
    if isinstance(periods.freq, pd.offsets.BusinessDay):  # pandas warns of every new period of one
        periods = periods.asfreq("D", how="start")
    if not isinstance(periods.freq, pd.offsets.Nano):
        first, last = _FIRST_DAY.asfreq(periods.freq, "start"), _LAST_DAY.asfreq(periods.freq, "end")
        ordinals = _ordinals(periods)
        present = ordinals[ordinals != _NO_ORDINAL]
        if ((present < first.ordinal) | (present > last.ordinal)).any():
            raise pd.errors.OutOfBoundsDatetime
    return _ordinals(periods.asfreq("us", how="start")).view("datetime64[us]")


def _ordinals(periods: Any) -> npt.NDArray[np.int64]:
    return np.asarray(periods.ordinal if isinstance(periods, pd.Period) else periods.asi8, dtype=np.int64)


def _require_years(moments: Any) -> None:
    """Require years from 1 to 9999, before a cast to microseconds that overflows in silence."""
    years = moments.astype("datetime64[Y]")
    if ((years < _FIRST_YEAR) | (years > _LAST_YEAR)).any():
        raise pd.errors.OutOfBoundsDatetime


def _require_reach(durations: Any) -> None:
    """Require durations that microseconds can hold, before a cast to them that overflows in silence."""
    if (abs(durations.astype("timedelta64[W]")) >= _MOST_WEEKS).any():
        raise pd.errors.OutOfBoundsTimedelta
