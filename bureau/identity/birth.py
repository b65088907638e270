"""Birth dates in any common form, as eight digits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from bureau.identity.names import fold

__all__ = ["is_day_first", "standard_birth"]

_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1
    )
}
_NEVER: Final = frozenset(("19000101", "18000101", "00010101", "99991231", "19001231", "18991231", "18991230"))
"""Dates that systems write where there is none."""

_EIGHT: Final = re.compile(r"\d{8}")
_YEAR_FIRST: Final = re.compile(r"(\d{4})\D{1,2}(\d{1,2})\D{1,2}(\d{1,2})(?:\D.*)?")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})(\D{1,2})(\d{1,2})\D{1,2}(\d{4}|\d{2})(?:\s.*)?")
_IN_WORDS: Final = re.compile(
    r"(?:[a-z]*day,? )?(?:(\d{1,2})\D{0,3} ?[-.]?([a-z]{3,9})|([a-z]{3,9})\.? (\d{1,2})\D{0,3})[ ,.-]+(\d{4}|\d{2})"
)
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
        if text and (found := _YEAR_LAST.fullmatch(text.strip()[:40])):
            day_first += int(found[1]) > 12
            month_first += int(found[3]) > 12
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
    Eight digits that are no date stay: they are compared digit by digit, a keying error in them included.

    Examples
    --------
    >>> [standard_birth(text) for text in ("1980-02-03", "2/3/1980", "3 Feb 1980", "1980年2月3日", "03.02.80")]
    ['19800203', '19800203', '19800203', '19800203', '19800203']
    >>> standard_birth("03/02/1980", day_first=True), standard_birth("19000101"), standard_birth("no date")
    ('19800203', None, None)
    """
    text = fold(told)[:40]
    if not text:
        return None
    if _EIGHT.fullmatch(text):
        return _checked(text)
    if found := _YEAR_FIRST.fullmatch(text):
        return _put(found[1], found[2], found[3])
    if found := _YEAR_LAST.fullmatch(text):
        first, second = found[1], found[3]
        by_day = day_first or found[2].strip() == "." or int(first) > 12
        if int(second) > 12:
            by_day = False
        return _put(found[4], second, first) if by_day else _put(found[4], first, second)
    if found := _IN_WORDS.match(text):
        month = _MONTHS.get((found[2] or found[3])[:3])
        return _put(found[5], str(month), found[1] or found[4]) if month else None
    if re.fullmatch(r"\d{14}|\d{8}\D.*", text):
        return _checked(text[:8])
    return None


def _put(year: str, month: str, day: str) -> str | None:
    if len(year) == 2:
        year = ("20" if int(year) <= _NOW else "19") + year
    return _checked(f"{year}{int(month):02}{int(day):02}")


def _checked(digits: str) -> str | None:
    return None if digits in _NEVER or len(set(digits)) == 1 else digits
