"""Contradictions: pairs of records that are two persons, however much else agrees.

========================  =====================================================================================
``generation``            one is Jr, the other Sr (or II, III, IV)
``two numbers``           two different national numbers that both can have been given out
``first name``            another first name, and no national number and birth date that agree
``birth dates``           birth dates ten years or more apart, and another or no national number
``number of another``     the same national number, but another birth date and another first name
========================  =====================================================================================

Where records give good reason to believe that no household has several persons in them
(:attr:`bureau.identity.model.Model.households` is false), another first name contradicts only where neither the
number nor the birth date nor the address agrees, and of the last two neither counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bureau.identity.comparisons import COMPARISONS, compare

__all__ = ["VETOES", "veto", "veto_sql"]

VETOES: Final = ("generation", "two numbers", "first name", "birth dates", "number of another")
"""Names of the contradictions, in the order in which they are looked for."""

_YEARS: Final = 10
_OTHER_GIVEN: Final = frozenset(("other hanzi", "other"))
_BORN_ALIKE: Final = frozenset(("same", "day and month swapped", "one keying error"))
_BORN_APART: Final = frozenset(("same year", "other"))
_RESIDENT: Final = 18


def _numbers_of(comparison: str, names: frozenset[str]) -> tuple[int, ...]:
    return tuple(number for number, level in enumerate(compare(comparison).levels) if level.name in names)


_GIVEN_OTHER: Final = _numbers_of("given", _OTHER_GIVEN)
_BIRTH_ALIKE: Final = _numbers_of("birth", _BORN_ALIKE)
_BIRTH_APART: Final = _numbers_of("birth", _BORN_APART)
_BIRTH_OTHER: Final = _numbers_of("birth", frozenset(("other",)))
_AT_HOME: Final = tuple(
    number for number, level in enumerate(compare("household").levels) if level.name.endswith("home")
)
_NUMBER_SAME: Final = _numbers_of("number", frozenset(("same",)))
_NUMBER_CLOSE: Final = _numbers_of("number", frozenset(("same", "one keying error")))


def veto_sql(level: Mapping[str, str], *, households: bool) -> str:
    """SQL for the name of the contradiction of a pair, null where there is none.

    Parameters
    ----------
    level : mapping of str to str
        Comparison to SQL for the number of its level. The standard columns of both records must be in reach
        with the endings ``_l`` and ``_r``.
    households : bool
        Of the model.
    """

    def among(comparison: str, numbers: tuple[int, ...]) -> str:
        return f"{level[comparison]} IN ({', '.join(map(str, numbers))})"

    given_other = among("given", _GIVEN_OTHER)
    close = among("number", _NUMBER_CLOSE)
    same = among("number", _NUMBER_SAME)
    slip = f"(length(number_l) <> {_RESIDENT} AND {close} AND {among('birth', _BIRTH_ALIKE)} AND NOT {given_other})"
    alike = among("birth", _BIRTH_ALIKE)
    supported = f"{close} AND {alike}" if households else f"{close} OR {alike} OR {among('household', _AT_HOME)}"
    strict = str(households).lower()
    years = "abs(TRY_CAST(left(born_l, 4) AS INTEGER) - TRY_CAST(left(born_r, 4) AS INTEGER))"
    return (
        "CASE WHEN generation_l <> generation_r THEN 'generation' "
        f"WHEN number_good_l AND number_good_r AND NOT {same} AND length(number_l) = length(number_r) AND NOT {slip} "
        "THEN 'two numbers' "
        f"WHEN {given_other} AND NOT ({supported}) THEN 'first name' "
        f"WHEN {among('birth', _BIRTH_OTHER)} AND {years} >= {_YEARS} AND NOT {same} AND {strict} "
        "THEN 'birth dates' "
        f"WHEN {same} AND {among('birth', _BIRTH_APART)} AND {given_other} AND {strict} "
        "THEN 'number of another' END"
    )


def veto(left: Mapping[str, Any], right: Mapping[str, Any], found: tuple[int, ...], *, households: bool) -> str | None:
    """The contradiction of two standard records, None where there is none.

    Parameters
    ----------
    left, right : mapping
        Standard records.
    found : tuple of int
        Their levels (:func:`bureau.identity.comparisons.levels`).
    households : bool
        Of the model.
    """
    level = dict(zip((comparison.name for comparison in COMPARISONS), found, strict=True))
    given_other = level["given"] in _GIVEN_OTHER
    alike = level["birth"] in _BIRTH_ALIKE
    same, close = level["number"] in _NUMBER_SAME, level["number"] in _NUMBER_CLOSE
    one, two = left["generation"], right["generation"]
    if one is not None and two is not None and one != two:
        return "generation"
    if left["number_good"] and right["number_good"] and not same and len(left["number"]) == len(right["number"]):
        slip = len(left["number"]) != _RESIDENT and close and alike and not given_other
        if not slip:
            return "two numbers"
    at_home = level["household"] in _AT_HOME
    if given_other and not (close and alike if households else close or alike or at_home):
        return "first name"
    if (
        level["birth"] in _BIRTH_OTHER
        and not same
        and households
        and _years_apart(left["born"], right["born"]) >= _YEARS
    ):
        return "birth dates"
    if same and level["birth"] in _BIRTH_APART and given_other and households:
        return "number of another"
    return None


def _years_apart(left: str, right: str) -> int:
    # Eight digits, always: bureau.identity.birth.
    return abs(int(left[:4]) - int(right[:4]))
