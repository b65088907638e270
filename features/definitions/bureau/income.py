"""The view of what applicants stated of income, work and home, and what is counted over it.

Where income comes from is never read: it tells public assistance (12 CFR 1002.6(b)(5)).
"""

from __future__ import annotations

from typing import Final

from features.asof import known, months_before
from features.declaration import Feature, View
from features.definitions.bureau.pieces import declared_over, months_ago

__all__ = ["FEATURES", "VIEW"]

_STATED: Final = "application."
_INCOME: Final = (
    "CASE WHEN stated.currency = spine.currency AND stated.income > 0 AND stated.income < 1e12 THEN stated.income END"
)

_NEWEST: Final = f"""(
            SELECT spine.row_no,
                max(CASE WHEN {_INCOME} IS NOT NULL THEN stated.effective_on END) AS income_on,
                max(CASE WHEN stated.employed_since <= stated.effective_on THEN stated.effective_on END) AS employed_on,
                max(CASE WHEN stated.housing IS NOT NULL THEN stated.effective_on END) AS housing_on
            FROM spine JOIN application AS stated ON stated.consumer_id = spine.consumer_id
            WHERE {known("stated")}
            GROUP BY spine.row_no
        ) AS newest"""

VIEW: Final = View(
    name="income",
    title="Income, work and home, as applicants state them",
    record_kind=None,
    relation=f"""
        SELECT spine.row_no, {_INCOME} AS income, stated.housing, stated.employed_since,
            {months_before("stated.effective_on")} AS stated_ago,
            CASE WHEN stated.employed_since <= stated.effective_on
                THEN {months_ago("stated.employed_since")} END AS employed_ago,
            CASE WHEN stated.effective_on = newest.income_on THEN 1 ELSE 0 END AS income_newest,
            CASE WHEN stated.effective_on = newest.employed_on THEN 1 ELSE 0 END AS employed_newest,
            CASE WHEN stated.effective_on = newest.housing_on THEN 1 ELSE 0 END AS housing_newest
        FROM spine JOIN application AS stated ON stated.consumer_id = spine.consumer_id
        JOIN {_NEWEST} ON newest.row_no = spine.row_no
        WHERE {known("stated")}
    """,
    lineage={
        "*": (_STATED + "effective_on",),
        "income": (_STATED + "income",),
        "housing": (_STATED + "housing",),
        "employed_since": (_STATED + "employed_since",),
        "stated_ago": (_STATED + "effective_on",),
        "employed_ago": (_STATED + "effective_on", _STATED + "employed_since"),
        "income_newest": (_STATED + "effective_on", _STATED + "income"),
        "employed_newest": (_STATED + "effective_on", _STATED + "employed_since"),
        "housing_newest": (_STATED + "effective_on", _STATED + "housing"),
    },
    kinds={
        "income": "amount",
        "housing": "text",
        "employed_since": "day",
        **dict.fromkeys(("stated_ago", "employed_ago", "income_newest", "employed_newest", "housing_newest"), "whole"),
    },
    rows=(
        "A row is a date on which an applicant stated anything, under one of the consumer's references. The "
        "newest statement of a thing is that of the latest date on which it was stated at all. An income counts "
        "when it is in the currency of the observation and above zero, a start of work when it does not lie after "
        "its statement."
    ),
)

_declare = declared_over(VIEW)

_NEWEST_INCOME: Final = "max(income) FILTER (income_newest = 1)"
_UNSTATED: Final = "the consumer never stated it"
_OLD: Final = "no income was stated in 36 months"

FEATURES: Final[tuple[Feature, ...]] = (
    _declare(
        "stated_income",
        _NEWEST_INCOME,
        "newest yearly income stated, in the currency of the observation and above zero; the largest of one date",
        "amount",
        "A06",
        -1,
        missing=_UNSTATED,
    ),
    _declare(
        "months_since_income_stated",
        "min(stated_ago) FILTER (income IS NOT NULL)",
        "months since an income above zero was last stated in the currency of the observation",
        "months",
        "A16",
        missing=_UNSTATED,
        expected=(0.0, 240.0),
    ),
    _declare(
        "income_by_mean_36m",
        f"{_NEWEST_INCOME} / nullif(avg(income) FILTER (stated_ago < 36), 0)",
        "newest yearly income stated by the mean of all statements of the last 36 months, the newest included",
        "share",
        "A17",
        -1,
        window=36,
        missing=_OLD,
        expected=(0.0, 10.0),
    ),
    _declare(
        "income_by_lowest_36m",
        f"{_NEWEST_INCOME} / nullif(min(income) FILTER (stated_ago < 36), 0)",
        "newest yearly income stated by the lowest stated in the last 36 months, the newest included",
        "share",
        "A17",
        window=36,
        missing=_OLD,
        expected=(1.0, 20.0),
    ),
    _declare(
        "income_by_highest_36m",
        f"{_NEWEST_INCOME} / nullif(max(income) FILTER (stated_ago < 36), 0)",
        "newest yearly income stated by the highest stated in the last 36 months, the newest included",
        "share",
        "A17",
        -1,
        window=36,
        missing=_OLD,
        expected=(0.0, 1.0),
    ),
    _declare(
        "income_statements_24m",
        "count(income) FILTER (stated_ago < 24)",
        "statements of an income above zero in the currency of the observation, in the last 24 months",
        "count",
        "A18",
        window=24,
    ),
    _declare(
        "employed_months",
        "max(employed_ago) FILTER (employed_newest = 1)",
        "months since the start of work with the employer by the newest statement; the earliest start of one date",
        "months",
        "A02",
        -1,
        missing=_UNSTATED,
    ),
    _declare(
        "employment_starts_60m",
        "count(DISTINCT employed_since) FILTER (employed_ago < 60)",
        "different dates of the start of work that were stated and lie in the last 60 months",
        "count",
        "A02",
        1,
        window=60,
    ),
    _declare(
        "home_owned",
        "max(CASE WHEN housing = 'own' THEN 1 ELSE 0 END) FILTER (housing_newest = 1 AND housing IS NOT NULL)",
        "1 where the newest statement of it says that the home is owned, else 0; 1 if statements of one date differ",
        "flag",
        "A15",
        -1,
        missing=_UNSTATED,
    ),
)
