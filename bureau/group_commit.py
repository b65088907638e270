"""Group commit: what the threads of a process want written at one moment is written by one transaction.

A commit waits for the disk, some milliseconds, however little it holds. The first thread that comes leads: it
writes for all who wait by then, and meanwhile the next ones gather behind it. Who comes alone waits for nobody,
there is no thread that does nothing else, and a group is never larger than the number of threads. (The idea is
that of DeWitt et al., *Implementation techniques for main memory database systems*, SIGMOD 1984, section 5.)
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar

__all__ = ["GroupCommit", "Work"]

_T = TypeVar("_T")

Work = Callable[[], Any]
"""A part of a transaction; it is done by whichever thread leads."""


@dataclass(frozen=True)
class _Waiting:
    """A work that waits, and by what its thread is woken: with its outcome, or to lead."""

    work: Work
    outcome: Future[Any] = field(default_factory=Future)
    woken: threading.Event = field(default_factory=threading.Event)


class GroupCommit:
    """Gathers works.

    Parameters
    ----------
    write : callable
        One transaction, as the block of a ``with``: on the disk when that ends, and nothing of it kept if it raises.
    attempt : callable
        Does a work within the transaction; its outcome, which may be an error of the work alone. Raises if the whole
        transaction is lost.
    """

    def __init__(
        self, write: Callable[[], AbstractContextManager[object]], attempt: Callable[[Work], Future[Any]]
    ) -> None:
        self._write = write
        self._attempt = attempt
        self._lock = threading.Lock()
        self._waiting: list[_Waiting] = []
        self._is_led = False

    def run(self, work: Callable[[], _T]) -> _T:
        """Do a work in a transaction, with those of others; what it gives, once it is on the disk.

        Raises
        ------
        Exception
            That of the work, which then changed nothing; or that of the commit, which then kept no work of the group.
        """
        mine = _Waiting(work)
        with self._lock:
            self._waiting.append(mine)
            leads, self._is_led = not self._is_led, True
        if not leads:
            mine.woken.wait()
        if not mine.outcome.done():
            self._lead()
        result: _T = mine.outcome.result()
        return result

    def _lead(self) -> None:
        """Commit what waits, our own work first, and hand over to who came meanwhile."""
        group: list[_Waiting] = []
        try:
            with self._write():
                group = self._gathered()  # those too that came while we waited for the database
                outcomes = [self._attempt(each.work) for each in group]
            for each, outcome in zip(group, outcomes, strict=True):
                _tell(each.outcome, outcome)
        except BaseException as error:  # noqa: BLE001 - each of them raises it
            group = group or self._gathered()
            for each in group:
                if not each.outcome.done():
                    each.outcome.set_exception(error)
        finally:
            self._hand_over()
            for each in group:
                each.woken.set()

    def _gathered(self) -> list[_Waiting]:
        with self._lock:
            group, self._waiting = self._waiting, []
        return group

    def _hand_over(self) -> None:
        """Wake the first of those that wait, to lead; if nobody does, whoever comes next leads."""
        with self._lock:
            self._is_led = bool(self._waiting)
            for following in self._waiting[:1]:
                following.woken.set()


def _tell(waiting: Future[Any], outcome: Future[Any]) -> None:
    error = outcome.exception()
    if error is None:
        waiting.set_result(outcome.result())
    else:
        waiting.set_exception(error)
