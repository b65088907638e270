"""How two records are compared: levels declared once, from which come SQL for DuckDB, Splink's settings and Python.

A comparison gives the first of its levels whose condition holds, counted from the first (0); nothing to compare
gives -1. Every condition is written twice, as SQL over columns with the endings ``_l`` and ``_r`` and as Python
over two standard records; tests hold the two together.

Surname, telephone and address are one comparison, ``household``: people of one household share them together, so
as three comparisons they would count three times.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["COMPARISONS", "Comparison", "Level", "compare", "levels"]

_Record = Mapping[str, Any]
_Test = Callable[[_Record, _Record], bool]


@dataclass(frozen=True)
class Level:
    """One way in which two records can stand to each other.

    Parameters
    ----------
    name : str
        What it is called in models and pictures.
    sql : str
        Condition; true, or anything else.
    test : callable
        The same of two standard records.
    frequency : str, optional
        The column whose frequency of terms moves the weight of this level.
    """

    name: str
    sql: str
    test: _Test
    frequency: str | None = None


@dataclass(frozen=True)
class Comparison:
    """What is compared, and its levels; the last level is everything else.

    Parameters
    ----------
    name : str
        What it is called.
    missing : Level
        When there is nothing to compare.
    levels : tuple of Level
        In the order in which they are tried.
    """

    name: str
    missing: Level
    levels: tuple[Level, ...]
    shortcut: str | None = None
    """SQL for the number of the level that says the same in less time."""

    @property
    def sql(self) -> str:
        """SQL for the number of the level."""
        if self.shortcut is not None:
            return self.shortcut
        cases = " ".join(f"WHEN {level.sql} THEN {number}" for number, level in enumerate(self.levels[:-1]))
        return f"CASE WHEN {self.missing.sql} THEN -1 {cases} ELSE {len(self.levels) - 1} END"

    def level(self, left: _Record, right: _Record) -> int:
        """The number of the level of two standard records."""
        if self.missing.test(left, right):
            return -1
        for number, level in enumerate(self.levels[:-1]):
            if level.test(left, right):
                return number
        return len(self.levels) - 1


def _similarity(left: str, right: str) -> float:
    from rapidfuzz.distance import JaroWinkler

    return JaroWinkler.similarity(left, right)


def _edits(left: str, right: str) -> int:
    from rapidfuzz.distance import DamerauLevenshtein

    return DamerauLevenshtein.distance(left, right)


def _both(column: str) -> str:
    return f"({column}_l IS NULL OR {column}_r IS NULL)"


def _missing(column: str) -> Level:
    return Level("missing", _both(column), lambda a, b: a[column] is None or b[column] is None)


def _always(_a: _Record, _b: _Record) -> bool:
    return True


_ELSE: Final = Level("other", "true", _always)


# -- first name ---------------------------------------------------------------------------------


def _one_edit_sql(column: str, shortest: int) -> str:
    """At most one keying error; what is cheap and excludes most comes first."""
    left, right = f"{column}_l", f"{column}_r"
    return (
        f"(CASE WHEN abs(length({left}) - length({right})) > 1 OR least(length({left}), length({right})) < {shortest} "
        f"THEN false WHEN levenshtein({left}, {right}) > 2 THEN false "
        f"ELSE damerau_levenshtein({left}, {right}) <= 1 END)"
    )


def _one_edit(column: str, shortest: int) -> _Test:
    def test(a: _Record, b: _Record) -> bool:
        left, right = a[column], b[column]
        return abs(len(left) - len(right)) <= 1 and min(len(left), len(right)) >= shortest and _edits(left, right) <= 1

    return test


def _hanzi_differ(a: _Record, b: _Record) -> bool:
    return a["given_hanzi"] is not None and b["given_hanzi"] is not None and a["given_hanzi"] != b["given_hanzi"]


def _initial(a: _Record, b: _Record) -> bool:
    return bool((len(a["given"]) == 1 or len(b["given"]) == 1) and a["given"][0] == b["given"][0])


def _nickname(a: _Record, b: _Record) -> bool:
    left, right = a["given_forms"] or (a["given"],), b["given_forms"] or (b["given"],)
    return not set(left).isdisjoint(right)


def _swapped(a: _Record, b: _Record) -> bool:
    return (
        a["given"] is not None and a["given"] == b["surname"] and b["given"] is not None and b["given"] == a["surname"]
    )


def _is_middle(a: _Record, b: _Record) -> bool:
    return (len(a["given"]) > 1 and a["given"] == b["middle"]) or (len(b["given"]) > 1 and b["given"] == a["middle"])


def _near_given(a: _Record, b: _Record) -> bool:
    left, right = a["given"], b["given"]
    return _one_edit("given", 3)(a, b) or (
        min(len(left), len(right)) >= 3
        and (left.startswith(right) or right.startswith(left) or _similarity(left, right) >= 0.92)
    )


def _nearly_swapped(a: _Record, b: _Record) -> bool:
    if a["surname"] is None or b["surname"] is None:
        return False
    one, two = _similarity(a["given"], b["surname"]), _similarity(a["surname"], b["given"])
    return min(one, two) >= 0.75 and max(one, two) >= 0.88


_CROSSED: Final = (
    "coalesce(jaro_winkler_similarity(given_l, surname_r), 0), coalesce(jaro_winkler_similarity(surname_l, given_r), 0)"
)
_NEARLY_SWAPPED: Final = f"(least({_CROSSED}) >= 0.75 AND greatest({_CROSSED}) >= 0.88)"
_SWAPPED: Final = "(given_l = surname_r AND given_r = surname_l)"
_NEAR_GIVEN: Final = (
    "(CASE WHEN least(length(given_l), length(given_r)) < 3 THEN false WHEN starts_with(given_l, given_r) "
    "OR starts_with(given_r, given_l) OR jaro_winkler_similarity(given_l, given_r) >= 0.92 THEN true "
    f"ELSE {_one_edit_sql('given', 3)} END)"
)
_HANZI_DIFFER: Final = "coalesce(given_hanzi_l <> given_hanzi_r, false)"

_GIVEN: Final = Comparison(
    "given",
    _missing("given"),
    (
        Level(
            "initial",
            "(length(given_l) = 1 OR length(given_r) = 1) AND left(given_l, 1) = left(given_r, 1)",
            _initial,
        ),
        Level(
            "same",
            f"given_l = given_r AND NOT {_HANZI_DIFFER}",
            lambda a, b: a["given"] == b["given"] and not _hanzi_differ(a, b),
            frequency="given",
        ),
        Level("same sound", "given_l = given_r", lambda a, b: a["given"] == b["given"]),
        Level(
            "nickname",
            "(given_forms_l IS NOT NULL OR given_forms_r IS NOT NULL) AND list_has_any("
            "coalesce(given_forms_l, [given_l]), coalesce(given_forms_r, [given_r]))",
            _nickname,
        ),
        Level("swapped", _SWAPPED, _swapped),
        Level(
            "middle",
            "coalesce((length(given_l) > 1 AND given_l = middle_r) "
            "OR (length(given_r) > 1 AND given_r = middle_l), false)",
            _is_middle,
        ),
        Level("other hanzi", _HANZI_DIFFER, _hanzi_differ),
        Level(
            "near pinyin",
            f"is_pinyin_l AND is_pinyin_r AND {_NEAR_GIVEN}",
            lambda a, b: a["is_pinyin"] and b["is_pinyin"] and _near_given(a, b),
        ),
        Level(
            "near",
            f"NOT (is_pinyin_l AND is_pinyin_r) AND {_NEAR_GIVEN}",
            lambda a, b: not (a["is_pinyin"] and b["is_pinyin"]) and _near_given(a, b),
        ),
        Level(
            "like",
            "NOT (is_pinyin_l AND is_pinyin_r) AND jaro_winkler_similarity(given_l, given_r) >= 0.8",
            lambda a, b: not (a["is_pinyin"] and b["is_pinyin"]) and _similarity(a["given"], b["given"]) >= 0.8,
        ),
        Level("nearly swapped", _NEARLY_SWAPPED, _nearly_swapped),
        _ELSE,
    ),
)


# -- surname, telephone and address -------------------------------------------------------------


def _same_surname(a: _Record, b: _Record) -> bool:
    return _equal("surname")(a, b) or _swapped(a, b)


def _part_of(left: str, right: str) -> bool:
    short, long = sorted((left, right), key=len)
    return len(short) >= 4 and (long.startswith(short) or long.endswith(short))


def _near_surname(a: _Record, b: _Record) -> bool:
    left, right = a["surname"], b["surname"]
    if left is None or right is None:
        return False
    if a["given"] is not None and b["given"] is not None and _nearly_swapped(a, b):
        return True
    return _one_edit("surname", 4)(a, b) or (
        min(len(left), len(right)) >= 4 and (_part_of(left, right) or _similarity(left, right) >= 0.9)
    )


_SURNAME_MISSING: Final = _both("surname")
_SURNAME: Final = (
    ("same", f"coalesce(surname_l = surname_r OR {_SWAPPED}, false)", _same_surname),
    (
        "near",
        "(CASE WHEN least(length(surname_l), length(surname_r)) >= 4 AND (starts_with(surname_l, surname_r) OR "
        "starts_with(surname_r, surname_l) OR ends_with(surname_l, surname_r) OR ends_with(surname_r, surname_l) OR "
        "jaro_winkler_similarity(surname_l, surname_r) >= 0.9) THEN true "
        f"WHEN {_one_edit_sql('surname', 4)} THEN true ELSE {_NEARLY_SWAPPED} END)",
        _near_surname,
    ),
)


def _equal(column: str) -> _Test:
    return lambda a, b: a[column] is not None and a[column] == b[column]


def _differ(column: str, a: _Record, b: _Record) -> bool:
    return a[column] is not None and b[column] is not None and a[column] != b[column]


def _same_home(a: _Record, b: _Record) -> bool:
    left, right = a["street"], b["street"]
    if _differ("postcode", a, b) and _differ("city", a, b):
        return False
    if left is None or right is None or (a["house"] is None) != (b["house"] is None):
        return False
    if a["house"] is None:
        return (_equal("postcode")(a, b) or _equal("city")(a, b)) and (
            left == right or _similarity(left, right) >= 0.92
        )
    return bool(a["house"] == b["house"] and (left == right or _similarity(left, right) >= 0.9))


def _same_area(a: _Record, b: _Record) -> bool:
    return _equal("postcode")(a, b) or (
        _equal("city")(a, b) and a["street"] is not None and b["street"] is not None
        and _similarity(a["street"], b["street"]) >= 0.88
    )  # fmt: skip


def _place_told(a: _Record, b: _Record) -> bool:
    return any(a[column] is not None and b[column] is not None for column in ("phone", "street", "postcode"))


_SAME_PHONE: Final = "coalesce(phone_l = phone_r, false)"
_SAME_HOME: Final = (
    "coalesce(CASE WHEN postcode_l <> postcode_r AND city_l <> city_r THEN false "
    "WHEN house_l IS NULL AND house_r IS NULL THEN "
    "(street_l = street_r OR jaro_winkler_similarity(street_l, street_r) >= 0.92) AND "
    "coalesce(postcode_l = postcode_r OR city_l = city_r, false) "
    "ELSE house_l = house_r AND (street_l = street_r OR jaro_winkler_similarity(street_l, street_r) >= 0.9) END, false)"
)
_SAME_AREA: Final = (
    "coalesce(postcode_l = postcode_r OR "
    "(city_l = city_r AND jaro_winkler_similarity(street_l, street_r) >= 0.88), false)"
)
_PLACE_TOLD: Final = f"NOT ({_both('phone')} AND {_both('street')} AND {_both('postcode')})"

_PLACE: Final = (
    ("phone and home", f"({_SAME_PHONE} AND {_SAME_HOME})", lambda a, b: _equal("phone")(a, b) and _same_home(a, b)),
    ("home", _SAME_HOME, _same_home),
    ("phone", _SAME_PHONE, _equal("phone")),
    ("area", _SAME_AREA, _same_area),
    ("elsewhere", _PLACE_TOLD, _place_told),
)
_STRANGE: Final = frozenset(("area", "elsewhere", "nowhere"))
"""Places at which a rare surname says more than a frequent one: households share theirs anyway."""


def _household() -> Comparison:
    """Every surname with every place; of each, what holds first counts."""
    surnames = [
        *_SURNAME,
        ("other", f"NOT {_SURNAME_MISSING}", lambda a, b: a["surname"] is not None and b["surname"] is not None),
        ("missing", "true", _always),
    ]
    places = [*_PLACE, ("nowhere", "true", _always)]
    found = []
    for surname, surname_sql, surname_test in surnames:
        for place, place_sql, place_test in places:
            frequency = "surname" if surname == "same" and place in _STRANGE else None

            def test(a: _Record, b: _Record, one: _Test = surname_test, two: _Test = place_test) -> bool:
                return one(a, b) and two(a, b)

            name = f"surname {surname}, place {place}"
            found.append(Level(name, f"({surname_sql}) AND ({place_sql})", test, frequency))
    found.pop()  # neither surname nor place: nothing is to compare
    missing = Level(
        "missing",
        f"{_SURNAME_MISSING} AND NOT ({_PLACE_TOLD})",
        lambda a, b: (a["surname"] is None or b["surname"] is None) and not _place_told(a, b),
    )
    by_surname = " ".join(f"WHEN {sql} THEN {number * len(places)}" for number, (_, sql, _) in enumerate(surnames))
    by_place = " ".join(f"WHEN {sql} THEN {number}" for number, (_, sql, _) in enumerate(places))
    shortcut = f"CASE WHEN {missing.sql} THEN -1 ELSE (CASE {by_surname} END) + (CASE {by_place} END) END"
    return Comparison("household", missing, tuple(found), shortcut)


# -- birth date, national number, e-mail, middle name --------------------------------------------


def _day_and_month_swapped(a: _Record, b: _Record) -> bool:
    left, right = a["born"], b["born"]
    return bool(left == right[:4] + right[6:] + right[4:6])


def _two_of_three(a: _Record, b: _Record) -> bool:
    left, right = a["born"], b["born"]
    return bool((left[:4] == right[:4]) + (left[4:6] == right[4:6]) + (left[6:] == right[6:]) >= 2)


_BIRTH: Final = Comparison(
    "birth",
    _missing("born"),
    (
        Level("same", "born_l = born_r", _equal("born"), frequency="born"),
        Level(
            "day and month swapped",
            "born_l = left(born_r, 4) || right(born_r, 2) || substr(born_r, 5, 2)",
            _day_and_month_swapped,
        ),
        Level(
            "one keying error",
            "CASE WHEN hamming(born_l, born_r) > 2 THEN false ELSE damerau_levenshtein(born_l, born_r) <= 1 END",
            lambda a, b: _edits(a["born"], b["born"]) <= 1,
        ),
        Level(
            "two parts of three",
            "(left(born_l, 4) = left(born_r, 4))::INTEGER + (substr(born_l, 5, 2) = substr(born_r, 5, 2))::INTEGER "
            "+ (right(born_l, 2) = right(born_r, 2))::INTEGER >= 2",
            _two_of_three,
        ),
        Level("same year", "left(born_l, 4) = left(born_r, 4)", lambda a, b: a["born"][:4] == b["born"][:4]),
        _ELSE,
    ),
)

_NUMBER: Final = Comparison(
    "number",
    _missing("number"),
    (
        Level("same", "number_l = number_r", _equal("number")),
        Level("one keying error", _one_edit_sql("number", 6), _one_edit("number", 6)),
        _ELSE,
    ),
)


def _mailbox(address: str) -> str:
    return address.partition("@")[0]


_EMAIL: Final = Comparison(
    "email",
    _missing("email"),
    (
        Level("same", "email_l = email_r", _equal("email")),
        Level(
            "same mailbox or one keying error",
            f"split_part(email_l, '@', 1) = split_part(email_r, '@', 1) OR {_one_edit_sql('email', 8)}",
            lambda a, b: _mailbox(a["email"]) == _mailbox(b["email"]) or _one_edit("email", 8)(a, b),
        ),
        _ELSE,
    ),
)

_MIDDLE: Final = Comparison(
    "middle",
    _missing("middle"),
    (
        Level("same", "middle_l = middle_r", _equal("middle")),
        Level("initial", "left(middle_l, 1) = left(middle_r, 1)", lambda a, b: a["middle"][0] == b["middle"][0]),
        _ELSE,
    ),
)

COMPARISONS: Final = (_GIVEN, _household(), _BIRTH, _NUMBER, _EMAIL, _MIDDLE)
"""All comparisons, in the order in which their levels are written."""


def compare(name: str) -> Comparison:
    """The comparison of a name."""
    return next(comparison for comparison in COMPARISONS if comparison.name == name)


def levels(left: _Record, right: _Record) -> tuple[int, ...]:
    """The levels of two standard records, in the order of :data:`COMPARISONS`; -1 where nothing is to compare."""
    return tuple(comparison.level(left, right) for comparison in COMPARISONS)
