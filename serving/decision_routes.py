"""The routes of decisions: deciding, and telling again what was decided."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import FastAPI, Path, Request
from starlette.responses import Response

from bureau.errors import AlreadyKept
from features.sets import FeatureSet
from serving.access import access_of, noting_unknown, require_purpose
from serving.answers import DecisionAnswer, RecourseAnswer
from serving.asked import asked_of
from serving.body import broken, parse, read_json
from serving.desk import Question
from serving.once import Once
from serving.openapi import IDEMPOTENCY_KEY, answers, json_body, operation
from serving.paths import DECISION, DECISIONS, RECOURSE
from serving.problems import (
    BODY_TOO_LARGE,
    BODY_TOO_SLOW,
    CONTENT_GONE,
    IDEMPOTENCY_MISMATCH,
    IN_FLIGHT,
    INVALID,
    NO_FEATURES,
    NO_PURPOSE,
    NOT_JSON,
    NOT_ON_RECORD,
    NOT_RECORDED,
    REPLAY_DIFFERS,
    UNKNOWN_CONSUMER,
    ProblemError,
)
from serving.requests import decision_request
from serving.rooms import Rooms

__all__ = ["KEY_PARAMETER", "DecisionId", "add_decision_routes", "key_of", "require_once", "require_past"]

_DECIDING: Final = (
    NO_PURPOSE,
    UNKNOWN_CONSUMER,
    NO_FEATURES,
    BODY_TOO_SLOW,
    IN_FLIGHT,
    BODY_TOO_LARGE,
    NOT_JSON,
    INVALID,
    IDEMPOTENCY_MISMATCH,
    NOT_RECORDED,
)
_READING: Final = (NOT_ON_RECORD, REPLAY_DIFFERS, CONTENT_GONE, NOT_RECORDED)
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
KEY_PARAMETER: Final = {
    "name": IDEMPOTENCY_KEY,
    "in": "header",
    "required": False,
    "description": "the same key with the same body gives the same answer and decides once; 1 to 255 visible "
    "characters of ASCII",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
_EARLIEST_PLACE: Final = timedelta(hours=14)
"""By so much the day begins earlier than in UTC where it begins first."""

DecisionId = Annotated[str, Path(description="identifier of a decision")]


def add_decision_routes(app: FastAPI, rooms: Rooms, features: FeatureSet) -> type[Any]:
    """Add the routes to an application; the model of the request that they read."""
    model = decision_request(features)
    once = Once()

    @app.post(
        DECISIONS,
        response_model=DecisionAnswer,
        **operation(
            "decide",
            "Decide on an application",
            answers(_DECIDING),
            parameters=(KEY_PARAMETER,),
            body=json_body(model),
        ),
    )
    async def decide(request: Request) -> Response:
        with rooms.metrics.stage("whole"):
            key = key_of(request)
            with rooms.metrics.stage("body"):
                body = await read_json(request)
                told: Any = parse(model, body)
            at = rooms.clock()
            require_past("consent.given_on", told.consent.given_on, at)
            if told.applicant is not None:
                require_past("applicant.birth_date", told.applicant.birth_date, at)
            purpose = require_purpose(request.scope, told.purpose or "")
            question = Question(asked_of(told), body, access_of(request.scope), purpose, at, key)
            with once.flying(question.access.subscriber, key), noting_unknown(request.scope, purpose):
                answer = await rooms.call(_decided, rooms, question)
        return Response(answer, media_type="application/json")

    @app.get(
        DECISION,
        response_model=DecisionAnswer,
        **operation("decision", "A decision, made again from what was known then", answers(_READING)),
    )
    async def decision(request: Request, decision_id: DecisionId) -> Response:
        answer = await rooms.call(rooms.archive.replay, decision_id, access_of(request.scope), rooms.clock())
        return Response(answer, media_type="application/json")

    @app.get(
        RECOURSE,
        response_model=RecourseAnswer,
        **operation("recourse", "The smallest change that would have approved", answers(_READING)),
    )
    async def recourse(request: Request, decision_id: DecisionId) -> Response:
        told = await rooms.call(rooms.archive.recourse, decision_id, access_of(request.scope), rooms.clock())
        return Response(told.model_dump_json(), media_type="application/json")

    return model


def _decided(rooms: Rooms, question: Question) -> bytes:
    """The answer; that of the decision that was made before, if the idempotency key was used for the same request."""
    try:
        if question.key is not None:
            rooms.archive.require_new(question)
        return rooms.desk.decide(question)
    except AlreadyKept as kept:
        if not kept.same_request:
            raise ProblemError(IDEMPOTENCY_MISMATCH) from None
        return rooms.archive.answer(kept.object_id, question.access, question.at)


def key_of(request: Request) -> str | None:
    """The idempotency key of a request, if it has one.

    Raises
    ------
    ProblemError
        If it is not one.
    """
    keys = request.headers.getlist(IDEMPOTENCY_KEY)
    if len(keys) > 1:
        raise broken(IDEMPOTENCY_KEY, "must not stand twice")
    if keys and not _KEY.fullmatch(keys[0]):
        raise broken(IDEMPOTENCY_KEY, "must be 1 to 255 visible characters of ASCII")
    return keys[0] if keys else None


def require_once(request: Request, *names: str) -> None:
    """Refuse a parameter of the query that stands twice: of two values one would count, and the other be overlooked.

    Raises
    ------
    ProblemError
        If one of these names does.
    """
    for name in names:
        if len(request.query_params.getlist(name)) > 1:
            raise broken(name, "must not stand twice")


def require_past(location: str, day: date | None, at: datetime) -> None:
    """Refuse a day that has begun nowhere on earth yet.

    Raises
    ------
    ProblemError
        If it is one.
    """
    if day is not None and day > (at + _EARLIEST_PLACE).date():
        raise broken(location, "must not be in the future")
