"""Readiness: looks that run beside each other lose nothing of each other; one that hangs or fails is told."""

from __future__ import annotations

import threading

import pytest

from bureau.errors import CaseworkError
from serving.metrics import Metrics
from serving.readiness import LOOK_SECONDS, Check, Readiness


class _Place:
    """Something that is looked at: it may wait at a gate, and fail."""

    def __init__(self, error: Exception | None = None, *, gated: bool = False) -> None:
        self.error = error
        self.reached, self.gate = threading.Event(), threading.Event()
        if not gated:
            self.gate.set()

    def look(self) -> None:
        error = self.error
        self.reached.set()
        assert self.gate.wait(30.0)
        if error is not None:
            raise error


def test_slow_look_loses_nothing_that_others_have_seen_meanwhile() -> None:
    slow, casework = _Place(gated=True), _Place(CaseworkError("cannot be written"))
    waits, fails = Check("limits", slow.look, 1.0), Check("casework", casework.look, 1.0)
    readiness = Readiness((waits, fails), Metrics())
    for error, hindering in ((casework.error, ["casework"]), (None, [])):
        slow.gate.clear()
        slow.reached.clear()
        looking = threading.Thread(target=readiness.look_at, args=(waits,))
        looking.start()
        assert slow.reached.wait(30.0)
        casework.error = error
        readiness.look_at(fails)
        slow.gate.set()
        looking.join()
        assert [each.location for each in readiness.hindering] == hindering


def test_look_that_does_not_come_back_hinders_until_it_does() -> None:
    place, now = _Place(gated=True), [0.0]
    check = Check("limits", place.look, 1.0)
    readiness = Readiness((check,), Metrics(), lambda: now[0])
    looking = threading.Thread(target=readiness.look_at, args=(check,))
    looking.start()
    assert place.reached.wait(30.0)
    now[0] = LOOK_SECONDS
    assert readiness.hindering == ()
    now[0] += 0.1
    assert [(each.location, each.rule) for each in readiness.hindering] == [
        ("limits", "must be looked at within 15 seconds")
    ]
    place.gate.set()
    looking.join()
    assert readiness.hindering == ()


def test_any_error_hinders_and_only_its_kind_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    place = _Place(ValueError("Okafor"))
    readiness = Readiness((Check("limits", place.look, 1.0),), Metrics())
    readiness.look()
    assert [each.location for each in readiness.hindering] == ["limits"]
    assert [record.getMessage() for record in caplog.records] == ["not ready: limits: ValueError"]
    place.error = None
    readiness.look()
    assert readiness.hindering == ()
