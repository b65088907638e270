"""Group commit: what the threads of a process want written at one moment is written by one transaction.

A commit waits for the disk, some milliseconds, however little it holds. The first thread that comes leads: it
writes for all who wait by then, and meanwhile the next ones gather behind it. Who comes alone waits for nobody,
there is no thread that does nothing else, and a group is never larger than the number of threads. (The idea is
that of DeWitt et al., *Implementation techniques for main memory database systems*, SIGMOD 1984, section 5.)
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from bureau.errors import DiskFull

__all__ = ["GroupCommit", "Work"]

_T = TypeVar("_T")

Work = Callable[[], Any]
"""A part of a transaction; it is done by whichever thread leads."""


@dataclass(frozen=True, eq=False)
class _Waiting:
    """A work that waits; what came of it, which counts once it is on the disk; and by what its thread is woken.

    It is woken with its outcome, or to lead.
    """

    work: Work
    tried: Future[Any] = field(default_factory=Future)
    outcome: Future[Any] = field(default_factory=Future)
    woken: threading.Event = field(default_factory=threading.Event)


class GroupCommit:
    """Gathers works.

    Parameters
    ----------
    write : callable
        One transaction, as the block of a ``with``: on the disk when that ends, and nothing of it kept if it raises.
    run : callable
        Runs a statement within it: each work is a savepoint of SQL.
    interrupted : callable
        Makes the error for those whose transaction ended with an interruption of the thread that led.
    """

    def __init__(
        self,
        write: Callable[[], AbstractContextManager[object]],
        run: Callable[[str], None],
        interrupted: Callable[[], Exception],
    ) -> None:
        self._write = write
        self._run = run
        self._interrupted = interrupted
        self._lock = threading.Lock()
        self._waiting: list[_Waiting] = []  # in the order in which they came, until they have their outcome
        self._leader: _Waiting | None = None

    def run(self, work: Callable[[], _T]) -> _T:
        """Do a work in a transaction, with those of others; what it gives, once it is on the disk.

        Raises
        ------
        Exception
            That of the work, which then changed nothing; or that of the commit, which then kept no work of the group.
            That of one work is never raised by another.
        """
        mine = _Waiting(work)
        try:
            if not self._leads(mine):
                mine.woken.wait()
            if not mine.outcome.done():
                self._lead(mine)
        finally:
            self._leave(mine)  # also if this thread was interrupted, or the others would wait for it for ever
        result: _T = mine.outcome.result()
        return result

    def _leads(self, mine: _Waiting) -> bool:
        """Join those that wait; whether nobody leads them, so that we do."""
        with self._lock:
            self._waiting.append(mine)
            self._leader = self._leader or mine
            return self._leader is mine

    def _leave(self, mine: _Waiting) -> None:
        """Wait no more. If we led, the first of those that wait is woken to lead, or whoever comes next leads."""
        with self._lock:
            self._waiting = [each for each in self._waiting if each is not mine and not each.outcome.done()]
            if self._leader is mine:
                self._leader = next(iter(self._waiting), None)
                if self._leader is not None:
                    self._leader.woken.set()

    def _lead(self, mine: _Waiting) -> None:
        """Commit what waits, our own work first, and hand over to who came meanwhile."""
        group: tuple[_Waiting, ...] = ()
        try:
            with self._write():
                group = self._gathered()  # those too that came while we waited for the database
                for each in group:
                    self._try(each)
            for each in group:
                _tell(each.outcome, each.tried)
        except Exception as error:  # noqa: BLE001 - each of them is told
            group = group or self._gathered()
            _fail(group, partial(_own, error))
        except BaseException:  # an end of this thread, or of the process: nobody else's
            _fail(group, self._interrupted)
            raise
        finally:
            self._leave(mine)
            for each in group:
                each.woken.set()

    def _gathered(self) -> tuple[_Waiting, ...]:
        with self._lock:
            return tuple(self._waiting)

    def _try(self, each: _Waiting) -> None:
        """Do a work as a part of the transaction, which alone is taken back if it fails.

        Raises
        ------
        Exception
            If it cannot be, since the whole transaction is gone: a full disk, a server that went away.
        """
        self._run("SAVEPOINT part")
        try:
            each.tried.set_result(each.work())
        except Exception as error:  # noqa: BLE001 - it is the outcome
            try:
                self._run("ROLLBACK TO SAVEPOINT part")
            except Exception as lost:  # noqa: BLE001 - whatever it is, the others cannot be kept
                each.outcome.set_exception(error)  # told to this one alone: it may name what is not the others'
                raise (_own(error) if isinstance(error, DiskFull) else lost) from None
            each.tried.set_exception(error)
        self._run("RELEASE SAVEPOINT part")


def _tell(outcome: Future[Any], tried: Future[Any]) -> None:
    error = tried.exception()
    if error is None:
        outcome.set_result(tried.result())
    else:
        outcome.set_exception(error)


def _fail(group: tuple[_Waiting, ...], error: Callable[[], Exception]) -> None:
    """Tell those who have no outcome yet that theirs was lost."""
    for each in group:
        if not each.outcome.done():
            each.outcome.set_exception(error())


def _own(error: Exception) -> Exception:
    """An error for each thread in which it is raised; where it came from, it tells as that of the leader does."""
    return copy.copy(error).with_traceback(error.__traceback__)
