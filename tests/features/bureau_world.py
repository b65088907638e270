"""Random bureau files in a real history: writing them, computing their features, and what the oracle says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from bureau_file_telling import Record
from bureau_files import SPACE, Group, merged
from bureau_oracle.all import VIEWS, features_of
from bureau_oracle.known import known
from shrinking import smallest

from bureau.facts import FACTS
from features.compute import compute
from features.declaration import Feature
from features.definitions.all import CATALOGUE

if TYPE_CHECKING:
    from conftest import FactBook

NOW = datetime(2030, 1, 1, tzinfo=UTC)
"""The present of the tests: after every observation."""

BUREAU_VIEWS = tuple(view.name for view in CATALOGUE.views if view.name in VIEWS)

_RESOLUTION = pa.schema(
    [
        ("consumer_id", pa.int64()),
        ("resolved_id", pa.int64()),
        ("recorded_at", pa.timestamp("us")),
        ("superseded_at", pa.timestamp("us")),
        ("because", pa.string()),
    ]
)

Row = tuple[int, datetime]
Values = dict[str, float | None]


# -- writing and computing ------------------------------------------------------------------------


def write(book: FactBook, groups: Sequence[Group]) -> None:
    """Put everything about some groups into a history."""
    book.record(merged(groups, lambda group: group.facts))
    write_registry(book, groups)


def write_registry(book: FactBook, groups: Sequence[Group]) -> None:
    """Put who is who, and who furnishes what, into a history in place of what it knew of that."""
    kept = [(each, name, str(each)) for group in groups for each, name in group.furnishers.items()]
    tables = {
        "resolution": pa.Table.from_pylist([row for group in groups for row in group.resolution], _RESOLUTION),
        "tradeline_reference": pa.table(
            {
                "tradeline_id": pa.array([each for each, _, _ in kept], pa.int64()),
                "reference_space": pa.array([name for _, name, _ in kept], pa.string()),
                "tradeline_ref": pa.array([reference for _, _, reference in kept], pa.string()),
            }
        ),
    }
    with book.history.write() as connection:
        for name, table in tables.items():
            connection.register("given", table)
            connection.execute(f"DELETE FROM {name}")
            connection.execute(f"INSERT INTO {name} BY NAME SELECT * FROM given")
            connection.unregister("given")


def computed(book: FactBook, views: Iterable[str], rows: Sequence[Row], currency: str = "EUR") -> list[Values]:
    """The features of views as the platform computes them, for each row of a spine."""
    moments = pa.array([moment for _, moment in rows], pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))
    spine = pa.table({"consumer_id": pa.array([who for who, _ in rows], pa.int64()), "event_timestamp": moments})
    table = compute(book.history, CATALOGUE, list(views), spine, currency=currency, now=NOW)
    assert table.column("consumer_id").to_pylist() == [who for who, _ in rows]
    columns = {name: table.column(name).to_pylist() for name in table.column_names[2:]}
    return [{name: values[place] for name, values in columns.items()} for place in range(len(rows))]


def counted(group: Group, who: int, moment: datetime, currency: str = "EUR") -> dict[str, Values]:
    """The features of every view as the oracle counts them."""
    return features_of(known(group.facts, group.resolution, group.furnishers, who, moment, currency))


def rows_of(groups: Iterable[Group]) -> list[Row]:
    """All rows of a spine, group by group."""
    return [row for group in groups for row in group.observed]


# -- making a failing file small ------------------------------------------------------------------


def smallest_file(new_book: Callable[[], FactBook], group: Group, row: Row, feature: str, currency: str = "EUR") -> str:
    """The least of a group with which a feature still differs from what the oracle counts, as text."""
    item = CATALOGUE[feature]
    assert isinstance(item, Feature)
    view = item.view

    def differences(groups: Sequence[Group]) -> list[tuple[float | None, float | None]]:
        moved_groups = [moved(each, place) for place, each in enumerate(groups)]
        book = new_book()
        write(book, moved_groups)
        found = computed(book, [feature], rows_of(moved_groups), currency)
        wanted = [counted(each, *each.observed[0], currency)[view] for each in moved_groups]
        return [(a[feature], b[feature]) for a, b in zip(found, wanted, strict=True)]

    def fails(make: Callable[[list[Any]], Group], parts: list[list[Any]]) -> list[bool]:
        return [a != b for a, b in differences([make(part) for part in parts])]

    records = [(fact, record) for fact, told in group.facts.items() for record in told]
    records += [("resolution", record) for record in group.resolution]
    kept = smallest(records, lambda parts: fails(lambda part: _with(group, part, row), parts))
    fields = [
        (place, name)
        for place, (fact, record) in enumerate(kept)
        for name, value in record.items()
        if value is not None and fact in FACTS and name in FACTS[fact].content and name != "effective_on"
    ]

    def bare(told: list[tuple[int, str]]) -> Group:
        silent = set(fields) - set(told)
        return _with(
            group,
            [(fact, {n: None if (i, n) in silent else v for n, v in r.items()}) for i, (fact, r) in enumerate(kept)],
            row,
        )

    small = bare(smallest(fields, lambda parts: fails(bare, parts)))
    computes, counts = differences([small])[0]
    return f"{feature} is {computes} computed, {counts} counted\n{described(small)}"


def _with(group: Group, kept: list[tuple[str, Record]], row: Row) -> Group:
    """The same group with some of its records alone, and one row observed."""
    facts = {fact: [record for name, record in kept if name == fact] for fact in group.facts}
    resolution = [record for name, record in kept if name == "resolution"]
    return replace(group, facts=facts, resolution=resolution, observed=[row])


def moved(group: Group, place: int) -> Group:
    """The same group under other identifiers: those that it has when it is made at a place."""
    by = (place + 1) * SPACE - group.references[0]
    names = ("consumer_id", "tradeline_id", "resolved_id")

    def other(record: Record) -> Record:
        return record | {name: record[name] + by for name in names if record.get(name) is not None}

    return replace(
        group,
        references=tuple(each + by for each in group.references),
        facts={fact: [other(record) for record in records] for fact, records in group.facts.items()},
        resolution=[other(record) for record in group.resolution],
        furnishers={each + by: name for each, name in group.furnishers.items()},
        observed=[(who + by, moment) for who, moment in group.observed],
    )


def described(group: Group) -> str:
    """A group as text: what it is made from, and every value that is told."""
    lines = [f"random_group({group.seed}), of which {group.observed} is wrong with these records alone:"]
    for fact, records in {**group.facts, "resolution": group.resolution}.items():
        for record in records:
            told = ", ".join(f"{name}={_shown(value)}" for name, value in record.items() if value is not None)
            lines.append(f"  {fact}: {told}")
    return "\n".join(lines)


def _shown(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else repr(value)
