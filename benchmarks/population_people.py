"""Who lives in the population that identity resolution is measured on: the truth behind the records.

People live in households. Some are twins, some sons are named after their father and live with him,
a quarter has Chinese names and numbers. Half of the households and a tenth of the people alone have
moved at least once; some have a new telephone or e-mail address; some women bear another surname
than the one they were born with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from benchmarks.population_names import chinese_names, mixed, western_names
from bureau.simulator.numbers import resident_numbers, social_numbers

__all__ = ["JUNIOR", "SENIOR", "People", "draw_people"]

JUNIOR, SENIOR = 1, 2

_HEAD, _PARTNER, _CHILD, _TWIN = range(4)
_HOUSEHOLDS: Final = (
    (0.40, (_HEAD,)),
    (0.34, (_HEAD, _PARTNER)),
    (0.12, (_HEAD, _PARTNER, _CHILD)),
    (0.05, (_HEAD, _CHILD)),
    (0.06, (_HEAD, _PARTNER, _CHILD, _CHILD)),
    (0.03, (_HEAD, _PARTNER, _TWIN, _TWIN)),
)
"""Kinds of household, how common, and who lives there; children are grown up. About 3 people in 100 are twins."""

_CHINESE: Final = 0.25
_NAMED_AFTER_FATHER: Final = 0.25
"""Of the sons: about 2 people in 100 are Jr or Sr."""
_TAKES_NAME: Final = 0.7
"""Of Western wives."""
_ALLITERATES: Final = 0.3
"""Of twins: the first names begin alike."""
_TODAY: Final = np.datetime64("2024-01-01")

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class People:
    """Everybody, as arrays with one entry a person; names are numbers into the tables of names."""

    household: Array
    size: Array
    """People in the household."""
    chinese: Array
    male: Array
    twin: Array
    generation: Array
    """0, or :data:`JUNIOR`, or :data:`SENIOR`."""
    birth: Array
    first: Array
    middle: Array
    """-1 where there is none."""
    last: Array
    born_last: Array
    number: Array
    """Social security number, or first 17 digits of the resident number."""
    no_number: Array
    """Whether nobody knows a number of the person."""
    old_number: Array
    """Whether the person has a passport's number instead."""
    moves: Array
    """How often the person has moved: address versions are 0 to this."""
    follows: Array
    """Whether the moves are the household's."""
    phones: Array
    mails: Array
    """How many telephones and e-mail addresses the person has had."""

    def __len__(self) -> int:
        return len(self.household)


def draw_people(count: int, seed: int) -> People:
    """Make up everybody.

    Parameters
    ----------
    count : int
        People.
    seed : int
        Whatever is drawn follows from it.
    """
    rng = np.random.default_rng([seed, 1])
    household, role, first_of, size = _households(count, rng)
    chinese = (rng.random(household[-1] + 1) < _CHINESE)[household]
    male = rng.random(count) < 0.5
    partner = role == _PARTNER
    male[partner] = ~male[first_of[partner]]
    birth = _births(role, first_of, rng)
    second_twin = np.flatnonzero((role == _TWIN) & (np.arange(count) - first_of == 3))
    birth[second_twin] = birth[second_twin - 1]

    first, middle, last = _names(chinese, male, rng)
    born_last = last.copy()
    child = (role == _CHILD) | (role == _TWIN)
    last[child] = born_last[child] = last[first_of[child]]
    takes = partner & ~chinese & ~male & (rng.random(count) < _TAKES_NAME)
    last[takes] = last[first_of[takes]]

    generation = np.zeros(count, dtype=np.int8)
    sons = (role == _CHILD) & male & male[first_of] & ~chinese & (rng.random(count) < _NAMED_AFTER_FATHER)
    sons[1:] &= ~sons[:-1]
    juniors = np.flatnonzero(sons)
    fathers = first_of[juniors]
    first[juniors], middle[juniors] = first[fathers], middle[fathers]
    generation[juniors], generation[fathers] = JUNIOR, SENIOR

    number = social_numbers(int(rng.integers(0, 2**29)), count)
    # Twins were given one number after the other.
    western_twins = second_twin[~chinese[second_twin]]
    beside = number[western_twins - 1] + np.where(number[western_twins - 1] % 10_000 < 9_999, 1, -1)
    number[western_twins] = beside
    where = np.flatnonzero(chinese)
    number[where] = resident_numbers(birth[where], male[where], rng)

    follows = rng.random(count) < 0.85
    moves = rng.choice(3, household[-1] + 1, p=(0.6, 0.3, 0.1))[household]
    moves = np.where(follows, moves, np.maximum(1, moves))
    draw = rng.random(count)
    return People(
        household=household,
        size=size,
        chinese=chinese,
        male=male,
        twin=role == _TWIN,
        generation=generation,
        birth=birth,
        first=_other_than_sibling(first, second_twin, chinese, male, rng),
        middle=middle,
        last=last,
        born_last=born_last,
        number=number,
        no_number=draw < 0.03,
        old_number=(draw >= 0.03) & (draw < 0.05),
        moves=moves,
        follows=follows,
        phones=1 + (rng.random(count) < 0.25),
        mails=1 + (rng.random(count) < 0.35),
    )


def _households(count: int, rng: np.random.Generator) -> tuple[Array, Array, Array, Array]:
    """For each person the household, the role in it, its first person, and how many live there."""
    shares = np.array([share for share, _ in _HOUSEHOLDS])
    sizes = np.array([len(roles) for _, roles in _HOUSEHOLDS])
    kind = rng.choice(len(_HOUSEHOLDS), int(count / (shares @ sizes) * 1.2) + 20, p=shares)
    household = np.repeat(np.arange(len(kind)), sizes[kind])[:count]
    first_of = np.concatenate([[0], np.cumsum(sizes[kind])])[household]
    roles = np.zeros((len(_HOUSEHOLDS), int(sizes.max())), dtype=np.int64)
    for number, (_, members) in enumerate(_HOUSEHOLDS):
        roles[number, : len(members)] = members
    role = roles[kind[household], np.arange(count) - first_of]
    return household, role, first_of, np.bincount(household)[household]


def _births(role: Array, first_of: Array, rng: np.random.Generator) -> Array:
    """Birth dates: adults of 19 to 90; children are 20 to 40 years younger than the head of the household."""
    count = len(role)
    days = (rng.triangular(19, 40, 88, count) * 365.25).astype(np.int64)
    child = (role == _CHILD) | (role == _TWIN)
    heads = np.unique(first_of[child])
    days[heads] = (rng.triangular(42, 55, 85, len(heads)) * 365.25).astype(np.int64)
    partner = role == _PARTNER
    days[partner] = days[first_of[partner]] + (rng.normal(0, 4, partner.sum()) * 365.25).astype(np.int64)
    younger = (rng.uniform(20, 40, count) * 365.25).astype(np.int64)
    days[child] = days[first_of[child]] - younger[child]
    minors = days < 18 * 366
    days[minors] = rng.integers(18 * 366, 22 * 366, minors.sum())
    births: Array = _TODAY - days.astype("timedelta64[D]")
    return births


def _names(chinese: Array, male: Array, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """First, middle (-1 for a third, and for all Chinese) and last names."""
    count = len(chinese)
    first, middle, last = (np.full(count, -1, dtype=np.int64) for _ in range(3))
    for is_chinese, table in ((False, western_names()), (True, chinese_names())):
        rows = np.flatnonzero(chinese == is_chinese)
        last[rows] = np.searchsorted(table.last_common[:-1], rng.random(len(rows)))
        for sex in (0, 1):
            those = rows[male[rows] == sex]
            common = table.first_common[sex][:-1]
            first[those] = np.searchsorted(common, rng.random(len(those)))
            if not is_chinese:
                middle[those] = np.searchsorted(common, rng.random(len(those)))
    middle[chinese | (rng.random(count) < 0.33)] = -1
    return first, middle, last


def _other_than_sibling(first: Array, twins: Array, chinese: Array, male: Array, rng: np.random.Generator) -> Array:
    """Twins have different first names, which begin alike at times (or share a character)."""
    first = first.copy()
    for is_chinese, table in ((False, western_names()), (True, chinese_names())):
        for sex in (0, 1):
            those = twins[(chinese[twins] == is_chinese) & (male[twins] == sex)]
            letters = np.array([name[0] for name in table.first[sex]])
            by_letter = {letter: np.flatnonzero(letters == letter) for letter in np.unique(letters)}
            for twin in those[rng.random(len(those)) < _ALLITERATES]:
                sibling = (western_names(), chinese_names())[int(is_chinese)].first[int(male[twin - 1])][
                    first[twin - 1]
                ]
                alike = by_letter.get(sibling[0])
                if alike is not None:
                    first[twin] = rng.choice(alike[:60])
            same = those[(first[those] == first[those - 1]) & (male[those] == male[those - 1])]
            first[same] = (first[same] + 1 + mixed(same, 3).astype(np.int64) % 40) % len(table.first[sex])
    return first
