"""Court records: bankruptcies, civil judgments and tax liens (CSV)."""

from __future__ import annotations

from typing import Final

from bureau.contracts import Contract, FactMapping, Rule
from bureau.kinds.columns import amount, code, currency, day, in_order, not_after_receipt, reference
from bureau.kinds.identity import identity_columns, identity_fact, identity_rules
from bureau.onfile.cases import CASE_CHECKS
from bureau.onfile.persons import PERSON_CHECKS

__all__ = ["COURT_RECORDS"]

_IDENTITY: Final = identity_columns(without=("phone", "email", "employer"))

_CASE: Final = "court || '/' || case_number"
"""The reference to the case, and to the debtor it is about."""

_KINDS: Final = ("bankruptcy_7", "bankruptcy_13", "civil_judgment", "tax_lien")
_STATUSES: Final = ("filed", "discharged", "dismissed", "satisfied", "released")

COURT_RECORDS: Final = Contract(
    name="court_records",
    furnisher_id="",
    record_kind="public_record",
    format="csv",
    meaning="Cases in court: one record for each case and status.",
    columns=(
        reference("case_number", "the court's number of the case"),
        reference("court", "the court"),
        code("kind", _KINDS, "what the case is"),
        day("filed_on", "date on which it was filed", filled=True),
        code("status", _STATUSES, "how it stands"),
        day("status_on", "date from which it stands so", filled=True),
        amount("amount", "what it is about", filled=True),
        currency(),
        *_IDENTITY,
    ),
    rules=(
        in_order("filed_on", "status_on"),
        not_after_receipt("status_on"),
        not_after_receipt("filed_on"),
        Rule(
            "status-of-kind",
            "a bankruptcy is discharged or dismissed, and nothing else is discharged",
            "(kind IN ('bankruptcy_7', 'bankruptcy_13')) <> (status = 'discharged') "
            "AND status IN ('discharged', 'satisfied', 'released')",
        ),
        Rule(
            "status-unusual",
            "a judgment is satisfied or dismissed, a tax lien is released",
            "(kind = 'civil_judgment' AND status = 'released') "
            "OR (kind = 'tax_lien' AND status IN ('satisfied', 'dismissed'))",
            "finding",
        ),
        *identity_rules("filed_on"),
    ),
    unique=("tradeline_id", "effective_on"),
    checks=(*CASE_CHECKS, *PERSON_CHECKS),
    facts=(
        FactMapping(
            "public_record",
            {
                "tradeline_id": _CASE,
                "effective_on": "status_on",
                "case_number": "case_number",
                "court": "court",
                "kind": "kind",
                "status": "status",
                "filed_on": "filed_on",
                "currency": "currency",
                "amount": "amount",
            },
        ),
        FactMapping(
            "association",
            {"consumer_id": _CASE, "tradeline_id": _CASE, "role": "'individual'"},
            effective_on="status_on",
            distinct=True,
        ),
        identity_fact(_CASE, "status_on", {column.name: column.name for column in _IDENTITY}),
    ),
    profiled=("kind", "status", "amount", "filed_on", "status_on"),
)
