"""Works of many threads in few transactions: each is done once, its thread gets its own outcome, none is told early."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from bureau.group_commit import GroupCommit, Work


class DiskLostError(Exception):
    """The commit fails."""


@dataclass
class Ledger:
    """A database of numbers: what is kept, what is on its way, and the sizes of the transactions."""

    kept: list[int] = field(default_factory=list)
    open: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    may_begin: threading.Event = field(default_factory=threading.Event)
    fails: bool = False
    _one: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def write(self) -> Iterator[None]:
        assert self._one.acquire(blocking=False), "two transactions at a time"
        try:
            assert self.may_begin.wait(10)
            self.open = []
            yield
            if self.fails:
                raise DiskLostError
            self.kept += self.open
            self.sizes.append(len(self.open))
        finally:
            self._one.release()

    def attempt(self, work: Work) -> Future[Any]:
        outcome: Future[Any] = Future()
        before = len(self.open)
        try:
            outcome.set_result(work())
        except ValueError as error:
            del self.open[before:]
            outcome.set_exception(error)
        return outcome

    def add(self, number: int) -> Callable[[], tuple[int, int]]:
        """A work that adds a number, and fails for each that seven divides; which thread did it."""

        def work() -> tuple[int, int]:
            self.open.append(number)
            if number % 7 == 0:
                raise ValueError(str(number))
            return number, threading.get_ident()

        return work


def outcome_of(group: GroupCommit, ledger: Ledger, number: int) -> str:
    """What its thread is told of a number, which by then is on the disk if it is told as kept."""
    try:
        told, _ = group.run(ledger.add(number))
    except ValueError as error:
        return f"refused {error}"
    except DiskLostError:
        return "lost"
    assert number in ledger.kept
    return f"kept {told}"


def test_works_of_many_threads_are_told_to_each_its_own() -> None:
    ledger = Ledger()
    ledger.may_begin.set()
    group = GroupCommit(ledger.write, ledger.attempt)
    with ThreadPoolExecutor(16) as pool:
        told = list(pool.map(lambda number: outcome_of(group, ledger, number), range(1000)))
    assert told == [f"{'kept' if number % 7 else 'refused'} {number}" for number in range(1000)]
    assert sorted(ledger.kept) == [number for number in range(1000) if number % 7]


@pytest.mark.parametrize("fails", [False, True])
def test_who_waits_by_then_is_in_one_transaction(*, fails: bool) -> None:
    """All came before the database was free; a commit that fails keeps nothing, and tells nobody anything else."""
    ledger = Ledger(fails=fails)
    group = GroupCommit(ledger.write, ledger.attempt)
    with ThreadPoolExecutor(9) as pool:
        waiting = [pool.submit(outcome_of, group, ledger, number) for number in range(1, 10)]
        while len(group._waiting) < 9:
            assert not any(each.done() for each in waiting)
        ledger.may_begin.set()
        told = [each.result() for each in waiting]
    assert told == (["lost"] * 9 if fails else [f"{'kept' if n % 7 else 'refused'} {n}" for n in range(1, 10)])
    assert ledger.sizes == ([] if fails else [8])
    ledger.fails = False
    assert outcome_of(group, ledger, 10) == "kept 10"


def test_who_comes_alone_does_it_alone() -> None:
    ledger = Ledger()
    ledger.may_begin.set()
    group = GroupCommit(ledger.write, ledger.attempt)
    assert group.run(ledger.add(1)) == (1, threading.get_ident())
    assert ledger.sizes == [1]
