"""Permissible purposes: for what a subscriber may ask about a consumer, and on what ground.

The list is closed (FCRA 604, 15 U.S.C. 1681b). A subscriber certifies each purpose before its first use
(604(f), 607(a)); a request for another one is refused, and no data are given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from bureau.errors import AccessError

__all__ = ["PURPOSES", "Purpose", "purpose_of"]


@dataclass(frozen=True)
class Purpose:
    """A permissible purpose.

    Parameters
    ----------
    code : str
        Its name in requests.
    statement : str
        What it is, for people.
    paragraph : str
        Paragraph of FCRA 604 (15 U.S.C. 1681b).
    inquiry : {'hard', 'soft'}
        What is noted in the file: a hard inquiry follows an application of the consumer's own; a soft one is
        shown to the consumer alone and never scored.
    """

    code: str
    statement: str
    paragraph: str
    inquiry: Literal["hard", "soft"]


PURPOSES: Final[Mapping[str, Purpose]] = MappingProxyType(
    {
        each.code: each
        for each in (
            Purpose("credit-application", "credit that the consumer applies for", "604(a)(3)(A)", "hard"),
            Purpose("business-transaction", "a transaction that the consumer initiates", "604(a)(3)(F)(i)", "hard"),
            Purpose("written-instructions", "what the consumer instructs in writing", "604(a)(2)", "soft"),
            Purpose("account-review", "review of an account the consumer has", "604(a)(3)(F)(ii)", "soft"),
            Purpose("collection", "collection of an account the consumer owes", "604(a)(3)(A)", "soft"),
            Purpose("credit-risk-valuation", "valuation of an existing credit obligation", "604(a)(3)(E)", "soft"),
            Purpose("employment", "employment, with the consumer's written authorisation", "604(a)(3)(B)", "soft"),
            Purpose("insurance-underwriting", "insurance that concerns the consumer", "604(a)(3)(C)", "soft"),
            Purpose("licence", "a licence or benefit for which the law asks for means", "604(a)(3)(D)", "soft"),
            Purpose("prescreen", "a firm offer of credit or insurance", "604(c)", "soft"),
            Purpose("child-support", "setting or enforcing child support", "604(a)(4)", "soft"),
            Purpose("court-order", "an order of a court or a grand jury's subpoena", "604(a)(1)", "soft"),
        )
    }
)
"""Code to purpose."""


def purpose_of(code: str) -> Purpose:
    """The purpose under a code.

    Raises
    ------
    AccessError
        If there is none; what was given is not repeated.
    """
    if code not in PURPOSES:
        raise AccessError(f"this is no permissible purpose; there are {', '.join(PURPOSES)}")
    return PURPOSES[code]
