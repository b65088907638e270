"""Shadows: models that are scored beside the one that decides, recorded with its decision, and never told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from serving.deciding import score_of
from serving.engine import Engine
from serving.inputs import Inputs

__all__ = ["shadow_record"]


def shadow_record(inputs: Inputs, shadows: Sequence[Engine]) -> bytes:
    """What the shadows say of the inputs of a decision: JSON, one object a shadow; empty where there is none.

    A shadow that fails is recorded as failing and costs nobody a decision. Where nothing is on file there is nothing
    to score, and where a rule yields no score none is recorded either.
    """
    if not shadows or inputs.values is None:
        return b""
    said = [told for told in (_said(inputs, engine) for engine in shadows) if told is not None]
    return json.dumps(said, separators=(",", ":")).encode() if said else b""


def _said(inputs: Inputs, engine: Engine) -> dict[str, Any] | None:
    told: dict[str, Any] = {"model_version": engine.version, "manifest_sha256": engine.manifest_sha256}
    try:
        policy = engine.policies.in_force(inputs.decided_on, inputs.jurisdiction)
        if not policy.needs_score(inputs.circumstances):
            return None
        scored = score_of(inputs.values, inputs.application, engine, policy)
        ruling = policy.rule(inputs.circumstances, scored.credit_score)
    except Exception as error:  # noqa: BLE001 (whatever is wrong with it, the decision is another model's)
        return told | {"failed": type(error).__qualname__}
    _, reasons = ruling.reasons(scored.explanation.against if scored.explanation else ())
    return told | {
        "credit_score": scored.credit_score,
        "default_probability": scored.default_probability,
        "decision": ruling.decision,
        "policy_version": ruling.policy_version,
        "reasons": [each.code for each in reasons],
    }
