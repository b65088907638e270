"""Features over the monthly statements of card accounts."""

from __future__ import annotations

from typing import Final

from features.asof import ACCOUNTS, in_currency, known, months_before
from features.declaration import Direction, Feature, View, aggregate

__all__ = ["FEATURES", "VIEW"]

_MONTH: Final = "tradeline_month."

VIEW: Final = View(
    name="card_months",
    title="Monthly statements of card accounts",
    record_kind="card_month",
    # Amounts of another currency than the portfolio's are missing, never added. The bill before a
    # statement is that of the month before on the same account, if that month is known; credit in
    # hand is a bill of zero. What was newly spent is the bill less what was left of the one before.
    relation=f"""
        SELECT row_no, months_ago, latest, days_past_due, days_past_due_tolerated, balance, credit_limit, payment,
            drawings, cash_drawings, drawings_count, utilisation, standing, bill_before,
            CASE WHEN balance > bill_before - payment THEN balance - bill_before + payment
                WHEN balance <= bill_before - payment THEN 0 END AS spent
        FROM (
            SELECT row_no, months_ago, days_past_due, days_past_due_tolerated, balance, credit_limit, payment,
                drawings, cash_drawings, drawings_count,
                months_ago = min(months_ago) OVER (PARTITION BY row_no) AS latest,
                balance / nullif(credit_limit, 0) AS utilisation,
                CASE WHEN lag(months_ago) OVER account <> months_ago + 1 THEN NULL WHEN lag(balance) OVER account < 0
                    THEN 0 ELSE lag(balance) OVER account END AS bill_before,
                CASE WHEN days_past_due > 0 THEN ceil(days_past_due / 30.0) WHEN payment_status = 'unused' THEN -2
                    WHEN payment_status = 'paid_in_full' THEN -1 WHEN days_past_due = 0 THEN 0 END AS standing
            FROM (
                SELECT spine.row_no, month.tradeline_id, {months_before("month.effective_on")} AS months_ago,
                    month.effective_on, month.days_past_due, month.days_past_due_tolerated, month.payment_status,
                    {in_currency("month", "balance")},
                    {in_currency("month", "credit_limit")},
                    {in_currency("month", "payment")},
                    {in_currency("month", "drawings")},
                    {in_currency("month", "cash_drawings")},
                    month.drawings_count
                FROM {ACCOUNTS}
                JOIN tradeline_month AS month ON month.tradeline_id = spine.tradeline_id AND month.product = 'card'
                WHERE {known("month")}
            )
            WINDOW account AS (PARTITION BY row_no, tradeline_id ORDER BY effective_on)
        )
    """,
    lineage={
        "*": (_MONTH + "tradeline_id",),
        "months_ago": (_MONTH + "effective_on",),
        "latest": (_MONTH + "effective_on",),
        "days_past_due": (_MONTH + "days_past_due",),
        "days_past_due_tolerated": (_MONTH + "days_past_due_tolerated",),
        "balance": (_MONTH + "balance",),
        "credit_limit": (_MONTH + "credit_limit",),
        "payment": (_MONTH + "payment",),
        "drawings": (_MONTH + "drawings",),
        "cash_drawings": (_MONTH + "cash_drawings",),
        "drawings_count": (_MONTH + "drawings_count",),
        "utilisation": (_MONTH + "balance", _MONTH + "credit_limit"),
        "bill_before": (_MONTH + "balance", _MONTH + "effective_on"),
        "spent": (_MONTH + "balance", _MONTH + "effective_on", _MONTH + "payment"),
        "standing": (_MONTH + "days_past_due", _MONTH + "payment_status"),
    },
)

_NEVER_LATE: Final = "never late in the months that are known, or none was delivered"
_WITHIN: Final = "FILTER (months_ago < {})"


def _within(sql: str, months: int) -> str:
    return f"{sql} {_WITHIN.format(months)}"


def _utilisation() -> list[Feature]:
    def share(name: str, sql: str, meaning: str, *, falling: bool = False) -> Feature:
        direction = 0 if falling else 1
        return aggregate(VIEW, name, sql, meaning, unit="share", reason="C01", direction=direction)  # type: ignore[arg-type]

    return [
        share(
            "card_utilisation_latest",
            "max(utilisation) FILTER (latest)",
            "share of the card limit used, latest statement; the largest if several cards have one",
        ),
        *(
            share(
                f"card_utilisation_mean_{months}m",
                _within("avg(utilisation)", months),
                f"mean share of the card limit used, last {months} months",
            )
            for months in (3, 6, 12)
        ),
        share(
            "card_utilisation_max_12m", _within("max(utilisation)", 12), "largest share of the limit used in 12 months"
        ),
        share(
            "card_utilisation_min_12m",
            _within("min(utilisation)", 12),
            "smallest share of the limit used in 12 months",
            falling=True,
        ),
        share(
            "card_utilisation_spread_12m",
            _within("stddev_pop(utilisation)", 12),
            "standard deviation of the share of the limit used in 12 months",
            falling=True,
        ),
        share(
            "card_utilisation_slope_6m",
            _within("regr_slope(utilisation, -months_ago)", 6),
            "change a month of the share of the limit used, 6 months",
            falling=True,
        ),
        share(
            "card_utilisation_slope_12m",
            _within("regr_slope(utilisation, -months_ago)", 12),
            "change a month of the share of the limit used, 12 months",
        ),
        share(
            "card_utilisation_high_share_12m",
            _within("avg((utilisation > 0.9)::INTEGER)", 12),
            "share of the statements of 12 months with over 90 % of the limit used",
        ),
        share(
            "card_utilisation_1_month_ago",
            "avg(utilisation) FILTER (months_ago = 1)",
            "mean share of the limit used 1 month ago",
        ),
        share(
            "card_utilisation_2_months_ago",
            "avg(utilisation) FILTER (months_ago = 2)",
            "mean share of the limit used 2 months ago",
        ),
    ]


def _delinquency() -> list[Feature]:
    def late(name: str, sql: str, meaning: str, unit: str, *, empty: float | None = None) -> Feature:
        return aggregate(VIEW, name, sql, meaning, unit=unit, reason="C02", direction=1, empty=empty)

    def since(name: str, condition: str, meaning: str) -> Feature:
        return aggregate(
            VIEW,
            name,
            f"min(months_ago) FILTER ({condition})",
            meaning,
            unit="months",
            reason="C03",
            direction=-1,
            null_means=_NEVER_LATE,
        )

    return [
        late(
            "card_days_past_due_latest",
            "max(days_past_due) FILTER (latest)",
            "days past due, latest statement; the worst if several cards have one",
            "days",
        ),
        *(
            late(
                f"card_days_past_due_max_{months}m",
                _within("max(days_past_due)", months),
                f"worst days past due on cards in {months} months",
                "days",
            )
            for months in (3, 6, 12)
        ),
        late("card_days_past_due_max", "max(days_past_due)", "worst days past due on cards ever", "days"),
        late(
            "card_days_past_due_sum_6m",
            _within("sum(days_past_due)", 6),
            "sum of days past due over 6 months, all cards together",
            "days",
        ),
        late(
            "card_days_past_due_sum_3m",
            _within("sum(days_past_due)", 3),
            "sum of days past due over 3 months, all cards together",
            "days",
        ),
        *(
            late(
                f"card_late_months_{months}m",
                f"count(*) FILTER (days_past_due > 0 AND months_ago < {months})",
                f"late months in the last {months}, all cards together",
                "count",
                empty=0.0,
            )
            for months in (3, 6, 12)
        ),
        late(
            "card_late_60_months_6m",
            "count(*) FILTER (days_past_due >= 60 AND months_ago < 6)",
            "months late by 60 days or more in the last 6, all cards together",
            "count",
            empty=0.0,
        ),
        late(
            "card_days_past_due_tolerated_max",
            "max(days_past_due_tolerated)",
            "worst days past due on cards ever, small amounts left out",
            "days",
        ),
        since("card_months_since_late", "days_past_due > 0", "months since the last late month on cards"),
        since("card_months_since_late_60", "days_past_due >= 60", "months since the last month 60 days late on cards"),
    ]


def _standing() -> list[Feature]:
    """The standing of a month: late by n times 30 days, else 0 carried over, -1 paid in full, -2 not used."""

    def one(
        name: str,
        sql: str,
        meaning: str,
        unit: str = "level",
        *,
        direction: Direction = 0,
        empty: float | None = None,
    ) -> Feature:
        return aggregate(VIEW, name, sql, meaning, unit=unit, reason="C09", direction=direction, empty=empty)

    return [
        one(
            "card_standing_latest",
            "max(standing) FILTER (latest)",
            "how the latest bill was settled, as a level; the worst if several cards have one",
        ),
        one("card_standing_mean_3m", _within("avg(standing)", 3), "how the bills of 3 months were settled, mean level"),
        one("card_standing_mean_6m", _within("avg(standing)", 6), "how the bills of 6 months were settled, mean level"),
        one(
            "card_standing_slope_6m",
            _within("regr_slope(standing, -months_ago)", 6),
            "change a month of how bills were settled, 6 months",
        ),
        one(
            "card_paid_in_full_months_6m",
            "count(*) FILTER (standing = -1 AND months_ago < 6)",
            "months in which the bill was paid in full, last 6, all cards together",
            "count",
            direction=-1,
            empty=0.0,
        ),
    ]


def _balances() -> list[Feature]:
    def amount(name: str, sql: str, meaning: str, unit: str = "amount") -> Feature:
        return aggregate(VIEW, name, sql, meaning, unit=unit, reason="C06")

    return [
        amount(
            "card_balance_latest",
            "sum(balance) FILTER (months_ago = 0)",
            "bills of month 0, the newest before the observation, all cards together",
        ),
        amount(
            "card_balance_1_month_ago", "sum(balance) FILTER (months_ago = 1)", "bills 1 month ago, all cards together"
        ),
        amount(
            "card_balance_2_months_ago",
            "sum(balance) FILTER (months_ago = 2)",
            "bills 2 months ago, all cards together",
        ),
        amount("card_balance_mean_6m", _within("avg(balance)", 6), "mean bill of 6 months"),
        amount("card_balance_max_6m", _within("max(balance)", 6), "largest bill of 6 months"),
        amount(
            "card_balance_change_1m",
            "sum(balance) FILTER (months_ago = 0) - sum(balance) FILTER (months_ago = 1)",
            "bills of month 0 less those 1 month ago, all cards together",
        ),
        aggregate(
            VIEW,
            "card_headroom_latest",
            "sum(credit_limit - balance) FILTER (months_ago = 0)",
            "card limit not used in month 0, all cards together",
            unit="amount",
            reason="C01",
            direction=-1,
        ),
        aggregate(
            VIEW,
            "card_limit_latest",
            "sum(credit_limit) FILTER (latest)",
            "card limit, latest statement; the sum if several cards have one",
            unit="amount",
            reason="C07",
            direction=-1,
        ),
        amount("card_months_known", "max(months_ago)", "months since the oldest statement that is known", "months"),
    ]


def _at_most_five(sql: str) -> str:
    """A share that is cut at five; missing stays missing, which SQL's own ``least`` does not do."""
    return f"CASE WHEN {sql} > 5 THEN 5 ELSE {sql} END"


def _payments() -> list[Feature]:
    def paid(name: str, sql: str, meaning: str) -> Feature:
        return aggregate(VIEW, name, sql, meaning, unit="amount", reason="C04", direction=-1)

    def share(name: str, sql: str, meaning: str) -> Feature:
        return aggregate(VIEW, name, sql, meaning, unit="share", reason="C05", direction=-1)

    return [
        *(
            paid(
                f"card_payment_{months}_months_ago",
                f"sum(payment) FILTER (months_ago = {months})",
                f"amount paid {months} months ago, all cards together",
            )
            for months in (0, 1, 2, 3, 5)
        ),
        paid("card_payment_sum_3m", _within("sum(payment)", 3), "amount paid in 3 months"),
        paid("card_payment_sum_6m", _within("sum(payment)", 6), "amount paid in 6 months"),
        paid("card_payment_min_6m", _within("min(payment)", 6), "smallest monthly payment in 6 months"),
        paid("card_payment_max_6m", _within("max(payment)", 6), "largest monthly payment in 6 months"),
        aggregate(
            VIEW,
            "card_payment_spread_6m",
            _within("stddev_pop(payment)", 6),
            "standard deviation of the monthly payments of 6 months",
            unit="amount",
            reason="C04",
        ),
        aggregate(
            VIEW,
            "card_payment_slope_6m",
            _within("regr_slope(payment, -months_ago)", 6),
            "change a month of the payments, 6 months",
            unit="amount",
            reason="C04",
            direction=-1,
        ),
        *(
            share(
                f"card_paid_share_{months}m",
                _at_most_five(
                    f"sum(payment) FILTER (months_ago < {months} AND bill_before IS NOT NULL) "
                    f"/ nullif(sum(bill_before) FILTER (months_ago < {months} AND payment IS NOT NULL), 0)"
                ),
                f"payments of {months} months by the bills they were due on, at most 5",
            )
            for months in (3, 6)
        ),
        share(
            "card_paid_share_min_6m",
            _at_most_five("min(payment / nullif(bill_before, 0)) FILTER (months_ago < 6)"),
            "smallest share of a bill that was paid in 6 months, at most 5",
        ),
        share(
            "card_full_payment_share_6m",
            "avg((payment >= 0.95 * bill_before)::INTEGER) FILTER (months_ago < 6 AND bill_before > 0)",
            "share of the bills of 6 months of which at least 95 % was paid",
        ),
    ]


def _use() -> list[Feature]:
    def used(name: str, sql: str, meaning: str, unit: str) -> Feature:
        return aggregate(VIEW, name, sql, meaning, unit=unit, reason="C08")

    return [
        used(
            "card_spend_share_3m",
            "sum(spent) FILTER (months_ago < 3) / nullif(max(credit_limit) FILTER (months_ago < 3), 0)",
            "newly spent in 3 months, all cards together, by the largest card limit in them",
            "share",
        ),
        used(
            "card_spend_share_latest",
            "sum(spent) FILTER (months_ago = 0) / nullif(max(credit_limit) FILTER (months_ago = 0), 0)",
            "newly spent in month 0, all cards together, by the largest card limit in it",
            "share",
        ),
        used(
            "card_cash_share_12m",
            "sum(cash_drawings) FILTER (months_ago < 12 AND drawings IS NOT NULL) "
            "/ nullif(sum(drawings) FILTER (months_ago < 12 AND cash_drawings IS NOT NULL), 0)",
            "cash withdrawn by all drawings, 12 months, where both are told",
            "share",
        ),
        used(
            "card_drawings_mean_12m",
            _within("avg(drawings_count)", 12),
            "mean number of drawings a month, 12 months",
            "count",
        ),
        used("card_drawings_mean", "avg(drawings_count)", "mean number of drawings a month", "count"),
    ]


FEATURES: Final = (*_utilisation(), *_delinquency(), *_standing(), *_balances(), *_payments(), *_use())
