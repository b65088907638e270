"""Features over the months of a lender's own instalment and cash loans."""

from __future__ import annotations

from typing import Final

from features.asof import ACCOUNTS, known, months_before
from features.declaration import View, aggregate

__all__ = ["FEATURES", "VIEW"]

_MONTH: Final = "tradeline_month."

VIEW: Final = View(
    name="instalment_months",
    title="Months of instalment loans at the same lender",
    record_kind="instalment_month",
    relation=f"""
        SELECT row_no, tradeline_id, months_ago, months_ago = min(months_ago) OVER (PARTITION BY row_no) AS latest,
            payment_status, days_past_due, days_past_due_tolerated,
            instalments_total, instalments_remaining,
            row_number() OVER (PARTITION BY row_no, tradeline_id ORDER BY effective_on DESC) AS newest
        FROM (
            SELECT spine.row_no, month.tradeline_id, month.effective_on,
                {months_before("month.effective_on")} AS months_ago, month.payment_status,
                month.days_past_due, month.days_past_due_tolerated, month.instalments_total,
                month.instalments_remaining
            FROM {ACCOUNTS}
            JOIN tradeline_month AS month ON month.tradeline_id = spine.tradeline_id AND month.product = 'instalment'
            WHERE {known("month")}
        )
    """,
    lineage={
        "*": (_MONTH + "tradeline_id",),
        "tradeline_id": (_MONTH + "tradeline_id",),
        "months_ago": (_MONTH + "effective_on",),
        "latest": (_MONTH + "effective_on",),
        "newest": (_MONTH + "effective_on",),
        "payment_status": (_MONTH + "payment_status",),
        "days_past_due": (_MONTH + "days_past_due",),
        "days_past_due_tolerated": (_MONTH + "days_past_due_tolerated",),
        "instalments_total": (_MONTH + "instalments_total",),
        "instalments_remaining": (_MONTH + "instalments_remaining",),
    },
)

_RUNNING: Final = "newest = 1 AND payment_status = 'active' AND months_ago < 3"
_NEVER_LATE: Final = "never late in the months that are known, or none was delivered"

FEATURES: Final = (
    aggregate(
        VIEW,
        "loan_months",
        "count(*)",
        "loan months that are known, all loans together",
        unit="count",
        reason="L03",
        empty=0.0,
    ),
    aggregate(
        VIEW, "loan_months_known", "max(months_ago)", "months since the oldest loan month", unit="months", reason="L03"
    ),
    aggregate(
        VIEW,
        "loan_count",
        "count(DISTINCT tradeline_id)",
        "loans that are known",
        unit="count",
        reason="L03",
        empty=0.0,
    ),
    aggregate(
        VIEW,
        "loan_completed_share",
        "count(*) FILTER (newest = 1 AND payment_status = 'completed') / count(DISTINCT tradeline_id)",
        "share of the loans that were completed in their newest month",
        unit="share",
        reason="L03",
    ),
    aggregate(
        VIEW,
        "loan_term_latest",
        "max(instalments_total) FILTER (latest)",
        "instalments agreed in the latest loan month; the most if several loans have it",
        unit="count",
        reason="L03",
    ),
    aggregate(
        VIEW,
        "loan_term_mean",
        "avg(instalments_total)",
        "mean number of instalments agreed, over all loan months",
        unit="count",
        reason="L03",
    ),
    aggregate(
        VIEW,
        "loan_term_max",
        "max(instalments_total) FILTER (newest = 1)",
        "largest number of instalments agreed, by the newest month of each loan",
        unit="count",
        reason="L03",
    ),
    aggregate(
        VIEW,
        "loan_running_count",
        f"count(*) FILTER ({_RUNNING})",
        "loans still running: active in their newest month, which is one of the last 3",
        unit="count",
        reason="L02",
        empty=0.0,
    ),
    aggregate(
        VIEW,
        "loan_instalments_remaining",
        f"sum(instalments_remaining) FILTER ({_RUNNING})",
        "instalments still to be paid on running loans",
        unit="count",
        reason="L02",
        null_means="no loan is running, or none was delivered",
    ),
    aggregate(
        VIEW,
        "loan_remaining_share",
        f"avg(instalments_remaining / nullif(instalments_total, 0)) FILTER ({_RUNNING})",
        "mean share of the instalments of running loans still to be paid",
        unit="share",
        reason="L02",
        null_means="no loan is running, or none was delivered",
    ),
    *(
        aggregate(
            VIEW,
            f"loan_days_past_due_max_{months}m",
            f"max(days_past_due_tolerated) FILTER (months_ago < {months})",
            f"worst days past due on loans in {months} months, small amounts left out",
            unit="days",
            reason="L01",
            direction=1,
        )
        for months in (12, 24)
    ),
    aggregate(
        VIEW,
        "loan_days_past_due_max",
        "max(days_past_due_tolerated)",
        "worst days past due on loans ever, small amounts left out",
        unit="days",
        reason="L01",
        direction=1,
    ),
    aggregate(
        VIEW,
        "loan_late_share",
        "avg((days_past_due > 0)::INTEGER)",
        "share of the loan months that were late",
        unit="share",
        reason="L01",
        direction=1,
    ),
    aggregate(
        VIEW,
        "loan_late_tolerated_share",
        "avg((days_past_due_tolerated > 0)::INTEGER)",
        "share of the loan months that were late, small amounts left out",
        unit="share",
        reason="L01",
        direction=1,
    ),
    aggregate(
        VIEW,
        "loan_months_since_late",
        "min(months_ago) FILTER (days_past_due_tolerated > 0)",
        "months since the last late month on loans, small amounts left out",
        unit="months",
        reason="L01",
        direction=-1,
        null_means=_NEVER_LATE,
    ),
)
