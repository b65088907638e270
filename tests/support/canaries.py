"""People of unmistakable names, and a search for them in everything a home keeps and a command prints."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from bureau.history import History

__all__ = ["Canary", "in_bytes", "in_sqlite", "in_tables", "in_text"]

_LETTERS: Final = "abcdefghijklmnoprstuvwxy"
_FIRST_DAY: Final = date(1931, 1, 3)
_BEGINNING: Final = 5


@dataclass(frozen=True)
class Canary:
    """One invented person, each of whose fields is met nowhere else.

    Parameters
    ----------
    number : int
        Below 500; two persons differ in every field.
    role : str
        What its record is planted for, for the messages.
    """

    number: int
    role: str

    def field(self, name: str) -> str:
        """A text that says where it comes from: ``zq``, the field, and letters for the number."""
        tens, ones = divmod(self.number, len(_LETTERS))
        return f"Zq{name[:3]}{_LETTERS[tens]}{_LETTERS[ones]}"

    @property
    def birth_date(self) -> str:
        """A day of its own."""
        return (_FIRST_DAY + timedelta(days=37 * self.number)).isoformat()

    @property
    def national_number(self) -> str:
        """A possible social security number."""
        return f"{657_410_000 + 7 * self.number + 1001}"

    @property
    def phone(self) -> str:
        """Ten digits."""
        return f"{6_174_100_000 + 13 * self.number}"

    @property
    def postcode(self) -> str:
        """Nine digits, as Metro 2 has them."""
        return f"{607_410_000 + 11 * self.number}"

    @property
    def person(self) -> dict[str, str]:
        """The identity as most kinds of delivery tell it."""
        return {
            "surname": self.field("surname"),
            "first_name": self.field("first"),
            "middle_name": self.field("middle"),
            "birth_date": self.birth_date,
            "national_number": self.national_number,
            "phone": self.phone,
            "email": f"{self.field('mail')}@{self.field('host')}.example".lower(),
            "address": f"47 {self.field('address')} Lane",
            "city": self.field("city"),
            "region": self.field("region"),
            "postcode": self.postcode,
            "country": "US",
            "employer": self.field("employer"),
        }

    @property
    def metro2(self) -> dict[str, str]:
        """The identity as Metro 2 tells it."""
        told = {name: value.upper() for name, value in self.person.items()}
        return {
            "surname": told["surname"],
            "first_name": told["first_name"],
            "middle_name": told["middle_name"],
            "ssn": told["national_number"],
            "birth_date": told["birth_date"],
            "telephone": told["phone"],
            "address_1": told["address"],
            "city": told["city"],
            "zip": told["postcode"],
            "employer": told["employer"],
        }

    def texts(self) -> Iterator[str]:
        """What to search for, in small letters."""
        for name, value in self.person.items():
            if name == "address":
                yield self.field("address").lower()
            elif name == "email":
                yield from (self.field("mail").lower(), self.field("host").lower())
            elif name != "country":
                yield value.lower()
        yield self.birth_date.replace("-", "")
        yield f"{self.national_number[:3]}-{self.national_number[3:5]}-{self.national_number[5:]}"


def in_text(text: str, canaries: Iterable[Canary]) -> set[tuple[str, str]]:
    """Canaries in a text, as (role, what was met)."""
    small = text.lower()
    by_beginning: dict[str, set[tuple[str, str]]] = {}
    for canary in canaries:
        for each in canary.texts():
            by_beginning.setdefault(each[:_BEGINNING], set()).add((canary.role, each))
    # Most texts begin alike, and where a beginning is not met none of them is.
    met = (told for beginning, told in by_beginning.items() if beginning in small)
    return {(role, each) for told in met for role, each in told if each in small}


def in_bytes(folder: Path, canaries: Iterable[Canary]) -> set[tuple[str, str, str]]:
    """Canaries in the bytes of a folder's files, in any case, in UTF-8 and UTF-16, and in Parquet's values."""
    canaries = list(canaries)
    found = set()
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        # Latin letters and digits of UTF-16 are those of UTF-8 with a zero byte beside each.
        for written in {content, content.replace(b"\0", b"")}:
            found |= {(*each, path.name) for each in in_text(written.decode("latin-1"), canaries)}
        if path.suffix == ".parquet":
            values = str(pq.read_table(path).to_pylist())
            found |= {(*each, path.name) for each in in_text(values, canaries)}
    return found


def in_tables(history: History, canaries: Iterable[Canary]) -> set[tuple[str, str, str]]:
    """Canaries in the values of the history's tables, opened with its key; with the table and column."""
    canaries = list(canaries)
    found = set()
    with history.read() as connection:
        columns = connection.execute(
            "SELECT schema_name, table_name, column_name FROM duckdb_columns() "
            "WHERE database_name = current_database() AND NOT internal"
        ).fetchall()
        assert len({table for _, table, _ in columns}) > 20, "the tables of the history were not found"
        for schema, table, column in columns:
            rows = connection.execute(f'SELECT DISTINCT "{column}" FROM "{schema}"."{table}"').fetchall()
            found |= {(*each, f"{table}.{column}") for each in _in_values((value for (value,) in rows), canaries)}
    return found


def in_sqlite(folder: Path, canaries: Iterable[Canary]) -> set[tuple[str, str, str]]:
    """Canaries in the values of every SQLite file under a folder; with the file and table."""
    canaries = list(canaries)
    found = set()
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.read_bytes()[:15] != b"SQLite format 3":
            continue
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for (table,) in tables:
                rows = connection.execute(f'SELECT * FROM "{table}"').fetchall()
                values = (value for row in rows for value in row)
                found |= {(*each, f"{path.name}.{table}") for each in _in_values(values, canaries)}
    return found


def _in_values(values: Iterable[Any], canaries: list[Canary]) -> set[tuple[str, str]]:
    """Texts are searched; a whole number must be one, since a long token has every short number in it somewhere."""
    texts = []
    numbers = set()
    for value in values:
        if isinstance(value, int) and not isinstance(value, bool):
            numbers.add(str(value))
        elif isinstance(value, bytes | bytearray | memoryview):
            texts.append(bytes(value).decode("latin-1"))
        elif value is not None:
            texts.append(str(value))
    whole = {(canary.role, each) for canary in canaries for each in canary.texts() if each in numbers}
    return whole | in_text("\n".join(texts), canaries)
