"""National numbers: which are possible, and what they say about a birth date.

Two kinds are known, and told apart by their length.

A social security number has nine digits: area, group, serial. Area 000, 666 and 900 to 999, group
00 and serial 0000 are never given out (Social Security Administration, "Randomization", 2011).

A resident number has eighteen characters: six for the place, eight for the birth date, three for
the order, and a check character by ISO 7064 MOD 11-2 (GB 11643-1999): 0 to 9, or X for ten.
"""

from __future__ import annotations

from typing import Final

__all__ = ["birth_date_inside", "is_possible"]

_SOCIAL_SECURITY: Final = (
    "(00[1-9]|0[1-9][0-9]|[1-578][0-9]{2}|6[0-57-9][0-9]|66[0-57-9])"
    "(0[1-9]|[1-9][0-9])"
    "(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
)

_RESIDENT: Final = "[0-9]{6}(18|19|20)[0-9]{9}[0-9Xx]"

_PLACES: Final = 17
"""Digits of a resident number before its check character."""


def is_possible(number: str) -> str:
    """SQL for whether a national number can have been given out.

    Parameters
    ----------
    number : str
        SQL for the number; null gives null.

    Notes
    -----
    By MOD 11-2 the digits, each multiplied by two to the power of its distance from the end, and
    the check character itself leave the remainder 1 when their sum is divided by 11.

    Examples
    --------
    >>> import duckdb
    >>> numbers = ["11010519491231002X", "110105194912310021", "078051120", "666451120", "7805112"]
    >>> duckdb.execute(f"SELECT {is_possible('n')} FROM (SELECT unnest(?) AS n)", [numbers]).fetchall()
    [(True,), (False,), (True,), (False,), (False,)]
    """
    digits = f"TRY_CAST(left({number}, {_PLACES}) AS BIGINT)"
    weighted = " + ".join(
        f"{pow(2, _PLACES - place, 11)} * ({digits} // {10 ** (_PLACES - 1 - place)} % 10)" for place in range(_PLACES)
    )
    last = f"CASE WHEN upper(right({number}, 1)) = 'X' THEN 10 ELSE TRY_CAST(right({number}, 1) AS INTEGER) END"
    resident = (
        f"CASE WHEN regexp_full_match({number}, '{_RESIDENT}') "
        f"THEN ({weighted} + {last}) % 11 = 1 AND {birth_date_inside(number)} IS NOT NULL ELSE false END"
    )
    return (
        f"CASE length({number}) WHEN 9 THEN regexp_full_match({number}, '{_SOCIAL_SECURITY}') "
        f"WHEN 18 THEN {resident} ELSE CASE WHEN {number} IS NOT NULL THEN false END END"
    )


def birth_date_inside(number: str) -> str:
    """SQL for the birth date that a resident number tells; null for any other number.

    Examples
    --------
    >>> import duckdb
    >>> numbers = ["11010519491231002X", "078051120"]
    >>> duckdb.execute(f"SELECT {birth_date_inside('n')} FROM (SELECT unnest(?) AS n)", [numbers]).fetchall()
    [(datetime.date(1949, 12, 31),), (None,)]
    """
    return f"CASE WHEN length({number}) = 18 THEN try_strptime(substr({number}, 7, 8), '%Y%m%d')::DATE END"
