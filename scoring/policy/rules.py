"""Hard rules: a condition, what follows from it, and the reason that is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from scoring.errors import PolicyRefused
from scoring.policy.conditions import CONDITIONS, Condition
from scoring.policy.rule_reasons import RULE_REASONS
from scoring.policy.table import Table

__all__ = ["OUTCOMES", "Outcome", "Rule", "rule_of"]

Outcome = Literal["decline", "no score", "refer", "note"]
"""What follows from a rule that holds.

decline
    Declined, and no score is used.
no score
    Referred to a person without a score; rules after it are not looked at, for what they would look
    at may be closed.
refer
    At best referred to a person; a score may still decline.
note
    Told beside the decision, which it leaves as it is.
"""

OUTCOMES: Final[tuple[Outcome, ...]] = ("decline", "no score", "refer", "note")
"""From the most to the least that may follow."""


@dataclass(frozen=True)
class Rule:
    """A hard rule.

    Parameters
    ----------
    name : str
        Its name within a policy.
    condition : Condition
        When it holds.
    outcome : {'decline', 'no score', 'refer', 'note'}
        What follows.
    reason : str
        Code of the reason that is told.
    """

    name: str
    condition: Condition
    outcome: Outcome
    reason: str

    def plain(self) -> dict[str, Any]:
        """The rule as a table of configuration, which :func:`rule_of` reads."""
        told = {"name": self.name, "when": self.condition.when}
        return told | self.condition.plain() | {"outcome": self.outcome, "reason": self.reason}


def rule_of(table: Table) -> Rule:
    """The rule that a table states.

    Raises
    ------
    PolicyRefused
        If a key is missing or unknown, if its condition, outcome or reason is none of those there
        are, or the reason is not that of the condition.
    """
    name = table.text("name")
    table.where = f"{table.where} ({name})"
    when, outcome, reason = table.text("when"), table.text("outcome"), table.text("reason")
    if when not in CONDITIONS:
        raise PolicyRefused(f"{table.where}: no condition is called {when!r}; choose one of {', '.join(CONDITIONS)}")
    for known in OUTCOMES:
        if outcome == known:
            break
    else:
        raise PolicyRefused(f"{table.where}: no outcome is called {outcome!r}; choose one of {', '.join(OUTCOMES)}")
    if reason not in RULE_REASONS:
        raise PolicyRefused(
            f"{table.where}: no reason of rules has the code {reason!r}; choose one of {', '.join(RULE_REASONS)}"
        )
    condition = CONDITIONS[when].of(table)
    if reason != condition.reason:
        raise PolicyRefused(f"{table.where}: {reason} is not why the condition {when!r} decides; {_remedy(condition)}")
    table.done()
    return Rule(name, condition, known, reason)


def _remedy(condition: Condition) -> str:
    if condition.reason is None:
        return "no reason is that of all that it names: write a rule for each"
    return f"write {condition.reason}: {RULE_REASONS[condition.reason].statement}"
