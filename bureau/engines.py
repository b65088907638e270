"""What differs between SQLite and PostgreSQL for a store: how it is reached, and the SQL that is not written once."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

from sqlalchemy import URL, Connection, Engine, NullPool, Row, Table, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError

from bureau.errors import BureauError

__all__ = ["Database", "Postgresql", "Rows", "Sqlite"]

_SETTINGS: Final = (
    "busy_timeout = {wait}",
    "journal_mode = WAL",
    "synchronous = FULL",  # a key must be on the disk before what it seals
    "secure_delete = ON",  # what is erased is overwritten
    "temp_store = MEMORY",  # no copy of a table outside of its folder
    "cache_size = -{cache}",
)
_TEXT: Final = partial(str, encoding="utf-8", errors="replace")
"""Reads a text of SQLite: one that is none would stop whoever reads the rows beside it, and be told in the error."""
_LOCK: Final = 0x7472_6164
"""Number of PostgreSQL's advisory lock, one in each schema."""

Rows = Callable[[str], Sequence[Row[*tuple[Any, ...]]]]
"""Runs a statement; what it selects."""


class Database(Protocol):
    """One database with the tables of a store."""

    @property
    def name(self) -> str:
        """Where it is, without a password."""
        ...

    @property
    def begin(self) -> str:
        """The statement that begins to write."""
        ...

    @property
    def has_tables(self) -> str:
        """SQL that gives a row if the tables were made."""
        ...

    def engine(self) -> Engine:
        """What connects to it; nothing is connected or made yet."""
        ...

    def prepare(self) -> None:
        """Make what a connection needs, beside the tables."""
        ...

    def make_room(self, connection: Connection) -> None:
        """Make what the tables need, in the transaction that makes them."""
        ...

    def is_empty(self) -> bool:
        """Whether it is known without asking that no tables were made."""
        ...

    def is_cut_short(self, rows: Rows) -> bool:
        """Whether some of it is missing."""
        ...

    def take_turn(self, connection: Connection) -> None:
        """Wait in a transaction until nobody else writes."""
        ...

    def members(self, parameter: str) -> str:
        """SQL for the set of numbers bound to a parameter by :meth:`whole`, as a table with the column ``member``."""
        ...

    def whole(self, numbers: Sequence[int]) -> object:
        """Numbers as they are bound to :meth:`members`."""
        ...

    def insert(self, connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
        """Add rows in the order of the table's columns; one whose key is there already changes nothing."""
        ...

    def flush(self, rows: Rows) -> bool:
        """Empty the log of what was overwritten, where it is ours; whether that was possible."""
        ...

    def rewrite(self, rows: Rows, tables: Sequence[str]) -> None:
        """Write tables anew, and maybe all others."""
        ...


class Sqlite:
    """A file of SQLite.

    Parameters
    ----------
    path : Path
        The file.
    wait_seconds : float
        How long to wait for another writer.
    cache_mb : int
        Pages that it may keep in memory for each thread, in megabytes.
    """

    begin: Final = "BEGIN IMMEDIATE"
    has_tables: Final = "SELECT 1 FROM sqlite_master WHERE name = 'about'"

    def __init__(self, path: Path, wait_seconds: float, cache_mb: int) -> None:
        self._path = path
        self._settings = [
            "PRAGMA " + setting.format(wait=int(wait_seconds * 1000), cache=cache_mb * 1024) for setting in _SETTINGS
        ]
        self.name: Final = str(path)

    def engine(self) -> Engine:
        """What connects to it."""
        engine = _engine(URL.create("sqlite", database=self.name), {"check_same_thread": False})
        event.listen(engine, "connect", self._set_up)
        return engine

    def _set_up(self, connection: Any, _: object) -> None:
        for setting in self._settings:
            connection.execute(setting)
        connection.text_factory = _TEXT

    def prepare(self) -> None:
        """Make the file, if it is not there, so that its owner alone can read it.

        One that is there is not touched: closing any descriptor of a file drops the locks that this process has on
        it (POSIX, fcntl), those of SQLite's own connections too. Whoever else closed the database then would take
        itself for the last one, and remove the log that we still write to
        (https://www.sqlite.org/howtocorrupt.html, 2.2).
        """
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileExistsError):
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))

    def make_room(self, _: Connection) -> None:
        """Nothing: the file is made by :meth:`prepare`."""

    def is_empty(self) -> bool:
        """Whether there is no file, or nothing in it."""
        return not (self._path.exists() and self._path.stat().st_size)

    def is_cut_short(self, rows: Rows) -> bool:
        """Whether the file has fewer bytes than it has pages; with a log, some may still be on their way.

        SQLite is asked, and the file not opened by ourselves (:meth:`prepare` says why).
        """
        (size,), *_ = rows("PRAGMA page_size")
        (pages,), *_ = rows("PRAGMA page_count")
        if self._path.stat().st_size >= int(size) * int(pages):
            return False
        log = self._path.with_name(f"{self._path.name}-wal")  # last: whoever makes the tables meanwhile writes to it
        return not (log.exists() and log.stat().st_size)

    def take_turn(self, _: Connection) -> None:
        """Nothing: who has begun to write does so alone."""

    def members(self, parameter: str) -> str:
        """SQL for a set of numbers."""
        return f"(SELECT value AS member FROM json_each(:{parameter}))"

    def whole(self, numbers: Sequence[int]) -> object:
        """Numbers as they are bound to :meth:`members`."""
        return json.dumps(numbers)

    def insert(self, connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
        """Add rows."""
        places = ", ".join("?" * len(table.columns))
        connection.exec_driver_sql(f"INSERT OR IGNORE INTO {table.name} VALUES ({places})", list(rows))

    def flush(self, rows: Rows) -> bool:
        """Empty the write-ahead log; False if somebody reads for too long."""
        (busy, *_), *_ = rows("PRAGMA wal_checkpoint(TRUNCATE)")
        return not busy

    def rewrite(self, rows: Rows, tables: Sequence[str]) -> None:
        """Write all tables anew, whichever are named.

        It overwrites what it deletes, but when it moves rows between pages it may leave a copy of one in the unused
        part of a page, which is not overwritten when the row is deleted.
        """
        del tables
        rows("VACUUM")


class Postgresql:
    """A schema of a PostgreSQL database.

    Parameters
    ----------
    place : str
        Its URL.
    schema : str
        The schema.
    wait_seconds : float
        How long to wait for another writer.
    failed : type of BureauError
        What is raised if the URL cannot be understood.
    """

    begin: Final = "BEGIN"

    def __init__(self, place: str, schema: str, wait_seconds: float, failed: type[BureauError]) -> None:
        self._url = _postgresql(place, schema, failed)
        self._schema = schema
        self._wait_seconds = wait_seconds
        self.name: Final = f"{self._url.render_as_string(hide_password=True)} ({schema})"
        self.has_tables: Final = f"SELECT 1 FROM pg_tables WHERE tablename = 'about' AND schemaname = '{schema}'"

    def engine(self) -> Engine:
        """What connects to it."""
        options = f"-c search_path={self._schema} -c lock_timeout={int(self._wait_seconds * 1000)}"
        return _engine(self._url, {"options": options, "connect_timeout": max(2, int(self._wait_seconds))})

    def prepare(self) -> None:
        """Nothing: the database is there, or is reported."""

    def make_room(self, connection: Connection) -> None:
        """Make the schema."""
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {self._schema}")

    def is_empty(self) -> bool:
        """Nothing is known without asking."""
        return False

    def is_cut_short(self, _: Rows) -> bool:
        """Never: the server looks after its files."""
        return False

    def take_turn(self, connection: Connection) -> None:
        """Wait for the lock of the schema, which the end of the transaction frees."""
        lock = "SELECT pg_advisory_xact_lock(:lock, hashtext(:schema))"
        connection.execute(text(lock), {"lock": _LOCK, "schema": self._schema})

    def members(self, parameter: str) -> str:
        """SQL for a set of numbers."""
        return f"(SELECT unnest(CAST(:{parameter} AS BIGINT[])) AS member)"

    def whole(self, numbers: Sequence[int]) -> object:
        """Numbers as they are bound to :meth:`members`; a tuple would be a row."""
        return list(numbers)

    def insert(self, connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
        """Add rows by way of a table of this session alone."""
        incoming = f"incoming_{table.name}"
        connection.exec_driver_sql(f"CREATE TEMP TABLE IF NOT EXISTS {incoming} (LIKE {table.name}) ON COMMIT DROP")
        types = [str(column.type.compile(connection.dialect)).lower() for column in table.columns]
        cursor: Any = connection.connection.cursor()
        with cursor.copy(f"COPY {incoming} FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types([{"bigint": "int8", "smallint": "int2"}.get(each, each) for each in types])
            for row in rows:
                copy.write_row(row)
        cursor.close()
        connection.exec_driver_sql(f"INSERT INTO {table.name} SELECT * FROM {incoming} ON CONFLICT DO NOTHING")
        connection.exec_driver_sql(f"TRUNCATE {incoming}")

    def flush(self, _: Rows) -> bool:
        """Nothing: the server recycles its own log."""
        return True

    def rewrite(self, rows: Rows, tables: Sequence[str]) -> None:
        """Write the named tables anew."""
        for table in tables:
            rows(f"VACUUM (FULL) {table}")


def _engine(url: URL, arguments: dict[str, Any]) -> Engine:
    return create_engine(
        url, isolation_level="AUTOCOMMIT", poolclass=NullPool, hide_parameters=True, connect_args=arguments
    )


def _postgresql(place: str, schema: str, failed: type[BureauError]) -> URL:
    with suppress(ArgumentError):
        url = make_url(place)
        if url.get_backend_name() == "postgresql":
            return url.set(drivername="postgresql+psycopg")
    store = schema.partition("_")[0]
    raise failed(f"a {store} lies in a file, or in PostgreSQL under postgresql+psycopg://USER@HOST/DATABASE")
