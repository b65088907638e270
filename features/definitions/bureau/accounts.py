"""The view of accounts as last known: one row for each account that a consumer answers for or may use."""

from __future__ import annotations

from typing import Final

from features.asof import known, months_before
from features.declaration import View
from features.definitions.bureau.pieces import (
    HOLDINGS,
    LEVEL,
    LOST_STATUSES,
    OVER_STATUSES,
    PRODUCT_GROUP,
    SOLD_STATUSES,
    amount,
    listed,
    months_ago,
)

__all__ = ["LEVEL_MONTHS", "VIEW"]

_MONTH: Final = "tradeline_month."
_LEVEL_FIELDS: Final = (_MONTH + "days_past_due", _MONTH + "payment_status")

LEVEL_MONTHS: Final = 12
"""The levels of months 0 to 12 are columns, ``level_0`` to ``level_12``: twelve steps from month to month."""

_WINDOWS: Final = (3, 6, 12, 24, 84)

_BEGINNINGS: Final = {
    "charge_off": ("charged_off", "paid_charge_off"),
    "repossession": ("repossession", "surrender", "paid_repossession"),
    "foreclosure": ("foreclosure", "deed_in_lieu", "paid_foreclosure"),
}
"""Event to the statuses that tell of it: the oldest month told so is when it was first told."""

_PAST: Final = {
    **{f"level_{k}": f"max(CASE WHEN months_ago = {k} THEN level END)" for k in range(LEVEL_MONTHS + 1)},
    **{f"worst_{months}m": f"max(CASE WHEN months_ago < {months} THEN level END)" for months in _WINDOWS},
    **{
        f"{event}_ago": f"max(CASE WHEN payment_status IN {listed(statuses)} THEN months_ago END)"
        for event, statuses in _BEGINNINGS.items()
    },
}
"""Column to the aggregate over the account's months."""

_KEPT: Final = "row_no, observed_at, observed_on, currency, tradeline_id, is_liable, is_shared"

_NEWEST: Final = f"""(
            SELECT {_KEPT}, max(effective_on) AS newest_on,
                {", ".join(f"{sql} AS {name}" for name, sql in _PAST.items())}
            FROM (
                SELECT spine.row_no, spine.observed_at, spine.observed_on, spine.currency, spine.tradeline_id,
                    spine.is_liable, spine.is_shared, month.effective_on, month.payment_status,
                    {months_before("month.effective_on")} AS months_ago, {LEVEL} AS level
                FROM {HOLDINGS}
                JOIN tradeline_month AS month ON month.tradeline_id = spine.tradeline_id
                WHERE {known("month")} AND coalesce(month.payment_status, '') <> 'deleted'
            ) AS told
            GROUP BY {_KEPT}
        ) AS spine"""

_SOLD: Final = f"(coalesce(month.payment_status, '') IN {listed(SOLD_STATUSES)} OR coalesce(month.sold_to, '') <> '')"
_OVER: Final = f"coalesce(month.payment_status, '') IN {listed(OVER_STATUSES)}"
_LOST: Final = f"coalesce(month.payment_status, '') IN {listed(LOST_STATUSES)}"
_REPORTED_AGO: Final = months_before("spine.newest_on")
_TOLD_LATELY: Final = f"{_REPORTED_AGO} < 12"
_AMOUNTS: Final = ("balance", "credit_limit", "credit_amount", "amount_past_due", "payment", "charge_off_amount")

VIEW: Final = View(
    name="accounts",
    title="Accounts of all lenders, as last known",
    record_kind=None,
    relation=f"""
        SELECT spine.row_no, spine.is_liable, spine.is_shared, {", ".join(f"spine.{name}" for name in _PAST)},
            month.product, {PRODUCT_GROUP} AS product_group, {LEVEL} AS level,
            {_SOLD} AS is_sold,
            {_LOST} AND NOT {_SOLD} AS is_lost,
            NOT {_OVER} AND NOT {_SOLD} AND {_TOLD_LATELY} AS is_owing,
            NOT {_OVER} AND NOT {_SOLD} AND NOT {_LOST} AND month.closed_on IS NULL AND {_TOLD_LATELY} AS is_open,
            {_OVER} AND NOT {_SOLD} AS is_over,
            {", ".join(amount("month", name) for name in _AMOUNTS)},
            {amount("month", "minimum_payment", "scheduled")},
            {_REPORTED_AGO} AS reported_ago,
            {months_ago("month.opened_on")} AS opened_ago,
            {months_ago("month.closed_on")} AS closed_ago,
            CASE WHEN month.opened_on > spine.observed_on THEN NULL
                WHEN month.term_months > {months_before("month.opened_on")}
                THEN month.term_months - {months_before("month.opened_on")}
                WHEN month.term_months IS NOT NULL AND month.opened_on IS NOT NULL THEN 0 END AS remaining
        FROM {_NEWEST}
        JOIN tradeline_month AS month
            ON month.tradeline_id = spine.tradeline_id AND month.effective_on = spine.newest_on
        WHERE {known("month")}
    """,
    lineage={
        "*": (_MONTH + "tradeline_id",),
        "is_liable": ("association.role",),
        "is_shared": ("association.role",),
        **{f"level_{k}": (_MONTH + "effective_on", *_LEVEL_FIELDS) for k in range(LEVEL_MONTHS + 1)},
        **{f"worst_{months}m": (_MONTH + "effective_on", *_LEVEL_FIELDS) for months in _WINDOWS},
        **{f"{event}_ago": (_MONTH + "effective_on", _MONTH + "payment_status") for event in _BEGINNINGS},
        "product": (_MONTH + "product",),
        "product_group": (_MONTH + "original_creditor", _MONTH + "product"),
        "level": _LEVEL_FIELDS,
        "is_sold": (_MONTH + "payment_status", _MONTH + "sold_to"),
        "is_lost": (_MONTH + "payment_status", _MONTH + "sold_to"),
        "is_owing": (_MONTH + "effective_on", _MONTH + "payment_status", _MONTH + "sold_to"),
        "is_open": (_MONTH + "closed_on", _MONTH + "effective_on", _MONTH + "payment_status", _MONTH + "sold_to"),
        "is_over": (_MONTH + "payment_status", _MONTH + "sold_to"),
        **{name: (_MONTH + name,) for name in _AMOUNTS},
        "scheduled": (_MONTH + "minimum_payment",),
        "reported_ago": (_MONTH + "effective_on",),
        "opened_ago": (_MONTH + "opened_on",),
        "closed_ago": (_MONTH + "closed_on",),
        "remaining": (_MONTH + "opened_on", _MONTH + "term_months"),
    },
    kinds={
        **dict.fromkeys(("is_liable", "is_shared", "is_sold", "is_lost", "is_owing", "is_open", "is_over"), "flag"),
        **dict.fromkeys((*_PAST, "level", "reported_ago", "opened_ago", "closed_ago", "remaining"), "whole"),
        **dict.fromkeys((*_AMOUNTS, "scheduled"), "amount"),
        **dict.fromkeys(("product", "product_group"), "text"),
    },
    rows=(
        "A row is an account of which a month is known that is not told as deleted. What it says of the account "
        "now (balance, limit, status, ...) comes from its newest month, by the date it speaks of; what it says of "
        "the past from all its months, and of several told in one month the worst level counts. Features count "
        "accounts that the consumer answers for, and leave debts in the hands of collectors to the features that "
        "name them. An account that the consumer may use without answering for it (an authorised user) stands in "
        "features of its own.\n\n"
        "An account is over when it is told as paid off or closed, sold when its furnisher says so, still owing "
        "when it is neither and was told of in the last 12 months, open when it is still owing, not lost, and has "
        "no date of closing. Steps from a month to the next compare the levels of months 12 to 0 before the "
        "observation, where both are told."
    ),
)
