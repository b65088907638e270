"""National numbers: social security numbers and 18-digit resident numbers with their check digit.

All numbers are made up. A social security number is valid when its area is not 000, 666 or 900-999,
its group not 00 and its serial not 0000; a resident number (GB 11643) when its date exists and its
last character is the check digit of ISO 7064 MOD 11-2.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["check_characters", "is_resident_number", "is_social_security_number", "resident_numbers", "social_numbers"]

_AREAS: Final = np.array([area for area in range(1, 900) if area != 666])
_GROUPS: Final = 99
_SERIALS: Final = 9_999
_ALL: Final = len(_AREAS) * _GROUPS * _SERIALS
_STRIDE: Final = 618_033_989
"""Coprime to the number of all, so that a walk in such strides meets each number once."""

_WEIGHTS: Final = np.array([pow(2, 17 - place, 11) for place in range(17)])
_CHECKS: Final = "10X98765432"
_REGIONS: Final = np.array(
    [
        *(110101, 110105, 110108, 120101, 120103, 310101, 310104, 310115, 320102, 320106, 320505, 330102, 330106),
        *(330203, 350102, 350203, 370102, 370202, 420102, 420106, 430102, 430104, 440103, 440106, 440304, 440305),
        *(500103, 500106, 510104, 510107, 610102, 610113),
    ]
)


def social_numbers(start: int, count: int) -> npt.NDArray[np.int64]:
    """Valid social security numbers, all different.

    Examples
    --------
    >>> [f"{number:09d}" for number in social_numbers(0, 3)]
    ['001010001', '625345799', '351681598']
    """
    places = (np.arange(count, dtype=np.int64) * _STRIDE + start) % _ALL
    area, rest = np.divmod(places, _GROUPS * _SERIALS)
    group, serial = np.divmod(rest, _SERIALS)
    numbers: npt.NDArray[np.int64] = _AREAS[area] * 1_000_000 + (group + 1) * 10_000 + serial + 1
    return numbers


def resident_numbers(
    birth_date: npt.NDArray[np.datetime64], is_male: npt.NDArray[np.bool_], rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """The first 17 digits of resident numbers, all different.

    They are a region, the birth date, and a sequence that is odd for men.
    """
    count = len(birth_date)
    days = birth_date.astype("datetime64[D]")
    years = days.astype("datetime64[Y]").astype(np.int64) + 1970
    month = days.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day = (days - days.astype("datetime64[M]")).astype(np.int64) + 1
    born = years * 10_000 + month * 100 + day
    region = rng.integers(0, len(_REGIONS), count)
    group = (region * 100_000_000 + born) * 2 + is_male
    order = np.argsort(group, kind="stable")
    _, first, size = np.unique(group[order], return_index=True, return_counts=True)
    within = np.empty(count, dtype=np.int64)
    within[order] = np.arange(count) - np.repeat(first, size)
    sequence = (within + born * 37 + region * 11) % 499 * 2 + 1 + ~is_male
    return np.asarray(_REGIONS[region] * 10**11 + born * 1000 + sequence, dtype=np.int64)


def check_characters(first_17: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """The check character of each number, from its first 17 digits.

    Examples
    --------
    >>> str(check_characters(np.array([11010519491231002]))[0])
    'X'
    """
    digits = first_17[:, None] // 10 ** np.arange(16, -1, -1, dtype=np.int64) % 10
    return np.asarray(np.array(list(_CHECKS))[digits @ _WEIGHTS % 11])


def is_resident_number(text: str) -> bool:
    """Whether a text is a resident number whose check character fits.

    Examples
    --------
    >>> is_resident_number("11010519491231002X"), is_resident_number("110105194912310021")
    (True, False)
    """
    if len(text) != 18 or not text[:17].isdigit():
        return False
    return str(check_characters(np.array([int(text[:17])]))[0]) == text[17]


def is_social_security_number(text: str) -> bool:
    """Whether a text is a social security number that may have been issued.

    Examples
    --------
    >>> is_social_security_number("123456789"), is_social_security_number("666456789")
    (True, False)
    """
    if len(text) != 9 or not text.isdigit():
        return False
    return text[:3] not in ("000", "666") and text[0] != "9" and text[3:5] != "00" and text[5:] != "0000"
