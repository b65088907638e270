"""Circumstances: what is known of a request beside the features, and may decide before any score does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["FLAGS", "IDENTITIES", "Circumstances", "Identity"]

Identity = Literal["match", "no match", "ambiguous", "given"]
"""How the person was found: by what an application states (a match, none, or several that fit), or by a reference."""

IDENTITIES: Final[tuple[Identity, ...]] = ("match", "no match", "ambiguous", "given")

FLAGS: Final = (
    "active_duty",
    "deceased",
    "extended_fraud_alert",
    "fraud_alert",
    "frozen",
    "identity_theft",
    "sanctions",
)
"""Flags of a file that a rule may look at; a file may carry others, which no rule sees."""


@dataclass(frozen=True)
class Circumstances:
    """What hard rules look at.

    Parameters
    ----------
    identity : {'match', 'no match', 'ambiguous', 'given'}
        How the person was found.
    address_mismatch : bool
        Whether the address stated differs from those on file (requirements FC-13).
    flags : frozenset of str
        Flags of the file on the day of the decision.
    age : int, optional
        Age in whole years on that day; None where no birth date is known.
    not_stated : tuple of str
        Fields that the policy requires and the application lacks.
    features_age_days : int, optional
        Whole days since the moment whose knowledge the features hold, the oldest view's; None where
        the person has none.
    thin_file : bool
        Whether nothing is on file that could be scored.
    region : str, optional
        Part of the jurisdiction, where rules differ by it: two letters of a state.
    """

    identity: Identity = "given"
    address_mismatch: bool = False
    flags: frozenset[str] = frozenset()
    age: int | None = None
    not_stated: tuple[str, ...] = ()
    features_age_days: int | None = None
    thin_file: bool = False
    region: str | None = None
