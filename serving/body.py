"""Taking in a body: its limits in size and time, its media type, and the rules it must keep."""

from __future__ import annotations

import asyncio
import difflib
import json
from typing import Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from starlette.requests import ClientDisconnect, Request

from serving.problems import BODY_TOO_LARGE, BODY_TOO_SLOW, INVALID, NOT_JSON, BrokenRule, ProblemError
from serving.requests import DAY, LINE, ONE_WHO

__all__ = ["LARGEST_BODY", "SLOWEST_BODY", "broken", "parse", "read_json"]

LARGEST_BODY: Final = 65_536
SLOWEST_BODY: Final = 10.0
_MOST_ERRORS: Final = 20

_RULES: Final = {
    "bool_type": "must be true or false",
    "date_from_datetime_parsing": "must be a date as ISO 8601 writes it",
    "date_parsing": "must be a date as ISO 8601 writes it",
    "date_type": "must be a date as ISO 8601 writes it",
    LINE: "must be one line of text, without control characters and marks that turn it round",
    DAY: "must be a date as ISO 8601 writes it",
    "dict_type": "must be an object",
    "finite_number": "must be a finite number",
    "float_parsing_size": "must be a number of ordinary size",
    "float_type": "must be a number",
    "greater_than_equal": "must not be smaller than the interface allows",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "must be a number of ordinary size",
    "int_type": "must be a whole number",
    "less_than": "must not be larger than the interface allows",
    "less_than_equal": "must not be larger than the interface allows",
    "literal_error": "must be one of the words that the interface lists",
    "missing": "is required",
    "model_attributes_type": "must be an object",
    "model_type": "must be an object",
    ONE_WHO: "must name a consumer by exactly one of consumer_ref, consumer_id and applicant",
    "string_pattern_mismatch": "must be written as the interface describes it",
    "string_sub_type": "must be text",
    "string_too_long": "must not be longer",
    "string_too_short": "must not be empty",
    "string_type": "must be text",
    "string_unicode": "must be text in UTF-8",
}


async def read_json(request: Request) -> bytes:
    """The bytes of a JSON body.

    Raises
    ------
    ProblemError
        If it is not declared as JSON, too large, or slow to come.
    """
    _require_json(request)
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or int(declared[:20]) > LARGEST_BODY:
        raise ProblemError(BODY_TOO_LARGE)
    body = bytearray()
    try:
        async with asyncio.timeout(SLOWEST_BODY):
            async for piece in request.stream():
                body += piece
                if len(body) > LARGEST_BODY:
                    raise ProblemError(BODY_TOO_LARGE)
    except (TimeoutError, ClientDisconnect):
        raise ProblemError(BODY_TOO_SLOW, headers={"Connection": "close"}) from None
    return bytes(body)


def _require_json(request: Request) -> None:
    media_type, *parameters = request.headers.get("content-type", "").lower().split(";")
    charsets = {
        value.strip(' "') for name, _, value in (p.partition("=") for p in parameters) if name.strip() == "charset"
    }
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if media_type.strip() != "application/json" or not charsets <= {"utf-8", "utf8"} or encoding != "identity":
        raise ProblemError(NOT_JSON, headers={"Accept": "application/json"})


def parse(model: type[BaseModel], body: bytes) -> BaseModel:
    """The body as a model.

    Raises
    ------
    ProblemError
        If it is no JSON, names something twice, or breaks the model's rules. The problem holds neither its
        values nor its names, but for those of the model itself.
    """
    try:
        parsed = model.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
    else:
        _require_once(body)
        return parsed
    known = _field_names(model)
    raise ProblemError(INVALID, tuple(_broken(each, body, known) for each in found[:_MOST_ERRORS]))


def _require_once(body: bytes) -> None:
    """Refuse a body in which a name stands twice: of two values one would decide, and the other be overlooked."""

    def once(pairs: list[tuple[str, object]]) -> None:
        if len({name for name, _ in pairs}) < len(pairs):
            raise broken("body", "must not name a field twice")

    json.loads(body, object_pairs_hook=once, parse_int=str, parse_float=str)


def broken(location: str, rule: str) -> ProblemError:
    """The problem that one rule is broken."""
    return ProblemError(INVALID, (BrokenRule(location=location, rule=rule),))


def _field_names(model: type[BaseModel]) -> frozenset[str]:
    names = set(model.model_fields)
    for field in model.model_fields.values():
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                names |= _field_names(kind)
    return frozenset(names)


def _broken(error: ErrorDetails, body: bytes, known: frozenset[str]) -> BrokenRule:
    kind, path = error["type"], error["loc"]
    if kind == "json_invalid":
        return BrokenRule(location="body", rule=_why_not_json(body))
    if kind == "extra_forbidden":
        path, unknown = path[:-1], str(path[-1])
        near = difflib.get_close_matches(unknown, sorted(known), n=1) if len(unknown) <= 64 else []
        rule = "holds a field that is not known" + (f"; the nearest known one is {near[0]}" if near else "")
    else:
        rule = _RULES.get(kind, "is not as the interface describes it")
    return BrokenRule(location=".".join(str(step) for step in path if step in known) or "body", rule=rule)


def _why_not_json(body: bytes) -> str:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "must be text in UTF-8"
    return "must be well-formed JSON, not deeply nested"
