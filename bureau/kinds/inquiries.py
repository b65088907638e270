"""Inquiries that the bureau's own service recorded (JSON Lines); no furnisher sends them.

A record names the consumer by the bureau's own number, or, where nobody was found, tells who the applicant
says to be, under a reference of its own. The service has checked it, so nothing is set aside for its form.
"""

from __future__ import annotations

import dataclasses
from typing import Final

from bureau.contracts import Column, Contract, FactMapping
from bureau.erased import is_erased_sql
from bureau.kinds.columns import amount, count, currency, day, reference
from bureau.kinds.identity import identity_columns, identity_fact

__all__ = ["APPLICANT", "INQUIRIES"]

_IDENTITY: Final = tuple(
    dataclasses.replace(column, filled=False, optional=True, allowed=(), pattern=None) for column in identity_columns()
)
_KNOWN: Final = (
    f"SELECT * FROM good ANTI JOIN (SELECT consumer_id FROM consumer WHERE {is_erased_sql('consumer_ref')}) AS erased "
    "USING (consumer_id) WHERE consumer_id IS NOT NULL"
)
"""Records about consumers who have not been erased since they were asked about."""

_UNKNOWN: Final = "consumer_id IS NULL"
APPLICANT: Final = "inquiry/"
"""What the reference of somebody begins with who was not found; the inquiry's own follows."""

_APPLICANT: Final = f"'{APPLICANT}' || inquiry_ref"
_TOLD: Final = {
    "inquiry_ref": "inquiry_ref",
    "effective_on": "applied_on",
    "kind": "'hard'",
    "product": "product",
    "currency": "currency",
    "amount_asked": "amount_asked",
    "term_months": "term_months",
}

INQUIRIES: Final = Contract(
    name="inquiries",
    furnisher_id="",
    record_kind="inquiry",
    format="jsonl",
    meaning="Hard inquiries that the bureau's own service recorded: one record for each application.",
    columns=(
        reference("inquiry_ref", "the bureau's reference to the inquiry"),
        day("applied_on", "date of the application", filled=True),
        Column("product", "text", filled=True, meaning="what was applied for"),
        currency(),
        amount("amount_asked", "what was asked for"),
        count("term_months", 1200, "months in which it is to be paid back"),
        Column("consumer_id", "integer", optional=True, meaning="the consumer, by the bureau's own number"),
        *_IDENTITY,
    ),
    facts=(
        FactMapping("inquiry", {"consumer_id": "consumer_id", **_TOLD}, relation=_KNOWN, numbered=True),
        FactMapping("inquiry", {"consumer_id": _APPLICANT, **_TOLD}, where=_UNKNOWN),
        identity_fact(_APPLICANT, "applied_on", {column.name: column.name for column in _IDENTITY}, where=_UNKNOWN),
    ),
)
