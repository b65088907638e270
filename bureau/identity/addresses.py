"""Addresses in the form in which they are compared: house, street, city, postcode."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from bureau.identity.names import fold, letters_of

__all__ = ["StreetAddress", "standard_address", "standard_city", "standard_postcode"]

_SHORT: Final = {
    "street": "st", "str": "st", "avenue": "ave", "av": "ave", "road": "rd", "drive": "dr", "lane": "ln",
    "boulevard": "blvd", "court": "ct", "place": "pl", "terrace": "tce", "crescent": "cr", "cres": "cr",
    "lu": "rd", "jie": "st", "dajie": "st", "dadao": "ave", "xiang": "ln", "nong": "ln",
    "circuit": "cct", "close": "cl", "highway": "hwy", "parkway": "pkwy", "square": "sq", "north": "n",
    "south": "s",
    "east": "e", "west": "w", "saint": "st", "mount": "mt", "circle": "cir", "trail": "trl", "parade": "pde",
}  # fmt: skip
_UNIT: Final = re.compile(
    r"\b(?:apartment|apt|unit|suite|ste|flat|room|rm|floor|fl|lot|level|building|bldg|block|tower)\b\.?\s*#?\s*[0-9a-z]*\b"
    r"|#\s*\w+|\b\w+ (?:district|county)\b"
)
_NUMBER_SIGN: Final = frozenset(("no", "nr", "number", "hao"))
_HOUSE: Final = re.compile(r"\d+")
_CHINESE: Final = re.compile("[\u4e00-\u9fff]")
_DISTRICT: Final = re.compile("^.*(?:[省市区县旗镇乡])(?=.*[路街道巷弄里村号园])")
_CHINESE_HOUSE: Final = re.compile(r"(\d+)\s*(?:号|號|弄)")
_DIGITS: Final = str.maketrans("〇零一二三四五六七八九", "00123456789")
_OFFICIAL: Final = re.compile("(?:市|县|區|区)$")
_LONGEST: Final = 40


_CHINESE_STREETS: Final = {"大街": "st", "大道": "ave", "路": "rd", "街": "st", "巷": "ln", "弄": "ln"}


class StreetAddress(NamedTuple):
    """House number and street; each is None where nothing usable was told."""

    house: str | None
    street: str | None


_NOWHERE: Final = frozenset(
    (
        "unknown", "none", "null", "nil", "n/a", "na", "tbd", "not known", "not provided", "no address", "refused",
        "no fixed address", "no fixed abode", "homeless", "general delivery", "不详", "未知", "无", "无固定住所",
    )
)  # fmt: skip
"""What is written where no address is known."""


def standard_address(told: str | None) -> StreetAddress:
    """House number and street of an address line.

    Parameters
    ----------
    told : str or None
        The line below the city. What names a flat is dropped: people leave it out as often as not.

    Examples
    --------
    >>> standard_address("12 North Main Street, Apt 4"), standard_address("Apt. 4, 12 N. Main St")
    (StreetAddress(house='12', street='nmainst'), StreetAddress(house='12', street='nmainst'))
    >>> standard_address("北京市朝阳区建国路88号3号楼501室"), standard_address("Bldg 3, No. 88 Jianguo Lu")
    (StreetAddress(house='88', street='jianguord'), StreetAddress(house='88', street='jianguord'))
    """
    text = fold(told)
    if not text or text.strip(" .-/") in _NOWHERE:
        return StreetAddress(None, None)
    if not text.isascii() and _CHINESE.search(text):
        return _chinese(text)
    text = _UNIT.sub(" ", text)
    found = _HOUSE.search(text)
    words = [word for word in re.split(r"[^\w]+", text) if word and not word[0].isdigit() and word not in _NUMBER_SIGN]
    street = "".join(letters_of(_SHORT.get(word, word)) for word in words)
    return StreetAddress(found[0].lstrip("0")[:8] or None if found else None, street[:_LONGEST] or None)


def _chinese(text: str) -> StreetAddress:
    text = _DISTRICT.sub("", text.replace(" ", ""))
    digits = text.translate(_DIGITS)
    found = _CHINESE_HOUSE.search(digits) or _HOUSE.search(digits)
    street = text[: found.start()] if found else text
    for written, short in _CHINESE_STREETS.items():
        street = street.replace(written, short)
    street = letters_of(street)
    return StreetAddress(
        found[found.lastindex or 0].lstrip("0")[:8] or None if found else None, street[:_LONGEST] or None
    )


def standard_city(told: str | None) -> str | None:
    """A city (or region) as letters.

    Examples
    --------
    >>> standard_city("St. Louis"), standard_city("北京市"), standard_city(" ")
    ('stlouis', 'beijing', None)
    """
    return letters_of(_OFFICIAL.sub("", fold(told)))[:30] or None


def standard_postcode(told: str | None) -> str | None:
    """A postal code as capital letters and digits; of a ZIP+4 the first five.

    Examples
    --------
    >>> standard_postcode("60601-1234"), standard_postcode("sw1a 1aa"), standard_postcode("000000")
    ('60601', 'SW1A1AA', None)
    """
    code = "".join(character for character in fold(told).upper() if character.isascii() and character.isalnum())[:10]
    if len(code) == 9 and code.isdigit():
        code = code[:5]
    return code if len(code) > 2 and len(set(code)) > 1 else None
