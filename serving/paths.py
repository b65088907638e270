"""The paths that are served, by name."""

from __future__ import annotations

from typing import Final

__all__ = ["BENTOML_PATHS", "MODEL", "OPENAPI", "OUR_PATHS", "SCORE"]

SCORE: Final = "/v1/score"
MODEL: Final = "/v1/model"
OPENAPI: Final = "/openapi.json"

OUR_PATHS: Final = frozenset({SCORE, MODEL, OPENAPI})
"""What our application answers."""

BENTOML_PATHS: Final = frozenset({"/livez", "/readyz", "/healthz", "/metrics", "/schema.json"})
"""What BentoML answers itself."""
