"""Every feature of the bureau against plain Python, bit for bit, on thousands of random credit files."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pytest
from bureau_file_telling import later_by_months
from bureau_files import Group, random_group
from bureau_oracle.all import VIEWS
from bureau_oracle.arithmetic import months_ago
from bureau_world import BUREAU_VIEWS, computed, counted, rows_of, smallest_file, write
from hypothesis import given
from hypothesis import strategies as st

from features.definitions.all import CATALOGUE

if TYPE_CHECKING:
    from bureau_world import Row, Values
    from conftest import FactBook

SEEDS = range(1500)
"""A group each; together they are observed about 4,600 times."""


class World:
    """All groups in one history, and what the oracle counts of them."""

    def __init__(self, book: FactBook) -> None:
        self.book = book
        self.groups = [random_group(seed, place) for place, seed in enumerate(SEEDS)]
        write(book, self.groups)

    @cached_property
    def owners(self) -> list[Group]:
        """The group of each row."""
        return [group for group in self.groups for _ in group.observed]

    @cached_property
    def rows(self) -> list[Row]:
        return rows_of(self.groups)

    @cached_property
    def wanted(self) -> list[dict[str, Values]]:
        return [counted(group, *row) for group, row in zip(self.owners, self.rows, strict=True)]


@pytest.fixture(scope="module")
def world(new_book: Callable[[], FactBook]) -> World:
    return World(new_book())


def test_the_oracle_knows_every_view_of_the_bureau() -> None:
    bureau = {view.name for view in CATALOGUE.views if view.record_kind is None}
    assert bureau == set(VIEWS) == set(BUREAU_VIEWS)


@pytest.mark.parametrize("view", BUREAU_VIEWS)
def test_every_feature_is_what_the_oracle_counts(world: World, view: str, new_book: Callable[[], FactBook]) -> None:
    names = {item.name for item in CATALOGUE.of_view(view)}
    assert names == set(world.wanted[0][view]), "a feature is counted in tests/features/bureau_oracle as well"
    wrong: dict[str, int] = {}
    for place, found in enumerate(computed(world.book, [view], world.rows)):
        for name, value in found.items():
            if value != world.wanted[place][view][name]:
                wrong.setdefault(name, place)
    if wrong:
        name, place = min(wrong.items(), key=lambda each: world.owners[each[1]].size)
        pytest.fail(
            f"{len(wrong)} features differ: {', '.join(sorted(wrong))}\n"
            + smallest_file(new_book, world.owners[place], world.rows[place], name)
        )


def test_every_feature_takes_different_values(world: World) -> None:
    for view, names in {view: list(world.wanted[0][view]) for view in VIEWS}.items():
        for name in names:
            told = {values[view][name] for values in world.wanted} - {None}
            assert len(told) > 1, f"{name} is always {told}: the files do not tell whether it is right"


def test_amounts_of_another_currency_are_missing(world: World) -> None:
    some = range(0, len(world.rows), 10)
    rows = [world.rows[place] for place in some]
    for place, found in zip(some, computed(world.book, BUREAU_VIEWS, rows, "USD"), strict=True):
        wanted = counted(world.owners[place], *world.rows[place], "USD")
        for view in BUREAU_VIEWS:
            assert {name: found[name] for name in wanted[view]} == wanted[view], world.owners[place].seed


def test_every_derived_feature_is_what_the_oracle_counts(world: World) -> None:
    operands = {name for values in world.wanted[:1] for view in BUREAU_VIEWS for name in values[view]}
    columns = {
        name: np.array([math.nan if values[view][name] is None else values[view][name] for values in world.wanted])
        for view in BUREAU_VIEWS
        for name in world.wanted[0][view]
    }
    derived = [item for item in CATALOGUE.derived if item.expression.operands <= operands]
    assert {item.name for item in derived} == set(world.wanted[0]["derived"])
    for item in derived:
        found = [None if math.isnan(value) else value for value in item.expression(columns).tolist()]
        assert found == [values["derived"][item.name] for values in world.wanted], item.name


_DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1))


@given(_DAYS, _DAYS)
def test_months_ago_are_all_that_have_passed(day: date, observed_on: date) -> None:
    ago = months_ago(day, observed_on)
    if day > observed_on:
        assert ago is None
        return
    start, end = day + timedelta(days=1), observed_on + timedelta(days=1)
    assert ago is not None
    assert later_by_months(start, ago) <= end < later_by_months(start, ago + 1)
