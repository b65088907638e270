"""All that was told of one person, and a search for it in everything that a home and its backups keep."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bureau.history import History
from bureau.vault import Vault

__all__ = ["OnePerson", "in_history", "in_vault", "of_files", "told_of"]


@dataclass(frozen=True)
class OnePerson:
    """What to look for: values that nobody else was told with, and names that count together."""

    values: frozenset[str]
    names: frozenset[tuple[str, str]]

    def met_in(self, text: str) -> set[str]:
        """What of it stands in a text, in any case, with any signs between the letters."""
        small = text.lower()
        tight = re.sub(r"[^\w@|\"]", "", small)
        found = {value for value in self.values if value in small or value in tight}
        words = set(re.findall(r"\w+", small))
        return found | {f"{a} {b}" for a, b in self.names if a in words and b in words}


def told_of(vault: Vault, references: tuple[int, ...], others: Mapping[str, int]) -> OnePerson:
    """What was told of a person under its references.

    Parameters
    ----------
    vault : Vault
        The vault.
    references : tuple of int
        The person's references.
    others : mapping of str to int
        How many other people were told with a value, by the value in small letters.
    """
    told = [json.loads(entry.content) for entry in vault.open("consumer", references)]
    values = set()
    for each in told:
        for field in ("national_number", "phone", "email", "address"):
            value = (each[field] or "").lower()
            values |= {value, re.sub(r"\W", "", value)} if field in ("national_number", "phone") else {value}
    return OnePerson(
        frozenset(value for value in values if len(value) >= 6 and not others.get(value)),
        frozenset((each["surname"].lower(), each["first_name"].lower()) for each in told if each["first_name"]),
    )


def in_history(history: History) -> Iterator[tuple[str, str]]:
    """Every row of every table of the history, opened with its key: table and text."""
    with history.read() as connection:
        tables = connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND NOT internal"
        ).fetchall()
        assert len(tables) > 20
        for (table,) in tables:
            for row in connection.execute(f"FROM {table}").fetchall():
                yield table, "|".join(map(str, row))


def in_vault(vault: Vault) -> Iterator[tuple[str, int, str]]:
    """Everything that the vault still opens: kind, number and text."""
    for kind in ("consumer", "quarantine", "held", "model"):
        for entry in vault.open(kind, vault.numbers(kind)):
            yield kind, entry.number, entry.content.decode("utf-8", "replace")


def of_files(folder: Path) -> Iterator[tuple[str, str]]:
    """The bytes of every file as text, and every row of those of SQLite."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        yield path.name, content.decode("latin-1")
        yield path.name, content.decode("utf-8", "ignore")
        if content[:15] == b"SQLite format 3":
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
                for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                    for row in connection.execute(f"SELECT * FROM {table}"):
                        yield f"{path.name}.{table}", "|".join(map(_as_text, row))


def _as_text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
