"""Contradictions: pairs of records that are two persons, however much else agrees.

========================  =====================================================================================
``generation``            one is Jr, the other Sr (or II, III, IV)
``two numbers``           two different national numbers that both can have been given out
``first name``            another first name, and no national number and birth date that agree
``birth dates``           birth dates ten years or more apart, and another or no national number
``like first name``       a first name much like the other, but both are names of their own (Maria and Mario,
                          :mod:`bureau.identity.given_names`; 晓明 and 小明), and no number and birth date agree
========================  =====================================================================================

The last may also be a mistake, so it joins nobody by itself and waits for a person (:data:`DOUBTS`); twins differ in
nothing else. All others are certain.

Where records give good reason to believe that no household has several persons in them
(:attr:`bureau.identity.model.Model.households` is false), another first name contradicts only where neither the
number nor the birth date nor the address agrees, and of the last two neither counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bureau.identity.comparisons import COMPARISONS, compare
from bureau.quoting import literal

__all__ = ["DOUBTS", "VETOES", "is_doubt_sql", "veto", "veto_sql"]

VETOES: Final = ("generation", "two numbers", "first name", "birth dates", "like first name")
"""Names of the contradictions, in the order in which they are looked for."""

DOUBTS: Final = frozenset(("like first name",))
"""Contradictions that a person has to look at; nobody is joined over one without."""

_YEARS: Final = 10
_OTHER_GIVEN: Final = frozenset(("other hanzi", "other"))
_LIKE_GIVEN: Final = frozenset(("near", "like"))
_BORN_ALIKE: Final = frozenset(("same", "day and month swapped", "one keying error"))
_RESIDENT: Final = 18


def _numbers_of(comparison: str, names: frozenset[str]) -> tuple[int, ...]:
    return tuple(number for number, level in enumerate(compare(comparison).levels) if level.name in names)


_GIVEN_OTHER: Final = _numbers_of("given", _OTHER_GIVEN)
_GIVEN_LIKE: Final = _numbers_of("given", _LIKE_GIVEN)
_GIVEN_SOUND: Final = _numbers_of("given", frozenset(("same sound",)))
_BIRTH_ALIKE: Final = _numbers_of("birth", _BORN_ALIKE)
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
    # Of two names in hanzi that sound the same the level says already that they differ.
    given_like = (
        f"({among('given', _GIVEN_SOUND)} OR ({among('given', _GIVEN_LIKE)} "
        "AND coalesce(given_known_l <> given_known_r, false)))"
    )
    close = among("number", _NUMBER_CLOSE)
    same = among("number", _NUMBER_SAME)
    strict = str(households).lower()
    slip = (
        f"(length(number_l) <> {_RESIDENT} AND {close} AND {among('birth', _BIRTH_ALIKE)} "
        f"AND NOT {given_other} AND NOT ({given_like} AND {strict}))"
    )
    alike = among("birth", _BIRTH_ALIKE)
    supported = f"{close} AND {alike}" if households else f"{close} OR {alike} OR {among('household', _AT_HOME)}"
    years = "abs(TRY_CAST(left(born_l, 4) AS INTEGER) - TRY_CAST(left(born_r, 4) AS INTEGER))"
    return (
        "CASE WHEN generation_l <> generation_r THEN 'generation' "
        f"WHEN number_good_l AND number_good_r AND NOT {same} AND length(number_l) = length(number_r) AND NOT {slip} "
        "THEN 'two numbers' "
        f"WHEN {given_other} AND NOT ({supported}) THEN 'first name' "
        f"WHEN {among('birth', _BIRTH_OTHER)} AND {years} >= {_YEARS} AND NOT {same} AND {strict} "
        "THEN 'birth dates' "
        f"WHEN {given_like} AND NOT ({same} AND {alike}) AND {strict} THEN 'like first name' END"
    )


def is_doubt_sql(veto: str) -> str:
    """SQL for whether a contradiction is one of :data:`DOUBTS`, null where there is none."""
    return f"{veto} IN ({', '.join(literal(each) for each in sorted(DOUBTS))})"


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
    given_like = households and (
        level["given"] in _GIVEN_SOUND or (level["given"] in _GIVEN_LIKE and _names_of_their_own(left, right))
    )
    one, two = left["generation"], right["generation"]
    if one is not None and two is not None and one != two:
        return "generation"
    if left["number_good"] and right["number_good"] and not same and len(left["number"]) == len(right["number"]):
        slip = len(left["number"]) != _RESIDENT and close and alike and not given_other and not given_like
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
    if given_like and not (same and alike):
        return "like first name"
    return None


def _names_of_their_own(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    one, two = left["given_known"], right["given_known"]
    return one is not None and two is not None and one != two


def _years_apart(left: str, right: str) -> int:
    # Eight digits, always: bureau.identity.birth.
    return abs(int(left[:4]) - int(right[:4]))
