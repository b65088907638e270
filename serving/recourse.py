"""What would have approved, found from the inputs of a decision with the bundle that made it."""

from __future__ import annotations

from scoring.recourse import Recourse, find_recourse
from serving.answers import RecourseAnswer, RecourseChange
from serving.deciding import counted_of, decide
from serving.engine import Engine
from serving.inputs import Inputs

__all__ = ["recourse_of"]


def recourse_of(inputs: Inputs, engine: Engine) -> RecourseAnswer:
    """The smallest change that would have approved, or why there is none.

    Raises
    ------
    NotReplayable
        If the engine is not the one that decided.
    """
    policy = engine.policies.in_force(inputs.decided_on, inputs.jurisdiction)
    ruling = decide(inputs, engine).ruling
    found = find_recourse(engine.scorer, counted_of(inputs, engine), policy, ruling, inputs.circumstances)
    if not isinstance(found, Recourse):
        return RecourseAnswer(
            decision_id=inputs.decision_id,
            found=False,
            changes=[],
            credit_score=None,
            why_none=found.text,
            why_none_zh=found.text_zh,
        )
    changes = [RecourseChange(action=each.action, text=each.text, text_zh=each.text_zh) for each in found.changes]
    return RecourseAnswer(
        decision_id=inputs.decision_id,
        found=True,
        changes=changes,
        credit_score=found.credit_score,
        why_none=None,
        why_none_zh=None,
    )
