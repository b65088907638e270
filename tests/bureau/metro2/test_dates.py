"""Dates against the standard library."""

from __future__ import annotations

import datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bureau.metro2.dates import is_date, says_nothing, to_days


def _matrix(dates: list[str]) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    return np.frombuffer("".join(dates).encode("latin-1"), dtype=np.uint8).reshape(-1, 8)


def _day(text: str) -> int:
    try:
        day = datetime.date(int(text[4:]), int(text[:2]), int(text[2:4]))
    except ValueError:
        return 0
    return day.year * 10_000 + day.month * 100 + day.day


@given(st.lists(st.from_regex(r"\A(?:0[0-9]|1[0-4])[0-3][0-9](?:00|19|20)[0-9]{2}\Z"), min_size=1))
def test_days_of_the_calendar(dates: list[str]) -> None:
    assert to_days(_matrix(dates)).tolist() == [_day(text) for text in dates]
    assert is_date(_matrix(dates)).tolist() == [_day(text) > 0 for text in dates]


def test_every_day_of_leap_and_other_years() -> None:
    for year in (1900, 2000, 2019, 2020):
        dates = [f"{month:02}{day:02}{year}" for month in range(14) for day in range(33)]
        assert to_days(_matrix(dates)).tolist() == [_day(text) for text in dates]


def test_zeros_and_blanks_say_nothing() -> None:
    dates = ["00000000", "        ", "0000000 ", "01012019"]
    assert says_nothing(_matrix(dates)).tolist() == [True, True, False, False]
