"""Where trials are kept: in memory, in a journal file, or in a database of Optuna's own layout.

A process that is killed leaves two things in a journal: the lock that it held and half a line. The lock here
is the kernel's, which ends with the process that holds it; half a line is cut off before the next is written.
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any, BinaryIO, Final

from optuna.storages import BaseStorage, InMemoryStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from training.errors import TuningError

__all__ = ["open_storage"]

_BLOCK: Final = 4096
_SECONDS_TO_WAIT: Final = 60
"""For another process to finish its transaction in SQLite."""


def open_storage(where: str | Path | None) -> BaseStorage:
    """Optuna's storage at a place.

    Parameters
    ----------
    where : str, Path or None
        None: this process's memory. A path: a journal file, made if it is not there. A text: the URL of a
        database, ``sqlite:///...`` or ``postgresql://...``.

    Raises
    ------
    TuningError
        It cannot be opened.
    """
    if where is None:
        return InMemoryStorage()
    if isinstance(where, Path):
        return _open_journal(where)
    return _open_database(where)


def _open_journal(path: Path) -> BaseStorage:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return JournalStorage(_Journal(str(path)))
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        msg = f"The journal {path} cannot be read as the journal of a tuning: {error!r}. Name another file."
        raise TuningError(msg) from error


def _open_database(url: str) -> BaseStorage:
    try:
        parsed = make_url(url)
        shown = parsed.render_as_string(hide_password=True)
    except SQLAlchemyError as error:
        msg = "The storage of a tuning is not the URL of a database; for a journal file give a Path."
        raise TuningError(msg) from error
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    sqlite = parsed.get_backend_name() == "sqlite"
    # Nothing stays open between two transactions: a tuning has few, and whoever ends it need not close anything.
    options: dict[str, Any] = {"poolclass": NullPool}
    if sqlite:
        options["connect_args"] = {"timeout": _SECONDS_TO_WAIT}
    try:
        return RDBStorage(parsed.render_as_string(hide_password=False), engine_kwargs=options)
    except (SQLAlchemyError, ImportError, RuntimeError) as error:
        msg = f"The storage {shown} of a tuning cannot be opened: {type(error).__name__}."
        raise TuningError(msg) from error


class _Journal(JournalFileBackend):
    """Optuna's journal file, written under the kernel's lock and never after half a line."""

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        lines = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs)
        with Path(self._file_path).open("rb+") as journal:
            fcntl.flock(journal, fcntl.LOCK_EX)  # until the file is closed, by whatever ends this process
            journal.truncate(_whole_lines(journal))
            journal.seek(0, os.SEEK_END)
            journal.write(lines.encode())
            journal.flush()
            os.fsync(journal.fileno())


def _whole_lines(journal: BinaryIO) -> int:
    """Bytes up to and with the last line break; all of them unless a writer was killed."""
    end = journal.seek(0, os.SEEK_END)
    while end > 0:
        start = max(0, end - _BLOCK)
        journal.seek(start)
        place = journal.read(end - start).rfind(b"\n")
        if place >= 0:
            return start + place + 1
        end = start
    return 0
