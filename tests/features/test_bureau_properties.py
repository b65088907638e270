# ruff: noqa: DTZ001 (the history keeps its moments without a zone: they are UTC)
"""What must hold of the bureau's features whatever is counted: no leak, no order, and nulls that mean what is said."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from bureau_file_telling import Record
from bureau_files import Group, merged, random_group
from bureau_world import BUREAU_VIEWS, computed, rows_of, write, write_registry

from bureau.facts import FACTS
from features.declaration import Feature
from features.definitions.all import CATALOGUE

if TYPE_CHECKING:
    from bureau_world import Values
    from conftest import FactBook

MOMENT = timedelta(microseconds=1)
FEATURES = [item for view in BUREAU_VIEWS for item in CATALOGUE.of_view(view)]


# -- what is recorded later changes nothing ---------------------------------------------------------


def test_what_is_recorded_later_changes_nothing(new_book: Callable[[], FactBook]) -> None:
    groups = [_first_moment(random_group(seed, place)) for place, seed in enumerate(range(5000, 5150))]
    book = new_book()
    write(book, [_until(group) for group in groups])
    before = computed(book, BUREAU_VIEWS, rows_of(groups))
    assert _told(before) > len(before)  # they have something to lose

    book.record(merged(groups, _since))
    write_registry(book, groups)
    assert computed(book, BUREAU_VIEWS, rows_of(groups)) == before

    book.record(merged(groups, _another_life))
    assert computed(book, BUREAU_VIEWS, rows_of(groups)) == before


def _first_moment(group: Group) -> Group:
    """The group, observed at its first moment alone."""
    first = min(moment for _, moment in group.observed)
    return replace(group, observed=[(who, moment) for who, moment in group.observed if moment == first])


def _until(group: Group) -> Group:
    """What was recorded by the moment of observation, and known to hold then."""
    moment = group.observed[0][1]
    facts = {fact: [r for r in records if r["recorded_at"] <= moment] for fact, records in group.facts.items()}
    resolution = [dict(row) for row in group.resolution if row["recorded_at"] <= moment]
    for row in resolution:
        if row["superseded_at"] is not None and row["superseded_at"] > moment:
            row["superseded_at"] = None
    return replace(group, facts=facts, resolution=resolution)


def _since(group: Group) -> dict[str, list[Record]]:
    """What was recorded after the moment of observation, by later deliveries."""
    moment = group.observed[0][1]
    return {
        fact: [r | {"delivery_no": r["delivery_no"] + 10} for r in records if r["recorded_at"] > moment]
        for fact, records in group.facts.items()
    }


def _another_life(group: Group) -> dict[str, list[Record]]:
    """Everything of the group told again otherwise, a microsecond after the observation: nothing stays as it was."""
    moment, rng = group.observed[0][1] + MOMENT, random.Random(group.seed)  # noqa: S311 (a reproducible test)
    facts: dict[str, list[Record]] = {}
    for fact, records in group.facts.items():
        key = FACTS[fact].key
        newest = {tuple(record[name] for name in key): record for record in records}
        others = rng.sample(list(newest.values()), len(newest))
        facts[fact] = [
            other | {name: record[name] for name in (*key, "effective_on")} | {"recorded_at": moment, "delivery_no": 20}
            for record, other in zip(newest.values(), others, strict=True)
        ]
    return facts


def _told(values: Iterable[Values]) -> int:
    return sum(value is not None and value != 0 for row in values for value in row.values())


# -- order ------------------------------------------------------------------------------------------


def test_the_order_of_records_and_deliveries_changes_nothing(new_book: Callable[[], FactBook]) -> None:
    groups = [random_group(seed, place) for place, seed in enumerate(range(6000, 6120))]
    rows = rows_of(groups)
    book = new_book()
    write(book, groups)
    wanted = computed(book, BUREAU_VIEWS, rows)

    rng = random.Random(1)  # noqa: S311 (a reproducible test)
    other = new_book()
    write_registry(other, rng.sample(groups, len(groups)))
    facts = merged(rng.sample(groups, len(groups)), lambda group: group.facts)
    for delivery_no in (3, 2, 1):
        part = {fact: [r for r in records if r["delivery_no"] == delivery_no] for fact, records in facts.items()}
        other.record({fact: rng.sample(records, len(records)) for fact, records in part.items()})
    places = rng.sample(range(len(rows)), len(rows))
    assert computed(other, BUREAU_VIEWS, [rows[place] for place in places]) == [wanted[place] for place in places]


# -- nulls ------------------------------------------------------------------------------------------

DAY, FIRST = date(2024, 3, 5), datetime(2024, 3, 10, 12)
ON_FILE: dict[str, dict[str, Any]] = {
    "identity": {"furnisher_id": "harbour-bank", "told_as": 1},
    "inquiry": {"inquiry_ref": "1", "kind": "soft"},
    "application": {},
    "association": {"tradeline_id": 9, "role": "individual", "withdrawn": True},
}
"""What is enough to be on file, and tells nothing that counts."""


@pytest.mark.parametrize("fact", ON_FILE)
def test_nulls_mean_what_the_catalogue_says(book: FactBook, fact: str) -> None:
    book.record({fact: [ON_FILE[fact] | {"consumer_id": 1, "effective_on": DAY, "recorded_at": FIRST}]})
    stranger, before, on_file = computed(book, BUREAU_VIEWS, [(2, FIRST), (1, FIRST - MOMENT), (1, FIRST)])
    for item in FEATURES:
        assert isinstance(item, Feature)
        assert stranger[item.name] is None
        assert before[item.name] is None
        assert on_file[item.name] == item.empty
        assert (item.empty is None) != (item.null_means == "the consumer is not on file")


def test_who_is_joined_to_somebody_on_file_is_on_file(book: FactBook) -> None:
    told = {"consumer_id": 1, "inquiry_ref": "1", "kind": "hard", "effective_on": DAY, "recorded_at": FIRST}
    book.record({"inquiry": [told]})
    joined = {"consumer_id": 2, "resolved_id": 1, "recorded_at": FIRST + MOMENT, "superseded_at": FIRST + 3 * MOMENT}
    group = Group(0, (1, 2), {}, [joined], {}, [])
    write_registry(book, [group])
    rows = [(2, FIRST + count * MOMENT) for count in range(4)]
    found = computed(book, ["hard_inquiries_12m", "file_without_accounts"], rows)
    assert [row["hard_inquiries_12m"] for row in found] == [None, 1, 1, None]
    assert [row["file_without_accounts"] for row in found] == [None, 1, 1, None]
