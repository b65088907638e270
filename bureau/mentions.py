"""Whether a text tells of a person, however it is spelt: what an erasure looks for in records set aside.

A text tells of the person if the national number, the e-mail address or a phone number stands in it,
the surname and the first name of one person, or one of these names beside the birth date. Case,
accents, blanks, dashes, invisible characters and the width of characters do not count, nor whether
characters are written as HTML entities; the parts of a double name may stand apart and in any order; a
name told in hanzi is looked for in pinyin, too. A date may be written in any order, with an English name
of the month, or with two digits of the year between signs. In doubt it does: a namesake's record set
aside is lost too. Not found are nicknames, initials, misspellings, ``oe`` for ``ö``, the hanzi of a name
that was told in pinyin, and a name where one part of a double one is left out: where a record can be taken
apart into its fields, :mod:`bureau.alike` finds these.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import product
from types import MappingProxyType
from typing import Any, Final

from bureau.identity.names import fold, letters_of

__all__ = ["Mentions", "texts_of"]

_SEPARATORS: Final = re.compile(r"[\s\-./()+_'’‘`´·•–—‐‑]+")
_BLANKS: Final = re.compile(r"\s+")
_NO_LETTERS: Final = re.compile(r"[\W_]+")
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_BYTE: Final = re.compile(rb"\\x([0-9a-f]{2})")
_YEAR_FIRST: Final = re.compile(r"(\d{4})\D{1,3}(\d{1,2})\D{1,3}(\d{1,2})(?!\d)")
_YEAR_LAST: Final = re.compile(r"(?<!\d)(\d{1,2})\D{1,3}(\d{1,2})\D{1,3}(\d{4})")
_MONTHS: Final = MappingProxyType(
    {"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6}
    | {"jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12}
)
_MONTH: Final = rf"({'|'.join(_MONTHS)})[a-z]{{0,6}}"
_YEAR: Final = r"(\d{4}|\d{2})(?!\d)"
_DAY: Final = r"(\d{1,2})(?:st|nd|rd|th)?"
_DAY_MONTH: Final = re.compile(rf"(?<!\d){_DAY}\W{{0,3}}(?:of )?{_MONTH}\W{{0,3}}{_YEAR}")
_MONTH_DAY: Final = re.compile(rf"{_MONTH}\W{{0,3}}{_DAY}\W{{1,3}}{_YEAR}")
_YEAR_MONTH: Final = re.compile(rf"(?<!\d)(\d{{4}}|\d{{2}})\W{{0,3}}{_MONTH}\W{{0,3}}(\d{{1,2}})(?!\d)")
_SHORT_DATE: Final = re.compile(r"(?<!\d)(\d{1,2})([/.\- ])(\d{1,2})\2(\d{1,2})(?!\d)")
_HANZI: Final = re.compile(r"[\u3400-\u9fff]+")
_PARTS: Final = re.compile(r"[\s\-‐‑–—]+")
_PLAIN: Final = str.maketrans(
    {"ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ı": "i", "æ": "ae", "Æ": "ae"}
)
_NUMBER: Final = 6
"""Letters and digits from which a national number says who somebody is."""
_PHONE: Final = 10
"""Last digits of a phone number that are compared; one of fewer than seven says nothing."""
_SHORTEST_PHONE: Final = 7
_CUT: Final = 20
"""Letters of a name that every format has room for: a longer one may be cut, with the next field close by."""
_SHORT: Final = 4
"""Latin letters of both names together below which they are met by chance."""


@dataclass(frozen=True)
class Mentions:
    """What is looked for.

    Parameters
    ----------
    tellings : tuple of mapping
        What was told of the person: fields of :data:`bureau.facts.IDENTITY_FIELDS`. Never shown by ``repr``.
    """

    tellings: tuple[Mapping[str, str | None], ...]

    def __repr__(self) -> str:
        return "Mentions(***)"

    def within(self, text: str) -> bool:
        """Whether a record, a line or a sentence tells of the person."""
        return any(self._is_in(each) for read in texts_of(text) for each in {read, html.unescape(read)})

    def touched_by(self, text: str) -> bool:
        """Whether a birth date or a single name of the person stands in a text, which then is worth a closer look."""
        for read in texts_of(text):
            folded = _folded(html.unescape(read))
            letters = _NO_LETTERS.sub("", folded)
            if any(name[:_CUT] in letters for name in self._names if len(name) > 1):
                return True
            if any(_is_dated(day, folded, letters) for day in self._birth_dates):
                return True
        return False

    def _is_in(self, text: str) -> bool:
        folded = _folded(text)
        tight = _SEPARATORS.sub("", folded)
        if any(number in tight for number in self._numbers):
            return True
        if self._emails and any(email in _BLANKS.sub("", folded) for email in self._emails):
            return True
        letters = _NO_LETTERS.sub("", tight)
        return self._names_are_in(folded, letters)

    def _names_are_in(self, folded: str, letters: str) -> bool:
        if any(whole in letters for whole in self._chinese):
            return True
        met = {name for name in self._names if name[:_CUT] in letters and _pattern(name).search(folded)}
        met |= {
            name
            for name, parts in self._parts.items()
            if all(part[:_CUT] in letters and _pattern(part).search(folded) for part in parts)
        }
        if not met:
            return any(whole[:_CUT] in letters and _pattern(whole).search(folded) for whole in self._wholes)
        if any(surname in met and first in met for surname, first in self._pairs):
            return True
        return any(_is_dated(day, folded, letters) for day in self._birth_dates)

    def _told(self, field: str) -> set[str]:
        return {value for telling in self.tellings if (value := telling.get(field))}

    @cached_property
    def _numbers(self) -> set[str]:
        numbers = {_letters(number) for number in self._told("national_number")}
        phones = {re.sub(r"\D", "", _folded(phone)) for phone in self._told("phone")}
        found = {number for number in numbers if len(number) >= _NUMBER}
        found |= {phone[-_PHONE:] for phone in phones if len(phone) >= _SHORTEST_PHONE}
        return {each for each in found if len(set(each)) > 2}  # zeros, nines and the like are nobody's

    @cached_property
    def _emails(self) -> set[str]:
        return {email for told in self._told("email") if "@" in (email := _BLANKS.sub("", _folded(told)))}

    @cached_property
    def _all_pairs(self) -> set[tuple[str, str]]:
        """Surnames and first names, of whichever telling: people marry, and are told by both names."""
        surnames, firsts = (
            {spelt for name in self._told(field) for spelt in _spellings(name, surname=field == "surname")}
            for field in ("surname", "first_name")
        )
        return {(surname, first) for surname, first in product(surnames, firsts) if surname and first}

    @cached_property
    def _pairs(self) -> set[tuple[str, str]]:
        return {pair for pair in self._all_pairs if not (len(both := "".join(pair)) < _SHORT and both.isascii())}

    @cached_property
    def _names(self) -> set[str]:
        return {name for pair in self._all_pairs for name in pair}

    @cached_property
    def _parts(self) -> dict[str, list[str]]:
        """Double names to their parts."""
        names = {name for field in ("surname", "first_name") for name in self._told(field)}
        parts = {_letters(name): [_letters(part) for part in _PARTS.split(name.strip())] for name in names}
        return {
            name: told
            for name, told in parts.items()
            if name in self._names and len(told) > 1 and all(len(part) > 1 for part in told)
        }

    @cached_property
    def _wholes(self) -> set[str]:
        """Both names as one word, in either order."""
        return {"".join(order) for pair in self._pairs for order in (pair, pair[::-1])}

    @cached_property
    def _chinese(self) -> set[str]:
        """Whole names without Latin letters, which stand in a sentence without blanks."""
        return {"".join(pair) for pair in self._pairs if not any(name.isascii() for name in pair)}

    @cached_property
    def _birth_dates(self) -> set[date]:
        days = set()
        for told in self._told("birth_date"):
            with suppress(ValueError):
                days.add(date.fromisoformat(told[:10]))
        return days


def texts_of(record: str) -> Iterator[str]:
    """The ways in which a record can be read: the values of JSON, a line with its escapes undone.

    Parameters
    ----------
    record : str
        As it came, or as it is kept where its bytes were no text.
    """
    if record.lstrip()[:1] in ("{", "["):
        with suppress(ValueError):
            yield "|".join(_values(json.loads(record)))
            return
    yield record
    if "\\u" in record:
        yield _ESCAPED.sub(lambda found: chr(int(found[1], 16)), record)
    if "\\x" in record:
        came_as = _BYTE.sub(lambda found: bytes([int(found[1], 16)]), record.encode("utf-8", "surrogatepass"))
        yield from {came_as.decode(encoding, "replace") for encoding in ("utf-8", "gb18030", "latin-1")}
    if not record.isascii():  # Metro 2 has a character a byte
        with suppress(UnicodeError):
            yield record.encode("latin-1").decode("utf-8")
        with suppress(UnicodeError):
            yield record.encode("latin-1").decode("gb18030")


def _values(told: Any) -> Iterator[str]:
    if isinstance(told, dict):
        told = list(told.values())
    if isinstance(told, list):
        for each in told:
            yield from _values(each)
    elif told is not None:
        yield str(told)


def _folded(text: str) -> str:
    """In small letters of ordinary width, without accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text)
    kept = "".join(each for each in apart if not (unicodedata.combining(each) or unicodedata.category(each) == "Cf"))
    return kept.translate(_PLAIN).casefold()


def _letters(text: str) -> str:
    return _NO_LETTERS.sub("", _folded(text))


def _spellings(name: str, *, surname: bool) -> set[str]:
    """A name as letters; one in hanzi in pinyin, too."""
    letters = _letters(name)
    return {letters, letters_of(fold(letters), surname=surname)} if _HANZI.fullmatch(letters) else {letters}


def _pattern(name: str) -> re.Pattern[str]:
    """A name as a word or several, whatever stands between its letters; a long one may be cut."""
    spelt = r"[\W_]*".join(map(re.escape, name[:_CUT]))
    end = "" if len(name) >= _CUT else r"(?![^\W_])"
    return re.compile(rf"(?<![^\W_]){spelt}{end}")  # Python keeps the last 512 of them


def _is_dated(day: date, folded: str, letters: str) -> bool:
    """Whether a day stands in a text, in any order."""
    written = {f"{day:%Y%m%d}", f"{day:%m%d%Y}", f"{day:%d%m%Y}"}
    if any(each in letters for each in written):
        return True
    told = {(int(y), int(m), int(d)) for y, m, d in _YEAR_FIRST.findall(folded)}
    told |= {(int(y), int(a), int(b)) for a, b, y in _YEAR_LAST.findall(folded)}
    told |= {(_year(y, day), _MONTHS[m], int(d)) for d, m, y in _DAY_MONTH.findall(folded)}
    told |= {(_year(y, day), _MONTHS[m], int(d)) for m, d, y in _MONTH_DAY.findall(folded)}
    told |= {(_year(y, day), _MONTHS[m], int(d)) for y, m, d in _YEAR_MONTH.findall(folded)}
    for one, _, two, three in _SHORT_DATE.findall(folded):
        told |= {(_year(y, day), int(a), int(b)) for y, a, b in ((three, one, two), (one, two, three))}
    return bool(told & {(day.year, day.month, day.day), (day.year, day.day, day.month)})


def _year(written: str, day: date) -> int:
    """A year, of whose two digits the century is that of the day."""
    return int(written) if len(written) > 2 else day.year // 100 * 100 + int(written)
