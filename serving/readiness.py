"""Readiness: whether decisions can be given at the moment, looked at beside the requests and never within one.

Each check has a place and a rule that must hold there. It is made again and again, so that the service is ready
again by itself as soon as what hindered it has passed.
"""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import Callable, Mapping
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

__all__ = ["LEAST_ROOM", "Check", "Readiness", "require_recordable"]

LEAST_ROOM: Final = 32 * 1024**2
"""Bytes that must be left on the disk of the casework: what is kept of some thousand decisions."""

_RULES: Final = MappingProxyType(
    {
        "online store": "must hold the features of the champion",
        "casework": "must be writable",
        "audit log": "must be as it was left",
        "disk": "must have room",
        "limits": "must count requests",
    }
)
_ERRORS: Final = (BureauError, FeatureRepoError, ServingError, sqlite3.Error, OSError)

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

    Parameters
    ----------
    checks : tuple of Check
        What is looked at; nothing hinders until it was.
    metrics : Metrics
        Where readiness is told.
    """

    def __init__(self, checks: tuple[Check, ...], metrics: Metrics) -> None:
        self.checks = checks
        self._metrics = metrics
        self._hindering: Mapping[Check, BrokenRule] = {}

    @property
    def hindering(self) -> tuple[BrokenRule, ...]:
        """The rules that do not hold; none when ready."""
        return tuple(self._hindering.values())

    def look(self) -> None:
        """Make all checks, one after the other."""
        for check in self.checks:
            self.look_at(check)

    def look_at(self, check: Check) -> None:
        """Make one check, and tell the log when its outcome changes."""
        before = self._hindering.get(check)
        others = {each: rule for each, rule in self._hindering.items() if each is not check}
        try:
            check.make()
        except _ERRORS as error:
            rule = _broken(check, error)
            others[check] = rule
            if rule != before:
                _log.error("not ready: %s", error)
        else:
            if before is not None:
                _log.info("ready again: %s", before.location)
        self._hindering = others
        self._metrics.ready(not others)


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


def _broken(check: Check, error: Exception) -> BrokenRule:
    place = check.place
    if isinstance(error, AuditBroken):
        place = "audit log"
    elif isinstance(error, DiskFull):
        place = "disk"
    return BrokenRule(location=place, rule=_RULES[place])
