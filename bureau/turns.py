"""Taking turns at writing to one file, among the threads of a process and among processes.

SQLite lets its waiters sleep, longer each time, and serves them in no order: with two processes that write all
the time, one may wait a hundred times as long as a transaction takes. Here they ask a small file beside it, often.
Who has had a turn would mostly be the first to ask again, while the others sleep. So there is a second file, for
who is next: its holder alone waits for the turn, and leaves it to another when the turn has come.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

__all__ = ["Turns"]

_PAUSE: Final = 0.0003
"""Seconds between two looks of who is next."""
_LONGEST_PAUSE: Final = 0.002
"""Of those behind; shorter than a commit, so that whoever is next is known before the turn ends."""


class Turns:
    """Whose turn it is; the kernel frees it when a process ends, however it ends.

    Parameters
    ----------
    path : Path, optional
        The file that is asked, made if it is not there, with one beside it. Without one, or where it cannot be made
        or locked, as on some network disks, threads of this process alone take turns.
    wait_seconds : float
        How long to wait.
    """

    def __init__(self, path: Path | None, wait_seconds: float) -> None:
        self._paths = () if path is None else (path.with_name(f"{path.name}-next"), path)
        self._wait_seconds = wait_seconds
        self._thread = threading.Lock()
        self._descriptors: tuple[int, ...] = ()
        self._shut = weakref.finalize(self, _close, self._descriptors)

    @contextmanager
    def taken(self) -> Iterator[bool]:
        """Wait for our turn, and whether it came in time."""
        deadline = time.monotonic() + self._wait_seconds
        if not self._thread.acquire(timeout=self._wait_seconds):
            yield False
            return
        try:
            yield self._is_ours(deadline)
        finally:
            for descriptor in self._descriptors:
                _unlock(descriptor)
            self._thread.release()

    def close(self) -> None:
        """Close the files."""
        with self._thread:
            self._shut()
            self._descriptors = ()

    def _is_ours(self, deadline: float) -> bool:
        """Whether our turn among processes came in time."""
        try:
            if not (files := self._opened()):
                return True
            is_next, turn = files
            if not _lock(is_next, deadline, _LONGEST_PAUSE):
                return False
            try:
                return _lock(turn, deadline, _PAUSE)
            finally:
                _unlock(is_next)
        except OSError:  # what is wrong with the folder or the disk is told by the database, in its own words
            return True

    def _opened(self) -> tuple[int, ...]:
        """The files of who is next and of whose turn it is."""
        if not self._descriptors:
            opened: list[int] = []
            try:
                for path in self._paths:
                    opened.append(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))  # noqa: PERF401 - closed below
            except OSError:
                _close(opened)
                raise
            self._descriptors = tuple(opened)
            self._shut = weakref.finalize(self, _close, self._descriptors)  # who forgets to close leaves nothing open
        return self._descriptors


def _close(descriptors: Iterable[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _lock(descriptor: int, deadline: float, longest_pause: float) -> bool:
    pause = _PAUSE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(pause)
            pause = min(pause * 1.5, longest_pause)
        else:
            return True


def _unlock(descriptor: int) -> None:
    with suppress(
        OSError
    ):  # of a disk that locks nothing; the kernel frees the others when they are closed at the latest
        fcntl.flock(descriptor, fcntl.LOCK_UN)
