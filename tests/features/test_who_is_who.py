# ruff: noqa: DTZ001 (the history keeps its moments without a zone: they are UTC)
"""Features follow who was who at the observation, and nothing that was decided later."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from bureau.identity.decisions import merge, split
from bureau.quarantine import Decision

if TYPE_CHECKING:
    from conftest import FactBook

BEFORE, JOINED, BETWEEN, PARTED, AFTER = (date(2024, month, 1) for month in (2, 3, 4, 5, 6))
EARLY = {"effective_on": date(2024, 1, 1), "recorded_at": datetime(2024, 1, 1)}
REFERENCES = (1, 2, 3)
KINDS = ("tradeline", "tradeline_month", "card_month", "instalment_month", "inquiry", "application")


def _decided(on: date) -> Decision:
    return Decision("Ines", "looked at both files", datetime(on.year, on.month, on.day))


@pytest.fixture(scope="module")
def told(new_book: Callable[[], FactBook]) -> FactBook:
    """Three references with an account, an inquiry and an application each, the first two merged, then parted."""
    book = new_book()
    with book.history.write() as connection:
        for number in REFERENCES:
            connection.execute("INSERT INTO consumer VALUES (?, 'portfolio', ?)", [number, f"ref {number}"])
    book.record(
        {
            "coverage": [{"consumer_id": each, "record_kind": kind} | EARLY for each in REFERENCES for kind in KINDS],
            "association": [
                {"consumer_id": each, "tradeline_id": 10 + each, "role": "individual"} | EARLY for each in REFERENCES
            ],
            "tradeline": [
                {"tradeline_id": 10 + each, "product": "card", "status": "active", "balance": 100.0 * each}
                | {"currency": "EUR", "opened_on": date(2023, 1, 1)}
                | EARLY
                for each in REFERENCES
            ],
            "inquiry": [
                {"consumer_id": each, "inquiry_ref": f"{each}-{number}", "kind": "hard", "decision": "approved"} | EARLY
                for each in REFERENCES
                for number in range(each)
            ],
            "application": [
                {"consumer_id": each, "income": 1000.0 * each, "currency": "EUR"} | EARLY for each in (1, 2)
            ],
        }
    )
    merge(book.history, 1, 2, _decided(JOINED))
    split(book.history, 1, [2], _decided(PARTED))
    return book


def _features(book: FactBook, on: date, consumers: Iterable[int] = REFERENCES) -> dict[int, dict[str, float | None]]:
    observation = book.observe(consumers, on)
    found: dict[int, dict[str, float | None]] = {}
    for view in ("tradelines", "inquiries"):
        for consumer, row in book.compute(view, observation).items():
            found.setdefault(consumer, {}).update(row)
    return found


@pytest.mark.parametrize(
    ("on", "together"),
    [(BEFORE, {1: {1}, 2: {2}}), (BETWEEN, {1: {1, 2}, 2: {1, 2}}), (AFTER, {1: {1}, 2: {2}})],
)
def test_all_references_of_the_moment_count(told: FactBook, on: date, together: dict[int, set[int]]) -> None:
    got = _features(told, on)
    for consumer, references in {**together, 3: {3}}.items():
        assert got[consumer]["tradeline_count"] == len(references)
        assert got[consumer]["inquiry_count"] == sum(references)


def test_a_split_leaves_the_features_before_it_as_they_were(new_book: Callable[[], FactBook]) -> None:
    book = new_book()
    with book.history.write() as connection:
        connection.execute("INSERT INTO consumer SELECT each, 'portfolio', each::VARCHAR FROM range(1, 4) AS r(each)")
    facts: dict[str, list[dict[str, Any]]] = {
        "coverage": [{"consumer_id": each, "record_kind": "inquiry"} | EARLY for each in REFERENCES],
        "inquiry": [
            {"consumer_id": each, "inquiry_ref": str(each), "kind": "hard", "decision": "refused"} | EARLY
            for each in REFERENCES
        ],
    }
    book.record(facts)
    merge(book.history, 1, 3, _decided(JOINED))
    before = _features(book, BETWEEN)
    assert [before[each]["inquiry_count"] for each in REFERENCES] == [2, 1, 2]
    split(book.history, 3, [1], _decided(PARTED))
    assert _features(book, BETWEEN) == before
    assert _features(book, AFTER)[1]["inquiry_count"] == 1


def test_of_applications_of_one_day_the_observed_one_counts(told: FactBook) -> None:
    between = told.compute("application", told.observe((1, 2), BETWEEN))
    assert {consumer: row["income"] for consumer, row in between.items()} == {1: 1000.0, 2: 2000.0}
