"""Decisions that wait at one moment are kept by one transaction, and each is kept, or fails, as if it were alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from traceback import extract_tb

import pytest
from made_casework import SUBSCRIBER, inquiry, record

from bureau.audit.verify import verify
from bureau.casework.casework import Casework
from bureau.casework.opening import open_casework
from bureau.casework.records import DecisionRecord, Idempotency
from bureau.errors import AlreadyKept, CaseworkBusy, CaseworkError, DiskFull
from bureau.home import Home
from bureau.signers import trusted_signers


def counts(casework: Casework) -> tuple[int, int, int]:
    return casework.audit.head().number, casework.decisions.count(), casework.inquiries.waiting()


@contextmanager
def gathered(
    casework: Casework, decisions: Sequence[tuple[DecisionRecord, Idempotency | None]]
) -> Iterator[list[Future[int]]]:
    """Decisions that all wait while the block has the only turn to write; at its end they are kept together."""
    with ThreadPoolExecutor(len(decisions)) as pool:
        with casework.write():
            told = [
                pool.submit(casework.keep, each, inquiry(int(each.decision_id[-6:])), key) for each, key in decisions
            ]
            while len(casework._store._group._waiting) < len(decisions):
                assert not any(each.done() for each in told)
            yield told
        for each in told:
            each.exception(30)


def test_one_that_fails_fails_alone(either_home: Home, either: Casework) -> None:
    either.keep(record(1), inquiry(1))
    number, *_ = counts(either)
    key = Idempotency("once", b"body")
    waiting = [
        (record(2), key),
        (record(3), key),  # the same request: whichever comes first is kept
        (record(1), None),  # there is a decision of this name
        (record(6), None),
        (record(7), Idempotency("once", b"another body")),
    ]
    with gathered(either, waiting) as told:
        assert counts(either) == (number, 1, 1)
    errors = [each.exception() for each in told]
    assert sorted(type(each).__name__ for each in errors[:2]) in (["AlreadyKept", "NoneType"], ["AlreadyKept"] * 2)
    assert isinstance(errors[2], CaseworkError)
    assert errors[3] is None
    kept = [each.result() for each, error in zip(told, errors, strict=True) if error is None]
    assert sorted(kept) == [number + 1, number + 2]
    assert counts(either) == (number + 2, 3, 3)
    winner = either.idempotent(SUBSCRIBER, key) if errors[4] else "decision-000007"
    assert [error.object_id for error in errors if isinstance(error, AlreadyKept)] == [winner] * 2
    found = verify(either.audit, trusted_signers(either_home.signers), decisions=either.decisions.between)
    assert (found.faults, found.decisions) == ((), 3)


def test_what_is_told_was_committed_and_what_fails_is_nothing(casework: Casework) -> None:
    """A full disk, for which SQLite's own limit of pages stands in, takes the whole group with it."""
    casework.keep(record(1), inquiry(1))
    before = counts(casework)
    waiting = [(record(number, inputs=bytes(100_000)), None) for number in range(2, 6)]
    ((pages,),) = casework._store.rows("PRAGMA page_count")

    def limited(connection: object, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + 60}")  # type: ignore[attr-defined]

    from sqlalchemy import event

    event.listen(casework._store._engine, "connect", limited)
    with gathered(casework, waiting) as told:
        pass
    errors = [each.exception() for each in told]
    assert len({id(error) for error in errors if isinstance(error, DiskFull)}) == len(told)  # one in each thread
    for error in errors:
        assert error is not None
        assert extract_tb(error.__traceback__)[-1].name == "_told"  # where it comes from, not where it waited
    event.remove(casework._store._engine, "connect", limited)
    assert counts(casework) == before
    with gathered(casework, [(record(number), None) for number in range(2, 6)]) as told:
        pass
    assert sorted(each.result() for each in told) == [before[0] + 1 + number for number in range(4)]


def test_who_waits_too_long_is_told_and_the_next_are_kept(either_home: Home, either: Casework) -> None:
    with open_casework(either_home, wait_seconds=0.2) as impatient:
        with either.write(), ThreadPoolExecutor(3) as pool:
            told = [pool.submit(impatient.keep, record(number)) for number in range(3)]
            for each in told:
                with pytest.raises(CaseworkBusy, match=r"has used it for 0\.2 s"):
                    each.result(10)
        assert impatient.keep(record(4)) == either.audit.head().number


def test_inside_of_a_transaction_it_is_a_part_of_that(either: Casework) -> None:
    before = counts(either)

    def keep_and_fail() -> None:
        with either.write():
            either.keep(record(1), inquiry(1))
            assert either.decisions.count() == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        keep_and_fail()
    assert counts(either) == before
