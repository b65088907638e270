"""The routes of scoring without deciding, and of the model in service."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from fastapi import FastAPI, Request
from starlette.responses import Response

from features.sets import FeatureSet
from scoring.policy.rule_reasons import RULE_REASONS
from serving.access import access_of, noting_unknown, require_purpose
from serving.answers import Card, CutOffs, Features, Note, Reason, Scale, ScoreAnswer, ScoreRange
from serving.asked import asked_of
from serving.body import parse, read_json
from serving.deciding import plain_reason
from serving.decision_routes import require_past
from serving.desk import Question, ScoreTold
from serving.engine import Engine
from serving.envelope import request_id_of
from serving.openapi import answers, json_body, operation
from serving.paths import MODEL, SCORE
from serving.problems import (
    BODY_TOO_LARGE,
    BODY_TOO_SLOW,
    INVALID,
    NO_FEATURES,
    NO_PURPOSE,
    NOT_JSON,
    NOT_RECORDED,
    UNKNOWN_CONSUMER,
)
from serving.requests import score_request
from serving.rooms import Rooms

__all__ = ["add_score_routes", "card", "score_answer"]

_SCORING: Final = (
    NO_PURPOSE,
    UNKNOWN_CONSUMER,
    NO_FEATURES,
    BODY_TOO_SLOW,
    BODY_TOO_LARGE,
    NOT_JSON,
    INVALID,
    NOT_RECORDED,
)


def add_score_routes(app: FastAPI, rooms: Rooms, features: FeatureSet) -> type[Any]:
    """Add the routes to an application; the model of the request that they read."""
    model = score_request(features)

    @app.post(
        SCORE,
        response_model=ScoreAnswer,
        **operation("score", "Score a consumer without deciding", answers(_SCORING), body=json_body(model)),
    )
    async def score(request: Request) -> Response:
        body = await read_json(request)
        told: Any = parse(model, body)
        at = rooms.clock()
        if told.applicant is not None:
            require_past("applicant.birth_date", told.applicant.birth_date, at)
        purpose = require_purpose(request.scope, told.purpose or "")
        question = Question(asked_of(told), body, access_of(request.scope), purpose, at)
        with noting_unknown(request.scope, purpose):
            scored = await rooms.call(rooms.desk.score, question)
        return Response(
            score_answer(scored, request_id_of(request.scope)).model_dump_json(), media_type="application/json"
        )

    @app.get(
        MODEL,
        response_model=Card,
        **operation("model", "The model in service", answers(())),
    )
    async def model_card() -> Response:
        told = card(rooms.standing.lineup.champion, rooms.clock().date())
        return Response(told.model_dump_json(), media_type="application/json")

    return model


def score_answer(told: ScoreTold, request_id: str) -> ScoreAnswer:
    """What is answered about a consumer who was scored."""
    scored, bundle = told.scored, told.engine.bundle
    factors = scored.explanation.key_factors if scored is not None and scored.explanation is not None else ()
    return ScoreAnswer(
        credit_score=scored.credit_score if scored else None,
        default_probability=scored.default_probability if scored else None,
        score_range=ScoreRange(lowest=bundle.scale.lowest, highest=bundle.scale.highest),
        key_factors=[Reason.model_validate(plain_reason(each)) for each in factors],
        withheld=[
            Note(code=code, statement=RULE_REASONS[code].statement, statement_zh=RULE_REASONS[code].statement_zh)
            for code in told.withheld
        ],
        identity=told.subject.identity,
        model_version=bundle.model_version,
        known_at=told.known_at,
        request_id=request_id,
    )


def card(engine: Engine, on: date) -> Card:
    """What is told about a model.

    Parameters
    ----------
    engine : Engine
        The model.
    on : date
        The day whose policy is told.
    """
    bundle = engine.bundle
    scale, policy = bundle.scale, engine.policies.in_force(on, bundle.jurisdiction)
    return Card(
        model_version=bundle.model_version,
        manifest_sha256=engine.manifest_sha256,
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
