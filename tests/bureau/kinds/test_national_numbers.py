"""National numbers against a plain reading of their definitions."""

from __future__ import annotations

import re
from datetime import datetime

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from bureau.kinds.national_numbers import birth_date_inside, is_possible

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""Of GB 11643-1999, which are the powers of two modulo 11."""

CHECKS = "10X98765432"


def check_character(digits: str) -> str:
    return CHECKS[sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS, strict=True)) % 11]


def birth_date(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%d")  # noqa: DTZ007 - a birth date has no zone
    except ValueError:
        return None


def is_possible_plainly(number: str) -> bool:
    if len(number) == 9:
        area, group, serial = number[:3], number[3:5], number[5:]
        is_given = area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"
        return re.fullmatch("[0-9]{9}", number) is not None and is_given
    if re.fullmatch("[0-9]{17}[0-9Xx]", number) is None:
        return False
    born = birth_date(number[6:14])
    return born is not None and 1800 <= born.year < 2100 and number[-1].upper() == check_character(number[:17])


def resident(place: int, year: int, month: int, day: int, order: int) -> str:
    digits = f"{place:06}{year:04}{month:02}{day:02}{order:03}"
    return digits + check_character(digits)


residents = st.builds(
    resident,
    st.integers(0, 999_999),
    st.integers(1700, 2200),
    st.integers(0, 13),
    st.integers(0, 32),
    st.integers(0, 999),
)
social = st.text("0126789", min_size=9, max_size=9)
typed = st.builds(
    lambda number, place, digit: number[:place] + digit + number[place + 1 :],
    st.one_of(residents, social),
    st.integers(0, 17),
    st.sampled_from("0123456789Xx -a"),
)
anything = st.text("0123456789X x", max_size=19)


@given(st.lists(st.one_of(residents, social, typed, anything), min_size=1, max_size=100))
def test_possible_numbers_agree_with_a_plain_reading(numbers: list[str]) -> None:
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT n, {is_possible('n')}, {birth_date_inside('n')} FROM (SELECT unnest(?::VARCHAR[]) AS n)", [numbers]
        ).fetchall()
    assert len(rows) == len(numbers)
    for number, possible, inside in rows:
        assert possible == is_possible_plainly(number), number
        born = birth_date(number[6:14]) if len(number) == 18 and number[6:14].isdecimal() else None
        if possible and len(number) == 18:
            assert born is not None
            assert inside == born.date()


def test_a_number_that_is_not_told_is_neither() -> None:
    with duckdb.connect() as connection:
        assert connection.execute(f"SELECT {is_possible('NULL::VARCHAR')}").fetchone() == (None,)


def test_every_single_digit_error_of_a_resident_number_is_noticed() -> None:
    number = "11010519491231002X"
    errors = [
        number[:place] + digit + number[place + 1 :]
        for place in range(17)
        for digit in "0123456789"
        if digit != number[place]
    ]
    with duckdb.connect() as connection:
        found = connection.execute(
            f"SELECT count(*) FILTER ({is_possible('n')}) FROM (SELECT unnest(?) AS n)", [errors]
        ).fetchone()
    assert found == (0,)
