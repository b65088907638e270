"""The OpenAPI document: what its operations have in common, and the models that no route names by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from serving.body import LARGEST_BODY
from serving.envelope import REQUEST_ID
from serving.problems import (
    FAILED,
    MEDIA_TYPE,
    METHOD_NOT_ALLOWED,
    NO_SCOPE,
    TOO_MANY,
    UNAUTHENTICATED,
    UNAVAILABLE,
    Kind,
    Problem,
)

__all__ = ["COMMON", "IDEMPOTENCY_KEY", "answers", "describe", "json_body", "operation"]

IDEMPOTENCY_KEY: Final = "Idempotency-Key"

COMMON: Final = (UNAUTHENTICATED, NO_SCOPE, METHOD_NOT_ALLOWED, TOO_MANY, FAILED, UNAVAILABLE)
"""Problems that any operation with a key can answer."""

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
_KEY_SCHEME: Final = {
    "type": "http",
    "scheme": "bearer",
    "description": "a key that `tradeline keys create` showed once",
}


def json_body(model: type[BaseModel]) -> dict[str, Any]:
    """The body of an operation that reads JSON."""
    return {
        "required": True,
        "description": f"JSON in UTF-8 of at most {LARGEST_BODY} bytes",
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}},
    }


def answers(
    kinds: Sequence[Kind],
    status: int = 200,
    media: Iterable[str] = ("application/json",),
    headers: Iterable[str] = (),
) -> dict[int | str, dict[str, Any]]:
    """The answers of an operation by status, as OpenAPI describes them.

    Parameters
    ----------
    kinds : sequence of Kind
        The problems it can answer beside :data:`COMMON`.
    status : int
        The status when all is well.
    media : iterable of str
        Media types of the answer; those that are not JSON are bytes.
    headers : iterable of str
        Further headers of the answer.
    """
    further = {name: {"description": "", "required": False, "schema": {"type": "string"}} for name in headers}
    binary = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in media if kind != "application/json"}
    well: dict[str, Any] = {"description": "Answered", "headers": _HEADERS | further}
    if binary:
        well["content"] = binary
    by_status: dict[int | str, dict[str, Any]] = {status: well}
    for kind in (*kinds, *COMMON):
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


def operation(
    name: str,
    summary: str,
    responses: dict[int | str, dict[str, Any]],
    *,
    parameters: Sequence[Mapping[str, Any]] = (),
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What a route tells of itself, as arguments of ``app.get`` and ``app.post``.

    Parameters
    ----------
    name, summary : str
        Its identifier, and what it does.
    responses : dict
        Its answers, of :func:`answers`.
    parameters : sequence of mapping
        What it reads by itself of query and headers, beside the request's identifier.
    body : mapping, optional
        The body that it reads by itself.
    """
    further: dict[str, Any] = {"parameters": [_REQUEST_ID_PARAMETER, *parameters]}
    if body is not None:
        further["requestBody"] = body
    return {"operation_id": name, "summary": summary, "responses": responses, "openapi_extra": further}


def describe(app: FastAPI, models: Sequence[type[BaseModel]]) -> dict[str, Any]:
    """The whole document.

    Parameters
    ----------
    app : FastAPI
        The application.
    models : sequence of type
        Models of the requests, which its routes read by themselves.
    """
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        _, schemas = models_json_schema(
            [*((model, "validation") for model in models), (Problem, "serialization")],
            ref_template="#/components/schemas/{model}",
        )
        components = document.setdefault("components", {})
        components.setdefault("schemas", {}).update(schemas["$defs"])
        components["securitySchemes"] = {"key": _KEY_SCHEME}
        document["security"] = [{"key": []}]
        for path in document["paths"].values():
            for operation in path.values():
                _without_validation(operation)
        app.openapi_schema = document
    return app.openapi_schema


def _without_validation(operation: dict[str, Any]) -> None:
    """Take out FastAPI's own description of a status 422, which no operation of ours answers with."""
    told = operation["responses"].get("422", {}).get("content", {}).get("application/json")
    if told is not None:
        del operation["responses"]["422"]
