"""The interface over HTTP: its routes within what every request goes through."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp

from features.sets import FeatureSet
from serving.access import AccessControl
from serving.batch_routes import add_batch_routes
from serving.body import broken
from serving.decision_routes import add_decision_routes
from serving.envelope import Envelope, problem_response, request_id_of
from serving.notice_routes import add_notice_routes
from serving.openapi import describe
from serving.paths import BENTOML_PATHS, OPENAPI
from serving.problems import FAILED, MEDIA_TYPE, METHOD_NOT_ALLOWED, NOT_FOUND, ProblemError
from serving.rooms import Rooms
from serving.score_routes import add_score_routes

__all__ = ["API_VERSION", "build_app"]

API_VERSION: Final = "1"

_ABOUT: Final = (
    "Decides on applications for credit, and says why. Every operation asks for a key (Authorization: Bearer), which "
    "is looked at before the body is read. Every error has one shape "
    f"({MEDIA_TYPE}) that repeats nothing of the request. A path that is not listed answers 404, a method "
    "that is not listed 405. Beside it, the service answers at /livez, /readyz, /healthz and /metrics."
)


def build_app(rooms: Rooms, features: FeatureSet, access: AccessControl) -> ASGIApp:
    """The application.

    Parameters
    ----------
    rooms : Rooms
        What its routes lead to.
    features : FeatureSet
        The features of the portfolio in service.
    access : AccessControl
        Who may ask for what.
    """
    app = FastAPI(
        title="Tradeline",
        version=API_VERSION,
        description=_ABOUT,
        openapi_url=OPENAPI,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={
            ProblemError: _on_problem,
            RequestValidationError: _on_invalid,
            HTTPException: _on_http_exception,
            Exception: _on_failure,
        },
    )
    models = [
        add_decision_routes(app, rooms, features),
        *add_notice_routes(app, rooms),
        add_score_routes(app, rooms, features),
    ]
    add_batch_routes(app, rooms)
    app.openapi = lambda: describe(app, models)  # type: ignore[method-assign]
    return Envelope(rooms.metrics.counted(access.before(app)))


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101 (registered for this class alone)
    return problem_response(error, request_id_of(request.scope))


async def _on_invalid(request: Request, error: Exception) -> Response:
    """A part of the path or the query that breaks a rule; FastAPI's own words would repeat it."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 (registered for this class alone)
    names = sorted({str(each["loc"][-1]) for each in error.errors()})
    return problem_response(broken(names[0], "must be as the interface describes it"), request_id_of(request.scope))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    """What the router raises by itself."""
    assert isinstance(error, HTTPException)  # noqa: S101 (registered for this class alone)
    kind = {404: NOT_FOUND, 405: METHOD_NOT_ALLOWED}.get(error.status_code, FAILED)
    headers = {"Allow": _allowed(request)} if kind is METHOD_NOT_ALLOWED else {}
    if request.url.path in BENTOML_PATHS:  # BentoML hands on what it does not answer: the other methods
        kind, headers = METHOD_NOT_ALLOWED, {"Allow": "GET, HEAD"}
    return problem_response(ProblemError(kind, headers=headers), request_id_of(request.scope))


def _allowed(request: Request) -> str:
    """The methods of all routes of a path; the router itself tells those of the first alone."""
    fitting = (each for each in request.app.routes if each.matches(request.scope)[0] is not Match.NONE)
    return ", ".join(sorted({method for each in fitting for method in each.methods}))


async def _on_failure(request: Request, _error: Exception) -> Response:
    """Any other error; it goes on to the envelope, which logs it and lets it go no further."""
    return problem_response(ProblemError(FAILED), request_id_of(request.scope))
