"""Readiness: whether decisions can be given at the moment, looked at beside the requests and never within one.

Each check has a place and a rule that must hold there. It is made again and again, so that the service is ready
again by itself as soon as what hindered it has passed.
"""

from __future__ import annotations

import logging
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from bureau.casework.casework import Casework
from bureau.errors import AuditBroken, BureauError, DiskFull
from feature_repo.errors import FeatureRepoError
from serving.errors import ServingError
from serving.metrics import Metrics
from serving.problems import BrokenRule

__all__ = ["LEAST_ROOM", "LOOK_SECONDS", "Check", "Readiness", "require_recordable"]

LEAST_ROOM: Final = 32 * 1024**2
"""Bytes that must be left on the disk of the casework: what is kept of some thousand decisions."""

LOOK_SECONDS: Final = 15.0
"""Seconds after which a look that has not come back counts as one that failed: three times as long as a store waits."""

_RULES: Final = MappingProxyType(
    {
        "online store": "must hold the features of the champion",
        "casework": "must be writable",
        "audit log": "must be as it was left",
        "disk": "must have room",
        "limits": "must count requests",
    }
)
_ON_RECORD: Final = frozenset({"casework", "audit log", "disk"})
"""Places without which nothing can be put on record."""

_HUNG: Final = f"must be looked at within {LOOK_SECONDS:.0f} seconds"
_OURS: Final = (BureauError, FeatureRepoError, ServingError, sqlite3.Error, OSError)

_log = logging.getLogger("bentoml.serve.tradeline")


@dataclass(frozen=True)
class Check:
    """Something without which no decision can be given.

    Parameters
    ----------
    place : str
        Where it is looked at.
    make : callable
        Raises an error if it does not hold.
    every : float
        Seconds from one time to the next.
    """

    place: str
    make: Callable[[], None]
    every: float


class Readiness:
    """What hinders a worker from giving decisions.

    Each check is looked at in a thread of its own, so each has a place of its own here, which no other look touches.

    Parameters
    ----------
    checks : tuple of Check
        What is looked at; nothing hinders until it was.
    metrics : Metrics
        Where readiness is told.
    timer : callable
        Tells seconds, which never go back.
    """

    def __init__(
        self, checks: tuple[Check, ...], metrics: Metrics, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self.checks = checks
        self._metrics = metrics
        self._timer = timer
        self._lock = threading.Lock()
        self._broken: dict[Check, BrokenRule] = {}
        self._begun: dict[Check, float] = {}

    @property
    def hindering(self) -> tuple[BrokenRule, ...]:
        """The rules that do not hold, and those of which a look has not come back; none when ready."""
        with self._lock:
            return self._hindering()

    @property
    def unrecordable(self) -> tuple[BrokenRule, ...]:
        """Of what hinders, that for which nothing can be put on record."""
        return tuple(each for each in self.hindering if each.location in _ON_RECORD)

    def look(self) -> None:
        """Make all checks, one after the other."""
        for check in self.checks:
            self.look_at(check)

    def look_at(self, check: Check) -> None:
        """Make one check, and tell the log when its outcome changes."""
        with self._lock:
            self._begun[check] = self._timer()
        error = _error_of(check)
        rule = None if error is None else _broken(check, error)
        with self._lock:
            del self._begun[check]
            before = self._broken.pop(check, None)
            if rule is not None:
                self._broken[check] = rule
            self._metrics.ready(not self._hindering())
        if rule is None and before is not None:
            _log.info("ready again: %s", before.location)
        elif rule is not None and rule != before:
            # Of an error that is not ours the kind alone is told: its text may hold anything.
            _log.error("not ready: %s", error if isinstance(error, _OURS) else f"{check.place}: {type(error).__name__}")

    def _hindering(self) -> tuple[BrokenRule, ...]:
        late = self._timer() - LOOK_SECONDS
        hung = (check for check, begun in self._begun.items() if begun < late and check not in self._broken)
        return (*self._broken.values(), *(BrokenRule(location=check.place, rule=_HUNG) for check in hung))


def require_recordable(casework: Casework, folder: Path | None) -> None:
    """Make sure that a decision could be kept now: the head of the audit log is written anew, as it is, to the disk.

    Parameters
    ----------
    casework : Casework
        The casework.
    folder : Path, optional
        Where it lies; None where it is a server's.

    Raises
    ------
    AuditBroken
        If the head of the audit log was changed.
    DiskFull
        If there is no room for it.
    CaseworkError
        If it cannot be written.
    """
    if folder is not None and (left := shutil.disk_usage(folder).free) < LEAST_ROOM:
        raise DiskFull(f"{folder}: {left:,} bytes are left on the disk; make room")
    casework.audit.rewrite_head()


def _error_of(check: Check) -> Exception | None:
    try:
        check.make()
    except Exception as error:  # noqa: BLE001 (whatever it is, nobody has seen that decisions can be given)
        return error
    return None


def _broken(check: Check, error: Exception) -> BrokenRule:
    place = check.place
    if isinstance(error, AuditBroken):
        place = "audit log"
    elif isinstance(error, DiskFull):
        place = "disk"
    return BrokenRule(location=place, rule=_RULES[place])
