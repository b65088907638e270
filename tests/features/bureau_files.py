# ruff: noqa: DTZ001 (the history keeps its moments without a zone: they are UTC)
"""Random bureau files: a few references with all that was ever recorded about them, from a seeded generator.

A group is one to three references that may be one person for a time, and may share accounts. Everything about it
follows from its seed, so that a test that fails names the seed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from bureau_file_accounts import account
from bureau_file_records import application, inquiry, recurring_bills, shop_order, statuses_of_a_case
from bureau_file_telling import Record, Teller

from bureau.facts import FACTS

__all__ = ["Group", "random_group"]

SPACE: Final = 1000
"""Identifiers that a group may use: its references are the first of them, its tradelines the others."""

_DAYS: Final = (
    date(2024, 2, 29),
    date(2024, 2, 28),
    date(2023, 2, 28),
    date(2023, 2, 27),
    date(2024, 4, 29),
    date(2024, 3, 30),
    date(2024, 3, 31),
    date(2025, 4, 30),
    date(2023, 12, 31),
    date(2024, 1, 1),
    date(2024, 3, 16),
    date(2024, 5, 15),
)
_TIMES: Final = (time(), time(), time(12, 34, 56, 789_000), time(23, 59, 59, 999_999), time(0, 0, 0, 1))

_FURNISHERS: Final = ("harbour-bank", "northlight", "meridian", "city-power")

_OTHERS: Final = ("individual",) * 14 + ("joint", "co_maker", "guarantor", "authorised_user", "terminated", "business")
"""Roles in which somebody stands on what is no account: mostly the one in which contracts tell of it."""


@dataclass
class Group:
    """A few references and all that was recorded about them.

    Parameters
    ----------
    seed : int
        What it was made from.
    references : tuple of int
        Their identifiers; an identifier of nobody may be among those observed.
    facts : dict of str to list of dict
        Fact to its records, all columns named.
    resolution : list of dict
        Who belonged to whom from when to when, as the bureau's table holds it.
    furnishers : dict of int to str
        Tradeline to the furnisher that keeps it.
    observed : list of tuple of int and datetime
        Who is observed, and at which moment (UTC).
    """

    seed: int
    references: tuple[int, ...]
    facts: dict[str, list[Record]]
    resolution: list[Record]
    furnishers: dict[int, str]
    observed: list[tuple[int, datetime]]

    @property
    def size(self) -> int:
        """How many records it has."""
        return sum(map(len, self.facts.values())) + len(self.resolution)


def random_group(seed: int, place: int = 0) -> Group:
    """A group from a seed; `place` chooses its identifiers, and nothing else."""
    rng = random.Random(seed)  # noqa: S311 (a reproducible test)
    start = (place + 1) * SPACE
    references = tuple(range(start, start + rng.choice((1, 1, 1, 2, 2, 3))))
    observed = _observed(rng, references)
    teller = Teller(rng, [moment for _, moment in observed])
    if rng.random() < 0.94:  # else nobody ever told anything of them
        _Maker(rng, teller, references).tell_all()
    facts = {name: teller.facts.get(name, []) for name in FACTS}
    kept = {record["tradeline_id"] for record in facts["association"]}
    furnishers = {tradeline_id: rng.choice(_FURNISHERS) for tradeline_id in sorted(kept)}
    return Group(seed, references, facts, _resolution(rng, references, teller), furnishers, observed)


def _observed(rng: random.Random, references: tuple[int, ...]) -> list[tuple[int, datetime]]:
    """Moments of one to three days, near each other, for one or more of the references, and now and then of nobody."""
    middle = rng.choice((*_DAYS, *(date(2023, 6, 1) + timedelta(days=rng.randrange(900)) for _ in range(4))))
    days = {middle + timedelta(days=rng.choice((0, 0, 0, -1, 1, -31, -92, 45))) for _ in range(rng.choice((1, 2, 3)))}
    moments = [datetime.combine(day, rng.choice(_TIMES)) for day in sorted(days)]
    observed = [(each, moment) for each in references for moment in moments]
    if rng.random() < 0.1:
        observed.append((references[-1] + 1, moments[0]))
    if rng.random() < 0.1:
        observed.append(observed[0])
    if rng.random() < 0.1:
        observed.append((references[0], datetime(2001, 2, 3)))
    return observed


class _Maker:
    """Tells everything about the references of a group."""

    def __init__(self, rng: random.Random, teller: Teller, references: tuple[int, ...]) -> None:
        self.rng = rng
        self.teller = teller
        self.references = references
        self.next_tradeline = references[0] + 10

    def tell_all(self) -> None:
        for reference in self.references:
            kinds = self.rng.choice((0.2, 0.6, 0.9))  # a thin file, or one with everything
            for make in (self._accounts, self._cases, self._bills, self._orders, self._inquiries, self._stated):
                if self.rng.random() < kinds:
                    make(reference)
            if self.rng.random() < 0.8:
                self._identities(reference)
            self._noise(reference)

    def _owned(self, reference: int, roles: tuple[str, ...]) -> int:
        """A new tradeline on which the reference stands, and perhaps another of the group as well."""
        tradeline_id, self.next_tradeline = self.next_tradeline, self.next_tradeline + 1
        self._associate(reference, tradeline_id, roles)
        if len(self.references) > 1 and self.rng.random() < 0.2:
            self._associate(self.rng.choice(self.references), tradeline_id, roles)
        return tradeline_id

    def _associate(self, reference: int, tradeline_id: int, roles: tuple[str, ...]) -> None:
        """Who stands on an account; taken back at times, and at times told again after that."""
        for role in {self.rng.choice(roles) for _ in range(self.rng.choice((1, 1, 1, 2)))}:
            key = {"consumer_id": reference, "tradeline_id": tradeline_id, "role": role}
            if any(key.items() <= told.items() for told in self.teller.facts.get("association", [])):
                continue
            day = self.teller.day(0, 2500)
            answers = self.rng.choice(
                ([False], [None], [None], [True], [False, True], [None, True], [False, True, False])
            )
            for number, withdrawn in enumerate(answers, start=1):
                said = key | {"effective_on": day, "withdrawn": withdrawn}
                self.teller.record("association", number, said, after=number > 1)
                day += timedelta(days=self.rng.choice((0, 31, 200, 900)))

    def _accounts(self, reference: int) -> None:
        roles = ("individual",) * 6 + ("authorised_user",) * 3 + (
            "joint", "joint", "co_maker", "maker", "guarantor", "terminated", "deceased", "business", None,
        )  # fmt: skip
        for _ in range(self.rng.choice((1, 1, 2, 3, 5, 8))):
            account(self.teller, self._owned(reference, roles))

    def _cases(self, reference: int) -> None:
        for _ in range(self.rng.choice((1, 1, 2, 4))):
            statuses_of_a_case(self.teller, self._owned(reference, _OTHERS), reference)

    def _bills(self, reference: int) -> None:
        for _ in range(self.rng.choice((1, 1, 2, 3))):
            recurring_bills(self.teller, self._owned(reference, _OTHERS))

    def _orders(self, reference: int) -> None:
        for _ in range(self.rng.choice((1, 2, 4))):
            shop_order(self.teller, self._owned(reference, _OTHERS))

    def _inquiries(self, reference: int) -> None:
        for number in range(self.rng.choice((1, 2, 4, 7))):
            inquiry(self.teller, reference, number)

    def _stated(self, reference: int) -> None:
        days = {self.teller.day(-20, 1200) for _ in range(self.rng.choice((1, 2, 4)))}
        for day in sorted(days):
            application(self.teller, reference, day)

    def _identities(self, reference: int) -> None:
        """Who furnishers say that a reference is: tokens of what was told."""
        for told_as in range(1, 1 + self.rng.choice((1, 1, 2, 3, 5, 8))):
            key = {"consumer_id": reference, "furnisher_id": self.rng.choice(_FURNISHERS), "told_as": told_as}
            said = {
                "surname_token": self._token(2),
                "first_name_token": self._token(2),
                "generation_token": self._token(1),
                "birth_date_token": self._token(2),
                "national_number_token": self._token(2),
                "address_token": self._token(3),
                "employer_token": self._token(3),
            }
            if any(key.items() <= told.items() for told in self.teller.facts.get("identity", [])):
                continue
            for delivery_no in self.rng.choice(((1,), (1,), (1, 2))):  # told again, with another day
                day = self.teller.day(-10, 2100)
                self.teller.record("identity", delivery_no, key | said | {"effective_on": day}, after=delivery_no > 1)

    def _token(self, kinds: int) -> int | None:
        return self.rng.choice((None, *range(1, kinds + 1)))

    def _noise(self, reference: int) -> None:
        """Facts that no feature of the bureau may count: what portfolios tell, protected attributes, outcomes."""
        if self.rng.random() < 0.3:
            day = self.teller.day(0, 100)
            self.teller.record("coverage", 1, {"consumer_id": reference, "record_kind": "inquiry", "effective_on": day})
            values = {"consumer_id": reference, "effective_on": day, "sex": "female", "age_years": 40.0}
            self.teller.record("protected_attribute", 1, values)
            self.teller.record("outcome", 1, {"consumer_id": reference, "effective_on": day, "is_bad": True})


def _resolution(rng: random.Random, references: tuple[int, ...], teller: Teller) -> list[Record]:
    """Who was whom: references that are joined, parted and joined otherwise over time."""
    if len(references) == 1 or rng.random() < 0.25:
        return []
    rows: list[Record] = []
    for moment in sorted({teller.moment(teller.day(-20, 300)) for _ in range(rng.choice((1, 1, 2, 3)))}):
        blocks = [rng.randrange(rng.choice((1, 2))) for _ in references]
        for reference, block in zip(references, blocks, strict=True):
            resolved = min(each for each, other in zip(references, blocks, strict=True) if other == block)
            last = next((row for row in reversed(rows) if row["consumer_id"] == reference), None)
            if resolved == (reference if last is None else last["resolved_id"]):
                continue
            if last is not None:
                last["superseded_at"] = moment
            rows.append(_belongs(reference, resolved, moment))
    return rows


def _belongs(reference: int, resolved: int, moment: datetime) -> Record:
    row = {"consumer_id": reference, "resolved_id": resolved, "recorded_at": moment, "superseded_at": None}
    return row | {"because": "likeness"}


def merged(groups: Iterable[Group], pick: Callable[[Group], dict[str, list[Record]]]) -> dict[str, list[Any]]:
    """The records of many groups, by fact."""
    facts: dict[str, list[Any]] = {}
    for group in groups:
        for fact, records in pick(group).items():
            facts.setdefault(fact, []).extend(records)
    return facts
