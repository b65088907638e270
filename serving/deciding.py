"""The decision itself: one pure function from inputs to the bytes of the answer.

A request and the replay of a decision share it. It reads no clock, no store and no setting, so that the same inputs
under the same bundle give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from features.vectors import from_application
from scoring.policy import Policy
from scoring.policy.rule_reasons import RULE_REASONS, RuleReason
from scoring.policy.ruling import Ruling
from scoring.reasons import ToldReason
from scoring.scorer import Scored
from serving.engine import Engine
from serving.errors import NoFeatures, NotReplayable
from serving.inputs import Inputs, Statements

__all__ = ["Decided", "counted_of", "decide", "moment_text", "plain_reason", "score_of"]


@dataclass(frozen=True)
class Decided:
    """A decision.

    Parameters
    ----------
    answer : bytes
        What the caller is told: JSON in UTF-8.
    ruling : Ruling
        What the policy made of it.
    scored : Scored, optional
        What the model says; None where the rules decided before any score.
    """

    answer: bytes
    ruling: Ruling
    scored: Scored | None


def decide(inputs: Inputs, engine: Engine) -> Decided:
    """Decide.

    Parameters
    ----------
    inputs : Inputs
        Everything the decision is made of.
    engine : Engine
        The bundle that the inputs name.

    Raises
    ------
    NotReplayable
        If the engine is another one.
    NoFeatures
        If a score is needed and nothing is on file.
    """
    if (engine.version, engine.manifest_sha256) != (inputs.model_version, inputs.manifest_sha256):
        raise NotReplayable(
            f"decision {inputs.decision_id}: made with another bundle than this {engine.version}; "
            f"restore bundle {inputs.model_version} with the manifest it had"
        )
    policy = engine.policies.in_force(inputs.decided_on, inputs.jurisdiction)
    wanted = policy.needs_score(inputs.circumstances)
    scored = score_of(inputs.values, inputs.application, engine, policy) if wanted else None
    ruling = policy.rule(inputs.circumstances, scored.credit_score if scored else None)
    told = None if ruling.score_withheld else scored
    return Decided(_encoded(_answer(inputs, engine, ruling, told)), ruling, scored)


def score_of(values: Mapping[str, float] | None, application: Statements, engine: Engine, policy: Policy) -> Scored:
    """Score what is on file, with the statements of an application in place of those on file.

    Parameters
    ----------
    values : mapping of str to float, optional
        What is on file.
    application : mapping of str to float or str
        The statements.
    engine : Engine
        What scores.
    policy : Policy
        The policy in force: reasons are taken against applicants just above its cut-off.

    Raises
    ------
    NoFeatures
        If nothing is on file.
    """
    if values is None:
        raise NoFeatures("nothing is on file of this consumer; compute the features of the portfolio first")
    with np.errstate(over="ignore", invalid="ignore"):
        return engine.scorer.score_one(_counted(values, application, engine), explain="all", policy=policy)


def counted_of(inputs: Inputs, engine: Engine) -> dict[str, float]:
    """The counted features of a decision as they are scored, statements of the application among them."""
    return _counted(inputs.values or {}, inputs.application, engine)


def _counted(values: Mapping[str, float], application: Statements, engine: Engine) -> dict[str, float]:
    features = engine.bundle.features
    counted = dict.fromkeys(features.counted, float("nan")) | dict(values)
    return counted | from_application(features, application) if application else counted


def _answer(inputs: Inputs, engine: Engine, ruling: Ruling, scored: Scored | None) -> dict[str, Any]:
    explanation = scored.explanation if scored else None
    of_rules, of_score = ruling.reasons(explanation.against if explanation else ())
    scale = engine.bundle.scale
    return {
        "decision_id": inputs.decision_id,
        "decided_at": moment_text(inputs.decided_at),
        "decision": ruling.decision,
        "decided_by": ruling.decided_by,
        "rule": ruling.rule,
        "identity": inputs.circumstances.identity,
        "address_mismatch": inputs.circumstances.address_mismatch,
        "credit_score": scored.credit_score if scored else None,
        "default_probability": scored.default_probability if scored else None,
        "score_range": {"lowest": scale.lowest, "highest": scale.highest},
        "reasons": [*map(_plain_rule, of_rules), *map(plain_reason, of_score)],
        "key_factors": [plain_reason(each) for each in (explanation.key_factors if explanation else ())],
        "baselines_agree_on": explanation.agreement if explanation else None,
        "notes": _notes(ruling.notes),
        "jurisdiction": inputs.jurisdiction,
        "policy_version": ruling.policy_version,
        "model_version": inputs.model_version,
        "known_at": moment_text(inputs.known_at) if inputs.known_at else None,
    }


def plain_reason(reason: ToldReason) -> dict[str, Any]:
    """A reason of the score, as it is told over the wire."""
    return {
        "code": reason.code,
        "statement": reason.statement,
        "statement_zh": reason.statement_zh,
        "told": reason.told,
        "told_zh": reason.told_zh,
        "component": "score",
        "contribution": reason.contribution,
    }


def _plain_rule(reason: RuleReason) -> dict[str, Any]:
    """A reason of a rule: it has no weight, and its statement tells all of it."""
    return {
        "code": reason.code,
        "statement": reason.statement,
        "statement_zh": reason.statement_zh,
        "told": reason.statement,
        "told_zh": reason.statement_zh,
        "component": "rule",
        "contribution": None,
    }


def _notes(codes: Iterable[str]) -> list[dict[str, str]]:
    told = (RULE_REASONS[code] for code in codes)
    return [{"code": each.code, "statement": each.statement, "statement_zh": each.statement_zh} for each in told]


def moment_text(moment: datetime) -> str:
    """A moment in UTC as it is told over the wire."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _encoded(answer: Mapping[str, Any]) -> bytes:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
