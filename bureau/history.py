"""The encrypted credit history: one DuckDB file, opened for the length of a transaction.

One writer or many readers at a time may have the file open, so a connection is held no longer
than one :meth:`History.write` or :meth:`History.read` block, and opening waits while another
process or thread has it. A lock file beside the history sees to that: the kernel frees it when a
process dies, and unlike DuckDB's own lock it also holds between threads. The file, its write-ahead
log and all spilled data are encrypted (AES-256-GCM; see ``docs/decisions/0003-duckdb-1.5.md`` for the choice
of engine).
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Final

import duckdb

from bureau.engine import BESIDE, connect
from bureau.errors import BureauError, DiskFull, HistoryBusy, VaultError, WrongKey
from bureau.facts import FACTS
from bureau.home import Home
from bureau.known import Known
from bureau.registry import REGISTRY
from bureau.vault import Vault, open_vault

__all__ = ["History", "open_history"]

_DISK_FULL: Final = ("No space left", "Could not write all bytes", "File too large", "max_temp_directory_size")
"""What DuckDB says when the system has no room for what it writes."""


_DAMAGED: Final = ("AES tag", "Corrupt", "corrupt", "checksum", "Could not read enough bytes")
"""What it says when the file is not what was written."""


@dataclass(frozen=True)
class History:
    """The credit history of one home.

    Parameters
    ----------
    home : Home
        The home. Its key store has the key of the history, made at random and wrapped by the master
        key: so the master key can change, and the history need not be written anew.
    memory_limit : str
        What DuckDB may use before it spills, for example ``"3GB"``.
    wait_seconds : float
        How long to wait for another process that holds the file.
    """

    home: Home
    memory_limit: str = "3GB"
    wait_seconds: float = 120.0

    def __repr__(self) -> str:
        return f"History(path={str(self.path)!r}, key=***)"

    @property
    def path(self) -> Path:
        """The encrypted DuckDB file."""
        return self.home.history

    @cached_property
    def vault(self) -> Vault:
        """The vault, where everything personal lies; opened when it is first asked for, or made with the history.

        Raises
        ------
        VaultError
            If the history is there, and both the vault and its key store are not; or as :func:`open_vault`.
        """
        places = (self.home.vault, self.home.data_keys)
        if self.path.exists() and not any(isinstance(place, str) or place.exists() for place in places):
            raise VaultError(
                f"{places[1]}: the key store of this home is missing, and so is its vault; "
                "restore the key store from its replica and the vault from a backup, or say with TRADELINE_VAULT and "
                "TRADELINE_VAULT_KEYS in which database they lie"
            )
        return open_vault(self.home.vault, self.home.data_keys, self.home.keyring, wait_seconds=self.wait_seconds)

    def waiting(self, seconds: float) -> History:
        """The same history with the same open vault, for which others are waited for so long."""
        other = replace(self, wait_seconds=seconds)
        vars(other)["vault"] = self.vault
        return other

    @contextmanager
    def write(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Raises
        ------
        HistoryBusy
            If another process or thread holds the history for too long.
        WrongKey
            If the key is not the one the history was made with.
        """
        with self._opened(read_only=False) as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            except BaseException:
                with suppress(duckdb.Error):  # the first error tells more than a failed rollback
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def checkpoint(self) -> None:
        """Write every table to its place, so that no version that was changed or removed can be read any more.

        Raises
        ------
        HistoryBusy
            If another process or thread holds the history for too long.
        """
        with self._opened(read_only=False) as connection:
            connection.execute("CHECKPOINT history")

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that can read the history and make temporary tables.

        Raises
        ------
        HistoryBusy
            If another process or thread writes to the history for too long.
        WrongKey
            If the key is not the one the history was made with.
        """
        with self._opened(read_only=True) as connection:
            yield connection

    @contextmanager
    def as_of(self, moment: datetime) -> Iterator[Known]:
        """What was known at a moment: every fact as of then, for one consumer or for all.

        Parameters
        ----------
        moment : datetime
            The moment; without a time zone it is UTC.

        Raises
        ------
        HistoryBusy
            If another process or thread writes to the history for too long.
        WrongKey
            If the key is not the one the history was made with.
        """
        with self.read() as connection:
            yield Known(connection, self.vault, moment)

    @contextmanager
    def _opened(self, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self.path.exists():
            with self._locked(fcntl.LOCK_EX):
                self._create()
        with self._locked(fcntl.LOCK_SH if read_only else fcntl.LOCK_EX):
            if not read_only:
                self._clear_spills()
            connection = connect(self.home.tmp, self.memory_limit)
            try:
                self._attach(connection, self.path, read_only=read_only)
                yield connection
            except duckdb.Error as error:
                _tell_full_disk(error, self.path)
                if any(mark in str(error) for mark in _DAMAGED):
                    raise BureauError(f"{self.path}: the history is damaged; restore it from a backup") from None
                if isinstance(error, duckdb.OutOfMemoryException):
                    raise BureauError(
                        f"{self.path}: {self.memory_limit} of memory are too little for this; give more with the "
                        "setting TRADELINE_MEMORY_LIMIT (nothing of the unfinished transaction was kept)"
                    ) from None
                raise
            finally:
                _close(connection, self.path)

    @contextmanager
    def _locked(self, mode: int) -> Iterator[None]:
        """Hold the lock file, shared or alone; the kernel frees it when the process ends, however it ends."""
        descriptor = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            deadline = time.monotonic() + self.wait_seconds
            pause = 0.005
            while True:
                try:
                    fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise self._busy() from None
                time.sleep(pause)
                pause = min(pause * 1.5, 0.25)
            yield
        finally:
            os.close(descriptor)

    def _busy(self) -> HistoryBusy:
        return HistoryBusy(
            f"{self.path}: another process has held the history for {self.wait_seconds:.0f} s; "
            "wait for its end, or stop it"
        )

    def _create(self) -> None:
        """Make the file with its empty tables under another name first, so that it is never half made."""
        if self.path.exists():
            return
        if not self.vault.is_unused:
            raise BureauError(f"{self.path}: the history of this home is missing; restore it from a backup")
        unfinished = self.path.with_suffix(".new")
        for leftover in (unfinished, unfinished.with_name(unfinished.name + ".wal")):
            leftover.unlink(missing_ok=True)
        connection = connect(self.home.tmp, self.memory_limit)
        try:
            self._attach(connection, unfinished, read_only=False)
            for statement in (*REGISTRY, *(fact.ddl for fact in FACTS.values())):
                connection.execute(statement)
            connection.execute("CHECKPOINT history")
        finally:
            connection.close()
        unfinished.chmod(0o600)
        unfinished.rename(self.path)

    def _clear_spills(self) -> None:
        """Remove what a killed process has left; nobody else is at work while a writer holds the lock."""
        for leftover in self.home.tmp.glob("duckdb_temp_*"):
            leftover.unlink(missing_ok=True)
        for folder in self.home.tmp.glob(f"{BESIDE}*"):
            shutil.rmtree(folder, ignore_errors=True)

    def _attach(self, connection: duckdb.DuckDBPyConnection, path: Path, *, read_only: bool) -> None:
        mode = "READ_ONLY, " if read_only else ""
        secret = b64encode(self.vault.named_key("history")).decode("ascii")
        try:
            connection.execute(
                f"ATTACH '{_quoted(path)}' AS history ({mode}ENCRYPTION_KEY '{secret}', ENCRYPTION_CIPHER 'GCM')"
            )
        except duckdb.IOException as error:
            if "lock" in str(error).lower():
                raise self._busy() from None
            raise BureauError(
                f"{path}: the history cannot be opened ({_first_line(error)}); restore it from a backup"
            ) from None
        except duckdb.InvalidInputException as error:
            if "key" not in str(error).lower():
                raise
            raise WrongKey(
                f"{path}: the key of this home does not open this history; it is of another home, or the key store is"
            ) from None
        connection.execute("USE history")


def open_history(home: Home, *, memory_limit: str = "3GB", wait_seconds: float = 120.0) -> History:
    """The history of a home; opens no file yet."""
    return History(home, memory_limit, wait_seconds)


def _tell_full_disk(error: duckdb.Error, path: Path) -> None:
    """Say it plainly when the disk is full, and nothing else."""
    if any(mark in str(error) for mark in _DISK_FULL):
        raise DiskFull(
            f"{path.parent}: the disk is full; make room and run the command again "
            "(nothing of the unfinished transaction was kept)"
        ) from None


def _close(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Close, which may write what was committed to its place."""
    try:
        connection.close()
    except duckdb.Error as error:
        _tell_full_disk(error, path)
        raise


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
