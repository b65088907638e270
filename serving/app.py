"""The interface over HTTP: its paths, and the OpenAPI document that describes them."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

from bureau.errors import UnknownConsumer
from feature_repo.errors import FeatureRepoError
from scoring.bundle import Bundle
from serving.body import LARGEST_BODY, parse, read_json
from serving.envelope import REQUEST_ID, Envelope, problem_response, request_id_of
from serving.errors import NoFeatures
from serving.online import OnlineScore, OnlineScorer
from serving.paths import BENTOML_PATHS, MODEL, OPENAPI, SCORE
from serving.problems import (
    BODY_TOO_LARGE,
    BODY_TOO_SLOW,
    FAILED,
    INVALID,
    MEDIA_TYPE,
    METHOD_NOT_ALLOWED,
    NO_FEATURES,
    NOT_FOUND,
    NOT_JSON,
    UNAVAILABLE,
    UNKNOWN_CONSUMER,
    Kind,
    Problem,
    ProblemError,
)
from serving.schemas import Card, CutOffs, Features, Reason, Scale, ScoreAnswer, score_request

__all__ = ["API_VERSION", "build_app", "card", "score_answer"]

API_VERSION: Final = "1"

_log = logging.getLogger(__name__)

_SCORE_PROBLEMS: Final = (
    UNKNOWN_CONSUMER,
    NO_FEATURES,
    METHOD_NOT_ALLOWED,
    BODY_TOO_SLOW,
    BODY_TOO_LARGE,
    NOT_JSON,
    INVALID,
    FAILED,
    UNAVAILABLE,
)
_ABOUT: Final = (
    "Scores a consumer from features in the online store, and says why. Every error has one shape "
    f"({MEDIA_TYPE}) that repeats nothing of the request. A path that is not listed answers 404, a method "
    "that is not listed 405. Beside it, the service answers at /livez, /readyz, /healthz and /metrics."
)


def build_app(scorer: OnlineScorer) -> ASGIApp:
    """The application around a scorer.

    Scoring runs in the event loop itself: it takes a few milliseconds of one processor, and a
    worker is a process. A second thread would only wait for it.
    """
    model = score_request(scorer.bundle.features)
    told = card(scorer.bundle).model_dump_json().encode()
    app = FastAPI(
        title="Tradeline scoring",
        version=API_VERSION,
        description=_ABOUT,
        openapi_url=OPENAPI,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={
            ProblemError: _on_problem,
            HTTPException: _on_http_exception,
            Exception: _on_failure,
        },
    )

    @app.post(
        SCORE,
        operation_id="score",
        summary="Score a consumer",
        response_model=ScoreAnswer,
        responses=_answers(_SCORE_PROBLEMS),
        openapi_extra={
            "parameters": [_REQUEST_ID_PARAMETER],
            "requestBody": {
                "required": True,
                "description": f"JSON in UTF-8 of at most {LARGEST_BODY} bytes",
                "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}},
            },
        },
    )
    async def score(request: Request) -> Response:
        body: Any = parse(model, await read_json(request))
        try:
            answer = scorer.answer(body.consumer_ref, body.application.model_dump(exclude_unset=True))
        except UnknownConsumer:
            raise ProblemError(UNKNOWN_CONSUMER) from None
        except NoFeatures:
            raise ProblemError(NO_FEATURES) from None
        except (FeatureRepoError, sqlite3.Error) as error:
            _log.error("no features: %s (request %s)", type(error).__qualname__, request_id_of(request.scope))
            raise ProblemError(UNAVAILABLE) from None
        told_of = score_answer(answer, scorer.bundle.model_version, request_id_of(request.scope))
        return Response(told_of.model_dump_json(), media_type="application/json")

    @app.get(
        MODEL,
        operation_id="model",
        summary="The model in service",
        response_model=Card,
        responses=_answers((METHOD_NOT_ALLOWED, FAILED, UNAVAILABLE)),
        openapi_extra={"parameters": [_REQUEST_ID_PARAMETER]},
    )
    async def model_card() -> Response:
        return Response(told, media_type="application/json")

    app.openapi = lambda: _openapi(app, model)  # type: ignore[method-assign]
    return Envelope(app)


def score_answer(answer: OnlineScore, model_version: str, request_id: str) -> ScoreAnswer:
    """What is answered about one consumer, as it goes over the wire."""
    scored = answer.scored
    return ScoreAnswer(
        default_probability=scored.default_probability,
        credit_score=scored.credit_score,
        decision=scored.decision,
        reasons=[
            Reason(
                code=reason.code,
                statement=reason.statement,
                statement_zh=reason.statement_zh,
                contribution=reason.contribution,
            )
            for reason in scored.reasons
        ],
        model_version=model_version,
        as_of=answer.as_of,
        request_id=request_id,
    )


def card(bundle: Bundle) -> Card:
    """What is told about the model in service."""
    scale, policy = bundle.scale, bundle.policy
    return Card(
        model_version=bundle.model_version,
        portfolio=bundle.portfolio,
        jurisdiction=bundle.jurisdiction,
        trained_on=bundle.trained_on,
        features=Features(count=len(bundle.model.features), names=list(bundle.model.features)),
        score_scale=Scale(
            base_score=scale.base_score,
            base_odds=scale.base_odds,
            points_to_double=scale.points_to_double,
            lowest=scale.lowest,
            highest=scale.highest,
        ),
        cut_offs=CutOffs(
            policy_version=policy.version,
            effective_from=policy.effective_from,
            refer_below=policy.refer_below,
            decline_below=policy.decline_below,
        ),
    )


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101 (registered for this class alone)
    return problem_response(error, request_id_of(request.scope))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    """What the router raises by itself."""
    assert isinstance(error, HTTPException)  # noqa: S101 (registered for this class alone)
    kind = {404: NOT_FOUND, 405: METHOD_NOT_ALLOWED}.get(error.status_code, FAILED)
    headers = {name: value for name, value in (error.headers or {}).items() if name == "Allow"}
    if request.url.path in BENTOML_PATHS:  # BentoML hands on what it does not answer: the other methods
        kind, headers = METHOD_NOT_ALLOWED, {"Allow": "GET, HEAD"}
    return problem_response(ProblemError(kind, headers=headers), request_id_of(request.scope))


async def _on_failure(request: Request, _error: Exception) -> Response:
    """Any other error; it goes on to the envelope, which logs it and lets it go no further."""
    return problem_response(ProblemError(FAILED), request_id_of(request.scope))


_REQUEST_ID_PARAMETER: Final = {
    "name": REQUEST_ID,
    "in": "header",
    "required": False,
    "description": "the caller's own identifier of the request, 8 to 64 of A-Z a-z 0-9 . _ -; else one is made",
    "schema": {"type": "string"},
}
_HEADERS: Final = {
    REQUEST_ID: {"description": "identifies the request", "required": True, "schema": {"type": "string"}},
    "Cache-Control": {"description": "always no-store", "required": True, "schema": {"type": "string"}},
}


def _answers(kinds: Sequence[Kind]) -> dict[int | str, dict[str, Any]]:
    """The problems of an operation, by status, as OpenAPI describes them."""
    by_status: dict[int | str, dict[str, Any]] = {200: {"description": "Answered", "headers": _HEADERS}}
    for kind in kinds:
        told = by_status.setdefault(
            kind.status,
            {
                "description": "",
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
                "headers": _HEADERS,
            },
        )
        told["description"] = f"{told['description']} {kind.title}: {kind.detail}".strip()
    return by_status


def _openapi(app: FastAPI, request_model: Any) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        _, schemas = models_json_schema(
            [(request_model, "validation"), (Problem, "serialization")], ref_template="#/components/schemas/{model}"
        )
        document.setdefault("components", {}).setdefault("schemas", {}).update(schemas["$defs"])
        app.openapi_schema = document
    return app.openapi_schema
