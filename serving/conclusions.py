"""What a person concluded of a decision: the outcome that counts, and the words of the reasons."""

from __future__ import annotations

from collections.abc import Iterable

from bureau.casework.conclusions import Conclusion
from bureau.casework.records import DecisionRecord
from features.reasons import REASONS
from scoring.notice.facts import Statement
from scoring.policy.rule_reasons import RULE_REASONS
from serving.errors import ServingError

__all__ = ["outcome_of", "reasons_of"]


def outcome_of(record: DecisionRecord, concluded: Conclusion | None) -> str:
    """What was decided: by a person where one has, else by the policy."""
    return record.decision if concluded is None else concluded.outcome


def reasons_of(codes: Iterable[str]) -> tuple[Statement, ...]:
    """Reasons by their codes, those of models and those of rules, in the order in which they are named.

    Raises
    ------
    ServingError
        If a code is none of them.
    """
    return tuple(map(_reason, codes))


def _reason(code: str) -> Statement:
    found = REASONS.get(code) or RULE_REASONS.get(code)
    if found is None:
        raise ServingError(
            f"{code!r} is no code of a reason; take one of docs/features.md, or a rule's of docs/policy.md"
        )
    return Statement(code, found.statement, found.statement_zh)
