"""The view of accounts in dispute, and what is counted over it; none of it may be scored.

Whoever disputes what is told of an account exercises a right, which must not count against anybody
(15 U.S.C. 1691(a)(3); requirements AA-12). The counts are for those who watch over furnishers and models.
"""

from __future__ import annotations

from typing import Final

from features.asof import known
from features.declaration import View
from features.definitions.bureau.pieces import HOLDINGS, declared_over

__all__ = ["FEATURES", "VIEW"]

_MONTH: Final = "tradeline_month."
_TOLD: Final = "coalesce(month.payment_status, '') <> 'deleted'"

_NEWEST: Final = f"""(
            SELECT spine.row_no, spine.observed_at, spine.observed_on, spine.tradeline_id,
                max(month.effective_on) AS newest_on
            FROM {HOLDINGS}
            JOIN tradeline_month AS month ON month.tradeline_id = spine.tradeline_id
            WHERE {known("month")} AND spine.is_liable AND {_TOLD}
            GROUP BY spine.row_no, spine.observed_at, spine.observed_on, spine.tradeline_id
        ) AS spine"""

VIEW: Final = View(
    name="disputes",
    title="Accounts in dispute, counted and never scored",
    record_kind=None,
    relation=f"""
        SELECT spine.row_no,
            CASE WHEN month.compliance_condition IN ('XB', 'XD', 'XF', 'XJ') THEN 'open'
                WHEN month.compliance_condition IN ('XC', 'XE', 'XG') THEN 'disagreed'
                WHEN month.compliance_condition = 'XH' THEN 'settled' END AS dispute
        FROM {_NEWEST}
        JOIN tradeline_month AS month
            ON month.tradeline_id = spine.tradeline_id AND month.effective_on = spine.newest_on
        WHERE {known("month")}
    """,
    lineage={"*": (_MONTH + "tradeline_id",), "dispute": (_MONTH + "compliance_condition",)},
    kinds={"dispute": "text"},
    rows=(
        "A row is an account that the consumer answers for, debts in the hands of collectors included; what it "
        "says is that of its newest known month that is not told as deleted."
    ),
)

_declare = declared_over(VIEW)

_STATES: Final = {
    "open": "accounts that the consumer disputes, as their newest month tells",
    "disagreed": "accounts whose dispute ended without the consumer's consent, as their newest month tells",
    "settled": "accounts that were in dispute before, as their newest month tells",
}

FEATURES: Final = tuple(
    _declare(f"disputes_{state}", f"count(*) FILTER (dispute = '{state}')", meaning, "count", "B28")
    for state, meaning in _STATES.items()
)
