"""The BentoML service, built by a factory: importing this module does nothing.

BentoML answers ``/livez``, ``/readyz``, ``/healthz``, ``/metrics`` and ``/schema.json`` itself and
gives every other path to our application, its own index page at ``/`` included. BentoML counts and
traces requests by their raw path; what no path of ours is therefore reaches it blanked, so that
nothing a caller writes into a URL is kept.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import bentoml
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.envelope import Envelope, problem_response, request_id_of
from serving.paths import BENTOML_PATHS, OUR_PATHS
from serving.problems import UNAVAILABLE, ProblemError

if TYPE_CHECKING:
    from serving.online import OnlineScorer

__all__ = ["BLANKED_PATH", "FrontedService", "build_service"]

BLANKED_PATH: Final = "/no-such-path"
"""What a path that nobody serves is called from the door on."""

_log = logging.getLogger("bentoml.serve.tradeline")


class FrontedService(bentoml.Service):
    """A BentoML service behind our outermost layer, which its own middleware does not get past."""

    def to_asgi(self, is_main: bool = True) -> ASGIApp:
        """The whole server application."""
        app: ASGIApp = super().to_asgi(is_main=is_main)
        return Envelope(_Blanking(app))


class _Blanking:
    """Hides from BentoML's records what a caller wrote into a path or query that nobody serves."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            known = scope["path"] in OUR_PATHS or scope["path"] in BENTOML_PATHS
            path = scope["path"] if known else BLANKED_PATH
            scope = {**scope, "path": path, "raw_path": path.encode(), "query_string": b""}
        await self.app(scope, receive, send)


class _Door:
    """Where the application stands once the worker has opened it."""

    app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.app is not None:
            await self.app(scope, receive, send)
        else:
            await problem_response(ProblemError(UNAVAILABLE), request_id_of(scope))(scope, receive, send)


def build_service(open_scorer: Callable[[], OnlineScorer], *, workers: int = 1) -> Any:
    """The BentoML service around a scorer.

    Parameters
    ----------
    open_scorer : callable
        Opens the scorer; called once in each worker, never in the process that minds them.
    workers : int
        Number of worker processes; each scores on one thread.
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
        """Scores consumers from the online store."""

        def __init__(self) -> None:
            from serving.app import build_app

            _end_with_minder()
            scorer = open_scorer()
            door.app = build_app(scorer)
            _log.info("serving %s", scorer.bundle.model_version)

    return Scoring


def _end_with_minder() -> None:
    """End this worker in order once the process that minds it is gone; else it would hold the port for ever."""
    minder = os.getppid()

    def watch() -> None:
        while os.getppid() == minder:
            time.sleep(1.0)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="watch-minder", daemon=True).start()
