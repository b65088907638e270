"""What must be put on record is not begun where nothing can be, and nothing is begun that has waited for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from made_lender import application
from starlette.testclient import TestClient

import serving.rooms
from bureau.errors import CaseworkBusy
from serving.desk import Desk
from serving.opening import OpenedService
from serving.problems import Problem
from serving.readiness import Check, Readiness
from serving.rooms import AT_ONCE


class _Casework:
    """A casework that is looked at when a test says so, and then found as it says."""

    def __init__(self, readiness: Readiness) -> None:
        self._readiness = readiness
        self._check = Check("casework", self._look, 1.0)
        self._error: Exception | None = None

    def _look(self) -> None:
        if self._error is not None:
            raise self._error

    def look(self, error: Exception | None = None) -> None:
        self._error = error
        self._readiness.look_at(self._check)


@pytest.fixture
def casework(opened: OpenedService) -> Iterator[_Casework]:
    casework = _Casework(opened.readiness)
    yield casework
    casework.look()


def test_nothing_is_begun_while_nothing_can_be_put_on_record(
    client: TestClient, served: Any, casework: _Casework, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = application(consumer_ref=served.refs[0])
    casework.look(CaseworkBusy("another process writes"))
    with monkeypatch.context() as watched:
        watched.setattr(Desk, "decide", lambda *_: pytest.fail("it was begun"))
        answer = client.post("/v1/decisions", json=asked)
    problem = Problem.model_validate_json(answer.content)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert problem.type == "urn:tradeline:problem:not-recorded"
    assert [(each.location, each.rule) for each in problem.errors] == [("casework", "must be writable")]
    assert client.get("/v1/batches/b-none").status_code == 404  # it is only read
    assert client.get("/v1/model").status_code == 200
    casework.look()
    assert client.post("/v1/decisions", json=asked).status_code == 200


@pytest.mark.parametrize("why", ["not-recorded", "unavailable"])
def test_who_waits_for_a_thread_is_refused_without_being_begun(
    client: TestClient,
    served: Any,
    opened: OpenedService,
    casework: _Casework,
    monkeypatch: pytest.MonkeyPatch,
    why: str,
) -> None:
    """All threads wait for a locked casework; those behind them are refused when it is seen, or by their age."""
    begun, gate, waiting = threading.Semaphore(0), threading.Event(), 3

    def decide(*_: object) -> bytes:
        begun.release()
        assert gate.wait(30.0)
        raise CaseworkBusy("another process writes")

    def ask(_number: int) -> tuple[int, str]:
        answer = client.post("/v1/decisions", json=application(consumer_ref=served.refs[0]))
        return answer.status_code, Problem.model_validate_json(answer.content).type.rpartition(":")[2]

    monkeypatch.setattr(Desk, "decide", decide)
    with ThreadPoolExecutor(AT_ONCE + waiting) as callers:
        first = [callers.submit(ask, number) for number in range(AT_ONCE)]
        assert all(begun.acquire(timeout=30.0) for _ in first)
        if why == "unavailable":
            monkeypatch.setattr(serving.rooms, "_LONGEST_WAIT", 0.0)
        behind = [callers.submit(ask, number) for number in range(waiting)]
        give_up = time.monotonic() + 30.0
        while opened.rooms.threads._work_queue.qsize() < waiting and time.monotonic() < give_up:
            time.sleep(0.01)
        if why == "not-recorded":
            casework.look(CaseworkBusy("another process writes"))
        gate.set()
        assert {each.result() for each in behind} == {(503, why)}
        assert {each.result() for each in first} == {(503, "not-recorded")}
    assert not begun.acquire(blocking=False)
