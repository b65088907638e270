"""Features that are statements of the applicant, and those that must not be used."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from bureau.facts import FACTS
from features.asof import in_currency, known
from features.declaration import View, stated

__all__ = ["FEATURES", "PROTECTED_VIEW", "VIEW"]


_AMOUNTS: Final = frozenset({"amount_asked", "instalment", "goods_price", "income"})
"""Columns that are amounts of money."""


def _statement_view(name: str, title: str, fact: str) -> View:
    """A view of the newest statement of a kind; its columns are the fact's."""
    own = FACTS[fact].columns
    columns = [column for column in own if column not in ("consumer_id", "effective_on", "currency")]
    read = [in_currency("stated", name) if name in _AMOUNTS else f"stated.{name}" for name in columns]
    # Of several on a day, what was stated under the reference that is observed.
    return View(
        name=name,
        title=title,
        record_kind="application",
        relation=f"""
            SELECT spine.row_no, spine.observed_on, {", ".join(read)}
            FROM spine JOIN {fact} AS stated ON stated.consumer_id = spine.consumer_id
            WHERE {known("stated")}
            QUALIFY row_number() OVER (
                PARTITION BY spine.row_no
                ORDER BY stated.effective_on DESC, spine.is_own DESC, stated.recorded_at DESC, stated.consumer_id) = 1
        """,
        lineage={column: (f"{fact}.{column}",) for column in columns},
    )


VIEW: Final = _statement_view("application", "The application and what the applicant states", "application")
PROTECTED_VIEW: Final = _statement_view(
    "protected", "Attributes kept for fairness tests alone, never for a decision", "protected_attribute"
)

_EDUCATION: Final = MappingProxyType(
    {
        "lower secondary": 0.0,
        "secondary / secondary special": 1.0,
        "incomplete higher": 2.0,
        "higher education": 3.0,
        "academic degree": 4.0,
    }
)

_OCCUPATION: Final = MappingProxyType(
    {
        "low-skill laborers": 0.0,
        "waiters/barmen staff": 1.0,
        "security staff": 1.0,
        "drivers": 1.0,
        "laborers": 1.0,
        "cleaning staff": 1.0,
        "cooking staff": 1.0,
        "sales staff": 2.0,
        "private service staff": 2.0,
        "realty agents": 2.0,
        "secretaries": 3.0,
        "hr staff": 3.0,
        "medicine staff": 3.0,
        "core staff": 3.0,
        "managers": 3.0,
        "high skill tech staff": 4.0,
        "it staff": 4.0,
        "accountants": 4.0,
    }
)
"""Training that an occupation asks for, from none (0) to a profession (4)."""

_EMPLOYER: Final = MappingProxyType(
    {
        **dict.fromkeys(("construction", "restaurant", "security", "cleaning", "self-employed"), 0.0),
        **dict.fromkeys((f"transport: type {n}" for n in range(1, 5)), 0.0),
        **dict.fromkeys((f"business entity type {n}" for n in range(1, 4)), 1.0),
        **dict.fromkeys((f"trade: type {n}" for n in range(1, 8)), 1.0),
        **dict.fromkeys((f"industry: type {n}" for n in range(1, 14)), 1.0),
        **dict.fromkeys(
            ("agriculture", "housing", "services", "hotel", "realtor", "advertising", "mobile", "other", "postal"), 1.0
        ),
        **dict.fromkeys(
            (
                "police",
                "military",
                "security ministries",
                "school",
                "university",
                "kindergarten",
                "medicine",
                "government",
                "bank",
                "electricity",
                "insurance",
                "telecom",
                "emergency",
                "culture",
                "legal services",
            ),
            2.0,
        ),
    }
)
"""Steadiness of the employment an employer's trade offers: seasonal or own account 0, business 1, public 2."""

_HOUSING: Final = MappingProxyType(
    {
        "with parents": 0.0,
        "rented apartment": 0.0,
        "municipal apartment": 1.0,
        "office apartment": 1.0,
        "co-op apartment": 2.0,
        "house / apartment": 2.0,
    }
)

FEATURES: Final = (
    stated(VIEW, "amount_asked", "amount_asked", "amount of credit applied for", unit="amount", reason="A03"),
    stated(VIEW, "instalment", "instalment", "instalment of the credit applied for", unit="amount", reason="A03"),
    stated(VIEW, "goods_price", "goods_price", "price of the goods to be bought", unit="amount", reason="A03"),
    stated(VIEW, "income", "income", "yearly income", unit="amount", reason="A06"),
    stated(
        VIEW,
        "employment_months",
        "employed_since",
        "time with the present employer",
        unit="months",
        reason="A02",
        direction=-1,
        since=True,
    ),
    stated(
        VIEW,
        "registration_months",
        "registered_since",
        "time since the residence was registered",
        unit="months",
        reason="A12",
        direction=-1,
        since=True,
    ),
    stated(
        VIEW,
        "identity_document_months",
        "identity_document_since",
        "time since the identity document was issued",
        unit="months",
        reason="A12",
        direction=-1,
        since=True,
    ),
    stated(
        VIEW,
        "telephone_months",
        "telephone_since",
        "time since the telephone was changed",
        unit="months",
        reason="A12",
        direction=-1,
        since=True,
    ),
    stated(
        VIEW,
        "education_level",
        "education",
        "level of education, 0 to 4",
        unit="level",
        reason="A08",
        direction=-1,
        levels=_EDUCATION,
    ),
    stated(
        VIEW,
        "occupation_level",
        "occupation",
        "training the occupation asks for, 0 to 4",
        unit="level",
        reason="A09",
        direction=-1,
        levels=_OCCUPATION,
    ),
    stated(
        VIEW,
        "employer_level",
        "employer_kind",
        "steadiness of the employment, 0 to 2",
        unit="level",
        reason="A09",
        direction=-1,
        levels=_EMPLOYER,
    ),
    stated(
        VIEW,
        "housing_level",
        "housing",
        "ownership of the home lived in, 0 to 2",
        unit="level",
        reason="A15",
        direction=-1,
        levels=_HOUSING,
    ),
    stated(VIEW, "owns_car", "owns_car", "owns a car: 1 yes, 0 no", unit="share", reason="A15", direction=-1),
    stated(VIEW, "car_age_years", "car_age_years", "age of the car", unit="years", reason="A15", direction=1),
    stated(
        VIEW,
        "region_population",
        "region_population",
        "relative population of the region",
        unit="share",
        reason="A10",
    ),
    stated(
        VIEW,
        "region_city_rating",
        "region_city_rating",
        "the lender's rating of the region and city, 1 best to 3",
        unit="level",
        reason="A10",
        direction=1,
    ),
    *(
        stated(
            VIEW,
            f"external_score_{n}",
            f"external_score_{n}",
            f"score of external provider {n}, 0 to 1",
            unit="score",
            reason="A01",
            direction=-1,
        )
        for n in (1, 2, 3)
    ),
    stated(
        VIEW,
        "circle_observed",
        "circle_observed",
        "people in the applicant's surroundings that were observed",
        unit="count",
        reason="A11",
    ),
    stated(
        VIEW,
        "circle_defaulted",
        "circle_defaulted_30",
        "people in the applicant's surroundings that paid late",
        unit="count",
        reason="A11",
        direction=1,
    ),
    stated(VIEW, "inquiries_quarter", "inquiries_quarter", "inquiries in a quarter", unit="count", reason="Q01"),
    stated(VIEW, "inquiries_year", "inquiries_year", "inquiries in a year", unit="count", reason="Q01"),
    # Declared so that asking for one of them is refused by name; see features.permitted.
    stated(VIEW, "applicant_age", "age_years", "age in whole years", unit="years", reason="A12", direction=-1),
    stated(
        PROTECTED_VIEW,
        "applicant_sex",
        "sex",
        "sex, 1 for male",
        unit="level",
        reason="A12",
        levels={"female": 0.0, "male": 1.0},
    ),
    stated(
        PROTECTED_VIEW,
        "applicant_married",
        "marital_status",
        "whether married",
        unit="level",
        reason="A12",
        levels={"married": 1.0, "single / not married": 0.0, "single": 0.0},
    ),
    stated(PROTECTED_VIEW, "applicant_children", "children", "number of children", unit="count", reason="A12"),
)
