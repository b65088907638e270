"""The BentoML service, built by a factory: importing this module does nothing.

BentoML starts and minds the workers, and answers ``/livez``, ``/readyz``, ``/healthz``, ``/metrics`` and
``/schema.json``. Every other path goes straight to our application: BentoML would count and trace it by its raw path,
in which a caller can write anything, at two milliseconds of a processor a request. What is counted of it is counted
by :mod:`serving.metrics`.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

import bentoml
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.envelope import Envelope, problem_response, request_id_of
from serving.paths import BENTOML_PATHS, METRICS, READY
from serving.problems import NOT_FOUND, UNAVAILABLE, BrokenRule, Kind, ProblemError
from serving.sparing import Sparing

__all__ = ["FrontedService", "Opened", "build_service"]

_SWITCH_SECONDS: Final = 0.0005
"""How long a thread may go on while another waits: work in the background holds no request up for longer."""

_log = logging.getLogger("bentoml.serve.tradeline")


class Opened(Protocol):
    """What a worker opens: the application, and whether it can answer."""

    @property
    def app(self) -> ASGIApp:
        """The application."""
        ...

    @property
    def hindering(self) -> tuple[BrokenRule, ...]:
        """What hinders it from giving decisions; nothing when it is ready."""
        ...

    def close(self) -> None:
        """End what runs beside it."""
        ...


class _Door:
    """Where the application stands once the worker has opened it."""

    opened: Opened | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.opened is None:
            await _refuse(UNAVAILABLE, scope, receive, send)
        else:
            await self.opened.app(scope, receive, send)


class FrontedService(bentoml.Service):
    """A BentoML service behind our outermost layer, which its own middleware does not get past."""

    door: _Door

    def to_asgi(self, is_main: bool = True) -> ASGIApp:
        """The whole server application."""
        app: ASGIApp = super().to_asgi(is_main=is_main)
        return Envelope(_Front(app, self.door))


class _Front:
    """Gives BentoML what is BentoML's, without a query, and everything else to our application."""

    def __init__(self, app: ASGIApp, door: _Door) -> None:
        self.app = app
        self.door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        if scope["type"] == "websocket":
            await _refuse(NOT_FOUND, scope, receive, send)
            return
        if path not in BENTOML_PATHS:
            await self.door(scope, receive, send)
        elif path == READY and (self.door.opened is None or self.door.opened.hindering):
            why = self.door.opened.hindering if self.door.opened is not None else ()
            await _refuse(UNAVAILABLE, scope, receive, send, why)
        elif path == METRICS and not _is_near(scope):
            await _refuse(NOT_FOUND, scope, receive, send)
        else:
            await self.app({**scope, "query_string": b""}, receive, send)


async def _refuse(kind: Kind, scope: Scope, receive: Receive, send: Send, why: tuple[BrokenRule, ...] = ()) -> None:
    await problem_response(ProblemError(kind, why), request_id_of(scope))(scope, receive, send)


def _is_near(scope: Scope) -> bool:
    """Whether a request comes from this machine."""
    try:
        return ipaddress.ip_address((scope.get("client") or ("", 0))[0]).is_loopback
    except ValueError:
        return False


def build_service(open_app: Callable[[], Opened], *, workers: int = 1) -> Any:
    """The BentoML service around an application.

    Parameters
    ----------
    open_app : callable
        Opens the application; called once in each worker, never in the process that minds them.
    workers : int
        Number of worker processes.
    """
    door = _Door()

    @bentoml.service(
        name="tradeline",
        service_class=FrontedService,
        workers=workers,
        # BentoML would log the address, the raw path and the raw content type of each caller.
        logging={"access": {"enabled": False}},
    )
    @bentoml.asgi_app(door, path="/", name="scoring")
    class Scoring:
        """Decides on applications from the online store."""

        def __init__(self) -> None:
            _end_with_minder()
            for log in (_log, logging.getLogger("uvicorn.error")):
                log.addFilter(Sparing())
            sys.setswitchinterval(_SWITCH_SECONDS)
            door.opened = open_app()

        @bentoml.on_shutdown  # type: ignore[untyped-decorator]
        def close(self) -> None:
            if door.opened is not None:
                door.opened.close()

    service: Any = Scoring
    service.door = door
    return service


def _end_with_minder() -> None:
    """End this worker in order once the process that minds it is gone; else it would hold the port for ever."""
    minder = os.getppid()

    def watch() -> None:
        while os.getppid() == minder:
            time.sleep(1.0)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="watch-minder", daemon=True).start()
