"""Taking turns at writing to one file, among the threads of a process and among processes.

SQLite lets its waiters sleep, longer each time, and serves them in no order: with two processes that write all
the time, one may wait a hundred times as long as a transaction takes. Here they ask a small file beside it, often.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

__all__ = ["Turns"]

_PAUSE: Final = 0.0005
_LONGEST_PAUSE: Final = 0.005


class Turns:
    """Whose turn it is; the kernel frees it when a process ends, however it ends.

    Parameters
    ----------
    path : Path, optional
        The file that is asked, made if it is not there. Without one, or where it cannot be made, threads of this
        process alone take turns.
    wait_seconds : float
        How long to wait.
    """

    def __init__(self, path: Path | None, wait_seconds: float) -> None:
        self._path = path
        self._wait_seconds = wait_seconds
        self._thread = threading.Lock()
        self._descriptor: int | None = None

    @contextmanager
    def taken(self) -> Iterator[bool]:
        """Wait for our turn, and whether it came in time."""
        deadline = time.monotonic() + self._wait_seconds
        if not self._thread.acquire(timeout=self._wait_seconds):
            yield False
            return
        try:
            descriptor = self._opened()
            if descriptor is not None and not _lock(descriptor, deadline):
                yield False
                return
            try:
                yield True
            finally:
                if descriptor is not None:
                    fcntl.flock(descriptor, fcntl.LOCK_UN)
        finally:
            self._thread.release()

    def close(self) -> None:
        """Close the file."""
        with self._thread:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None

    def _opened(self) -> int | None:
        if self._descriptor is None and self._path is not None:
            try:
                self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError:  # what is wrong with the folder is told by the database, in its own words
                return None
        return self._descriptor


def _lock(descriptor: int, deadline: float) -> bool:
    pause = _PAUSE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)
        else:
            return True
