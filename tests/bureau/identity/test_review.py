# ruff: noqa: DTZ001 (the history keeps its moments without a zone: they are UTC)
"""What waits for a person and why, and the evidence of a pair."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from people_told import PERSON, tell

from bureau.errors import ReviewError, UnknownConsumer
from bureau.history import History, open_history
from bureau.home import open_home
from bureau.identity.clusters import LARGEST
from bureau.identity.decisions import decide, merge
from bureau.identity.joining import resolve_components
from bureau.identity.model import default_model
from bureau.identity.models import current_model
from bureau.identity.pair_evidence import examine_pair
from bureau.identity.review import LargeComponent, WaitingPair, count_waiting, list_waiting
from bureau.quarantine import Decision

START: Final = datetime(2024, 2, 5, 6)
_Alike = tuple[int, int, float, str | None]


def decision(day: int) -> Decision:
    return Decision("Ines", "compared both files", START + timedelta(day))


def alike(history: History, references: int, pairs: Iterable[_Alike]) -> None:
    """References of which nothing was told, as alike as is said, and resolved."""
    with history.write() as connection:
        connection.execute("INSERT INTO consumer SELECT i, 'p', i::VARCHAR FROM range(1, ?) AS r(i)", [references + 1])
        connection.executemany("INSERT INTO likeness VALUES (?, ?, ?, ?, 'm')", [list(pair) for pair in pairs])
        resolve_components(connection, history.vault, default_model(100), range(1, references + 1), START)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return open_history(open_home(tmp_path / "home", create=True), memory_limit="500MB")


def test_why_a_pair_waits(history: History) -> None:
    alike(
        history,
        9,
        [
            (1, 2, 0.5, None),  # in doubt
            (3, 4, -2.5, None),  # under the lower threshold
            (3, 5, 1.0, "first name"),  # contradicts itself
            (6, 7, 9.0, None), (7, 8, 8.0, None), (6, 8, 4.0, "two numbers"),  # 8 is one of two
            (1, 9, 12.0, None), (2, 9, -14.0, None),
        ],
    )  # fmt: skip
    waiting = list_waiting(history)
    assert waiting.components == ()
    assert waiting.pairs == (
        WaitingPair(7, 8, 6, 8, 8.0, "contradiction", "two numbers"),
        WaitingPair(1, 2, 1, 2, 0.5, "uncertain"),
    )


def test_a_chance_likeness_of_two_groups_waits_as_too_thin(history: History) -> None:
    groups = ((1, 2, 3), (4, 5, 6))
    inside = [(a, b, 14.0, None) for group in groups for a in group for b in group if a < b]
    between = [(a, b, 3.0 if (a, b) == (3, 4) else -9.0, None) for a in groups[0] for b in groups[1]]
    alike(history, 6, [*inside, *between])
    assert list_waiting(history).pairs == (WaitingPair(3, 4, 1, 4, 3.0, "too thin"),)


def test_nothing_waits_on_which_anybody_has_decided(history: History) -> None:
    alike(history, 5, [(1, 2, 0.5, None), (2, 3, 1.5, None), (4, 5, 0.0, None), (1, 3, 0.25, None)])
    decide(history, 1, 2, "different", decision(1))
    assert [(each.left, each.right) for each in list_waiting(history).pairs] == [(2, 3), (1, 3), (4, 5)]
    decide(history, 2, 3, "same", decision(2))
    # 1 and 3 would be the same as 2, from which 1 was told apart: there is nothing left to decide.
    assert [(each.left, each.right) for each in list_waiting(history).pairs] == [(4, 5)]
    merge(history, 4, 5, decision(3))
    assert list_waiting(history).pairs == ()


def test_a_contradiction_that_may_be_a_mistake_waits_unless_the_two_are_certainly_apart(history: History) -> None:
    doubt = "like first name"
    alike(history, 6, [(1, 2, 9.0, doubt), (3, 4, 9.0, None), (3, 5, 9.0, doubt), (4, 5, 9.0, "two numbers")])
    assert list_waiting(history).pairs == (WaitingPair(1, 2, 1, 2, 9.0, "contradiction", doubt),)
    with history.read() as connection:
        assert count_waiting(connection, current_model(history.vault)) == 1
    decide(history, 1, 2, "same", decision(1))
    assert list_waiting(history).pairs == ()


def test_a_component_too_large_for_one_person_waits_as_one(history: History) -> None:
    count = LARGEST + 6
    chain = [(i, i + 1, 3.0, None) for i in range(1, count)]
    alike(history, count + 2, [*chain, (count + 1, count + 2, 0.0, None)])
    waiting = list_waiting(history)
    assert waiting.pairs == (WaitingPair(count + 1, count + 2, count + 1, count + 2, 0.0, "uncertain"),)
    assert waiting.components == (LargeComponent(1, count, count, len(chain)),)


def test_the_evidence_of_a_pair(history: History) -> None:
    tell(history, "harbour", {"W": {}}, START)
    other = {"phone": None, "national_number": None, "email": None, "surname": "Halloran", "first_name": "Rosalind"}
    tell(history, "meridian", {"W": other}, START + timedelta(1))
    moved = other | {"address": "5 Quarry Rd", "postcode": "60441", "told_on": "2024-02-06"}
    tell(history, "meridian", {"W": moved}, START + timedelta(2))
    decide(history, 1, 2, "same", decision(3))
    decide(history, 1, 2, "different", decision(4))
    found = examine_pair(history, 2, 1)
    assert (found.left, found.right) == (1, 2)
    assert (found.left_consumer.references, found.right_consumer.references) == ((1,), (2,))
    assert found.weight == pytest.approx(sum(step.weight for step in found.steps))
    assert found.contradiction == "first name"
    assert [each.verdict for each in found.decisions] == ["different", "same"]
    assert found.left_told["national_number"] == PERSON["national_number"]
    # Of the two tellings the one from the same address, which is the likest.
    assert found.right_told["address"] == PERSON["address"]
    assert "Okafor" not in repr(found)
    with history.read() as connection:
        kept = connection.execute("SELECT weight, veto FROM likeness").fetchall()
    assert all(row == (pytest.approx(found.weight), found.contradiction) for row in kept)


def test_the_evidence_of_references_of_which_nothing_was_told(history: History) -> None:
    alike(history, 2, [(1, 2, 0.5, None)])
    found = examine_pair(history, 1, 2)
    assert (found.weight, found.steps, found.left_told) == (None, (), {})
    with pytest.raises(ReviewError, match="1 and 1 are one reference; name two"):
        examine_pair(history, 1, 1)
    with pytest.raises(UnknownConsumer, match="no consumer has the number 3"):
        examine_pair(history, 1, 3)
