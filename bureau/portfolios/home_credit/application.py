"""The application table: what the applicant states, and how it went."""

from __future__ import annotations

from typing import Final

from bureau.contracts import Column, Contract, FactMapping
from bureau.portfolios.home_credit.columns import (
    OBSERVED,
    OUTCOME_AFTER,
    OWN,
    SPACE,
    code,
    days_after,
    identifier,
    number,
    past_day,
)

__all__ = ["application_contract", "outcome_contract"]

_DOCUMENTS: Final = tuple(f"FLAG_DOCUMENT_{n}" for n in range(2, 22))
_BUILDING_TAKEN: Final = ("YEARS_BUILD_AVG", "TOTALAREA_MODE", "FLOORSMAX_AVG")
_PROHIBITED: Final = "may not be used to decide on credit (requirements AA-12)"


_SHARES: Final = (
    "REGION_POPULATION_RELATIVE",
    "REG_REGION_NOT_WORK_REGION",
    "REG_CITY_NOT_WORK_CITY",
    "REG_CITY_NOT_LIVE_CITY",
    "EXT_SOURCE_1",
    "EXT_SOURCE_2",
    "EXT_SOURCE_3",
    "FLAG_DOCUMENT_3",
    *_BUILDING_TAKEN,
)
"""Stated numbers from 0 to 1."""


def _stated_number(name: str) -> Column:
    """A stated number with its plausible range; the lender's rating of a region is -1 where it has none."""
    if name in _SHARES:
        return number(name, minimum=0, maximum=1)
    return number(name, minimum=-1 if name.startswith("REGION_RATING") else 0, maximum=1e12)


def application_contract() -> Contract:
    """The application itself: what the applicant states on the observation date."""
    prohibited = ("FLAG_MOBIL", "FLAG_EMP_PHONE", "FLAG_WORK_PHONE", "FLAG_CONT_MOBILE", "FLAG_PHONE", "FLAG_EMAIL")
    numbers = {
        "amount_asked": "AMT_CREDIT",
        "instalment": "AMT_ANNUITY",
        "goods_price": "AMT_GOODS_PRICE",
        "income": "AMT_INCOME_TOTAL",
        "car_age_years": "OWN_CAR_AGE",
        "region_population": "REGION_POPULATION_RELATIVE",
        "region_rating": "REGION_RATING_CLIENT",
        "region_city_rating": "REGION_RATING_CLIENT_W_CITY",
        "applied_hour": "HOUR_APPR_PROCESS_START",
        "works_elsewhere_region": "REG_REGION_NOT_WORK_REGION",
        "works_elsewhere_city": "REG_CITY_NOT_WORK_CITY",
        "lives_elsewhere_city": "REG_CITY_NOT_LIVE_CITY",
        "external_score_1": "EXT_SOURCE_1",
        "external_score_2": "EXT_SOURCE_2",
        "external_score_3": "EXT_SOURCE_3",
        "circle_observed": "OBS_30_CNT_SOCIAL_CIRCLE",
        "circle_defaulted_30": "DEF_30_CNT_SOCIAL_CIRCLE",
        "circle_defaulted_60": "DEF_60_CNT_SOCIAL_CIRCLE",
        "identity_document_given": "FLAG_DOCUMENT_3",
        "inquiries_month": "AMT_REQ_CREDIT_BUREAU_MON",
        "inquiries_quarter": "AMT_REQ_CREDIT_BUREAU_QRT",
        "inquiries_year": "AMT_REQ_CREDIT_BUREAU_YEAR",
        "building_age_index": "YEARS_BUILD_AVG",
        "building_area_index": "TOTALAREA_MODE",
        "building_floors_index": "FLOORSMAX_AVG",
    }
    codes = {
        "product": "NAME_CONTRACT_TYPE",
        "income_kind": "NAME_INCOME_TYPE",
        "housing": "NAME_HOUSING_TYPE",
        "education": "NAME_EDUCATION_TYPE",
        "occupation": "OCCUPATION_TYPE",
        "employer_kind": "ORGANIZATION_TYPE",
    }
    days = {
        "employed_since": "DAYS_EMPLOYED",
        "registered_since": "DAYS_REGISTRATION",
        "identity_document_since": "DAYS_ID_PUBLISH",
        "telephone_since": "DAYS_LAST_PHONE_CHANGE",
    }
    documents = " + ".join(f"coalesce({name}, 0)" for name in _DOCUMENTS)
    return Contract(
        name="home_credit_application",
        furnisher_id=OWN,
        record_kind="application",
        consumer_space=SPACE,
        observes="SK_ID_CURR",
        columns=(
            identifier("SK_ID_CURR"),
            *(_stated_number(name) for name in numbers.values()),
            *(Column(name, "text") for name in codes.values()),
            *(past_day(name) for name in days.values()),
            *(Column(name, "text", allowed=("Y", "N")) for name in ("FLAG_OWN_CAR", "FLAG_OWN_REALTY")),
            # Kept for fairness tests alone: a lender need not send them.
            Column("DAYS_BIRTH", "number", minimum=-120 * 365.25, maximum=-18 * 365.25, optional=True),
            Column("CNT_CHILDREN", "number", minimum=0, maximum=50, optional=True),
            Column("CODE_GENDER", "text", allowed=("F", "M", "XNA"), optional=True),
            Column("NAME_FAMILY_STATUS", "text", optional=True),
            *(number(name, minimum=0, maximum=1) for name in _DOCUMENTS if name != "FLAG_DOCUMENT_3"),
        ),
        not_taken={
            "TARGET": "the outcome is a delivery of its own",
            "CNT_FAM_MEMBERS": _PROHIBITED,
            "NAME_TYPE_SUITE": _PROHIBITED,
            **dict.fromkeys(prohibited, _PROHIBITED),
            **dict.fromkeys(_UNUSED_APPLICATION_COLUMNS, "brings nothing that another column does not"),
        },
        facts=(
            FactMapping(
                "application",
                {
                    "consumer_id": "SK_ID_CURR",
                    "effective_on": OBSERVED,
                    "currency": "'currency 1'",
                    **numbers,
                    **{ours: code(theirs) for ours, theirs in codes.items()},
                    **{ours: days_after(theirs) for ours, theirs in days.items()},
                    "age_years": "floor(-DAYS_BIRTH / 365.25)",
                    "owns_car": "CASE FLAG_OWN_CAR WHEN 'Y' THEN 1 WHEN 'N' THEN 0 END",
                    "owns_home": "CASE FLAG_OWN_REALTY WHEN 'Y' THEN 1 WHEN 'N' THEN 0 END",
                    "documents_given": documents,
                },
            ),
            FactMapping(
                "protected_attribute",
                {
                    "consumer_id": "SK_ID_CURR",
                    "effective_on": OBSERVED,
                    "sex": "CASE CODE_GENDER WHEN 'F' THEN 'female' WHEN 'M' THEN 'male' END",
                    "marital_status": "lower(NAME_FAMILY_STATUS)",
                    "children": "CNT_CHILDREN",
                    "age_years": "floor(-DAYS_BIRTH / 365.25)",
                },
            ),
        ),
    )


_UNUSED_APPLICATION_COLUMNS: Final = (
    "WEEKDAY_APPR_PROCESS_START",
    "REG_REGION_NOT_LIVE_REGION",
    "LIVE_REGION_NOT_WORK_REGION",
    "LIVE_CITY_NOT_WORK_CITY",
    "OBS_60_CNT_SOCIAL_CIRCLE",
    "AMT_REQ_CREDIT_BUREAU_HOUR",
    "AMT_REQ_CREDIT_BUREAU_DAY",
    "AMT_REQ_CREDIT_BUREAU_WEEK",
    "FONDKAPREMONT_MODE",
    "HOUSETYPE_MODE",
    "WALLSMATERIAL_MODE",
    "EMERGENCYSTATE_MODE",
    *(
        f"{part}_{statistic}"
        for part in (
            "APARTMENTS",
            "BASEMENTAREA",
            "YEARS_BEGINEXPLUATATION",
            "YEARS_BUILD",
            "COMMONAREA",
            "ELEVATORS",
            "ENTRANCES",
            "FLOORSMAX",
            "FLOORSMIN",
            "LANDAREA",
            "LIVINGAPARTMENTS",
            "LIVINGAREA",
            "NONLIVINGAPARTMENTS",
            "NONLIVINGAREA",
        )
        for statistic in ("AVG", "MODE", "MEDI")
        if f"{part}_{statistic}" not in _BUILDING_TAKEN
    ),
)


def outcome_contract() -> Contract:
    """Whether the applicant had payment difficulties."""
    application = application_contract()
    return Contract(
        name="home_credit_outcome",
        furnisher_id=OWN,
        record_kind="outcome",
        consumer_space=SPACE,
        columns=(identifier("SK_ID_CURR"), Column("TARGET", "integer", filled=True, minimum=0, maximum=1)),
        not_taken={
            name: "belongs to the application"
            for name in (*(column.name for column in application.columns), *application.not_taken)
            if name not in ("SK_ID_CURR", "TARGET")
        },
        facts=(
            FactMapping(
                "outcome",
                {
                    "consumer_id": "SK_ID_CURR",
                    "effective_on": f"{OBSERVED} + {OUTCOME_AFTER.days}",
                    "is_bad": "TARGET = 1",
                },
            ),
        ),
    )
