"""The routes of letters: looking at one, issuing it, fetching what was issued, and saying that it was sent."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Annotated, Any, Final, Literal

from fastapi import FastAPI, Path, Query, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from bureau.access.access import Access
from bureau.casework.records import Idempotency, NoticeRecord
from bureau.errors import AlreadyKept
from scoring.notice.facts import Party
from scoring.notice.parties import is_line
from serving.access import access_of
from serving.answers import NoticeAnswer, NoticesAnswer
from serving.body import parse, read_json
from serving.decision_routes import KEY_PARAMETER, DecisionId, key_of, require_once
from serving.letters import Letter, form_of
from serving.once import Once
from serving.openapi import answers, json_body, operation
from serving.paths import NOTICE, NOTICE_KEPT, NOTICE_SENT, NOTICES
from serving.problems import (
    BODY_TOO_LARGE,
    BODY_TOO_SLOW,
    CONTENT_GONE,
    IDEMPOTENCY_MISMATCH,
    IN_FLIGHT,
    INVALID,
    NO_NOTICE,
    NOT_JSON,
    NOT_ON_RECORD,
    NOT_RECORDED,
    NOT_SENT,
    REPLAY_DIFFERS,
    ProblemError,
)
from serving.requests import LINE, Day
from serving.rooms import Rooms

__all__ = ["Addressee", "NoticeRequest", "SentRequest", "add_notice_routes"]

_READING: Final = (NOT_ON_RECORD, CONTENT_GONE, NOT_RECORDED)
_BODY: Final = (BODY_TOO_SLOW, BODY_TOO_LARGE, NOT_JSON, INVALID)
_WRITING: Final = (*_READING, NO_NOTICE, REPLAY_DIFFERS)
_MEDIA: Final = {"html": "text/html; charset=utf-8", "pdf": "application/pdf"}
_AS_FILE: Final = "Content-Disposition"

_KEY_PARAMETER: Final = KEY_PARAMETER | {
    "description": "the same key with the same body issues one letter, on whichever day it comes again; 1 to 255 "
    "visible characters of ASCII"
}


def _as_line(text: str) -> str:
    if not is_line(text):
        raise PydanticCustomError(LINE, "one line of text without control characters")
    return text


_Language = Literal["en", "zh"]
_Form = Literal["html", "pdf"]
_Line = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True), AfterValidator(_as_line)]
_NoticeId = Annotated[str, Path(description="identifier of a letter")]


class Addressee(BaseModel):
    """Whom a letter goes to, where the request for the decision did not tell."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: _Line = Field(description="the name, as it is to stand on the letter")
    address: list[_Line] = Field(min_length=1, max_length=8, description="the lines of the postal address")


class NoticeRequest(BaseModel):
    """Which letter to issue about a decision."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"language": "en", "form": "pdf"}]}
    )

    language: _Language = Field(description="its language")
    form: _Form = Field(description="its form")
    recourse: bool = Field(default=False, description="whether it tells what would have changed the decision")
    to: Addressee | None = Field(default=None, description="whom it goes to; by default whom the request told")


class SentRequest(BaseModel):
    """When a letter was sent."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [{"sent_on": "2026-11-03"}]})

    sent_on: Day = Field(description="the day (UTC), from that on which it was issued to today")
    correct: bool = Field(default=False, description="whether another day was noted before by mistake")


def add_notice_routes(app: FastAPI, rooms: Rooms) -> tuple[type[BaseModel], ...]:
    """Add the routes to an application; the models of the requests that they read."""
    mail, once = rooms.mail, Once()

    @app.get(
        NOTICE,
        response_class=Response,
        **operation(
            "notice_preview",
            "A preview of the letter that a decision asks for; it is marked as one, and kept nowhere",
            answers((*_WRITING, INVALID), media=("text/html", "application/pdf"), headers=(_AS_FILE,)),
        ),
    )
    async def preview(
        request: Request,
        decision_id: DecisionId,
        language: Annotated[_Language, Query(description="language of the letter")] = "en",
        form: Annotated[_Form, Query(description="form of the letter")] = "html",
        recourse: Annotated[bool, Query(description="tell what would have changed the decision")] = False,
    ) -> Response:
        require_once(request, "language", "form", "recourse")
        at = rooms.clock()
        asked = Letter(decision_id, language, form, at.date(), tells_recourse=recourse)
        content = await rooms.write(mail.preview, asked, access_of(request.scope), at)
        return _letter(content, form, f"preview-{decision_id}")

    @app.post(
        NOTICES,
        status_code=201,
        response_model=NoticeAnswer,
        **operation(
            "issue_notice",
            "Issue the letter that a decision asks for; the same letter is issued once",
            answers((*_WRITING, *_BODY, IN_FLIGHT, IDEMPOTENCY_MISMATCH), status=201, headers=("Location",)),
            parameters=(_KEY_PARAMETER,),
            body=json_body(NoticeRequest),
        ),
    )
    async def issue(request: Request, decision_id: DecisionId) -> Response:
        key, body = key_of(request), await read_json(request)
        told: Any = parse(NoticeRequest, body)
        at = rooms.clock()
        to = None if told.to is None else Party(told.to.name, tuple(told.to.address))
        asked = Letter(decision_id, told.language, told.form, at.date(), tells_recourse=told.recourse, to=to)
        access = access_of(request.scope)
        with once.flying(access.subscriber, key):
            kept = await rooms.write(_issued, rooms, asked, access, at, _known_by(key, decision_id, body))
        location = NOTICE_KEPT.format(decision_id=kept.decision_id, notice_id=kept.notice_id)
        return _json(_told(kept), 201, Location=location)

    @app.get(
        NOTICES,
        response_model=NoticesAnswer,
        **operation("notices", "The letters that were issued about a decision", answers(_READING)),
    )
    async def issued(request: Request, decision_id: DecisionId) -> Response:
        found = await rooms.call(mail.issued, decision_id, access_of(request.scope), rooms.clock())
        return _json(NoticesAnswer(notices=[_told(each) for each in found]))

    @app.get(
        NOTICE_KEPT,
        response_class=Response,
        **operation(
            "notice",
            "A letter as it was issued, byte by byte",
            answers(_READING, media=("text/html", "application/pdf"), headers=(_AS_FILE,)),
        ),
    )
    async def fetch(request: Request, decision_id: DecisionId, notice_id: _NoticeId) -> Response:
        kept = await rooms.call(mail.fetch, decision_id, notice_id, access_of(request.scope), rooms.clock())
        return _letter(kept.content, form_of(kept), f"notice-{kept.notice_id}")

    @app.post(
        NOTICE_SENT,
        response_model=NoticeAnswer,
        **operation(
            "notice_sent",
            "Say that a letter was sent; the same day said again changes nothing",
            answers((*_READING, NOT_SENT, *_BODY)),
            body=json_body(SentRequest),
        ),
    )
    async def sent(request: Request, decision_id: DecisionId, notice_id: _NoticeId) -> Response:
        told: Any = parse(SentRequest, await read_json(request))
        kept = await rooms.call(
            mail.sent,
            decision_id,
            notice_id,
            access_of(request.scope),
            rooms.clock(),
            on=datetime.combine(told.sent_on, time()),
            correct=told.correct,
        )
        return _json(_told(kept))

    return NoticeRequest, SentRequest


def _issued(rooms: Rooms, asked: Letter, access: Access, at: datetime, known_by: Idempotency | None) -> NoticeRecord:
    try:
        return rooms.mail.issue(asked, access, at, known_by)
    except AlreadyKept:
        raise ProblemError(IDEMPOTENCY_MISMATCH) from None


def _known_by(key: str | None, decision_id: str, body: bytes) -> Idempotency | None:
    """A request is its path and its body: the same body about another decision is another request."""
    return None if key is None else Idempotency(key, f"notices {decision_id}\n".encode() + body)


def _letter(content: bytes, form: _Form, name: str) -> Response:
    return Response(content, media_type=_MEDIA[form], headers={_AS_FILE: f'inline; filename="{name}.{form}"'})


def _json(told: BaseModel, status: int = 200, **headers: str) -> Response:
    return Response(told.model_dump_json(), status, headers=headers, media_type="application/json")


def _told(kept: NoticeRecord) -> NoticeAnswer:
    return NoticeAnswer(
        notice_id=kept.notice_id,
        decision_id=kept.decision_id,
        kind=kept.kind,
        language="zh" if kept.language == "zh" else "en",
        form=form_of(kept),
        issued_at=kept.rendered_at.replace(tzinfo=UTC),
        sent_on=None if kept.sent_at is None else kept.sent_at.date(),
        sha256=kept.sha256,
    )
