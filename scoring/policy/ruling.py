"""The ruling: what a policy decides in given circumstances at a given score, and which of the two decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from scoring.policy.rule_reasons import RULE_REASONS, RuleReason

__all__ = ["MOST_REASONS", "DecidedBy", "Decision", "Ruling"]

Decision = Literal["approve", "refer", "decline"]

DecidedBy = Literal["score", "rule", "both"]
"""What decided: the score, a hard rule, or both where each of them alone would have referred."""

MOST_REASONS: Final = 4
"""As many reasons are told (12 CFR 1002 Supplement I, comment 9(b)(2)-1; requirements AA-04)."""

_Told = TypeVar("_Told")


@dataclass(frozen=True)
class Ruling:
    """A decision, and what it comes from.

    Parameters
    ----------
    decision : {'approve', 'refer', 'decline'}
        What is done.
    decided_by : {'score', 'rule', 'both'}
        The component that decided.
    rule : str or None
        Name of the rule that decided, the first of several; None where the score alone did.
    reason_codes_of_rules : tuple of str
        Codes of the reasons of the rules that decided, in the policy's order.
    score_withheld : bool
        Whether rules decided before any score: none was used, and none may be told.
    policy_version : str
        The version of the policy that was in force.
    notes : tuple of str
        Codes of what rules noticed and what did not decide, such as an address that differs.
    """

    decision: Decision
    decided_by: DecidedBy
    rule: str | None
    reason_codes_of_rules: tuple[str, ...]
    score_withheld: bool
    policy_version: str
    notes: tuple[str, ...] = ()

    @property
    def tells_score_reasons(self) -> bool:
        """Whether reasons of the score are told: it decided, and did not approve (requirements AA-07)."""
        return self.decision != "approve" and self.decided_by != "rule"

    def reasons(self, of_score: Sequence[_Told]) -> tuple[tuple[RuleReason, ...], tuple[_Told, ...]]:
        """The reasons to tell: those of the components that decided, four in all, those of rules first.

        Parameters
        ----------
        of_score : sequence
            The reasons of the score, most weighty first.

        Returns
        -------
        tuple of RuleReason and tuple
            Those of rules, and those of the score.
        """
        of_rules = tuple(RULE_REASONS[code] for code in self.reason_codes_of_rules[:MOST_REASONS])
        left = MOST_REASONS - len(of_rules) if self.tells_score_reasons else 0
        return of_rules, tuple(of_score[:left])
