"""DuckDB as the bureau uses it: what it spills is encrypted, it loads nothing from elsewhere, its clock is UTC."""

from __future__ import annotations

import importlib.resources
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Final

import duckdb

from bureau.quoting import literal

__all__ = ["BESIDE", "connect", "connected_beside"]

BESIDE: Final = "beside-"
"""How the names of such folders begin; a killed process leaves its own behind."""


def connect(spill_folder: Path, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """A new database in memory.

    Parameters
    ----------
    spill_folder : Path
        Where it may spill, encrypted; made if it is not there.
    memory_limit : str
        What it may use before it spills, for example ``"3GB"``.
    """
    spill_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    encryption = _encryption_extension()
    status = encryption.stat()
    _check_signature(encryption, (status.st_ino, status.st_size, status.st_mtime_ns))
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": memory_limit,
            "temp_directory": str(spill_folder),
            "temp_file_encryption": "true",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_unsigned_extensions": "true",  # for the one below, whose signature was checked
        },
    )
    connection.execute(f"LOAD {literal(str(encryption))}")
    connection.execute("SET allow_unsigned_extensions = false")  # which cannot be taken back
    connection.execute("SET TimeZone = 'UTC'")
    with suppress(duckdb.InvalidInputException):  # in a notebook it may be that there is none to switch off
        connection.execute("SET enable_progress_bar = false")  # it would write into the standard output
    return connection


@contextmanager
def connected_beside(connection: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """A new database in memory with the limits of another, for tables that are no part of its transaction.

    It spills into a folder of its own, which goes with it: two databases in one folder would take
    each other's files for their own.
    """
    row = connection.execute("SELECT current_setting('temp_directory'), current_setting('memory_limit')").fetchone()
    if row is None:
        raise LookupError("DuckDB tells no settings")
    with tempfile.TemporaryDirectory(prefix=BESIDE, dir=row[0]) as folder, connect(Path(folder), row[1]) as beside:
        yield beside


def _encryption_extension() -> Path:
    """Path of the extension that brings OpenSSL, from its wheel: without it DuckDB 1.5 cannot encrypt."""
    folder = importlib.resources.files("duckdb_extension_httpfs") / "extensions" / f"v{duckdb.__version__}"
    return Path(str(folder / "httpfs.duckdb_extension"))


@cache
def _check_signature(extension: Path, _file: tuple[int, int, int]) -> None:
    """Let DuckDB check who signed an extension, once for each state of its file.

    It hashes all 21 MB of it: a tenth of a second that every connection would pay again.
    """
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"LOAD {literal(str(extension))}")
