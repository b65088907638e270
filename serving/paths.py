"""The paths that are served, by name."""

from __future__ import annotations

import re
from typing import Final

__all__ = [
    "BATCH",
    "BATCHES",
    "BATCH_RESULTS",
    "BENTOML_PATHS",
    "DECISION",
    "DECISIONS",
    "METRICS",
    "MODEL",
    "NOTICE",
    "NOTICES",
    "NOTICE_KEPT",
    "NOTICE_SENT",
    "OPENAPI",
    "OUR_PATHS",
    "READY",
    "RECOURSE",
    "SCORE",
    "template_of",
]

BATCHES: Final = "/v1/batches"
BATCH: Final = "/v1/batches/{batch_id}"
BATCH_RESULTS: Final = "/v1/batches/{batch_id}/results"
DECISIONS: Final = "/v1/decisions"
DECISION: Final = "/v1/decisions/{decision_id}"
NOTICE: Final = "/v1/decisions/{decision_id}/notice"
NOTICES: Final = "/v1/decisions/{decision_id}/notices"
NOTICE_KEPT: Final = "/v1/decisions/{decision_id}/notices/{notice_id}"
NOTICE_SENT: Final = "/v1/decisions/{decision_id}/notices/{notice_id}/sent"
RECOURSE: Final = "/v1/decisions/{decision_id}/recourse"
MODEL: Final = "/v1/model"
OPENAPI: Final = "/openapi.json"
SCORE: Final = "/v1/score"

METRICS: Final = "/metrics"
READY: Final = "/readyz"

OUR_PATHS: Final = frozenset(
    {BATCHES, BATCH, BATCH_RESULTS, DECISIONS, DECISION, RECOURSE, MODEL, OPENAPI, SCORE}
    | {NOTICE, NOTICES, NOTICE_KEPT, NOTICE_SENT}
)
"""What our application answers, with the names of what varies in braces."""

BENTOML_PATHS: Final = frozenset({"/livez", READY, "/healthz", METRICS, "/schema.json"})
"""What BentoML answers itself."""

_VARYING: Final = tuple(
    (re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path) for path in sorted(OUR_PATHS) if "{" in path
)


def template_of(path: str) -> str | None:
    """The one of :data:`OUR_PATHS` or :data:`BENTOML_PATHS` that a path of a request is; None if it is none.

    Examples
    --------
    >>> template_of("/v1/decisions/d-1/notice")
    '/v1/decisions/{decision_id}/notice'
    >>> template_of("/v1/nothing") is None
    True
    """
    if path in OUR_PATHS or path in BENTOML_PATHS:
        return path if "{" not in path else None
    return next((template for pattern, template in _VARYING if pattern.fullmatch(path)), None)
