"""Match weights and their parts in words, for the terminal, the page and its picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bureau.identity.pair_evidence import Evidence
    from bureau.identity.waterfall import Step

__all__ = ["COMPARED", "FIELDS", "bits", "chance", "reading", "step_words", "verdict"]

_SURE: Final = 0.999
"""No model is surer than that."""

COMPARED: Final = {
    "prior": "Two records at random",
    "given": "First name",
    "household": "Surname, phone and address",
    "birth": "Birth date",
    "number": "National number",
    "email": "E-mail",
    "middle": "Middle name",
}
"""A step of the waterfall to what it compares."""

FIELDS: Final = {
    "surname": "Surname",
    "first_name": "First name",
    "middle_name": "Middle name",
    "generation": "Generation",
    "birth_date": "Birth date",
    "national_number": "National number",
    "phone": "Phone",
    "email": "E-mail",
    "address": "Address",
    "city": "City",
    "region": "Region",
    "postcode": "Postcode",
    "country": "Country",
    "employer": "Employer",
}
"""A field of a told identity to its name for people."""


def bits(weight: float, digits: int = 1) -> str:
    """A match weight with its sign; nothing is 0.

    Examples
    --------
    >>> bits(3.25), bits(-0.5), bits(0.0), bits(15.0, 0)
    ('+3.2', '−0.5', '0', '+15')
    """
    return f"{weight:+.{digits}f}".replace("-", "\N{MINUS SIGN}") if weight else "0"


def chance(weight: float) -> str:
    """The chance of one person that a match weight stands for, the logistic function of base 2, in per cent.

    Examples
    --------
    >>> [chance(weight).replace(chr(160), " ") for weight in (0.0, 3.0, 46.0, -5000.0)]
    ['50.0 %', '88.9 %', 'over 99.9 %', 'under 0.1 %']
    """
    share = 1 / (1 + math.exp2(min(-weight, 1000.0)))
    if share > _SURE:
        return f"over {_percent(_SURE)}"
    return f"under {_percent(1 - _SURE)}" if share < 1 - _SURE else _percent(share)


def _percent(share: float) -> str:
    return f"{100 * share:.1f}\N{NO-BREAK SPACE}%"


def step_words(step: Step) -> str:
    """What a comparison found."""
    if step.comparison == "prior":
        return "before anything is compared"
    return "nothing to compare" if step.level == "missing" else step.level


def verdict(evidence: Evidence) -> str:
    """What the model alone says of the pair."""
    if evidence.weight is None:
        return "nothing to compare: under one of the two nothing was told, or it was erased"
    if evidence.contradiction is not None:
        return f"contradiction: {evidence.contradiction}"
    if evidence.weight >= evidence.link_at:
        return "alike enough to be linked"
    return "uncertain" if evidence.weight >= evidence.review_at else "two persons"


def reading(evidence: Evidence) -> str:
    """Who they are now."""
    one, other = evidence.left_consumer, evidence.right_consumer
    if one == other:
        return f"both belong to consumer {one.consumer_id}"
    return f"they belong to the consumers {one.consumer_id} and {other.consumer_id}"
