"""What was known of one consumer at one moment, in plain Python: the newest version of each fact, under all references.

Written from the words of the bureau's documentation: a fact is known once it is recorded and speaks of a day that
has come; of its versions the one recorded last counts; references count that belonged to the consumer by then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bureau.facts import FACTS

Record = dict[str, Any]
Values = dict[str, float | int | None]
TOO_LARGE = 1e12


@dataclass(frozen=True)
class Known:
    """A credit file as of a moment.

    Parameters
    ----------
    consumer_id : int
        The identifier that is observed.
    observed_at : datetime
        The moment (UTC, naive).
    currency : str
        Amounts in another are missing.
    references : frozenset of int
        All identifiers that were the consumer's then, its own among them.
    facts : dict of str to list of dict
        Fact to what was known of it: facts told of the references, and facts of tradelines on which one of them stood.
    furnishers : dict of int to str
        Tradeline to the furnisher that keeps it.
    is_on_file : bool
        Whether the bureau had heard of the consumer at all.
    """

    consumer_id: int
    observed_at: datetime
    currency: str
    references: frozenset[int]
    facts: dict[str, list[Record]]
    furnishers: Mapping[int, str]
    is_on_file: bool

    @property
    def observed_on(self) -> date:
        """The day of the moment."""
        return self.observed_at.date()


def known(
    facts: Mapping[str, Iterable[Record]],
    resolution: Iterable[Record],
    furnishers: Mapping[int, str],
    consumer_id: int,
    observed_at: datetime,
    currency: str,
) -> Known:
    """The file of a consumer, from everything that was ever recorded."""
    references = references_of(resolution, consumer_id, observed_at)
    told = {fact: as_known(fact, records, observed_at) for fact, records in facts.items()}
    is_on_file = any(
        record["consumer_id"] in references and record["recorded_at"] <= observed_at
        for fact in ("association", "inquiry", "identity", "application")
        for record in facts[fact]
    )
    stands_on = {
        record["tradeline_id"]
        for record in told["association"]
        if record["consumer_id"] in references and not record["withdrawn"]
    }
    for fact, records in told.items():
        if "consumer_id" in FACTS[fact].columns:
            told[fact] = [record for record in records if record["consumer_id"] in references]
        else:
            told[fact] = [record for record in records if record["tradeline_id"] in stands_on]
    return Known(consumer_id, observed_at, currency, references, told, furnishers, is_on_file)


def references_of(resolution: Iterable[Record], consumer_id: int, moment: datetime) -> frozenset[int]:
    """All references that belonged at a moment to the consumer to whom an identifier belonged."""
    belongs: dict[int, int] = {}
    for row in resolution:
        if row["recorded_at"] <= moment and (row["superseded_at"] is None or moment < row["superseded_at"]):
            belongs[row["consumer_id"]] = row["resolved_id"]
    resolved = belongs.get(consumer_id, consumer_id)
    return frozenset({resolved, *(each for each, other in belongs.items() if other == resolved)})


def as_known(fact: str, records: Iterable[Record], moment: datetime) -> list[Record]:
    """Of each fact the version recorded last, unless it speaks of a day that is still to come.

    A fact that has no date in its key holds from the first telling on: told again for no earlier day, it is the same.
    """
    newest: dict[tuple[Any, ...], Record] = {}
    kind = FACTS[fact]
    told = (record for record in records if record["recorded_at"] <= moment)
    for record in sorted(told, key=lambda record: (record["recorded_at"], record["delivery_no"])):
        name = tuple(record[column] for column in kind.key)
        last = newest.get(name)
        if last is None or kind.is_dated or not _repeats(record, last, kind.content):
            newest[name] = record
    return [dict(record) for record in newest.values() if record["effective_on"] <= moment.date()]


def _repeats(record: Record, last: Record, content: Iterable[str]) -> bool:
    is_same = all(record[name] == last[name] for name in content)
    return is_same and record["effective_on"] >= last["effective_on"]


def in_currency(file: Known, record: Record, name: str) -> float | None:
    """An amount in the currency of the observation; missing in another, in none, or of a trillion and more."""
    value: float | None = record[name]
    if value is None or record["currency"] != file.currency or abs(value) >= TOO_LARGE:
        return None
    return value
