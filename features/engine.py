"""A DuckDB of one's own for work on tables of features: what it spills is encrypted, and its clock is UTC."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from bureau.engine import connect

__all__ = ["opened"]


@contextmanager
def opened(memory_limit: str = "3GB", threads: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A new database in memory; what it spills goes with it.

    Parameters
    ----------
    memory_limit : str
        What it may use before it spills, for example ``"3GB"``.
    threads : int, optional
        How many processors it may use; by default all.
    """
    with tempfile.TemporaryDirectory(prefix="tradeline-") as folder:
        connection = connect(Path(folder) / "spill", memory_limit)
        with connection:
            if threads is not None:
                connection.execute(f"SET threads = {int(threads)}")
            yield connection
