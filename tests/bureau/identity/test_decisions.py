# ruff: noqa: DTZ001 (the history keeps its moments without a zone: they are UTC)
"""Merge and split against a plain model of who is who, and on people who were told to the bureau."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from people_told import partition, tell, who_is_who

from bureau.credit_file import credit_file
from bureau.errors import ReviewError, UnknownConsumer
from bureau.history import History, open_history
from bureau.home import open_home
from bureau.identity.consumers import list_references
from bureau.identity.decisions import decide, merge, split
from bureau.identity.joining import resolve_components
from bureau.identity.models import current_model
from bureau.identity.resolving import resolve
from bureau.quarantine import Decision

START: Final = datetime(2024, 2, 5, 6)
LONG_AGO: Final = datetime(1900, 1, 1)
SENIOR: Final = {
    "surname": "Castellano", "first_name": "Umberto", "generation": "Sr", "birth_date": "1951-05-02",
    "national_number": None, "phone": "6305550111", "email": None, "address": "88 Vine St", "postcode": "60505",
}  # fmt: skip
MOVED: Final = {"phone": None, "told_on": "2024-02-07"}
JUNIOR: Final = SENIOR | {"generation": "Jr", "birth_date": "1978-11-20"}


def decision(day: float) -> Decision:
    return Decision("Ines", "compared both files", START + timedelta(day))


def new_history(folder: Path) -> History:
    return open_history(open_home(folder / "home", create=True), memory_limit="500MB")


# -- a plain model ------------------------------------------------------------------------------


@dataclass
class Plain:
    """Every reference with the groups it was in, from when on; nothing else."""

    groups: dict[int, list[tuple[datetime, frozenset[int]]]] = field(default_factory=dict)

    def now(self, reference: int) -> frozenset[int]:
        return self.groups[reference][-1][1]

    def change(self, new: list[frozenset[int]], moment: datetime) -> None:
        touched = {member for group in new for each in group for member in self.now(each)}
        since = max([moment, *(self.groups[each][-1][0] for each in touched)])
        for group in new:
            for reference in group:
                if self.now(reference) != group:
                    self.groups[reference].append((since, group))

    def at(self, moment: datetime) -> dict[int, int]:
        return {
            reference: min([group for since, group in told if since <= moment][-1])
            for reference, told in self.groups.items()
        }


class Synthetic:
    """References without anything told, in persons whose references are all alike; some persons contradict."""

    CONTRADICTING: Final = ((0, 1),)

    def __init__(self, folder: Path) -> None:
        self.history = new_history(folder)
        self.persons: dict[int, int] = {}
        self.plain = Plain()

    def deliver(self, person: int, moment: datetime) -> None:
        """A new reference of a person, alike with all of the same, unless people have taken these apart."""
        others = [each for each, whose in self.persons.items() if whose == person]
        foes = {b if a == person else a for a, b in self.CONTRADICTING if person in (a, b)}
        groups = {self.plain.now(each) for each in others}
        if len(groups) > 1 or any(self.persons[each] in foes for group in groups for each in group):
            return
        new = len(self.persons) + 1
        alike = [(each, 10.0, None) for each in others]
        alike += [(each, 10.0, "two numbers") for each, whose in self.persons.items() if whose in foes]
        with self.history.write() as connection:
            connection.execute("INSERT INTO consumer VALUES (?, 'portfolio', ?)", [new, str(new)])
            for each, weight, veto in alike:
                connection.execute("INSERT INTO likeness VALUES (?, ?, ?, ?, 'm')", [each, new, weight, veto])
            model = current_model(self.history.vault)
            resolve_components(connection, self.history.vault, model, [new], moment)
        self.persons[new] = person
        self.plain.groups[new] = [(LONG_AGO, frozenset((new,)))]
        if groups:
            self.plain.change([groups.pop() | {new}], moment)

    def merge(self, one: int, other: int, by: Decision) -> None:
        first, second = self.plain.now(one), self.plain.now(other)
        if first == second:
            with pytest.raises(ReviewError, match="one consumer already"):
                merge(self.history, one, other, by)
            return
        outcome = merge(self.history, one, other, by)
        self.plain.change([first | second], by.decided_at)
        assert [each.references for each in outcome.consumers] == [tuple(sorted(first | second))]

    def split(self, one: int, parted: set[int], by: Decision) -> None:
        whole = self.plain.now(one)
        parted &= whole
        if not parted or parted == whole:
            with pytest.raises(ReviewError, match=r"name the references|these are all|one reference alone"):
                split(self.history, one, parted, by)
            return
        outcome = split(self.history, one, parted, by)
        sides = [frozenset(parted), whole - parted]
        self.plain.change(sides, by.decided_at)
        assert {each.references for each in outcome.consumers} == {tuple(sorted(side)) for side in sides}


_STEP = st.one_of(
    st.tuples(st.just("deliver"), st.integers(0, 3), st.integers(0, 100)),
    st.tuples(st.just("merge"), st.integers(0, 9), st.integers(0, 9)),
    st.tuples(st.just("split"), st.integers(0, 9), st.sets(st.integers(1, 9), max_size=4)),
)


@given(steps=st.lists(_STEP, min_size=4, max_size=10), looks=st.sets(st.integers(0, 15), min_size=4, max_size=4))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_merges_splits_and_late_deliveries_in_any_order(steps: list[tuple[str, int, Any]], looks: set[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = Synthetic(Path(folder))
        clock = count(1)
        for person in (0, 0, 1, 2, 2):
            world.deliver(person, START + timedelta(next(clock)))
        for kind, one, other in steps:
            day = next(clock)
            reference = 1 + one % len(world.persons)
            if kind == "deliver":  # perhaps long ago
                world.deliver(one, START + timedelta(day * other / 100))
            elif kind == "merge":
                world.merge(reference, 1 + other % len(world.persons), decision(day))
            else:
                world.split(reference, other, decision(day))
        for day in (*looks, 20):
            moment = START + timedelta(day, 1)
            with world.history.as_of(moment) as known:
                found = {each: known.consumer(each) for each in world.persons}
                together = {each: set(known.references(each)) for each in world.persons}
            assert found == world.plain.at(moment)
            assert all(together[each] == {o for o in found if found[o] == found[each]} for each in found)


# -- people who were told -----------------------------------------------------------------------


def test_a_merge_holds_over_a_contradiction_and_later_deliveries_and_resolutions_keep_to_it(tmp_path: Path) -> None:
    history = new_history(tmp_path)
    tell(history, "harbour", {"S": SENIOR, "J": JUNIOR}, START)
    apart = who_is_who(history)
    assert len(set(apart.values())) == 2
    merge(history, 2, 1, decision(1))
    for step in (
        lambda: tell(
            history, "harbour", {"J": JUNIOR | {"phone": None, "told_on": "2024-02-07"}}, START + timedelta(2)
        ),
        lambda: tell(history, "quarry", {"X": {}}, START + timedelta(3)),
        lambda: resolve(history, START + timedelta(4)),
    ):
        step()
        who = who_is_who(history)
        assert who["harbour", "S"] == who["harbour", "J"] == 1
    assert who_is_who(history, START + timedelta(0, 60)).items() >= apart.items()
    # Whoever contradicts one of the two is for people to decide.
    tell(history, "meridian", {"J": JUNIOR}, START + timedelta(5))
    assert who_is_who(history)["meridian", "J"] not in (1, 2)


def test_a_split_parts_what_is_alike_and_later_deliveries_and_resolutions_keep_to_it(tmp_path: Path) -> None:
    history = new_history(tmp_path)
    for day, furnisher in enumerate(("harbour", "meridian", "quarry")):
        tell(history, furnisher, {"W": {}}, START + timedelta(day))
    assert set(who_is_who(history).values()) == {1}
    outcome = split(history, 3, [1], decision(5))
    assert [each.references for each in outcome.consumers] == [(1,), (2, 3)]
    tell(history, "quarry", {"W": MOVED}, START + timedelta(6))
    resolve(history, START + timedelta(7))
    apart = {frozenset({("harbour", "W")}), frozenset({("meridian", "W"), ("quarry", "W")})}
    assert partition(who_is_who(history)) == apart
    # The newest decision counts.
    merge(history, 1, 2, decision(8))
    resolve(history, START + timedelta(9))
    assert set(who_is_who(history).values()) == {1}
    assert len(set(who_is_who(history, START + timedelta(7)).values())) == 2


def test_the_credit_file_before_a_split_is_what_it_was(tmp_path: Path) -> None:
    history = new_history(tmp_path)
    for day, furnisher in enumerate(("harbour", "meridian", "quarry")):
        tell(history, furnisher, {"W": {}}, START + timedelta(day))
    before = START + timedelta(4)
    was = {number: credit_file(history, number, before).as_dict() for number in (1, 2, 3)}
    assert {each["consumer_id"] for each in was.values()} == {1}
    split(history, 1, [2], decision(5))
    assert {number: credit_file(history, number, before).as_dict() for number in was} == was
    after = {number: credit_file(history, number, START + timedelta(6)) for number in was}
    assert {number: each.consumer_id for number, each in after.items()} == {1: 1, 2: 2, 3: 1}
    assert {number: len(each.identities) for number, each in after.items()} == {1: 2, 2: 1, 3: 2}


def test_parted_references_that_contradict_do_not_stay_together(tmp_path: Path) -> None:
    history = new_history(tmp_path)
    tell(history, "harbour", {"S": SENIOR, "J": JUNIOR, "W": {}}, START)
    decide(history, 1, 3, "same", decision(1))
    decide(history, 2, 3, "same", decision(2))
    assert set(who_is_who(history).values()) == {1}
    outcome = split(history, 1, [3], decision(3))
    assert [each.references for each in outcome.consumers] == [(1,), (2,), (3,)]


def test_one_pair_is_decided_and_every_decision_is_kept(tmp_path: Path) -> None:
    history = new_history(tmp_path)
    tell(history, "harbour", {"S": SENIOR, "J": JUNIOR}, START)
    decide(history, 2, 1, "same", decision(1))
    decide(history, 1, 2, "different", Decision("Omar", "the birth dates differ", START + timedelta(2)))
    with history.read() as connection:
        kept = connection.execute("FROM identity_decision ORDER BY decided_at").fetchall()
    assert kept == [
        (1, 2, "same", "Ines", "compared both files", START + timedelta(1)),
        (1, 2, "different", "Omar", "the birth dates differ", START + timedelta(2)),
    ]
    consumer, listed = list_references(history, 2)
    assert (consumer.consumer_id, consumer.references) == (2, (2,))
    assert [(each.reference, each.space, each.since, each.because) for each in listed] == [
        (2, "harbour", START + timedelta(2), "decision")
    ]


def test_more_references_than_one_person_has_hold_when_people_say_so(tmp_path: Path) -> None:
    history = new_history(tmp_path)
    with history.write() as connection:
        connection.execute("INSERT INTO consumer SELECT each, 'p', each::VARCHAR FROM range(1, 81) AS r(each)")
        connection.execute(
            "INSERT INTO identity_decision SELECT i, i + 1, 'same', 'Ines', 'why', ? FROM range(1, 79) AS r(i)",
            [START],
        )
    merge(history, 1, 80, decision(1))
    assert list_references(history, 40)[0].references == tuple(range(1, 81))
    split(history, 1, [40], decision(2))
    assert list_references(history, 40)[0].references == (40,)
    assert len(list_references(history, 80)[0].references) == 79


@pytest.fixture
def three(tmp_path: Path) -> History:
    history = new_history(tmp_path)
    tell(history, "harbour", {"S": SENIOR, "J": JUNIOR, "W": {}}, START)
    return history


@pytest.mark.parametrize(("one", "other"), [(1, 99), (99, 1), (1, -1), (1, 2**80)])
def test_unknown_consumers(three: History, one: int, other: int) -> None:
    with pytest.raises(UnknownConsumer, match="no consumer has the number"):
        merge(three, one, other, decision(1))
    with pytest.raises(UnknownConsumer, match="no consumer has the number"):
        split(three, one, [other], decision(1))
    with pytest.raises(UnknownConsumer, match="no consumer has the number"):
        decide(three, one, other, "same", decision(1))


def test_what_cannot_be_decided(three: History) -> None:
    with pytest.raises(ReviewError, match="1 and 1 are one consumer already; name two"):
        merge(three, 1, 1, decision(1))
    with pytest.raises(ReviewError, match="2 and 2 are one reference; name two"):
        decide(three, 2, 2, "same", decision(1))
    with pytest.raises(ReviewError, match="'perhaps' is no verdict; write same or different"):
        decide(three, 1, 2, "perhaps", decision(1))  # type: ignore[arg-type]
    with pytest.raises(ReviewError, match="consumer 1 has one reference alone; there is nothing to part"):
        split(three, 1, [1], decision(1))
    merge(three, 1, 2, decision(1))
    with pytest.raises(ReviewError, match="2 and 1 are one consumer already: both belong to consumer 1"):
        merge(three, 2, 1, decision(2))
    with pytest.raises(ReviewError, match="reference 3 is not of consumer 1; it has 1, 2"):
        split(three, 2, [3], decision(2))
    with pytest.raises(ReviewError, match="leave it at least one of 1, 2"):
        split(three, 1, [1, 2], decision(2))
    with pytest.raises(ReviewError, match="name the references to part from consumer 1; it has 1, 2"):
        split(three, 1, [], decision(2))
    with pytest.raises(ReviewError, match="a decision needs a reason"):
        Decision("Ines", " ", START)


def test_decisions_that_contradict_each_other_are_refused_and_nothing_is_kept(three: History) -> None:
    decide(three, 1, 2, "different", decision(1))
    decide(three, 1, 3, "same", decision(2))
    with pytest.raises(ReviewError, match=r"references 1 and 2 would be one person and two: .* decide on 1 and 2 anew"):
        decide(three, 2, 3, "same", decision(3))
    assert [list_references(three, each)[0].references for each in (1, 2)] == [(1, 3), (2,)]
    merge(three, 2, 3, decision(4))  # says it of every pair
    assert set(who_is_who(three).values()) == {1}
    with pytest.raises(ReviewError, match=r"decided at .* the newest decision counts; decide again at a later moment"):
        decide(three, 1, 2, "different", decision(3))
