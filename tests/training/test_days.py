"""Dates and durations are days in whatever form they come, over all years, and nothing else is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.days import days_of_dates, days_of_durations, measure_of

LAST, FIRST = date(9999, 12, 31), date(1, 1, 1)
DAYS_TO_LAST, DAYS_TO_FIRST = (LAST - date(1970, 1, 1)).days, (FIRST - date(1970, 1, 1)).days
EAST, WEST = timezone(timedelta(hours=8)), timezone(timedelta(hours=-8))


def objects(*values: object) -> pd.Series[Any]:
    return pd.Series(list(values), dtype=object)


@pytest.mark.parametrize(
    ("column", "days"),
    [
        (objects(LAST, None, FIRST), [DAYS_TO_LAST, np.nan, DAYS_TO_FIRST]),
        (objects(datetime.fromisoformat("9999-12-31 12:00"), pd.NaT), [DAYS_TO_LAST + 0.5, np.nan]),
        (objects(datetime(9999, 12, 31, 23, tzinfo=WEST)), [DAYS_TO_LAST + 31 / 24]),  # the next year in UTC
        (objects(datetime(1, 1, 1, 2, tzinfo=EAST)), [DAYS_TO_FIRST - 0.25]),  # the year before
        (objects(datetime(1970, 1, 2, 8, tzinfo=EAST), datetime.fromisoformat("1970-01-02")), [1, 1]),
        (objects(pd.Timestamp("1970-01-02 08:00", tz="Asia/Shanghai"), np.nan), [1, np.nan]),
        (objects(np.datetime64("1970-01-03")), [2]),
        (objects(pd.Period("1970-02", "M")), [31]),
        (pd.Series(pd.PeriodIndex([LAST, FIRST, None], freq="D")), [DAYS_TO_LAST, DAYS_TO_FIRST, np.nan]),
        (objects(pd.Period("9999-12-31", "D"), pd.Period("0001-01-01", "D")), [DAYS_TO_LAST, DAYS_TO_FIRST]),
        (pd.Series(pd.PeriodIndex(["9999-12-31 18:00"], freq="h")), [DAYS_TO_LAST + 0.75]),
        (objects(np.datetime64("9999-12-31"), np.datetime64("0001")), [DAYS_TO_LAST, DAYS_TO_FIRST]),
        (objects(pd.Timestamp("9999-12-31 23:00").tz_localize("-08:00")), [DAYS_TO_LAST + 31 / 24]),
        (pd.Series(np.array([LAST, "NaT"], dtype="datetime64[s]")), [DAYS_TO_LAST, np.nan]),
        (pd.Series([LAST, None], dtype=pd.ArrowDtype(pa.date32())), [DAYS_TO_LAST, np.nan]),
        (pd.Series([datetime.fromisoformat("9999-12-31")], dtype=pd.ArrowDtype(pa.timestamp("us"))), [DAYS_TO_LAST]),
    ],
    ids=str,
)
def test_dates_are_days_of_utc(column: pd.Series[Any], days: list[float]) -> None:
    assert measure_of(column) == "date"
    np.testing.assert_allclose(days_of_dates(column), days, rtol=0, atol=1e-9)


EPOCH = datetime.fromisoformat("1970-01-01")
SECOND, LAST_BUT_ONE = map(datetime.fromisoformat, ("0002-01-01", "9998-12-31"))  # a zone may reach into the next year
ZONES = st.none() | st.sampled_from([UTC, EAST, WEST])


@given(st.lists(st.datetimes(SECOND, LAST_BUT_ONE, timezones=ZONES), min_size=1, max_size=8))
def test_a_written_date_is_the_date(moments: list[datetime]) -> None:
    naive = [moment.replace(tzinfo=None) - (moment.utcoffset() or timedelta()) for moment in moments]
    days = days_of_dates(objects(*moments))
    np.testing.assert_allclose(days, [(moment - EPOCH) / timedelta(days=1) for moment in naive], rtol=1e-15, atol=1e-10)
    for write in (str, datetime.isoformat):
        np.testing.assert_array_equal(days_of_dates(objects(*map(write, moments))), days)


@pytest.mark.parametrize("freq", ["Y-MAR", "Q", "3M", "W-WED", "2D", "h", "min", "s", "ms", "us", "ns"])
def test_a_period_counts_from_its_first_moment_as_pandas_gives_it(freq: str) -> None:
    moments = pd.to_datetime(
        ["1969-12-31 23:59:59.123456789", "2024-02-29 10:11:12.5", None, "1900-03-04"], format="ISO8601"
    )
    periods = pd.Series(moments.to_period(freq))
    expected = days_of_dates(periods.dt.to_timestamp())
    np.testing.assert_array_equal(days_of_dates(periods), expected)
    np.testing.assert_array_equal(days_of_dates(periods.astype(object)), expected)


def test_business_days_are_days_without_a_warning_of_ours() -> None:
    with pytest.warns(FutureWarning, match="deprecated"):
        periods = pd.Series(pd.PeriodIndex(["1970-01-05", None, "9999-12-31"], freq="B"))
    for column in (periods, periods.astype(object)):
        np.testing.assert_array_equal(days_of_dates(column), [4, np.nan, DAYS_TO_LAST])


FAR = 2**62  # of any unit it overflows in microseconds, and then wraps to a date that looks like one


@pytest.mark.parametrize(
    "column",
    [
        objects(np.datetime64("292277000", "Y")),
        objects(np.datetime64(date(2024, 1, 1)), np.datetime64("10000", "Y")),
        objects(np.datetime64("0000-12-31")),
        *(objects(np.datetime64(FAR, unit)) for unit in ("Y", "M", "W", "D", "h", "s", "us")),
        objects(pd.Timestamp(np.datetime64("10000-01-01", "s"))),
        pd.Series(np.array([FAR // 2], dtype="datetime64[s]")),
        pd.Series(np.array(["10000"], dtype="datetime64[s]")).dt.tz_localize("UTC"),
        *(
            pd.Series(pd.PeriodIndex.from_ordinals([FAR], freq=freq))
            for freq in ("Y", "Q", "M", "W", "D", "h", "s", "us")
        ),
        pd.Series(pd.PeriodIndex.from_ordinals([8030, -1970], freq="Y")),
    ],
)
def test_years_that_no_date_has_are_refused(column: pd.Series[Any]) -> None:
    assert measure_of(column) == "date"
    with pytest.raises(pd.errors.OutOfBoundsDatetime):
        days_of_dates(column)


@pytest.mark.parametrize(
    "column",
    [
        objects(timedelta.max),
        objects(timedelta.min),
        *(objects(np.timedelta64(FAR, unit)) for unit in ("W", "D", "s")),
        pd.Series(np.array([FAR // 2], dtype="timedelta64[s]")),
    ],
    ids=["longest", "shortest", "weeks", "days", "seconds", "column"],
)
def test_durations_that_overflow_are_refused(column: pd.Series[Any]) -> None:
    with pytest.raises(pd.errors.OutOfBoundsTimedelta):
        days_of_durations(column)


def test_durations_are_days() -> None:
    given_as = [pd.Series(pd.to_timedelta(["36h", None])), objects(timedelta(hours=36), None)]
    for column in (*given_as, objects(pd.Timedelta("36h"), pd.NaT), objects(np.timedelta64(36, "h"), None)):
        assert measure_of(column) == "duration"
        np.testing.assert_array_equal(days_of_durations(column), [1.5, np.nan])
        np.testing.assert_array_equal(days_of_durations(column.astype(str)), [1.5, np.nan])


@pytest.mark.parametrize("value", [20200101, 18262.0, True, "20200101", "18262", "1/2/2020", "2020-13-01", "soon"])
def test_what_is_no_date(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        days_of_dates(objects(value))
    with pytest.raises((TypeError, ValueError)):
        days_of_dates(pd.Series([value]))


@pytest.mark.parametrize("value", [3, "3", "-3.5", "soon", date(2020, 1, 1)], ids=str)
def test_what_is_no_duration(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        days_of_durations(objects(value))


@pytest.mark.parametrize("column", [pd.Series([1, 2]), pd.Series(["2020-01-01"]), objects(None), objects("a", 1)])
def test_the_rest_measures_nothing_but_numbers(column: pd.Series[Any]) -> None:
    assert measure_of(column) == "number"
