"""Works of many threads in few transactions: each is done once, its thread gets its own outcome, none is told early."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from bureau.group_commit import GroupCommit


class DiskLostError(Exception):
    """The commit fails."""


@dataclass
class Ledger:
    """A database of numbers: what is kept, what is on its way, and the sizes of the transactions.

    ``fails`` at the commit; ``is_lost`` once a work failed.
    """

    kept: list[int] = field(default_factory=list)
    open: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    may_begin: threading.Event = field(default_factory=threading.Event)
    fails: bool = False
    is_lost: bool = False
    before: int = 0
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

    def run(self, statement: str) -> None:
        if statement == "SAVEPOINT part":
            self.before = len(self.open)
        if statement == "ROLLBACK TO SAVEPOINT part":
            if self.is_lost:
                raise DiskLostError
            del self.open[self.before :]

    def group(self) -> GroupCommit:
        return GroupCommit(self.write, self.run, InterruptedError)

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
    group = ledger.group()
    with ThreadPoolExecutor(16) as pool:
        told = list(pool.map(lambda number: outcome_of(group, ledger, number), range(1000)))
    assert told == [f"{'kept' if number % 7 else 'refused'} {number}" for number in range(1000)]
    assert sorted(ledger.kept) == [number for number in range(1000) if number % 7]


@pytest.mark.parametrize("fails", [False, True])
def test_who_waits_by_then_is_in_one_transaction(*, fails: bool) -> None:
    """All came before the database was free; a commit that fails keeps nothing, and tells nobody anything else."""
    ledger = Ledger(fails=fails)
    group = ledger.group()
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
    group = ledger.group()
    assert group.run(ledger.add(1)) == (1, threading.get_ident())
    assert ledger.sizes == [1]


def interrupted(*_: object) -> None:
    """What Python does of itself when somebody presses Control-C."""
    raise KeyboardInterrupt


def errors_of(ledger: Ledger, works: Sequence[Callable[[], object]]) -> list[BaseException | None]:
    """What each work's own thread is told, when all wait in this order for one transaction."""
    group = ledger.group()
    with ThreadPoolExecutor(len(works)) as pool:
        told = []
        for count, work in enumerate(works, 1):
            told.append(pool.submit(group.run, work))
            while len(group._waiting) < count:
                pass
        ledger.may_begin.set()
        errors = [each.exception(10) for each in told]
    ledger.is_lost = False
    assert group.run(ledger.add(100)) == (100, threading.get_ident())
    assert ledger.kept == [100]
    return errors


def test_the_error_of_one_is_never_told_to_another() -> None:
    """The third cannot be taken back: it is told its own error, the others that theirs is lost."""
    ledger = Ledger(is_lost=True)
    errors = errors_of(ledger, [ledger.add(number) for number in (1, 2, 7, 3)])
    assert [type(each) for each in errors] == [DiskLostError, DiskLostError, ValueError, DiskLostError]
    assert len(set(map(id, errors))) == 4


def test_a_lost_commit_is_told_to_those_too_who_failed_alone() -> None:
    """What a work was refused for may be what another of the group wrote, and that is not kept."""
    ledger = Ledger(fails=True)
    group = ledger.group()
    ledger.may_begin.set()
    assert outcome_of(group, ledger, 7) == "lost"


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_an_interruption_ends_the_thread_that_leads_and_no_other(kind: type[BaseException]) -> None:
    ledger = Ledger()

    def end() -> None:
        raise kind

    errors = errors_of(ledger, [ledger.add(1), end, ledger.add(2)])
    assert [type(each) for each in errors] == [kind, InterruptedError, InterruptedError]


@pytest.mark.parametrize("leads", [False, True], ids=["follows", "leads"])
def test_who_is_interrupted_keeps_nobody_waiting(leads: bool) -> None:
    ledger = Ledger()
    group = ledger.group()
    main = threading.get_ident()

    def other() -> str:
        while leads and not group._waiting:
            pass
        return outcome_of(group, ledger, 1)

    def interrupt() -> None:
        while len(group._waiting) < 2:
            pass
        time.sleep(0.1)  # a signal just before a thread begins to wait for a lock would not wake it
        signal.pthread_kill(main, signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, interrupted)
    try:
        with ThreadPoolExecutor(2) as pool:
            told = pool.submit(other)
            while not leads and not group._waiting:
                pass
            pool.submit(interrupt)
            with pytest.raises(KeyboardInterrupt):
                group.run(ledger.add(2))
            ledger.may_begin.set()
            assert told.result(10) == "kept 1"
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert outcome_of(group, ledger, 3) == "kept 3"
    assert ledger.kept == [1, 3]
