"""Errors as answers: one shape for all of them (RFC 9457, ``application/problem+json``).

A problem names the rule that was broken and where, in our own words. It never repeats what the
caller sent: neither a value nor a name that is not ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "BATCH_NOT_DONE",
    "BATCH_TOO_LARGE",
    "BODY_TOO_LARGE",
    "BODY_TOO_SLOW",
    "CONTENT_GONE",
    "FAILED",
    "IDEMPOTENCY_MISMATCH",
    "INVALID",
    "IN_FLIGHT",
    "MEDIA_TYPE",
    "METHOD_NOT_ALLOWED",
    "NOT_FOUND",
    "NOT_JSON",
    "NOT_ON_RECORD",
    "NOT_RECORDED",
    "NOT_SENT",
    "NOT_TABLE",
    "NO_FEATURES",
    "NO_NOTICE",
    "NO_PURPOSE",
    "NO_SCOPE",
    "REPLAY_DIFFERS",
    "TOO_MANY",
    "TOO_MANY_BATCHES",
    "UNAUTHENTICATED",
    "UNAVAILABLE",
    "UNKNOWN_CONSUMER",
    "BrokenRule",
    "Kind",
    "Problem",
    "ProblemError",
]

MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True)
class Kind:
    """A kind of problem.

    Parameters
    ----------
    name : str
        Its stable name, the end of its URI.
    status : int
        The HTTP status.
    title : str
        What it is, the same for every occurrence.
    detail : str
        What to do about it.
    """

    name: str
    status: int
    title: str
    detail: str

    @property
    def uri(self) -> str:
        """The URI that identifies the kind."""
        return f"urn:tradeline:problem:{self.name}"


UNAUTHENTICATED: Final = Kind(
    "unauthenticated", 401, "No valid key", "Send Authorization: Bearer and a key that is neither revoked nor expired."
)
NO_SCOPE: Final = Kind("no-scope", 403, "Out of the key's scope", "The key is not good for this; ask for one that is.")
NO_PURPOSE: Final = Kind(
    "no-purpose",
    403,
    "No permissible purpose",
    "Name a permissible purpose that the key has and its subscriber has certified; no data are given without one.",
)
UNKNOWN_CONSUMER: Final = Kind(
    "unknown-consumer",
    404,
    "Unknown consumer",
    "No consumer of this portfolio has the reference; ingest the consumer's records first, or check it.",
)
NO_FEATURES: Final = Kind(
    "no-features",
    404,
    "No features",
    "The online store holds no features of this consumer; score the consumer's portfolio in a batch first.",
)
NOT_ON_RECORD: Final = Kind(
    "not-on-record", 404, "Not on record", "The subscriber has no decision, letter or batch of this name; check it."
)
NOT_FOUND: Final = Kind(
    "not-found", 404, "Nothing here", "Nothing is at this path; /openapi.json describes what there is."
)
METHOD_NOT_ALLOWED: Final = Kind(
    "method-not-allowed",
    405,
    "Method not allowed",
    "This path does not answer to the method; Allow lists those it does.",
)
BODY_TOO_SLOW: Final = Kind("body-too-slow", 408, "Body too slow", "The body did not arrive in time; send it again.")
IN_FLIGHT: Final = Kind(
    "in-flight", 409, "Still being answered", "A request under this Idempotency-Key is being answered; ask again later."
)
NO_NOTICE: Final = Kind(
    "no-notice",
    409,
    "No notice",
    "This decision asks for no notice, or `errors` tell what it lacks or how it cannot be written; where the request "
    "told no name and address, issue it with `to`, or the bureau's operator can: tradeline notices render DECISION "
    "--to FILE.",
)
NOT_SENT: Final = Kind(
    "not-sent",
    409,
    "Cannot have been sent then",
    "A letter is sent on a day from that on which it was issued to today (UTC); another day that was noted before is "
    "changed with `correct` alone.",
)
BATCH_NOT_DONE: Final = Kind(
    "batch-not-done", 409, "Batch not done", "The results are not there yet, or the batch failed; ask for its state."
)
REPLAY_DIFFERS: Final = Kind(
    "replay-differs",
    409,
    "Replay differs",
    "The decision could not be made again as it was kept; the operator has been told and must look into it.",
)
CONTENT_GONE: Final = Kind(
    "content-gone", 410, "No longer kept", "The time for which this is kept is over; nobody can read it any more."
)
BODY_TOO_LARGE: Final = Kind("body-too-large", 413, "Body too large", "A body holds at most 65536 bytes.")
BATCH_TOO_LARGE: Final = Kind(
    "batch-too-large", 413, "Batch too large", "Send the batch in several parts; docs/service.md tells the limit."
)
NOT_JSON: Final = Kind(
    "not-json",
    415,
    "Not declared as JSON",
    "Send Content-Type: application/json, in UTF-8, without a Content-Encoding.",
)
NOT_TABLE: Final = Kind(
    "not-table",
    415,
    "Not declared as a table",
    "Send Content-Type: text/csv or application/vnd.apache.parquet, without a Content-Encoding.",
)
INVALID: Final = Kind("invalid", 422, "Invalid request", "The request breaks the rules listed; nothing was scored.")
IDEMPOTENCY_MISMATCH: Final = Kind(
    "idempotency-mismatch",
    422,
    "Another request under this key",
    "This Idempotency-Key was used for another request; take a new key.",
)
TOO_MANY: Final = Kind("too-many", 429, "Too many requests", "The key's rate or quota is used up; see Retry-After.")
TOO_MANY_BATCHES: Final = Kind(
    "too-many-batches",
    429,
    "Too many batches",
    "The subscriber has as many batches or bytes as it may; see Retry-After, and docs/service.md for the limits.",
)
FAILED: Final = Kind(
    "failed", 500, "Internal error", "The request could not be answered; tell the operator its request_id."
)
NOT_RECORDED: Final = Kind(
    "not-recorded",
    503,
    "Cannot be recorded",
    "The casework or the audit log cannot be written, and nothing is decided without; try again later.",
)
UNAVAILABLE: Final = Kind(
    "unavailable", 503, "Not available", "The service or its online features are not ready; try again later."
)


class BrokenRule(BaseModel):
    """A rule that the request breaks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    location: str = Field(description="where, in names of this interface", examples=["application.income"])
    rule: str = Field(description="what must hold there", examples=["must be a number"])


class Problem(BaseModel):
    """Why a request was not answered as asked."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "type": INVALID.uri,
                    "title": INVALID.title,
                    "status": INVALID.status,
                    "detail": INVALID.detail,
                    "errors": [{"location": "application.income", "rule": "must be a number"}],
                    "request_id": "5b1c1c0e6f2a4d0f9c3b7a58d1e2f304",
                }
            ]
        },
    )

    type: str = Field(description="identifies the kind of problem")
    title: str = Field(description="the kind of problem, for people")
    status: int = Field(description="the HTTP status", ge=400, le=599)
    detail: str = Field(description="what to do about it")
    errors: list[BrokenRule] = Field(description="the rules that were broken, if there are any to name")
    request_id: str = Field(description="identifies the request; also in X-Request-ID")


class ProblemError(Exception):
    """Ends a request with a problem.

    Parameters
    ----------
    kind : Kind
        What it is.
    errors : tuple of BrokenRule
        The rules that were broken.
    headers : dict of str to str, optional
        Further headers of the answer.
    """

    def __init__(self, kind: Kind, errors: tuple[BrokenRule, ...] = (), headers: dict[str, str] | None = None) -> None:
        self.kind = kind
        self.errors = errors
        self.headers = headers or {}
        super().__init__(kind.title)

    def problem(self, request_id: str) -> Problem:
        """The problem as it is told."""
        kind = self.kind
        return Problem(
            type=kind.uri,
            title=kind.title,
            status=kind.status,
            detail=kind.detail,
            errors=list(self.errors),
            request_id=request_id,
        )
