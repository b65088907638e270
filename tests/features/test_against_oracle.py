"""Every counted feature of every view, against plain Python, on thousands of random histories."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from oracle import features_of
from random_files import random_files

from features.definitions.all import CATALOGUE
from features.spine import Observation

if TYPE_CHECKING:
    from conftest import FactBook

OBSERVED_ON = (
    date(2024, 2, 29),  # a leap day and the end of a month
    date(2024, 3, 16),  # in the middle: the newest month end is a fortnight old
    date(2023, 12, 31),
    date(2024, 3, 30),  # a day before the end, after a short month
    date(2025, 5, 1),
)
CONSUMERS = 400
LEVELS = {item.name: dict(item.levels) for view in CATALOGUE.views for item in CATALOGUE.of_view(view.name)}
VIEWS = [view.name for view in CATALOGUE.views if view.record_kind is not None]


class World:
    """All histories in one encrypted file, and what the oracle reads of them."""

    def __init__(self, book: FactBook) -> None:
        self.book = book
        self.files: dict[date, dict[int, dict[str, list[Any]]]] = {}
        self.observations: dict[date, Observation] = {}
        for place, day in enumerate(OBSERVED_ON):
            consumers = range(place * CONSUMERS + 1, (place + 1) * CONSUMERS + 1)
            self.files[day] = random_files(place, consumers, day)
            self.observations[day] = book.observe(consumers, day)
        book.record(_once(file for files in self.files.values() for file in files.values()))


def _once(files: Any) -> dict[str, list[Any]]:
    """All records by fact; those of a shared account once."""
    facts: dict[str, dict[int, Any]] = {}
    for file in files:
        for fact, records in file.items():
            facts.setdefault(fact, {}).update((id(record), record) for record in records)
    return {fact: list(records.values()) for fact, records in facts.items()}


@pytest.fixture(scope="module")
def world(new_book: Callable[[], FactBook]) -> World:
    return World(new_book())


def same(value: float | None, wanted: float | None) -> bool:
    if value is None or wanted is None:
        return value is wanted
    return math.isclose(value, wanted, rel_tol=1e-9, abs_tol=1e-9)


@pytest.mark.parametrize("view", VIEWS)
def test_every_feature_is_what_the_oracle_counts(world: World, view: str) -> None:
    wrong: dict[str, str] = {}
    told: set[str] = set()
    for day, files in world.files.items():
        computed = world.book.compute(view, world.observations[day])
        assert list(computed) == sorted(files)
        for consumer_id, file in files.items():
            wanted = features_of(view, file, day, "EUR", LEVELS)
            assert set(wanted) == {item.name for item in CATALOGUE.of_view(view)}
            for name, value in computed[consumer_id].items():
                if value is not None:
                    told.add(name)
                if not same(value, wanted[name]):
                    wrong.setdefault(name, f"{name}: {value} computed, {wanted[name]} counted ({consumer_id}, {day})")
    assert not wrong, "\n".join(wrong.values())
    assert told == {item.name for item in CATALOGUE.of_view(view)}, "some feature was missing for everybody"
