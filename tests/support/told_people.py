"""Small invented populations, told as furnishers tell them, for the tests of identity."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from typing import Any

import duckdb
import pyarrow as pa

from bureau.identity.standard import TOLD_COLUMNS

Told = dict[str, str | None]

FIRST = (
    "James",
    "Robert",
    "Mary",
    "Linda",
    "Susan",
    "Karen",
    "Brian",
    "Steven",
    "Laura",
    "Diane",
    "小明",
    "建国",
    "丽华",
)
LAST = ("Smith", "Garcia", "O'Hara", "Novak", "Lindqvist", "Baker", "Turner", "Ferrari", "王", "李", "欧阳", "陈")
STREETS = ("Main St", "Oak Avenue", "Hill Road", "Church Lane", "建国路", "人民路")


def person(rng: random.Random) -> Told:
    """One person as told by who knows everything."""
    return {
        "first_name": rng.choice(FIRST),
        "middle_name": rng.choice((None, "A", "Lee")),
        "last_name": rng.choice(LAST),
        "suffix": None,
        "birth_date": f"{rng.randint(1940, 2004)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
        "national_id": f"{rng.randint(100, 665)}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}",
        "phone": f"({rng.randint(201, 989)}) {rng.randint(200, 999)}-{rng.randint(1000, 9999)}",
        "email": f"{''.join(rng.choices('abcdefghij', k=7))}{rng.randint(1, 99)}@mail.example",
        "address": f"{rng.randint(1, 999)} {rng.choice(STREETS)}",
        "city": rng.choice(("Springfield", "Riverton", "北京市")),
        "region": "XX",
        "postcode": f"{rng.randint(10000, 99999)}",
    }


def told_again(told: Mapping[str, str | None], rng: random.Random) -> Told:
    """The same person as another furnisher tells it: some fields missing, one mistyped."""
    again = {column: None if rng.random() < 0.15 else value for column, value in told.items()}
    again["first_name"], again["last_name"] = told["first_name"], told["last_name"]
    column = rng.choice(("first_name", "last_name", "address", "national_id", "phone"))
    if (text := again[column]) and text.isascii() and len(text) > 4:
        at = rng.randrange(1, len(text) - 1)
        again[column] = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return again


def population(people: int, *, seed: int, times: int = 3) -> tuple[list[Told], list[int]]:
    """Records, and whose each is; in no order."""
    rng = random.Random(seed)  # noqa: S311 - invented people
    records = []
    for number in range(people):
        told = person(rng)
        records += [(told if time == 0 else told_again(told, rng), number) for time in range(times)]
    rng.shuffle(records)
    return [told for told, _ in records], [number for _, number in records]


def told_table(connection: duckdb.DuckDBPyConnection, records: Iterable[Mapping[str, Any]], name: str = "told") -> None:
    """Make a table of tellings, numbered in their order."""
    rows = list(records)
    table: dict[str, pa.Array] = {"record": pa.array(range(len(rows)), pa.int64())}
    for column in TOLD_COLUMNS:
        if any(column in row for row in rows):
            table[column] = pa.array([row.get(column) for row in rows], pa.string())
    connection.register("told_given", pa.table(table))
    connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM told_given")
    connection.unregister("told_given")
