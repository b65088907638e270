"""The view of account months: one row for each account that a consumer answers for and each date told of it."""

from __future__ import annotations

from typing import Final

from features.asof import known, months_before
from features.declaration import Feature, View
from features.definitions.bureau.pieces import (
    HOLDINGS,
    LEVEL,
    PRODUCT_GROUP,
    amount,
    declared_over,
    share_of,
)

__all__ = ["FEATURES", "VIEW"]

_MONTH: Final = "tradeline_month."
_AMOUNTS: Final = ("balance", "credit_limit", "payment", "amount_past_due")

VIEW: Final = View(
    name="account_months",
    title="Months of the accounts of all lenders",
    record_kind=None,
    relation=f"""
        SELECT spine.row_no, {months_before("month.effective_on")} AS months_ago,
            {PRODUCT_GROUP} AS product_group, {LEVEL} AS level, month.days_past_due,
            {", ".join(amount("month", name) for name in _AMOUNTS)},
            {amount("month", "minimum_payment", "scheduled")}
        FROM {HOLDINGS}
        JOIN tradeline_month AS month ON month.tradeline_id = spine.tradeline_id
        WHERE {known("month")} AND spine.is_liable AND coalesce(month.payment_status, '') <> 'deleted'
            AND month.original_creditor IS NULL
    """,
    lineage={
        "*": (_MONTH + "tradeline_id",),
        "months_ago": (_MONTH + "effective_on",),
        "product_group": (_MONTH + "original_creditor", _MONTH + "product"),
        "level": (_MONTH + "days_past_due", _MONTH + "payment_status"),
        "days_past_due": (_MONTH + "days_past_due",),
        **{name: (_MONTH + name,) for name in _AMOUNTS},
        "scheduled": (_MONTH + "minimum_payment",),
    },
    kinds={
        "months_ago": "whole",
        "product_group": "text",
        "level": "whole",
        "days_past_due": "whole",
        **dict.fromkeys((*_AMOUNTS, "scheduled"), "amount"),
    },
    clock="months_ago",
    groups=("product_group",),
    rows=(
        "A row is a month of an account that the consumer answers for. Months told as deleted are left out, and "
        "so are those of debts in the hands of collectors, since nothing there is paid by a schedule."
    ),
)

_declare = declared_over(VIEW)

_WINDOWS: Final = (3, 6, 12, 24)
_LEVELS: Final = {30: 1, 60: 2, 90: 3}
_REVOLVING: Final = "product_group = 'revolving'"
_GROUPS: Final = {
    "revolving": ("cards and credit lines", "B15"),
    "instalment": ("instalment loans", "B16"),
    "mortgage": ("mortgages", "B17"),
}
_WIDE: Final = (0.0, 2.0)


def _utilisation() -> list[Feature]:
    recent = share_of("balance", "credit_limit", f"{_REVOLVING} AND months_ago < 3")
    before = {
        months: share_of("balance", "credit_limit", f"{_REVOLVING} AND months_ago >= 3 AND months_ago < {months}")
        for months in (6, 12, 24)
    }
    told = "of months of cards and credit lines that tell both and have a limit"
    return [
        *(
            _declare(
                f"revolving_utilisation_{months}m",
                share_of("balance", "credit_limit", f"{_REVOLVING} AND months_ago < {months}"),
                f"sum of balances by sum of limits, {told}, in the last {months} months",
                "share",
                "B01",
                1,
                window=months,
                expected=_WIDE,
            )
            for months in _WINDOWS
        ),
        *(
            _declare(
                f"revolving_utilisation_max_{months}m",
                f"max(balance / credit_limit) FILTER ({_REVOLVING} AND credit_limit > 0 AND months_ago < {months})",
                f"largest balance by limit of a card or credit line in one month, in the last {months} months",
                "share",
                "B01",
                1,
                window=months,
                expected=_WIDE,
            )
            for months in (12, 24)
        ),
        *(
            _declare(
                f"revolving_utilisation_change_{months}m",
                f"{recent} - {before[months]}",
                f"sum of balances by sum of limits, {told}, in the last 3 months, less the same in the months 3 to "
                f"{months - 1} ago",
                "share",
                "B02",
                1,
                window=months,
                expected=(-2.0, 2.0),
            )
            for months in before
        ),
        *(
            _declare(
                f"over_limit_months_{months}m",
                f"count(*) FILTER ({_REVOLVING} AND credit_limit > 0 AND balance > credit_limit "
                f"AND months_ago < {months})",
                f"months of cards and credit lines with a balance over the limit, in the last {months} months",
                "count",
                "B03",
                1,
                window=months,
            )
            for months in (6, 12, 24)
        ),
    ]


def _balances() -> list[Feature]:
    group = "product_group = '{}'"
    recent = "avg(balance) FILTER (product_group = '{}' AND months_ago < 3)"
    before = "avg(balance) FILTER (product_group = '{}' AND months_ago >= 3 AND months_ago < 12)"
    reasons = {"revolving": "B04", "instalment": "B05"}
    return [
        *(
            _declare(
                f"{name}_balance_mean_{months}m",
                f"avg(balance) FILTER ({group.format(name)} AND months_ago < {months})",
                f"mean balance of a month of {_GROUPS[name][0]}, in the last {months} months",
                "amount",
                reason,
                window=months,
            )
            for name, reason in reasons.items()
            for months in (3, 12)
        ),
        *(
            _declare(
                f"{name}_balance_growth",
                f"CASE WHEN {before.format(name)} > 0 THEN {recent.format(name)} / {before.format(name)} END",
                f"mean balance of a month of {_GROUPS[name][0]} in the last 3 months by that in the months 3 to 11 ago",
                "share",
                "B02" if name == "revolving" else "B05",
                window=12,
                missing="no balance in one of the two times, or a mean of zero or less in the earlier",
                expected=(0.0, 100.0),
            )
            for name in reasons
        ),
        *(
            _declare(
                f"revolving_balance_max_{months}m",
                f"max(balance) FILTER ({_REVOLVING} AND months_ago < {months})",
                f"largest balance of a card or credit line in one month, in the last {months} months",
                "amount",
                "B04",
                window=months,
            )
            for months in (12, 24)
        ),
    ]


def _payments() -> list[Feature]:
    scheduled = "scheduled > 0 AND payment IS NOT NULL"
    return [
        *(
            _declare(
                f"payments_{months}m",
                f"sum(payment) FILTER (months_ago < {months})",
                f"what was paid on accounts in the last {months} months",
                "amount",
                "B33",
                window=months,
            )
            for months in _WINDOWS
        ),
        *(
            _declare(
                f"paid_by_scheduled_{months}m",
                share_of("payment", "scheduled", f"months_ago < {months}"),
                f"what was paid by what was scheduled, sums over the months told that tell both and had something "
                f"scheduled, in the last {months} months",
                "share",
                "B10",
                -1,
                window=months,
                expected=(0.0, 50.0),
            )
            for months in _WINDOWS
        ),
        *(
            _declare(
                f"revolving_paid_by_balance_{months}m",
                share_of("payment", "balance", f"{_REVOLVING} AND months_ago < {months}"),
                "what was paid on cards and credit lines by their balances, sums over the months told that tell both "
                f"and had a balance, in the last {months} months",
                "share",
                "B34",
                -1,
                window=months,
                expected=(0.0, 50.0),
            )
            for months in (3, 6, 12)
        ),
        *(
            _declare(
                f"underpaid_months_{months}m",
                f"count(*) FILTER ({scheduled} AND payment < scheduled AND months_ago < {months})",
                f"months told in which less was paid than scheduled, in the last {months} months, all accounts",
                "count",
                "B10",
                1,
                window=months,
            )
            for months in (6, 12, 24)
        ),
        *(
            _declare(
                f"unpaid_months_{months}m",
                f"count(*) FILTER ({scheduled} AND payment = 0 AND months_ago < {months})",
                f"months told in which something was scheduled and nothing paid, of the last {months}, all accounts",
                "count",
                "B10",
                1,
                window=months,
            )
            for months in (6, 12, 24)
        ),
    ]


def _lateness() -> list[Feature]:
    return [
        *(
            _declare(
                f"late_{days}_months_{months}m",
                f"count(*) FILTER (level >= {level} AND months_ago < {months})",
                f"months told as {days} or more days past due, or lost, in the last {months} months, all accounts",
                "count",
                "B18" if level == 1 else "B19",
                1,
                window=months,
            )
            for days, level in _LEVELS.items()
            for months in (6, 12, 24)
        ),
        *(
            _declare(
                f"{group}_late_30_months_{months}m",
                f"count(*) FILTER (product_group = '{group}' AND level >= 1 AND months_ago < {months})",
                f"months of {of} told as 30 or more days past due, or lost, in the last {months} months",
                "count",
                reason,
                1,
                window=months,
            )
            for group, (of, reason) in _GROUPS.items()
            for months in (12, 24)
        ),
        *(
            _declare(
                f"worst_level_{months}m",
                f"max(level) FILTER (months_ago < {months})",
                f"worst level of any account in the last {months} months",
                "level",
                "B18",
                1,
                window=months,
            )
            for months in _WINDOWS
        ),
        *(
            _declare(
                f"{group}_worst_level_{months}m",
                f"max(level) FILTER (product_group = '{group}' AND months_ago < {months})",
                f"worst level of {of} in the last {months} months",
                "level",
                reason,
                1,
                window=months,
            )
            for group, (of, reason) in _GROUPS.items()
            for months in _WINDOWS
        ),
        *(
            _declare(
                f"months_since_{days}_days_late",
                f"min(months_ago) FILTER (level >= {level} AND months_ago < 84)",
                f"months since an account was last told as {days} or more days past due, or lost, in the last 84",
                "months",
                "B25",
                -1,
                window=84,
                missing="never in 84 months",
                expected=(0.0, 83.0),
            )
            for days, level in _LEVELS.items()
        ),
        *(
            _declare(
                f"{group}_months_since_late",
                f"min(months_ago) FILTER (product_group = '{group}' AND level >= 1 AND months_ago < 84)",
                f"months since one of the {of} was last told as 30 or more days past due, or lost, in the last 84",
                "months",
                reason,
                -1,
                window=84,
                missing="never in 84 months",
                expected=(0.0, 83.0),
            )
            for group, (of, reason) in _GROUPS.items()
        ),
        *(
            _declare(
                f"on_time_months_share_{months}m",
                f"avg(CASE WHEN level = 0 THEN 1 ELSE 0 END) FILTER (level IS NOT NULL AND months_ago < {months})",
                f"share of the months told in the last {months} months, of those that tell how late, that were less "
                "than 30 days past due",
                "share",
                "B18",
                -1,
                window=months,
            )
            for months in _WINDOWS
        ),
        *(
            _declare(
                f"days_past_due_max_{months}m",
                f"max(days_past_due) FILTER (months_ago < {months})",
                f"most days past due that were told of an account in the last {months} months",
                "days",
                "B18",
                1,
                window=months,
            )
            for months in (12, 24)
        ),
        *(
            _declare(
                f"past_due_max_{months}m",
                f"max(amount_past_due) FILTER (months_ago < {months})",
                f"largest amount past due of one account and month in the last {months} months",
                "amount",
                "B14",
                1,
                window=months,
            )
            for months in (12, 24)
        ),
        _declare(
            "account_months_24m",
            "count(*) FILTER (months_ago < 24)",
            "months told in the last 24 months, all accounts",
            "count",
            "T02",
            window=24,
        ),
    ]


FEATURES: Final = (*_utilisation(), *_balances(), *_payments(), *_lateness())
