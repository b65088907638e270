"""One database, SQLite or PostgreSQL, behind the few operations that the vault and the casework need.

Every thread has one connection, and one thread of all processes writes at a time, on either engine.
SQL is written once for both: names without a schema, and sets of numbers by :meth:`Store.members`.
"""

from __future__ import annotations

import functools
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, MetaData, Row, Table, TextClause, text
from sqlalchemy.exc import DBAPIError

from bureau.engines import Database, Postgresql, Sqlite
from bureau.group_commit import GroupCommit
from bureau.store_errors import Failures, StoreErrors
from bureau.turns import Turns

__all__ = ["Store", "batches"]

_T = TypeVar("_T")

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
        self.is_sqlite = isinstance(place, Path)
        turn: Path | None = None
        self._database: Database
        if isinstance(place, Path):
            self._database, turn = Sqlite(place, wait_seconds, cache_mb), place.with_name(f"{place.name}-turn")
        else:
            self._database = Postgresql(place, schema, wait_seconds, errors.failed)
        self.name = self._database.name
        # Keys are in no backup, or erased people would come back with it.
        remedy = "its replica" if schema == "vault_keys" else "a backup"
        self._failures = Failures(errors, self.name, wait_seconds, remedy)
        self._here = threading.local()
        self._lock = threading.Lock()
        self._connections: weakref.WeakSet[Connection] = weakref.WeakSet()  # that of a thread ends with it
        self._turns = Turns(turn, wait_seconds)
        self._group = GroupCommit(self.write, self.run, self._failures.interrupted)
        self._engine = self._database.engine()
        driver: Any = self._engine.dialect.loaded_dbapi
        self._driver_error: type[Exception] = driver.Error

    def create(self, tables: MetaData, told: Mapping[str, str]) -> None:
        """Make the tables, and what :meth:`about` tells from then on."""
        with self.write() as connection:
            self._database.make_room(connection)
            tables.create_all(connection)
            self.insert(tables.tables["about"], list(told.items()))

    def about(self) -> dict[str, str]:
        """What was told when the tables were made; nothing if they never were."""
        if self._database.is_empty():
            return {}
        if self._database.is_cut_short(self.rows):
            raise self._failures.damaged()
        if not self.rows(self._database.has_tables):
            return {}
        return {str(name): str(told) for name, told in self.rows("SELECT name, told FROM about")}

    # -- reading and writing --------------------------------------------------------------------

    @property
    def connection(self) -> Connection:
        """The connection of this thread."""
        connection: Connection | None = getattr(self._here, "connection", None)
        if connection is None:
            self._database.prepare()
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
        return self._database.members(parameter)

    def whole(self, numbers: Sequence[int]) -> object:
        """Numbers as they are bound to :meth:`members`."""
        return self._database.whole(numbers)

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
                raise self._failures.busy()
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

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._told():
            connection = self.connection
            connection.exec_driver_sql(self._database.begin)
            try:
                self._database.take_turn(connection)
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
            self._database.insert(connection, table, rows)

    # -- what an erasure leaves -----------------------------------------------------------------

    def flush(self) -> None:
        """Empty SQLite's write-ahead log, which may hold what was overwritten; PostgreSQL recycles its own.

        Raises
        ------
        BureauError
            ``errors.busy``, if somebody reads for too long.
        """
        if not self._database.flush(self.rows):
            raise self._failures.busy()

    def rewrite(self, *tables: str) -> None:
        """Write tables anew (on SQLite all of them), so that no page holds a byte of what is gone.

        Raises
        ------
        BureauError
            ``errors.busy``, if somebody reads or writes for too long.
        """
        self._database.rewrite(self.rows, tables)
        self.flush()

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
            raise self._failures.of(str(getattr(error, "orig", error))) from None

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
