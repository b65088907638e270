"""Opening everything a worker of the service needs, in its order, and closing it again."""

from __future__ import annotations

import functools
import logging
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from starlette.types import ASGIApp

from bureau.casework.casework import Casework
from bureau.casework.opening import open_casework
from bureau.home import Home
from bureau.signers import trusted_signers
from bureau.vault import open_vault
from scoring.champion import champion_folder
from serving.access import AccessControl
from serving.app import build_app
from serving.archive import Archive
from serving.batch_work import BatchWork
from serving.batches import Batches, BatchFiles
from serving.desk import Desk
from serving.engine import Engine, Engines, load_engine
from serving.letters import Letters
from serving.limits import Limits, open_limits
from serving.mail import Mail
from serving.metrics import Metrics
from serving.online import Online, open_online
from serving.problems import BrokenRule
from serving.readiness import Check, Readiness, require_recordable
from serving.rooms import Rooms
from serving.standing import Standing

__all__ = ["Clock", "OpenedService", "StartBatch", "batch_files", "open_batch_work", "open_service"]

_LOOK_SECONDS: Final = 1.0
_RECORD_SECONDS: Final = 5.0
"""Seconds between two proofs that a decision could be kept: each waits for the disk."""
_NOBODY: Final = "readiness"
"""Whose requests are counted to see whether requests can be counted."""

_log = logging.getLogger("bentoml.serve.tradeline")

Clock = Callable[[], datetime]
"""Tells the moment (UTC)."""

StartBatch = Callable[[str, str], "subprocess.Popen[bytes]"]
"""Starts the process that works a batch off, given its identifier and the name of the worker that took it."""


@dataclass(frozen=True)
class OpenedService:
    """What a worker of the service has open.

    Parameters
    ----------
    app : ASGIApp
        The application.
    rooms : Rooms
        What its routes lead to.
    online : Online
        What is known of people.
    casework : Casework
        Where decisions are kept.
    limits : Limits
        Where requests are counted.
    readiness : Readiness
        What hinders it from giving decisions.
    """

    app: ASGIApp
    rooms: Rooms
    online: Online
    casework: Casework
    limits: Limits
    readiness: Readiness
    _stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def hindering(self) -> tuple[BrokenRule, ...]:
        """What hinders it from giving decisions; nothing when it is ready."""
        return self.readiness.hindering

    def watch(self) -> None:
        """Begin what goes on beside the requests, in threads that :meth:`close` ends."""
        self._repeat("watch-champion", self.rooms.standing.look, _LOOK_SECONDS)
        self._repeat("refresh-finder", self.online.refresh, _LOOK_SECONDS)
        for check in self.readiness.checks:
            self._repeat(f"check-{check.place}", functools.partial(self.readiness.look_at, check), check.every)
        self.rooms.batches.watch(self._stopped)

    def _repeat(self, name: str, step: Callable[[], None], every: float) -> None:
        def run() -> None:
            while not self._stopped.wait(every):
                try:
                    step()
                except Exception as error:  # noqa: BLE001 (a watch that ends would not see what comes next)
                    _log.error("%s: %s", name, type(error).__qualname__)

        threading.Thread(target=run, name=name, daemon=True).start()

    def close(self) -> None:
        """End what runs beside, and close what is open."""
        self._stopped.set()
        self.rooms.close()
        self.limits.close()
        self.casework.close()
        self.online.close()


def open_service(
    home: Home,
    portfolio: str | None,
    *,
    start_batch: StartBatch,
    clock: Clock,
) -> OpenedService:
    """Open a home to serve the champion of a portfolio.

    Parameters
    ----------
    home : Home
        The home.
    portfolio : str, optional
        Whose champion; by default that of the portfolio whose champion was promoted last.
    start_batch : callable
        Starts the process that works a batch off.
    clock : callable
        The moment (UTC) of a request.

    Raises
    ------
    NotServable
        If the look-up of consumers or the online store is not there.
    ScoringError
        If there is no champion, or its bundle is refused.
    CaseworkError, LimitsUnavailable, WrongKey
        If what is kept cannot be opened.
    """
    engine, online = _engine_and_online(home, portfolio)
    casework = open_casework(home)
    limits = open_limits(home.limits)
    metrics, engines = Metrics(), Engines(home)
    standing = Standing(home, engine, metrics)
    readiness = Readiness(_checks(home, online, casework, limits, clock), metrics)
    online.refresh()
    standing.look()
    readiness.look()
    rooms = Rooms(
        desk=Desk(online, standing, casework, metrics),
        archive=Archive(casework, engines, metrics),
        mail=Mail(casework, Letters(casework, engines, home.notices)),
        batches=Batches(casework, batch_files(home), online.features, start_batch, clock),
        standing=standing,
        metrics=metrics,
        readiness=readiness,
        clock=clock,
    )
    access = AccessControl(casework.keys, limits, casework.audit, clock)
    _log.info("serving %s", engine.version)
    return OpenedService(build_app(rooms, online.features, access), rooms, online, casework, limits, readiness)


def open_batch_work(home: Home, portfolio: str | None, *, clock: Clock) -> BatchWork:
    """Open a home to work batches off.

    Parameters
    ----------
    home, portfolio, clock
        As of :func:`open_service`.

    Raises
    ------
    NotServable, ScoringError, CaseworkError, WrongKey
        As :func:`open_service`.
    """
    engine, online = _engine_and_online(home, portfolio)
    return BatchWork(open_casework(home), batch_files(home), online, engine, clock)


def batch_files(home: Home) -> BatchFiles:
    """Where the files of batches lie in a home."""
    with open_vault(home.vault, home.data_keys, home.keyring) as vault:
        return BatchFiles(home.casework_folder / "batches", vault.named_key("batches"))


def _checks(home: Home, online: Online, casework: Casework, limits: Limits, clock: Clock) -> tuple[Check, ...]:
    folder = None if home.casework_at else home.casework_folder

    def count() -> None:
        limits.take(_NOBODY, 2**31, 2**31, clock().timestamp())

    return (
        Check("online store", online.require_served, _LOOK_SECONDS),
        Check("casework", functools.partial(require_recordable, casework, folder), _RECORD_SECONDS),
        Check("limits", count, _RECORD_SECONDS),
    )


def _engine_and_online(home: Home, portfolio: str | None) -> tuple[Engine, Online]:
    engine = load_engine(home, champion_folder(home.bundles, portfolio, trusted_signers(home.signers)))
    return engine, open_online(home, engine.bundle.features)
