"""Who lives in the world: households of people with names, numbers, birth dates and habits.

Among them are what makes people hard to tell apart: twins (one surname, birth date and address), a
son named after his father (Jr and Sr at one address), and Chinese names whose pinyin is shared by
many.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bureau.simulator.names import given_names, surnames
from bureau.simulator.numbers import check_characters, resident_numbers, social_numbers
from bureau.simulator.options import Options
from bureau.simulator.randomness import Chance
from bureau.simulator.risk import JOB_CLASSES

__all__ = ["JUNIOR", "NEVER", "SENIOR", "People", "draw_people"]

NEVER: Final = 30_000
"""A month that does not come."""

JUNIOR, SENIOR = 1, 2

_HEAD, _PARTNER, _CHILD, _TWIN, _OLDER = range(5)
_KINDS: Final = (
    (0.34, (_HEAD,)),
    (0.36, (_HEAD, _PARTNER)),
    (0.12, (_HEAD, _PARTNER, _CHILD)),
    (0.06, (_HEAD, _CHILD)),
    (0.06, (_HEAD, _PARTNER, _CHILD, _CHILD)),
    (0.03, (_HEAD, _PARTNER, _TWIN, _TWIN)),
    (0.03, (_HEAD, _PARTNER, _OLDER)),
)
"""Kinds of household: how common, and who lives in it."""

_CHINESE: Final = 0.25
_NAMED_AFTER_FATHER: Final = 0.15
_MARRIES: Final = 0.06
_PENSION_AGE: Final = 66


@dataclass(frozen=True)
class People:
    """Everybody, as arrays with one entry a person.

    Parameters
    ----------
    household : numpy.ndarray
        Number of the household.
    partner : numpy.ndarray
        The other half of a couple, or -1.
    twin_of, junior_of : numpy.ndarray
        The twin, and the father after whom one is named; or -1.
    kin : numpy.ndarray
        A relative in another household.
    is_chinese, is_male : numpy.ndarray
        Which names and number one has.
    birth_date : numpy.ndarray
        Day of birth.
    death_month : numpy.ndarray
        Month in which one dies, or :data:`NEVER`.
    surname, born_surname, given, middle : numpy.ndarray
        Numbers of names; ``middle`` is -1 where there is none. Until ``married_month`` one bears
        the surname one was born with.
    married_month : numpy.ndarray
        Month from which the surname holds; far in the past for most.
    generation : numpy.ndarray
        0, :data:`JUNIOR` or :data:`SENIOR`.
    number : numpy.ndarray
        Social security number, or the first 17 digits of the resident number.
    trait : numpy.ndarray
        How badly one pays: 0 on average, 1 is one standard deviation worse.
    job_class : numpy.ndarray
        How unsafe the job is; 0 for a pension.
    income : numpy.ndarray
        A year's income, whole currency units.
    """

    household: npt.NDArray[np.int32]
    partner: npt.NDArray[np.int32]
    twin_of: npt.NDArray[np.int32]
    junior_of: npt.NDArray[np.int32]
    kin: npt.NDArray[np.int32]
    is_chinese: npt.NDArray[np.bool_]
    is_male: npt.NDArray[np.bool_]
    birth_date: npt.NDArray[np.datetime64]
    death_month: npt.NDArray[np.int16]
    surname: npt.NDArray[np.int16]
    born_surname: npt.NDArray[np.int16]
    given: npt.NDArray[np.int16]
    middle: npt.NDArray[np.int16]
    married_month: npt.NDArray[np.int16]
    generation: npt.NDArray[np.int8]
    number: npt.NDArray[np.int64]
    trait: npt.NDArray[np.float32]
    job_class: npt.NDArray[np.uint8]
    income: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.household)

    @property
    def households(self) -> int:
        """How many households there are."""
        return int(self.household[-1]) + 1

    def surname_at(self, person: npt.NDArray[np.int64], month: npt.NDArray[np.int64] | int) -> npt.NDArray[np.int16]:
        """The surname that some people bear in a month."""
        return np.where(month >= self.married_month[person], self.surname[person], self.born_surname[person])

    def numbers(self, person: npt.NDArray[np.int64]) -> pa.Array:
        """The national numbers of some people, as text."""
        number = self.number[person]
        chinese = self.is_chinese[person]
        checks = np.full(len(person), "", dtype="U1")
        checks[chinese] = check_characters(number[chinese])
        digits = pc.utf8_lpad(pa.array(number).cast(pa.string()), 9, "0")
        return pc.binary_join_element_wise(digits, pa.array(checks), "")


def draw_people(options: Options, chance: Chance) -> People:
    """Make up everybody.

    Parameters
    ----------
    options : Options
        The world.
    chance : Chance
        Its randomness.
    """
    rng = chance.stream("people")
    count = options.consumers
    household, role, place = _households(count, rng)
    size_of = np.bincount(household)
    first = np.concatenate([[0], np.cumsum(size_of)[:-1]])
    head = first[household]
    start = np.datetime64(options.start, "D")

    is_chinese = (rng.random(len(size_of)) < _CHINESE)[household]
    is_male = rng.random(count) < 0.5
    partners = np.flatnonzero(role == _PARTNER)
    is_male[partners] = ~is_male[head[partners]]
    age_days = _ages(role, size_of[household], head, rng)
    twins = np.flatnonzero((role == _TWIN) & (place == 3))
    age_days[twins] = age_days[twins - 1]
    birth_date = start - age_days.astype("timedelta64[D]")

    surname = surnames().draw(is_chinese.astype(np.int64), rng)
    born_surname = surname.copy()
    married = np.full(count, -NEVER, dtype=np.int16)
    follows = (role == _CHILD) | (role == _TWIN) | (role == _OLDER)
    follows |= (role == _PARTNER) & ~is_chinese & (rng.random(count) < 0.8)
    surname[follows] = surname[head[follows]]
    born_surname[follows & (role != _PARTNER)] = surname[follows & (role != _PARTNER)]
    marries = np.flatnonzero((role == _PARTNER) & follows & (rng.random(count) < _MARRIES))
    married[marries] = rng.integers(1, max(2, options.months), len(marries))

    given, middle, generation, junior_of = _first_names(role, head, is_chinese, is_male, rng)
    given[twins] = _other_than(given[twins - 1], given[twins], is_chinese[twins], is_male[twins], rng)

    partner = np.full(count, -1, dtype=np.int32)
    partner[partners], partner[head[partners]] = head[partners], partners
    twin_of = np.full(count, -1, dtype=np.int32)
    twin_of[twins], twin_of[twins - 1] = twins - 1, twins

    number = social_numbers(int(rng.integers(0, 2**29)), count)
    chinese = np.flatnonzero(is_chinese)
    number[chinese] = resident_numbers(birth_date[chinese], is_male[chinese], rng)
    age = age_days / 365.25
    trait = rng.normal(0, 1, count) * 0.9 + 0.4 * rng.normal(0, 1, len(size_of))[household] - 0.012 * (age - 45)
    safety = np.clip(np.digitize(trait + rng.normal(0, 0.8, count), (-0.9, 0, 0.9)) + 1, 1, JOB_CLASSES - 1)
    income = np.exp(10.6 - 0.22 * trait + rng.normal(0, 0.45, count) - 0.0004 * (age - 48) ** 2)
    return People(
        household=household,
        partner=partner,
        twin_of=twin_of,
        junior_of=junior_of,
        kin=_kin(count, household, rng),
        is_chinese=is_chinese,
        is_male=is_male,
        birth_date=birth_date,
        death_month=_deaths(age, options.months, rng),
        surname=surname,
        born_surname=born_surname,
        given=given,
        middle=middle,
        married_month=married,
        generation=generation,
        number=number,
        trait=trait.astype(np.float32),
        job_class=np.where(age >= _PENSION_AGE, 0, safety).astype(np.uint8),
        income=np.round(income, -2).astype(np.int32),
    )


def _households(
    count: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """For each person the household, the role in it, and the place among its members."""
    shares = np.array([share for share, _ in _KINDS])
    sizes = np.array([len(roles) for _, roles in _KINDS])
    kind = rng.choice(len(_KINDS), int(count / (shares @ sizes) * 1.1) + 20, p=shares)
    household = np.repeat(np.arange(len(kind), dtype=np.int32), sizes[kind])[:count]
    first = np.concatenate([[0], np.cumsum(sizes[kind])])[household]
    place = np.arange(count) - first
    roles = np.full((len(_KINDS), int(sizes.max())), _HEAD)
    for number, (_, members) in enumerate(_KINDS):
        roles[number, : len(members)] = members
    return household, roles[kind[household], place], place


def _ages(
    role: npt.NDArray[np.int64],
    size: npt.NDArray[np.int64],
    head: npt.NDArray[np.int64],
    rng: np.random.Generator,
) -> npt.NDArray[np.int64]:
    """Ages in days: children are grown up, parents at least 20 years older than they."""
    count = len(role)
    with_others = np.zeros(count, dtype=bool)
    np.logical_or.at(with_others, head, (role == _CHILD) | (role == _TWIN))
    alone = rng.triangular(21, 38, 84, count)
    age = np.where(with_others, rng.uniform(41, 68, count), alone)
    age = np.where(size > 1, np.minimum(age, 78), age)
    of_head = age[head]
    age = np.where(role == _PARTNER, np.clip(of_head + rng.normal(0, 4, count), 21, 85), age)
    age = np.where((role == _CHILD) | (role == _TWIN), 18.2 + (of_head - 41) * rng.uniform(0, 1, count), age)
    age = np.where(role == _OLDER, np.minimum(of_head + rng.uniform(20, 34, count), 99), age)
    days: npt.NDArray[np.int64] = (age * 365.25).astype(np.int64)
    return days


def _first_names(
    role: npt.NDArray[np.int64],
    head: npt.NDArray[np.int64],
    is_chinese: npt.NDArray[np.bool_],
    is_male: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int16], npt.NDArray[np.int8], npt.NDArray[np.int32]]:
    """Given and middle names, the generation, and after which father one is named."""
    count = len(role)
    group = is_chinese * 2 + is_male
    given, middle = given_names().draw(group, rng), given_names().draw(group, rng)
    middle[is_chinese | (rng.random(count) < 0.25)] = -1
    generation = np.zeros(count, dtype=np.int8)
    junior_of = np.full(count, -1, dtype=np.int32)
    can_be = (role == _CHILD) & is_male & is_male[head] & ~is_chinese & (rng.random(count) < _NAMED_AFTER_FATHER)
    can_be[1:] &= ~can_be[:-1]  # one a household
    juniors = np.flatnonzero(can_be)
    fathers = head[juniors]
    given[juniors], middle[juniors] = given[fathers], middle[fathers]
    generation[juniors], generation[fathers], junior_of[juniors] = JUNIOR, SENIOR, fathers
    return given, middle, generation, junior_of


def _other_than(
    taken: npt.NDArray[np.int16],
    given: npt.NDArray[np.int16],
    is_chinese: npt.NDArray[np.bool_],
    is_male: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> npt.NDArray[np.int16]:
    """Given names that differ from those of the twins."""
    while (same := np.flatnonzero(given == taken)).size:
        given[same] = given_names().draw((is_chinese * 2 + is_male)[same], rng)
    return given


def _kin(count: int, household: npt.NDArray[np.int32], rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """Somebody of another household for each."""
    kin = (np.arange(count) + rng.integers(5, max(6, count // 2), count)) % count
    kin = np.where(household[kin] == household, (kin + 7) % count, kin)
    return kin.astype(np.int32)


def _deaths(age: npt.NDArray[np.float64], months: int, rng: np.random.Generator) -> npt.NDArray[np.int16]:
    """The month in which each one dies: the older, the likelier."""
    yearly = np.minimum(0.0002 * np.exp(0.085 * (age - 25)), 0.35)
    wait = rng.exponential(12 / yearly)
    return np.where(wait < months, wait, NEVER).astype(np.int16)
