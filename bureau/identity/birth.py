"""Birth dates in any common form, as eight digits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from bureau.identity.names import fold

__all__ = ["is_day_first", "standard_birth"]

_MONTHS: Final = {
    start: number
    for number, starts in enumerate(
        (
            "jan ene gen",
            "feb fev",
            "mar mrz mae maa mrt",
            "apr avr abr",
            "may mai mag mei",
            "jun juin giu",
            "jul juil lug",
            "aug aou ago",
            "sep set",
            "oct okt ott out",
            "nov",
            "dec dez dic",
        ),
        start=1,
    )
    for start in starts.split()
}
"""Start of a month's name to the month: English, German, French, Spanish, Italian, Portuguese, Dutch."""
_NEVER: Final = frozenset(
    (
        "19000101",
        "18000101",
        "00010101",
        "01010001",
        "99991231",
        "31129999",
        "12319999",
        "19001231",
        "18991231",
        "18991230",
    )
)
"""Dates that systems write where there is none."""

_EIGHT: Final = re.compile(r"(\d{8})(?:\d{6}|\D.*)?")
_SERIAL: Final = re.compile(r"(\d{5})(?:\.0+)?")
_PARTED: Final = r"(?:\D{1,2}|\s+[./-]\s+)"
_YEAR_FIRST: Final = re.compile(rf"(\d{{4}}){_PARTED}(\d{{1,2}}){_PARTED}(\d{{1,2}})(?:\D.*)?")
_YEAR_LAST: Final = re.compile(rf"(\d{{1,2}})({_PARTED})(\d{{1,2}}){_PARTED}(\d{{4}}|\d{{2}})(?:\s.*)?")
_WORDS_YEAR_FIRST: Final = re.compile(r"(\d{4})[ ,./-]*([a-z]{3,10})[ ,./-]*(\d{1,2})(?!\d)")
_WORDS_YEAR_LAST: Final = re.compile(
    r"(?:(?:[a-z]*day|mon|tues?|wed|thu(?:rs?)?|fri|sat|sun|[a-z]{2,10}\.?(?=,)),? ?)?"
    r"(?:(\d{1,2})(?:st|nd|rd|th|er)?[ ./-]*(?:de |of )?([a-z]{3,10})"
    r"|([a-z]{3,10})[ ./-]*(\d{1,2})(?:st|nd|rd|th)?(?!\d))"
    r"[ ,./-]*(?:de )?(?:\d{1,2}:\d\d(?::\d\d)? (?:[a-z]{2,5} )?)?'?(\d{4}(?!\d)|\d{2}(?![\d:]))"
)
_YEARS: Final = range(1850, 2101)
"""Years that eight digits may begin or end with."""

_SPREADSHEET: Final = date(1899, 12, 30)
_SERIALS: Final = range(10_000, (date(2031, 1, 1) - _SPREADSHEET).days)
"""Days since :data:`_SPREADSHEET` that spreadsheets write for a date; fewer than five digits may be a year."""

_NOW: Final = 25
"""Of years written with two digits, those up to this one are of the present century."""


def is_day_first(told: Iterable[str | None]) -> bool:
    """Whether a column writes 31/12/1980 rather than 12/31/1980: what its unmistakable dates say.

    Parameters
    ----------
    told : iterable of str or None
        Values of one column. Without an unmistakable one the month comes first.

    Examples
    --------
    >>> is_day_first(["03/04/1980", "31/12/1980"]), is_day_first(["03/04/1980"])
    (True, False)
    """
    day_first = month_first = 0
    for text in told:
        if parts := _year_last(fold(text)[:40]):
            day_first += 12 < int(parts[0]) <= 31
            month_first += 12 < int(parts[2]) <= 31
    return day_first > month_first


def standard_birth(told: str | None, *, day_first: bool = False) -> str | None:
    """A birth date as eight digits ``YYYYMMDD``; None where nothing usable was told.

    Parameters
    ----------
    told : str or None
        As it was told.
    day_first : bool
        How 03/04/1980 is read; with full stops the day always comes first.

    Notes
    -----
    Eight digits are year first, unless only their end can be a year. Those that are no date stay: they are compared
    digit by digit, a keying error in them included. Six digits are not read, since nothing says where the year is;
    five are the days that a spreadsheet counts.

    Examples
    --------
    >>> [standard_birth(text) for text in ("1980-02-03", "2/3/1980", "3 Feb 1980", "1980年2月3日", "03.02.80")]
    ['19800203', '19800203', '19800203', '19800203', '19800203']
    >>> standard_birth("03/02/1980", day_first=True), standard_birth("19000101"), standard_birth("no date")
    ('19800203', None, None)
    >>> [standard_birth(text) for text in ("29FEB1984", "Wed, 29 Feb 1984", "29. Februar 1984", "29021984", "30741")]
    ['19840229', '19840229', '19840229', '19840229', '19840229']
    """
    text = fold(told)[:40]
    if not text:
        return None
    if (found := _SERIAL.fullmatch(text)) and int(found[1]) in _SERIALS:
        return (_SPREADSHEET + timedelta(days=int(found[1]))).strftime("%Y%m%d")
    if found := _YEAR_FIRST.fullmatch(text):
        return _put(found[1], found[2], found[3])
    if parts := _year_last(text):
        first, sign, second, year = parts
        if int(first) > 31 and len(year) == 2:
            return _put(first, second, year)
        by_day = day_first or sign.strip() == "." or int(first) > 12
        if int(second) > 12:
            by_day = False
        return _put(year, second, first) if by_day else _put(year, first, second)
    if found := _EIGHT.fullmatch(text):
        return _checked(f"{int(found[1]):08}")
    if found := _WORDS_YEAR_FIRST.match(text):
        return _put(found[1], _month(found[2]), found[3])
    if found := _WORDS_YEAR_LAST.match(text):
        return _put(found[5], _month(found[2] or found[3]), found[1] or found[4])
    return None


def _year_last(text: str) -> tuple[str, str, str, str] | None:
    """Of a date in digits that ends with its year: day and month as they stand, what parts them, and the year."""
    if found := _YEAR_LAST.fullmatch(text):
        return found[1], found[2], found[3], found[4]
    if not (found := _EIGHT.fullmatch(text)):
        return None
    digits = found[1]
    first, second, year = digits[:2], digits[2:4], digits[4:]
    low, high = sorted((int(first), int(second)))
    # No date that begins with its year ends with one of these: its month would be above 12.
    return (first, "", second, year) if int(year) in _YEARS and 1 <= low <= 12 and 1 <= high <= 31 else None


def _month(word: str) -> str | None:
    month = _MONTHS.get(word[:4]) or _MONTHS.get(word[:3])
    return str(month) if month else None


def _put(year: str, month: str | None, day: str) -> str | None:
    if month is None:
        return None
    if len(year) == 2:
        year = ("20" if int(year) <= _NOW else "19") + year
    return _checked(f"{int(year):04}{int(month):02}{int(day):02}")


def _checked(digits: str) -> str | None:
    return None if digits in _NEVER or len(set(digits)) == 1 else digits
