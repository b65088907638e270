"""Features over the accounts that other lenders report."""

from __future__ import annotations

from typing import Final

from features.asof import ACCOUNTS, in_currency, known, months_between, months_since
from features.declaration import Direction, Feature, View, aggregate

__all__ = ["FEATURES", "VIEW"]

_LINE: Final = "tradeline."

VIEW: Final = View(
    name="tradelines",
    title="Accounts reported by other lenders",
    record_kind="tradeline",
    # The newest report of each account that was known. Negative balances are credit in hand.
    relation=f"""
        SELECT row_no, product, status, credit_amount, credit_limit, balance, amount_past_due,
            max_amount_past_due, ever_past_due, days_past_due, instalment, prolongations,
            {months_since("opened_on")} AS age_months,
            {months_between("observed_on", "due_on")} AS months_to_due,
            {months_since("closed_on")} AS months_since_closed,
            {months_between("closed_on", "due_on")} AS months_closed_early,
            {months_between("opened_on", "due_on")} AS term_months
        FROM (
            SELECT spine.row_no, spine.observed_on, line.product, line.status, line.opened_on, line.due_on,
                line.closed_on, line.days_past_due, line.prolongations,
                coalesce(line.amount_past_due > 0, false) OR coalesce(line.max_amount_past_due > 0, false)
                    OR coalesce(line.days_past_due > 0, false) AS ever_past_due, {in_currency("line", "credit_amount")},
                {in_currency("line", "credit_limit")}, {in_currency("line", "balance")},
                {in_currency("line", "amount_past_due")}, {in_currency("line", "max_amount_past_due")},
                {in_currency("line", "instalment")}
            FROM {ACCOUNTS}
            JOIN tradeline AS line ON line.tradeline_id = spine.tradeline_id
            WHERE {known("line")}
            QUALIFY row_number() OVER (
                PARTITION BY spine.row_no, line.tradeline_id ORDER BY line.effective_on DESC) = 1
        )
    """,
    lineage={
        "*": (_LINE + "tradeline_id",),
        "product": (_LINE + "product",),
        "status": (_LINE + "status",),
        "credit_amount": (_LINE + "credit_amount",),
        "credit_limit": (_LINE + "credit_limit",),
        "balance": (_LINE + "balance",),
        "amount_past_due": (_LINE + "amount_past_due",),
        "max_amount_past_due": (_LINE + "max_amount_past_due",),
        "ever_past_due": (_LINE + "amount_past_due", _LINE + "days_past_due", _LINE + "max_amount_past_due"),
        "days_past_due": (_LINE + "days_past_due",),
        "instalment": (_LINE + "instalment",),
        "prolongations": (_LINE + "prolongations",),
        "age_months": (_LINE + "opened_on",),
        "months_to_due": (_LINE + "due_on",),
        "months_since_closed": (_LINE + "closed_on",),
        "months_closed_early": (_LINE + "closed_on", _LINE + "due_on"),
        "term_months": (_LINE + "opened_on", _LINE + "due_on"),
    },
)

_ACTIVE: Final = "status = 'active'"
_INSTALMENT_LOAN: Final = "product NOT IN ('mortgage', 'card')"


def _feature(
    name: str, sql: str, meaning: str, unit: str, reason: str, direction: Direction = 0, *, count: bool = False
) -> Feature:
    return aggregate(
        VIEW, name, sql, meaning, unit=unit, reason=reason, direction=direction, empty=0.0 if count else None
    )


def _owed_share(where: str) -> str:
    """Balance by amount of credit, over the accounts that report both."""
    return (
        f"sum(balance) FILTER ({where} AND credit_amount IS NOT NULL) "
        f"/ nullif(sum(credit_amount) FILTER ({where} AND balance IS NOT NULL), 0)"
    )


_OWED: Final = (
    _feature("tradeline_owed_share", _owed_share(_ACTIVE), "share of active credit still owed", "share", "T01", 1),
    _feature(
        "tradeline_owed_share_max",
        f"max(balance / nullif(credit_amount, 0)) FILTER ({_ACTIVE})",
        "largest share of an active account still owed",
        "share",
        "T01",
        1,
    ),
    _feature(
        "tradeline_card_owed_share",
        _owed_share(f"{_ACTIVE} AND product = 'card'"),
        "share of the credit on active cards still owed",
        "share",
        "T01",
        1,
    ),
    _feature(
        "tradeline_loan_owed_share",
        _owed_share(f"{_ACTIVE} AND {_INSTALMENT_LOAN}"),
        "share of the credit on active loans other than mortgages still owed",
        "share",
        "T01",
        1,
    ),
    _feature("tradeline_debt", "sum(balance)", "debt owed to other lenders", "amount", "T07"),
    _feature(
        "tradeline_active_debt", f"sum(balance) FILTER ({_ACTIVE})", "debt owed on active accounts", "amount", "T07"
    ),
    _feature(
        "tradeline_new_debt_12m",
        "sum(balance) FILTER (age_months <= 12)",
        "debt owed on accounts opened in 12 months",
        "amount",
        "T07",
    ),
    _feature("tradeline_amount_max", "max(credit_amount)", "largest amount of credit", "amount", "T07"),
    _feature("tradeline_amount_mean", "avg(credit_amount)", "mean amount of credit", "amount", "T07"),
    _feature(
        "tradeline_active_amount", f"sum(credit_amount) FILTER ({_ACTIVE})", "amount of active credit", "amount", "T07"
    ),
    _feature(
        "tradeline_closed_amount_max",
        "max(credit_amount) FILTER (status = 'closed')",
        "largest amount of credit that was closed",
        "amount",
        "T07",
    ),
    _feature(
        "tradeline_amount_12m",
        "sum(credit_amount) FILTER (age_months <= 12)",
        "amount of credit opened in 12 months",
        "amount",
        "T07",
    ),
    _feature(
        "tradeline_amount_trend",
        "avg(credit_amount) FILTER (age_months <= 12) / nullif(avg(credit_amount) FILTER (age_months > 12), 0)",
        "mean amount of the accounts opened in 12 months by that of the older ones",
        "share",
        "T07",
    ),
    _feature(
        "tradeline_instalments",
        f"sum(instalment) FILTER ({_ACTIVE})",
        "instalments of active accounts a period",
        "amount",
        "T07",
    ),
)

_AGE: Final = (
    _feature("tradeline_age_max", "max(age_months)", "age of the oldest account", "months", "T02", -1),
    _feature("tradeline_age_mean", "avg(age_months)", "mean age of the accounts", "months", "T02", -1),
    _feature(
        "tradeline_active_age_mean",
        f"avg(age_months) FILTER ({_ACTIVE})",
        "mean age of the active accounts",
        "months",
        "T02",
        -1,
    ),
    _feature("tradeline_age_min", "min(age_months)", "age of the newest account", "months", "T03", -1),
    _feature(
        "tradeline_card_age_min",
        "min(age_months) FILTER (product = 'card')",
        "age of the newest card",
        "months",
        "T03",
        -1,
    ),
    _feature(
        "tradeline_loan_age_min",
        "min(age_months) FILTER (product = 'consumer')",
        "age of the newest consumer loan",
        "months",
        "T03",
        -1,
    ),
    _feature(
        "tradeline_gap_mean",
        "(max(age_months) - min(age_months)) / nullif(count(age_months) - 1, 0)",
        "mean time between two openings",
        "months",
        "T03",
    ),
    _feature(
        "tradeline_new_share_12m",
        "avg((age_months <= 12)::INTEGER)",
        "share of the accounts that were opened in 12 months",
        "share",
        "T03",
        1,
    ),
    *(
        _feature(
            f"tradeline_new_{months}m",
            f"count(*) FILTER (age_months <= {months})",
            f"accounts opened in {months} months",
            "count",
            "T03",
            1,
            count=True,
        )
        for months in (6, 12)
    ),
)

_DELINQUENCY: Final = (
    _feature("tradeline_past_due", "sum(amount_past_due)", "amount past due now", "amount", "T04", 1),
    _feature(
        "tradeline_past_due_max",
        "max(max_amount_past_due)",
        "largest amount that was ever past due",
        "amount",
        "T04",
        1,
    ),
    _feature(
        "tradeline_past_due_max_24m",
        "max(max_amount_past_due) FILTER (age_months <= 24)",
        "largest amount past due on accounts opened in 24 months",
        "amount",
        "T04",
        1,
    ),
    _feature(
        "tradeline_past_due_share",
        "avg(ever_past_due::INTEGER)",
        "share of the accounts that are or were ever past due; an account that tells of none counts as never",
        "share",
        "T04",
        1,
    ),
    _feature("tradeline_days_past_due_max", "max(days_past_due)", "worst days past due now", "days", "T04", 1),
    _feature("tradeline_prolongations", "sum(prolongations)", "prolongations granted", "count", "T04", 1),
)

_MIX: Final = (
    _feature("tradeline_count", "count(*)", "accounts", "count", "T06", count=True),
    _feature("tradeline_active_count", f"count(*) FILTER ({_ACTIVE})", "active accounts", "count", "T06", count=True),
    _feature(
        "tradeline_active_share",
        "avg((status = 'active')::INTEGER)",
        "share of accounts that are active",
        "share",
        "T06",
        1,
    ),
    _feature(
        "tradeline_card_count",
        f"count(*) FILTER (product = 'card' AND {_ACTIVE})",
        "active cards",
        "count",
        "T06",
        count=True,
    ),
    _feature(
        "tradeline_micro_count", "count(*) FILTER (product = 'micro')", "micro loans", "count", "T06", 1, count=True
    ),
    _feature(
        "tradeline_mortgage_count", "count(*) FILTER (product = 'mortgage')", "mortgages", "count", "T06", count=True
    ),
    _feature("tradeline_product_count", "count(DISTINCT product)", "kinds of credit", "count", "T06", count=True),
)

_CLOSING: Final = (
    _feature(
        "tradeline_months_since_closed", "min(months_since_closed)", "time since an account was closed", "months", "T08"
    ),
    _feature(
        "tradeline_closed_early_mean",
        "avg(months_closed_early) FILTER (status = 'closed')",
        "how early accounts were closed, mean; negative when later than due",
        "months",
        "T08",
    ),
    _feature(
        "tradeline_closed_early_min",
        "min(months_closed_early) FILTER (status = 'closed')",
        "how early accounts were closed, least; negative when later than due",
        "months",
        "T08",
    ),
    _feature(
        "tradeline_loan_term_mean",
        "avg(term_months) FILTER (product = 'consumer')",
        "mean term of consumer loans",
        "months",
        "T09",
    ),
    _feature(
        "tradeline_remaining_max",
        f"max(months_to_due) FILTER ({_ACTIVE} AND months_to_due > 0)",
        "longest remaining term of active credit",
        "months",
        "T09",
    ),
    _feature(
        "tradeline_remaining_min",
        f"min(months_to_due) FILTER ({_ACTIVE} AND months_to_due > 0)",
        "shortest remaining term of active credit",
        "months",
        "T09",
    ),
    _feature(
        "tradeline_remaining_mean",
        f"avg(months_to_due) FILTER ({_ACTIVE} AND months_to_due > 0 AND months_to_due <= 240)",
        "mean remaining term of active credit, terms over 20 years left out",
        "months",
        "T09",
    ),
)

FEATURES: Final = (*_OWED, *_AGE, *_DELINQUENCY, *_MIX, *_CLOSING)
