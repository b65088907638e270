"""Applications: hard inquiries of lenders, with what the applicant stated (JSON Lines)."""

from __future__ import annotations

from typing import Final

from bureau.contracts import Contract, FactMapping, Rule
from bureau.kinds.columns import amount, code, count, currency, day, in_order, not_after_receipt, reference
from bureau.kinds.identity import identity_columns, identity_fact, identity_rules
from bureau.onfile.employers import EMPLOYER_CHECK
from bureau.onfile.persons import PERSON_CHECKS

__all__ = ["APPLICATIONS"]

_IDENTITY: Final = identity_columns(filled=("birth_date",))
_CONSUMER: Final = "'application/' || application_ref"
"""The reference to the applicant: a lender may give a customer the number of another's application."""

_PRODUCTS: Final = ("card", "consumer", "mortgage", "car", "student", "line")

APPLICATIONS: Final = Contract(
    name="applications",
    furnisher_id="",
    record_kind="application",
    format="jsonl",
    meaning="Applications for credit, each a hard inquiry: one record for each application.",
    columns=(
        reference("application_ref", "the lender's reference to the application"),
        day("applied_on", "date of the application", filled=True),
        code("product", _PRODUCTS, "what was applied for"),
        currency(),
        amount("amount_asked", "what was asked for", filled=True),
        count("term_months", 1200, "months in which it is to be paid back"),
        code("decision", ("approved", "declined", "withdrawn", "pending"), "what the lender decided"),
        amount("income", "what the applicant earns a year, by its own statement"),
        code("income_kind", ("salary", "self_employed", "pension", "other"), "where that comes from", filled=False),
        day("employed_since", "date from which the applicant works for the employer"),
        code("housing", ("own", "rent", "family", "other"), "how the applicant lives", filled=False),
        *_IDENTITY,
    ),
    rules=(
        not_after_receipt("applied_on"),
        in_order("employed_since", "applied_on"),
        in_order("birth_date", "employed_since"),
        Rule(
            "applicant-child",
            "an applicant is at least 16 years old",
            "applied_on < birth_date + INTERVAL 16 YEAR AND birth_date < applied_on",
            "finding",
        ),
        *identity_rules("applied_on"),
    ),
    unique=("inquiry_ref",),
    checks=(*PERSON_CHECKS, EMPLOYER_CHECK),
    facts=(
        FactMapping(
            "inquiry",
            {
                "consumer_id": _CONSUMER,
                "inquiry_ref": "application_ref",
                "effective_on": "applied_on",
                "kind": "'hard'",
                "product": "product",
                "currency": "currency",
                "decision": "decision",
                "amount_asked": "amount_asked",
                "term_months": "term_months",
            },
        ),
        FactMapping(
            "application",
            {
                "consumer_id": _CONSUMER,
                "effective_on": "applied_on",
                "product": "product",
                "currency": "currency",
                "amount_asked": "amount_asked",
                "income": "income",
                "income_kind": "income_kind",
                "employed_since": "employed_since",
                "housing": "housing",
            },
        ),
        identity_fact(_CONSUMER, "applied_on", {column.name: column.name for column in _IDENTITY}),
    ),
    profiled=("product", "decision", "amount_asked", "term_months", "income", "applied_on"),
)
