"""One database, SQLite or PostgreSQL, behind the few operations that the vault and the casework need.

Every thread has one connection, and one thread of all processes writes at a time, on either engine.
SQL is written once for both: names without a schema, and sets of numbers by :meth:`Store.members`.
"""

from __future__ import annotations

import functools
import json
import os
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, MetaData, NullPool, Row, Table, TextClause, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from bureau.errors import BureauError, DiskFull, VaultBusy, VaultDamaged, VaultError
from bureau.group_commit import GroupCommit, Work
from bureau.turns import Turns

__all__ = ["Store", "StoreErrors", "batches"]

_T = TypeVar("_T")

_SETTINGS: Final = (
    "busy_timeout = {wait}",
    "journal_mode = WAL",
    "synchronous = FULL",  # a key must be on the disk before what it seals
    "secure_delete = ON",  # what is erased is overwritten
    "temp_store = MEMORY",  # no copy of a table outside of its folder
    "cache_size = -{cache}",
)
_LOCK: Final = 0x7472_6164
"""Number of PostgreSQL's advisory lock, one in each schema."""

_BUSY: Final = ("database is locked", "lock timeout", "database table is locked")
_FULL: Final = ("database or disk is full", "No space left", "could not extend file")
_DAMAGED: Final = ("malformed", "not a database", "disk I/O error", "no such table", "does not exist", "invalid page")


@dataclass(frozen=True)
class StoreErrors:
    """How a store's failures are told.

    Parameters
    ----------
    failed : type of BureauError
        It cannot be used as it is.
    busy : type of BureauError
        Another process writes for too long.
    damaged : type of BureauError
        It is damaged or cut short.
    """

    failed: type[BureauError] = VaultError
    busy: type[BureauError] = VaultBusy
    damaged: type[BureauError] = VaultDamaged


_OF_VAULT: Final = StoreErrors()


class Store:
    """One database with tables of its own.

    Parameters
    ----------
    place : Path or str
        A file of SQLite, or the URL of a PostgreSQL database (``postgresql+psycopg://...``).
    schema : str
        Schema of the tables, on PostgreSQL.
    wait_seconds : float
        How long to wait for another writer.
    errors : StoreErrors
        How its failures are told; those of the vault by default.
    cache_mb : int
        Pages that SQLite may keep in memory for each thread, in megabytes.

    Raises
    ------
    BureauError
        ``errors.failed``, if the URL cannot be understood.
    """

    def __init__(
        self,
        place: Path | str,
        schema: str,
        wait_seconds: float,
        errors: StoreErrors = _OF_VAULT,
        *,
        cache_mb: int = 128,
    ) -> None:
        self._errors = errors
        self._cache_kb = cache_mb * 1024
        self._schema = schema
        self._wait_seconds = wait_seconds
        self._here = threading.local()
        self._lock = threading.Lock()
        self._connections: weakref.WeakSet[Connection] = weakref.WeakSet()  # that of a thread ends with it
        self._file = place if isinstance(place, Path) else None
        self._turns = Turns(self._file and self._file.with_name(f"{self._file.name}-turn"), wait_seconds)
        self._group = GroupCommit(self.write, self._attempt)
        # Keys are in no backup, or erased people would come back with it.
        self._remedy = "its replica" if schema == "vault_keys" else "a backup"
        self.is_sqlite = self._file is not None
        if isinstance(place, Path):
            self.name = str(place)
            url = URL.create("sqlite", database=str(place))
            arguments: dict[str, Any] = {"check_same_thread": False}
        else:
            url = _postgresql(place, schema, errors.failed)
            self.name = f"{url.render_as_string(hide_password=True)} ({schema})"
            arguments = {
                "options": f"-c search_path={schema} -c lock_timeout={int(wait_seconds * 1000)}",
                "connect_timeout": max(2, int(wait_seconds)),
            }
        self._engine = create_engine(
            url, isolation_level="AUTOCOMMIT", poolclass=NullPool, hide_parameters=True, connect_args=arguments
        )
        driver: Any = self._engine.dialect.loaded_dbapi
        self._driver_error: type[Exception] = driver.Error
        if self.is_sqlite:
            event.listen(self._engine, "connect", self._set_up)

    def _set_up(self, connection: Any, _: object) -> None:
        for setting in _SETTINGS:
            connection.execute("PRAGMA " + setting.format(wait=int(self._wait_seconds * 1000), cache=self._cache_kb))

    def create(self, tables: MetaData, told: Mapping[str, str]) -> None:
        """Make the tables, and what :meth:`about` tells from then on."""
        with self.write() as connection:
            if not self.is_sqlite:
                connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {self._schema}")
            tables.create_all(connection)
            self.insert(tables.tables["about"], list(told.items()))

    def about(self) -> dict[str, str]:
        """What was told when the tables were made; nothing if they never were."""
        if self._file is not None:
            if not (self._file.exists() and self._file.stat().st_size):
                return {}
            if self._is_cut_short(self._file):
                raise self._damaged()
            made = "SELECT 1 FROM sqlite_master WHERE name = 'about'"
        else:
            made = f"SELECT 1 FROM pg_tables WHERE tablename = 'about' AND schemaname = '{self._schema}'"
        if not self.rows(made):
            return {}
        return {str(name): str(told) for name, told in self.rows("SELECT name, told FROM about")}

    def _is_cut_short(self, path: Path) -> bool:
        """Whether a file of SQLite has fewer bytes than it has pages; with a log, some may still be on their way.

        SQLite is asked, and the file not opened by ourselves (:func:`_make_file` says why).
        """
        (size,), *_ = self.rows("PRAGMA page_size")
        (pages,), *_ = self.rows("PRAGMA page_count")
        if path.stat().st_size >= int(size) * int(pages):
            return False
        log = path.with_name(f"{path.name}-wal")  # looked at last: whoever makes the tables meanwhile writes to it
        return not (log.exists() and log.stat().st_size)

    # -- reading and writing --------------------------------------------------------------------

    @property
    def connection(self) -> Connection:
        """The connection of this thread."""
        connection: Connection | None = getattr(self._here, "connection", None)
        if connection is None:
            if self._file is not None:
                _make_file(self._file)
            connection = self._here.connection = self._engine.connect()
            with self._lock:
                self._connections.add(connection)
        return connection

    def rows(self, sql: str, **values: object) -> Sequence[Row[*tuple[Any, ...]]]:
        """Run one statement; what it selects, if it does."""
        with self._told():
            result = self.connection.execute(_statement(sql), values)
            return result.fetchall() if result.returns_rows else ()

    def run(self, sql: str, **values: object) -> None:
        """Run one statement that selects nothing, as cheaply as can be: SQLite's driver takes names as they are."""
        with self._told():
            if self.is_sqlite:
                self._driver.execute(sql, values)
            else:
                self.connection.execute(_statement(sql), values)

    @property
    def _driver(self) -> Any:
        """The driver's own connection of this thread."""
        return self.connection.connection.dbapi_connection

    def members(self, parameter: str) -> str:
        """SQL for the set of numbers bound to a parameter by :meth:`whole`, as a table with the column ``member``."""
        if self.is_sqlite:
            return f"(SELECT value AS member FROM json_each(:{parameter}))"
        return f"(SELECT unnest(CAST(:{parameter} AS BIGINT[])) AS member)"

    def whole(self, numbers: Sequence[int]) -> object:
        """Numbers as they are bound to :meth:`members`."""
        return json.dumps(numbers) if self.is_sqlite else list(numbers)  # a tuple would be a row

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction; inside another one of this thread, a part of that.

        Raises
        ------
        BureauError
            ``errors.busy``, if another process or thread writes for too long.
        """
        if self.is_writing:
            yield self.connection
            return
        with self._turns.taken() as is_ours:
            if not is_ours:
                raise self._busy()
            with self._transaction() as connection:
                yield connection

    def together(self, work: Callable[[], _T]) -> _T:
        """Do a work in one transaction with those of other threads that wait just now; inside another, in that.

        Parameters
        ----------
        work : callable
            Reads and writes by this store; another thread may do it. If it raises, it alone has changed nothing.

        Returns
        -------
        object
            What the work gives, once it is on the disk.

        Raises
        ------
        BureauError
            ``errors.busy`` as :meth:`write`; and what the work raises. If the transaction fails, so does every work.
        """
        return work() if self.is_writing else self._group.run(work)

    def _attempt(self, work: Work) -> Future[Any]:
        """Do a part of a transaction, which alone is taken back if it fails; its outcome."""
        outcome: Future[Any] = Future()
        self.run("SAVEPOINT part")
        try:
            outcome.set_result(work())
        except Exception as error:  # noqa: BLE001 - it is the outcome
            try:
                self.run("ROLLBACK TO SAVEPOINT part")
            except BureauError:  # the whole transaction is gone: a full disk, a server that went away
                raise error from None
            outcome.set_exception(error)
        self.run("RELEASE SAVEPOINT part")
        return outcome

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._told():
            connection = self.connection
            connection.exec_driver_sql("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN")
            try:
                if not self.is_sqlite:
                    lock = "SELECT pg_advisory_xact_lock(:lock, hashtext(:schema))"
                    connection.execute(text(lock), {"lock": _LOCK, "schema": self._schema})
                self._here.writing = True
                yield connection
                connection.exec_driver_sql("COMMIT")
            except BaseException:
                self._here.writing = False
                try:
                    connection.exec_driver_sql("ROLLBACK")
                except DBAPIError:  # the first error tells more than a failed rollback
                    self._forget_connection()
                raise
            finally:
                self._here.writing = False

    @property
    def is_writing(self) -> bool:
        """Whether this thread is inside of :meth:`write`."""
        return getattr(self._here, "writing", False)

    def insert(self, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
        """Add rows in the order of the table's columns; one whose key is there already changes nothing."""
        if not rows:
            return
        with self.write() as connection:
            if self.is_sqlite:
                places = ", ".join("?" * len(table.columns))
                connection.exec_driver_sql(f"INSERT OR IGNORE INTO {table.name} VALUES ({places})", list(rows))
            else:
                _copy(connection, table, rows)

    # -- what an erasure leaves -----------------------------------------------------------------

    def flush(self) -> None:
        """Empty SQLite's write-ahead log, which may hold what was overwritten; PostgreSQL recycles its own.

        Raises
        ------
        BureauError
            ``errors.busy``, if somebody reads for too long.
        """
        if self.is_sqlite:
            (busy, *_), *_ = self.rows("PRAGMA wal_checkpoint(TRUNCATE)")
            if busy:
                raise self._busy()

    def rewrite(self, *tables: str) -> None:
        """Write tables anew (on SQLite all of them), so that no page holds a byte of what is gone.

        SQLite overwrites what it deletes, but when it moves rows between pages it may leave a copy
        of one in the unused part of a page, which is not overwritten when the row is deleted.

        Raises
        ------
        BureauError
            ``errors.busy``, if somebody reads or writes for too long.
        """
        if self.is_sqlite:
            self.rows("VACUUM")
            self.flush()
        for table in () if self.is_sqlite else tables:
            self.rows(f"VACUUM (FULL) {table}")

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            for connection in tuple(self._connections):
                with suppress(DBAPIError):
                    connection.close()
            self._connections.clear()
        self._here = threading.local()
        self._engine.dispose()
        self._turns.close()

    # -- errors ---------------------------------------------------------------------------------

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell the engine's errors as ours, which hold neither values nor passwords."""
        try:
            yield
        except (DBAPIError, self._driver_error) as error:
            if not self.is_sqlite:
                self._forget_connection()
            raise self._told_as(str(getattr(error, "orig", error))) from None

    def _told_as(self, said: str) -> Exception:
        if any(mark in said for mark in _BUSY):
            return self._busy()
        if any(mark in said for mark in _FULL):
            return DiskFull(f"{self.name}: the disk is full; make room and run the command again")
        if any(mark in said for mark in _DAMAGED):
            return self._damaged()
        return self._errors.failed(f"{self.name}: it cannot be used ({(said.splitlines() or ['no answer'])[0]})")

    def _damaged(self) -> BureauError:
        return self._errors.damaged(f"{self.name}: it is damaged or cut short; restore it from {self._remedy}")

    def _busy(self) -> BureauError:
        return self._errors.busy(
            f"{self.name}: another process has used it for {self._wait_seconds:g} s; wait for its end, or stop it"
        )

    def _forget_connection(self) -> None:
        """Take a new connection next time: the server may have gone away."""
        connection: Connection | None = getattr(self._here, "connection", None)
        if connection is None or self.is_writing:
            return
        self._here.connection = None
        with self._lock, suppress(DBAPIError):
            self._connections.discard(connection)
            connection.close()


def batches(values: Iterable[_T], most: int) -> Iterator[list[_T]]:
    """Values in lists of at most so many."""
    remaining = iter(values)
    while batch := list(islice(remaining, most)):
        yield batch


@functools.lru_cache(maxsize=256)
def _statement(sql: str) -> TextClause:
    return text(sql)


def _make_file(path: Path) -> None:
    """Make the file, if it is not there, so that its owner alone can read it.

    One that is there is not touched: closing any descriptor of a file drops the locks that this process has on it
    (POSIX, fcntl), those of SQLite's own connections too. Whoever else closed the database then would take itself
    for the last one, and remove the log that we still write to (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _postgresql(place: str, schema: str, failed: type[BureauError]) -> URL:
    with suppress(ArgumentError):
        url = make_url(place)
        if url.get_backend_name() == "postgresql":
            return url.set(drivername="postgresql+psycopg")
    store = schema.partition("_")[0]
    raise failed(f"a {store} lies in a file, or in PostgreSQL under postgresql+psycopg://USER@HOST/DATABASE")


def _copy(connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Add rows on PostgreSQL by way of a table of this session alone."""
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
