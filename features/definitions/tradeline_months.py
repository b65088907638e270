"""Features over the monthly statuses that other lenders report."""

from __future__ import annotations

from typing import Final

from features.asof import ACCOUNTS, known, months_before
from features.declaration import View, aggregate

__all__ = ["FEATURES", "VIEW"]

_MONTH: Final = "tradeline_month."

VIEW: Final = View(
    name="tradeline_months",
    title="Monthly statuses reported by other lenders",
    record_kind="tradeline_month",
    relation=f"""
        SELECT spine.row_no, {months_before("month.effective_on")} AS months_ago,
            month.days_past_due, month.payment_status
        FROM {ACCOUNTS}
        JOIN tradeline_month AS month ON month.tradeline_id = spine.tradeline_id AND month.product = 'reported'
        WHERE {known("month")}
    """,
    lineage={
        "*": (_MONTH + "tradeline_id",),
        "months_ago": (_MONTH + "effective_on",),
        "days_past_due": (_MONTH + "days_past_due",),
        "payment_status": (_MONTH + "payment_status",),
    },
)

FEATURES: Final = (
    aggregate(
        VIEW,
        "reported_late_share",
        "avg((days_past_due > 0)::INTEGER)",
        "share of the reported months that were late; months whose lateness is not told are left out",
        unit="share",
        reason="T05",
        direction=1,
    ),
    *(
        aggregate(
            VIEW,
            f"reported_late_months_{months}m",
            f"count(*) FILTER (days_past_due > 0 AND months_ago < {months})",
            f"late months reported in the last {months}, all accounts together",
            unit="count",
            reason="T05",
            direction=1,
            empty=0.0,
        )
        for months in (12, 24)
    ),
    aggregate(
        VIEW,
        "reported_days_past_due_max_24m",
        "max(days_past_due) FILTER (months_ago < 24)",
        "worst days past due reported in 24 months (lower end of its class)",
        unit="days",
        reason="T05",
        direction=1,
    ),
    aggregate(
        VIEW,
        "reported_months_since_late",
        "min(months_ago) FILTER (days_past_due > 0)",
        "months since the last late month reported",
        unit="months",
        reason="T05",
        direction=-1,
        null_means="never late in the months that are known, or none was delivered",
    ),
    aggregate(
        VIEW,
        "reported_closed_share",
        "avg((payment_status = 'closed')::INTEGER)",
        "share of the reported months in which the account was closed; months without a status are left out",
        unit="share",
        reason="T08",
    ),
)
