"""Policy: what is done in one jurisdiction while one version is in force, by hard rules and by the score.

A score at or above ``refer_below`` is approved, one below ``decline_below`` declined, and what lies
between is referred to a person. Hard rules are looked at first, in their order; the worst outcome of
those that hold is combined with what the score asks for, and the worse of the two is done. The
reasons come from the component that decided (12 CFR 1002 Supplement I, comment 9(b)(2)-5; requirements
AA-07).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from scoring.errors import PolicyRefused, ScoringError
from scoring.policy.circumstances import Circumstances
from scoring.policy.conditions import NotStated
from scoring.policy.offers import Offers
from scoring.policy.rules import Outcome, Rule
from scoring.policy.ruling import DecidedBy, Decision, Ruling

__all__ = ["Policy"]

_WORSE: Final[dict[Decision, int]] = {"approve": 0, "refer": 1, "decline": 2}


@dataclass(frozen=True)
class Policy:
    """Cut-offs and hard rules of a portfolio in one jurisdiction.

    Parameters
    ----------
    portfolio : str
        Name of the portfolio.
    version : str
        Name of this version.
    effective_from : date
        First day it applies.
    refer_below, decline_below : int
        Scores; ``decline_below <= refer_below``.
    effective_to : date, optional
        Last day it applies; None while no end is set.
    jurisdiction : str
        Where it applies.
    rules : tuple of Rule
        The hard rules, in the order in which they are looked at.
    offers : Offers
        What is granted at all.

    Raises
    ------
    PolicyRefused
        If the cut-offs cross, the dates do, or two rules have one name.
    """

    portfolio: str
    version: str
    effective_from: date
    refer_below: int
    decline_below: int
    effective_to: date | None = None
    jurisdiction: str = "us"
    rules: tuple[Rule, ...] = ()
    offers: Offers = field(default_factory=Offers)

    def __post_init__(self) -> None:
        if self.decline_below > self.refer_below:
            raise PolicyRefused(
                f"policy {self.version}: declines below {self.decline_below}, which lies above {self.refer_below}, "
                "where referral ends; lower the one or raise the other"
            )
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise PolicyRefused(
                f"policy {self.version}: ends on {self.effective_to}, before it begins on {self.effective_from}; "
                "correct one of the days"
            )
        names = [rule.name for rule in self.rules]
        for name in names:
            if names.count(name) > 1:
                raise PolicyRefused(f"policy {self.version}: two rules are called {name!r}; rename or remove one")

    @property
    def required_fields(self) -> tuple[str, ...]:
        """What an application must state, in the order of the rules: ``Circumstances.not_stated`` is told of these."""
        asking = [rule.condition for rule in self.rules if isinstance(rule.condition, NotStated)]
        return tuple(dict.fromkeys(name for each in asking for name in (*each.fields, *each.of_applicant)))

    def decide(self, credit_score: int) -> Decision:
        """What the score alone asks for.

        Examples
        --------
        >>> policy = Policy("p", "1", date(2026, 1, 1), refer_below=560, decline_below=540)
        >>> [policy.decide(score) for score in (560, 559, 540, 539)]
        ['approve', 'refer', 'refer', 'decline']
        """
        if credit_score >= self.refer_below:
            return "approve"
        return "refer" if credit_score >= self.decline_below else "decline"

    def needs_score(self, circumstances: Circumstances) -> bool:
        """Whether a score is wanted; else rules decide without one, and none may be used."""
        return not _with_outcome(self._holding(circumstances), "decline", "no score")

    def rule(self, circumstances: Circumstances, credit_score: int | None) -> Ruling:
        """What is done in given circumstances, and what decided it.

        Parameters
        ----------
        circumstances : Circumstances
            What is known beside the features.
        credit_score : int, optional
            The score; not looked at where rules decide without one.

        Raises
        ------
        ScoringError
            If a score is wanted and there is none.

        Examples
        --------
        >>> Policy("p", "1", date(2026, 1, 1), 560, 540).rule(Circumstances(), 555).decision
        'refer'
        """
        holding = self._holding(circumstances)
        declining = _with_outcome(holding, "decline")
        if declining:
            return self._ruling("decline", "rule", declining, holding, withheld=True)
        referring = _with_outcome(holding, "no score", "refer")
        if _with_outcome(holding, "no score"):
            return self._ruling("refer", "rule", referring, holding, withheld=True)
        if credit_score is None:
            raise ScoringError(
                f"policy {self.version}: a score is wanted here and none was given; score the person, or add a rule "
                "that decides without a score"
            )
        asked = self.decide(credit_score)
        if not referring or _WORSE[asked] > _WORSE["refer"]:
            return self._ruling(asked, "score", (), holding)
        return self._ruling("refer", "both" if asked == "refer" else "rule", referring, holding)

    def _holding(self, circumstances: Circumstances) -> tuple[Rule, ...]:
        """The rules that hold, up to the first one after which no more is looked at."""
        holding: list[Rule] = []
        for rule in self.rules:
            if rule.condition.holds(circumstances):
                holding.append(rule)
                if rule.outcome == "no score":
                    break
        return tuple(holding)

    def _ruling(
        self,
        decision: Decision,
        decided_by: DecidedBy,
        deciding: tuple[Rule, ...],
        holding: tuple[Rule, ...],
        *,
        withheld: bool = False,
    ) -> Ruling:
        """A ruling that tells which rules decided, and notes the others that hold."""
        return Ruling(
            decision=decision,
            decided_by=decided_by,
            rule=deciding[0].name if deciding else None,
            reason_codes_of_rules=_codes(deciding),
            score_withheld=withheld,
            policy_version=self.version,
            notes=_codes(tuple(rule for rule in holding if rule not in deciding)),
        )


def _with_outcome(rules: tuple[Rule, ...], *outcomes: Outcome) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules if rule.outcome in outcomes)


def _codes(rules: tuple[Rule, ...]) -> tuple[str, ...]:
    """Codes of the reasons, each once."""
    return tuple(dict.fromkeys(rule.reason for rule in rules))
