from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bureau.simulator.names import EMPLOYERS, given_names, surnames
from bureau.simulator.numbers import (
    check_characters,
    is_resident_number,
    is_social_security_number,
    resident_numbers,
    social_numbers,
)
from bureau.simulator.options import Options
from bureau.simulator.people import JUNIOR, SENIOR, People, draw_people
from bureau.simulator.randomness import Chance


@pytest.fixture(scope="module")
def people() -> People:
    return draw_people(Options(20_000, 24), Chance(3))


@given(st.integers(10**16, 10**17 - 1))
def test_check_character_makes_the_weighted_sum_one(first_17: int) -> None:
    """ISO 7064 MOD 11-2: the sum of all digits times powers of two, the last one included, is 1 modulo 11."""
    last = str(check_characters(np.array([first_17]))[0])
    digits = [int(digit) for digit in str(first_17)] + [10 if last == "X" else int(last)]
    assert sum(digit * pow(2, 17 - place, 11) for place, digit in enumerate(digits)) % 11 == 1


@given(st.integers(10**16, 10**17 - 1), st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_of_a_resident_number_is_noticed(first_17: int, place: int, more: int) -> None:
    number = f"{first_17}{check_characters(np.array([first_17]))[0]}"
    wrong = number[:place] + str((int(number[place]) + more) % 10) + number[place + 1 :]
    assert is_resident_number(number)
    assert not is_resident_number(wrong)


def test_social_numbers_are_valid_and_different() -> None:
    numbers = social_numbers(123_456, 50_000)
    assert len(np.unique(numbers)) == len(numbers)
    assert all(is_social_security_number(f"{number:09d}") for number in numbers[:5_000].tolist())


def test_resident_numbers_differ_even_on_one_birth_date() -> None:
    born = np.full(3_000, np.datetime64("1980-05-17"))
    male = np.arange(3_000) % 2 == 0
    numbers = resident_numbers(born, male, np.random.default_rng(1))
    assert len(np.unique(numbers)) == len(numbers)
    assert {str(number)[6:14] for number in numbers.tolist()} == {"19800517"}
    assert (numbers % 2 == male).all()


def test_twins_share_all_but_first_name_and_number(people: People) -> None:
    twins = np.flatnonzero(people.twin_of >= 0)
    other = people.twin_of[twins]
    assert len(twins) > 100
    assert (people.twin_of[other] == twins).all()
    for same in (people.surname, people.birth_date, people.household):
        assert (same[twins] == same[other]).all()
    for differs in (people.given, people.number):
        assert (differs[twins] != differs[other]).all()


def test_juniors_bear_their_fathers_name_at_his_address(people: People) -> None:
    juniors = np.flatnonzero(people.generation == JUNIOR)
    fathers = people.junior_of[juniors]
    assert len(juniors) > 20
    assert (people.generation[fathers] == SENIOR).all()
    for same in (people.surname, people.given, people.middle, people.household):
        assert (same[juniors] == same[fathers]).all()
    years = (people.birth_date[juniors] - people.birth_date[fathers]).astype(int) / 365.25
    assert (years > 18).all()
    assert people.is_male[juniors].all()


def test_couples_are_symmetric_and_kin_lives_elsewhere(people: People) -> None:
    paired = np.flatnonzero(people.partner >= 0)
    assert (people.partner[people.partner[paired]] == paired).all()
    assert (people.household[people.partner[paired]] == people.household[paired]).all()
    assert (people.household[people.kin] != people.household).mean() > 0.999


def test_some_marry_and_change_their_surname(people: People) -> None:
    changes = np.flatnonzero((people.married_month > 0) & (people.surname != people.born_surname))
    assert len(changes) > 50
    month = people.married_month[changes].astype(int)
    assert (people.surname_at(changes, month - 1) == people.born_surname[changes]).all()
    assert (people.surname_at(changes, month) == people.surname[changes]).all()
    assert not people.is_chinese[changes].any()


def test_chinese_people_have_resident_numbers_and_others_do_not(people: People) -> None:
    everybody = np.arange(2_000)
    numbers = people.numbers(everybody).to_pylist()
    for number, chinese in zip(numbers, people.is_chinese[everybody].tolist(), strict=True):
        assert is_resident_number(number) if chinese else is_social_security_number(number)
    assert 0.15 < people.is_chinese.mean() < 0.35


def test_names_fit_into_metro_2() -> None:
    assert max(map(len, EMPLOYERS)) <= 30
    for table, width in ((surnames(), 25), (given_names(), 20)):
        for name in table.latin.to_pylist():
            assert name.isascii()
            assert name == name.upper()
            assert len(name) <= width


def test_world_of_ten_people_can_be_drawn() -> None:
    for seed in range(20):
        assert len(draw_people(Options(10, 1), Chance(seed))) == 10
