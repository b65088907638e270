"""What every answer carries, and what no failure may tell: the outermost layer of the service."""

from __future__ import annotations

import logging
import re
import secrets
import traceback
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.problems import FAILED, MEDIA_TYPE, ProblemError

__all__ = ["REQUEST_ID", "Envelope", "problem_response", "request_id_of"]

REQUEST_ID: Final = "X-Request-ID"

_WELL_FORMED: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
_KEY: Final = "tradeline.request_id"
_ANSWERED: Final = ("http", "websocket")
"""What is answered; a request for a websocket is refused as any other may be."""
_STARTS: Final = ("http.response.start", "websocket.http.response.start")
_log = logging.getLogger("bentoml.serve.tradeline")


def request_id_of(scope: Scope) -> str:
    """The identifier of a request that came through an :class:`Envelope`."""
    return str(scope.get(_KEY, ""))


def problem_response(error: ProblemError, request_id: str) -> Response:
    """A problem as an answer."""
    return Response(
        error.problem(request_id).model_dump_json(), error.kind.status, headers=error.headers, media_type=MEDIA_TYPE
    )


class Envelope:
    """Gives every request an identifier and every answer its headers; nothing that fails gets past it.

    Parameters
    ----------
    app : ASGIApp
        The application within.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] not in _ANSWERED or _KEY in scope:
            await self.app(scope, receive, send)
            return
        asked_for = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = asked_for if _WELL_FORMED.fullmatch(asked_for) else secrets.token_hex(16)
        scope[_KEY] = request_id
        started = False

        async def send_sealed(message: Message) -> None:
            nonlocal started
            if message["type"] in _STARTS:
                started = True
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = request_id
                headers["Cache-Control"] = "no-store"
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        try:
            await self.app(scope, receive, send_sealed)
        except Exception as error:  # noqa: BLE001 (the last resort: its text could hold values)
            _log.error("request failed: %s at %s (request %s)", type(error).__qualname__, _where(error), request_id)
            if not started:
                await problem_response(ProblemError(FAILED), request_id)(scope, receive, send_sealed)


def _where(error: BaseException) -> str:
    """Files, lines and functions of a traceback; no values, and no source lines, which may hold some."""
    frames = traceback.extract_tb(error.__traceback__, limit=-5)
    return " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames))
