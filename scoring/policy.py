"""Policy: what is done at which score, as dated configuration.

A score at or above ``refer_below`` is approved, one below ``decline_below`` declined, and what
lies between is referred to a person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from scoring.errors import ScoringError

__all__ = ["POLICIES", "Decision", "Policy", "policy_of"]

Decision = Literal["approve", "refer", "decline"]


@dataclass(frozen=True)
class Policy:
    """Cut-offs of a portfolio.

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

    Raises
    ------
    ValueError
        If the cut-offs cross.
    """

    portfolio: str
    version: str
    effective_from: date
    refer_below: int
    decline_below: int

    def __post_init__(self) -> None:
        if self.decline_below > self.refer_below:
            raise ValueError(
                f"policy {self.version}: declines below {self.decline_below}, which lies above {self.refer_below}, "
                "where referral ends; lower the one or raise the other"
            )

    def decide(self, credit_score: int) -> Decision:
        """The decision at a score.

        Examples
        --------
        >>> policy = Policy("p", "1", date(2026, 1, 1), refer_below=560, decline_below=540)
        >>> [policy.decide(score) for score in (560, 559, 540, 539)]
        ['approve', 'refer', 'refer', 'decline']
        """
        if credit_score >= self.refer_below:
            return "approve"
        return "refer" if credit_score >= self.decline_below else "decline"


# On the default scale, 565 stands at a default probability of 10 %, 542 at 20 %, 534 at 25 %, 502 at 50 %.
POLICIES: Final = (
    Policy("bureau", "bureau-1", date(2000, 1, 1), refer_below=565, decline_below=542),
    Policy("home-credit", "home-credit-1", date(2005, 1, 1), refer_below=565, decline_below=542),
    Policy("taiwan", "taiwan-1", date(2005, 1, 1), refer_below=534, decline_below=502),
)
"""All policies; a changed one is a new row with a later date."""


def policy_of(portfolio: str, on: date, policies: Iterable[Policy] = POLICIES) -> Policy:
    """The policy of a portfolio in force on a day: the one that took effect last.

    Parameters
    ----------
    portfolio : str
        Name of the portfolio.
    on : date
        The day.
    policies : iterable of Policy
        Where to look.

    Raises
    ------
    ScoringError
        If none is in force.
    """
    in_force = [item for item in policies if item.portfolio == portfolio and item.effective_from <= on]
    if not in_force:
        raise ScoringError(f"{portfolio}: no policy in force on {on}; declare one in scoring/policy.py")
    return max(in_force, key=lambda item: item.effective_from)
