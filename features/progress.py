"""Telling how far a computation has come, while the database is at work.

DuckDB knows the share of a query that is done; another thread can ask it meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import duckdb

__all__ = ["Progress", "Stages", "told"]

Progress = Callable[[str, float], None]
"""Is told the name of the stage under way, and the share of the whole that is done, from 0 to 1."""

_EVERY_SECONDS: Final = 0.2


@dataclass(frozen=True)
class Stages:
    """Stages of equal weight, of which each is told while it runs."""

    connection: duckdb.DuckDBPyConnection
    progress: Progress | None
    names: Sequence[str]

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Tell how far the query that runs in the block has come."""
        if self.progress is None:
            yield
            return
        place = self.names.index(name)
        self.progress(name, place / len(self.names))
        over = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(name, place, over), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()
        self.progress(name, (place + 1) / len(self.names))

    def _watch(self, name: str, place: int, over: threading.Event) -> None:
        furthest = 0.0
        while not over.wait(_EVERY_SECONDS):
            share = min(max(self.connection.query_progress(), 0.0), 100.0) / 100
            if share > furthest and self.progress is not None:
                furthest = share
                self.progress(name, (place + share) / len(self.names))


@contextmanager
def told(connection: duckdb.DuckDBPyConnection, progress: Progress | None, names: Sequence[str]) -> Iterator[Stages]:
    """Stages of a computation on a connection, to be told to `progress` where there is one."""
    if progress is not None:
        with suppress(duckdb.InvalidInputException):  # in a notebook without ipywidgets DuckDB tells stages alone
            connection.execute("SET enable_progress_bar = true")
            connection.execute("SET enable_progress_bar_print = false")  # it would write into the standard output
            connection.execute("SET progress_bar_time = 0")
    yield Stages(connection, progress, names)
