"""The facts of the credit history: one table each, declared once.

Every fact carries, beside its own columns:

``effective_on``
    the date it speaks of;
``recorded_at``
    the moment (UTC) from which the bureau knew it;
``superseded_at``
    the moment from which a later record of the same key took its place, or null. Derived from
    the records of the key; no record is ever changed or deleted by a correction;
``delivery_no``, ``line_no``
    the delivery that brought it, and the line of its file.

A record is visible as of a moment t when ``recorded_at <= t < superseded_at``.
Amounts are in the row's ``currency`` and never added across currencies.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["COMMON_COLUMNS", "FACTS", "IDENTITY_FIELDS", "Fact"]

COMMON_COLUMNS = MappingProxyType(
    {
        "effective_on": "DATE",
        "recorded_at": "TIMESTAMP",
        "superseded_at": "TIMESTAMP",
        "delivery_no": "INTEGER",
        "line_no": "BIGINT",
    }
)


IDENTITY_FIELDS = (
    "surname",
    "first_name",
    "middle_name",
    "generation",
    "birth_date",
    "national_number",
    "phone",
    "email",
    "address",
    "city",
    "region",
    "postcode",
    "country",
    "employer",
)
"""What is told of who a person is: texts, and a date in ISO 8601. They lie in the vault alone."""


@dataclass(frozen=True)
class Fact:
    """One kind of fact.

    Parameters
    ----------
    name : str
        Name of its table.
    key : tuple of str
        Columns that tell two facts apart; records with equal keys are versions of one fact.
    columns : dict of str to str
        Its own columns and their DuckDB types, keys included, in order.
    """

    name: str
    key: tuple[str, ...]
    columns: dict[str, str]

    @property
    def content(self) -> tuple[str, ...]:
        """Columns in which two versions of a fact can differ."""
        return tuple(name for name in self.columns if name not in self.key)

    @property
    def is_dated(self) -> bool:
        """Whether the date it speaks of is one of its own columns; else it is kept once, from the first moment on."""
        return "effective_on" in self.columns

    @property
    def ddl(self) -> str:
        """The statement that makes the table."""
        columns = self.columns | {k: v for k, v in COMMON_COLUMNS.items() if k not in self.columns}
        body = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        return f"CREATE TABLE {self.name} ({body})"


_TRADELINE = Fact(
    "tradeline",
    ("tradeline_id", "effective_on"),
    {
        "tradeline_id": "BIGINT",
        "effective_on": "DATE",
        "furnisher_id": "VARCHAR",
        "product": "VARCHAR",
        "status": "VARCHAR",
        "currency": "VARCHAR",
        "opened_on": "DATE",
        "due_on": "DATE",
        "closed_on": "DATE",
        "credit_amount": "DOUBLE",
        "credit_limit": "DOUBLE",
        "balance": "DOUBLE",
        "amount_past_due": "DOUBLE",
        "max_amount_past_due": "DOUBLE",
        "days_past_due": "INTEGER",
        "instalment": "DOUBLE",
        "prolongations": "INTEGER",
    },
)

_ASSOCIATION = Fact(
    "association",
    ("consumer_id", "tradeline_id", "role"),
    {"consumer_id": "BIGINT", "tradeline_id": "BIGINT", "role": "VARCHAR", "withdrawn": "BOOLEAN"},
)

_TRADELINE_MONTH = Fact(
    "tradeline_month",
    ("tradeline_id", "effective_on"),
    {
        "tradeline_id": "BIGINT",
        "effective_on": "DATE",
        "product": "VARCHAR",
        "currency": "VARCHAR",
        "payment_status": "VARCHAR",
        "days_past_due": "INTEGER",
        "days_past_due_tolerated": "INTEGER",
        "balance": "DOUBLE",
        "credit_limit": "DOUBLE",
        "payment": "DOUBLE",
        "minimum_payment": "DOUBLE",
        "drawings": "DOUBLE",
        "cash_drawings": "DOUBLE",
        "drawings_count": "DOUBLE",
        "instalments_total": "DOUBLE",
        "instalments_remaining": "DOUBLE",
        "amount_past_due": "DOUBLE",
        "charge_off_amount": "DOUBLE",
        "credit_amount": "DOUBLE",
        "term_months": "INTEGER",
        "opened_on": "DATE",
        "closed_on": "DATE",
        "last_payment_on": "DATE",
        "first_delinquency_on": "DATE",
        "payment_code": "VARCHAR",
        "payment_profile": "VARCHAR",
        "special_comment": "VARCHAR",
        "compliance_condition": "VARCHAR",
        "sold_to": "VARCHAR",
        "bought_from": "VARCHAR",
        "original_creditor": "VARCHAR",
    },
)

_IDENTITY = Fact(
    "identity",
    ("consumer_id", "furnisher_id", "told_as"),
    {
        "consumer_id": "BIGINT",
        "furnisher_id": "VARCHAR",
        "told_as": "BIGINT",
        "surname_token": "BIGINT",
        "first_name_token": "BIGINT",
        "generation_token": "BIGINT",
        "birth_date_token": "BIGINT",
        "national_number_token": "BIGINT",
        "address_token": "BIGINT",
        "employer_token": "BIGINT",
    },
)

_PUBLIC_RECORD = Fact(
    "public_record",
    ("tradeline_id", "effective_on"),
    {
        "tradeline_id": "BIGINT",
        "effective_on": "DATE",
        "case_number": "VARCHAR",
        "court": "VARCHAR",
        "kind": "VARCHAR",
        "status": "VARCHAR",
        "filed_on": "DATE",
        "currency": "VARCHAR",
        "amount": "DOUBLE",
    },
)

_RECURRING_PAYMENT = Fact(
    "recurring_payment",
    ("tradeline_id", "effective_on"),
    {
        "tradeline_id": "BIGINT",
        "effective_on": "DATE",
        "service": "VARCHAR",
        "status": "VARCHAR",
        "currency": "VARCHAR",
        "billed": "DOUBLE",
        "paid": "DOUBLE",
        "due_on": "DATE",
        "paid_on": "DATE",
        "days_late": "INTEGER",
    },
)

_SHOP_ORDER = Fact(
    "shop_order",
    ("tradeline_id", "effective_on"),
    {
        "tradeline_id": "BIGINT",
        "effective_on": "DATE",
        "ordered_on": "DATE",
        "status": "VARCHAR",
        "payment_kind": "VARCHAR",
        "currency": "VARCHAR",
        "amount": "DOUBLE",
        "paid": "DOUBLE",
        "instalments": "INTEGER",
        "due_on": "DATE",
        "paid_on": "DATE",
    },
)

_INQUIRY = Fact(
    "inquiry",
    ("consumer_id", "inquiry_ref"),
    {
        "consumer_id": "BIGINT",
        "inquiry_ref": "VARCHAR",
        "effective_on": "DATE",
        "kind": "VARCHAR",
        "product": "VARCHAR",
        "currency": "VARCHAR",
        "decision": "VARCHAR",
        "refusal_reason": "VARCHAR",
        "channel": "VARCHAR",
        "yield_group": "VARCHAR",
        "amount_asked": "DOUBLE",
        "amount_granted": "DOUBLE",
        "goods_price": "DOUBLE",
        "down_payment": "DOUBLE",
        "instalment": "DOUBLE",
        "term_months": "DOUBLE",
        "insured": "DOUBLE",
        "first_due_on": "DATE",
        "last_due_first_version_on": "DATE",
        "last_due_on": "DATE",
        "terminated_on": "DATE",
    },
)

_APPLICATION = Fact(
    "application",
    ("consumer_id", "effective_on"),
    {
        "consumer_id": "BIGINT",
        "effective_on": "DATE",
        "product": "VARCHAR",
        "currency": "VARCHAR",
        "amount_asked": "DOUBLE",
        "instalment": "DOUBLE",
        "goods_price": "DOUBLE",
        "income": "DOUBLE",
        "income_kind": "VARCHAR",
        "education": "VARCHAR",
        "housing": "VARCHAR",
        "occupation": "VARCHAR",
        "employer_kind": "VARCHAR",
        "age_years": "DOUBLE",
        "employed_since": "DATE",
        "registered_since": "DATE",
        "identity_document_since": "DATE",
        "telephone_since": "DATE",
        "owns_car": "DOUBLE",
        "owns_home": "DOUBLE",
        "car_age_years": "DOUBLE",
        "region_population": "DOUBLE",
        "region_rating": "DOUBLE",
        "region_city_rating": "DOUBLE",
        "applied_hour": "DOUBLE",
        "works_elsewhere_region": "DOUBLE",
        "works_elsewhere_city": "DOUBLE",
        "lives_elsewhere_city": "DOUBLE",
        "external_score_1": "DOUBLE",
        "external_score_2": "DOUBLE",
        "external_score_3": "DOUBLE",
        "circle_observed": "DOUBLE",
        "circle_defaulted_30": "DOUBLE",
        "circle_defaulted_60": "DOUBLE",
        "documents_given": "DOUBLE",
        "identity_document_given": "DOUBLE",
        "inquiries_month": "DOUBLE",
        "inquiries_quarter": "DOUBLE",
        "inquiries_year": "DOUBLE",
        "building_age_index": "DOUBLE",
        "building_area_index": "DOUBLE",
        "building_floors_index": "DOUBLE",
    },
)

_PROTECTED_ATTRIBUTE = Fact(
    "protected_attribute",
    ("consumer_id", "effective_on"),
    {
        "consumer_id": "BIGINT",
        "effective_on": "DATE",
        "sex": "VARCHAR",
        "marital_status": "VARCHAR",
        "children": "DOUBLE",
        "education": "VARCHAR",
        "age_years": "DOUBLE",
    },
)

_OUTCOME = Fact(
    "outcome",
    ("consumer_id", "effective_on"),
    {"consumer_id": "BIGINT", "effective_on": "DATE", "is_bad": "BOOLEAN"},
)

_COVERAGE = Fact(
    "coverage",
    ("consumer_id", "record_kind"),
    {"consumer_id": "BIGINT", "record_kind": "VARCHAR"},
)

FACTS = MappingProxyType(
    {
        fact.name: fact
        for fact in (
            _TRADELINE,
            _ASSOCIATION,
            _TRADELINE_MONTH,
            _IDENTITY,
            _PUBLIC_RECORD,
            _RECURRING_PAYMENT,
            _SHOP_ORDER,
            _INQUIRY,
            _APPLICATION,
            _PROTECTED_ATTRIBUTE,
            _OUTCOME,
            _COVERAGE,
        )
    }
)
"""Every fact by its name.

``coverage`` says that all records of a kind about a consumer were delivered up to a date. It
tells "has no tradelines" (a count of zero) from "nobody was asked" (a missing value).

``tradeline_id`` numbers whatever a furnisher keeps under a reference of its own: an account, a
court's case, a utility's contract, a shop's order. ``association`` says whose it is; a withdrawn
one hides the tradeline from the credit file from then on.

``identity`` says that a furnisher told who a person is, from when it first did. What was told lies
in the vault, under ``consumer_id`` and ``told_as``, the token (:mod:`bureau.tokens`) of all its text;
here are the tokens of what is compared.
"""
