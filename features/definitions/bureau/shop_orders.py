"""The view of shop orders as last known, and what is counted over it."""

from __future__ import annotations

from typing import Final

from features.asof import ACCOUNTS, known
from features.declaration import Feature, View
from features.definitions.bureau.pieces import amount, declared_over, months_ago

__all__ = ["FEATURES", "VIEW"]

_ORDER: Final = "shop_order."

_NEWEST: Final = f"""(
            SELECT spine.row_no, spine.observed_at, spine.observed_on, spine.currency, spine.tradeline_id,
                max(placed.effective_on) AS newest_on
            FROM {ACCOUNTS}
            JOIN shop_order AS placed ON placed.tradeline_id = spine.tradeline_id
            WHERE {known("placed")}
            GROUP BY spine.row_no, spine.observed_at, spine.observed_on, spine.currency, spine.tradeline_id
        ) AS spine"""

VIEW: Final = View(
    name="shop_orders",
    title="Orders at shops, as last known",
    record_kind=None,
    relation=f"""
        SELECT spine.row_no, placed.status, placed.payment_kind,
            placed.payment_kind IN ('invoice', 'instalments') AS on_credit,
            placed.status = 'paid' AND placed.paid_on > placed.due_on AS paid_late,
            {amount("placed", "amount")},
            CASE WHEN placed.currency = spine.currency AND placed.status IN ('open', 'late', 'written_off')
                AND abs(placed.amount) < 1e12
                THEN placed.amount - CASE WHEN abs(placed.paid) < 1e12 THEN placed.paid ELSE 0 END END AS owed,
            {months_ago("placed.ordered_on")} AS ordered_ago, {months_ago("placed.effective_on")} AS status_ago
        FROM {_NEWEST}
        JOIN shop_order AS placed
            ON placed.tradeline_id = spine.tradeline_id AND placed.effective_on = spine.newest_on
        WHERE {known("placed")}
    """,
    lineage={
        "*": (_ORDER + "tradeline_id",),
        "status": (_ORDER + "status",),
        "payment_kind": (_ORDER + "payment_kind",),
        "on_credit": (_ORDER + "payment_kind",),
        "paid_late": (_ORDER + "due_on", _ORDER + "paid_on", _ORDER + "status"),
        "amount": (_ORDER + "amount",),
        "owed": (_ORDER + "amount", _ORDER + "paid", _ORDER + "status"),
        "ordered_ago": (_ORDER + "ordered_on",),
        "status_ago": (_ORDER + "effective_on",),
    },
    kinds={
        "status": "text",
        "payment_kind": "text",
        "on_credit": "flag",
        "paid_late": "flag",
        "amount": "amount",
        "owed": "amount",
        "ordered_ago": "whole",
        "status_ago": "whole",
    },
    rows=(
        "A row is an order: what its newest record says, by the date from which it stands so. An order on credit "
        "is one on invoice or by instalments; orders paid before they were sent tell nothing of credit, and only "
        "features that say so count them. What is left to pay is the amount less what was paid, of orders that "
        "stand as open, late or written off."
    ),
)

_declare = declared_over(VIEW)

_KINDS: Final = {"invoice": "on invoice", "instalments": "by instalments"}


def _count(name: str, where: str, meaning: str, reason: str, window: int | None = None, direction: int = 0) -> Feature:
    """A count; without a window it grows, for an order that is told no more stands as it was last told."""
    return _declare(
        name, f"count(*) FILTER ({where})", meaning, "count", reason, direction, window=window, grows=window is None
    )


def _orders() -> list[Feature]:
    return [
        *(
            _count(
                f"credit_orders_{months}m",
                f"on_credit AND ordered_ago < {months}",
                f"orders on credit placed in the last {months} months",
                "S01",
                months,
            )
            for months in (3, 6, 12, 24)
        ),
        *(
            _count(
                f"orders_{kind}_12m",
                f"payment_kind = '{kind}' AND ordered_ago < 12",
                f"orders {of} placed in the last 12 months",
                "S01",
                12,
            )
            for kind, of in _KINDS.items()
        ),
        _declare(
            "orders_on_credit_share_24m",
            "avg(CASE WHEN on_credit THEN 1 ELSE 0 END) FILTER (payment_kind IS NOT NULL AND ordered_ago < 24)",
            "share on credit of all orders placed in the last 24 months that tell how they are paid",
            "share",
            "S01",
            window=24,
        ),
        _declare(
            "months_since_credit_order",
            "min(ordered_ago) FILTER (on_credit)",
            "months since the newest order on credit was placed",
            "months",
            "S01",
            expected=(0.0, 240.0),
        ),
        _declare(
            "credit_order_age",
            "max(ordered_ago) FILTER (on_credit)",
            "months since the oldest order on credit was placed",
            "months",
            "S05",
            -1,
            expected=(0.0, 240.0),
            grows=True,
        ),
    ]


def _outcomes() -> list[Feature]:
    ended = "on_credit AND status IN ('paid', 'late', 'written_off') AND ordered_ago < 24"
    return [
        _count(
            "orders_late_now", "on_credit AND status = 'late'", "orders on credit that stand as late", "S02", None, 1
        ),
        _count("orders_open_now", "on_credit AND status = 'open'", "orders on credit that stand as open", "S04"),
        _declare(
            "orders_late_share_24m",
            f"avg(CASE WHEN paid_late OR status IN ('late', 'written_off') THEN 1 ELSE 0 END) FILTER ({ended})",
            "share paid after the due date, late or written off, of the orders on credit placed in the last 24 months "
            "that are paid, late or written off",
            "share",
            "S02",
            1,
            window=24,
        ),
        *(
            _count(
                f"orders_paid_late_{months}m",
                f"on_credit AND paid_late AND ordered_ago < {months}",
                f"orders on credit placed in the last {months} months that were paid after the due date",
                "S02",
                months,
                1,
            )
            for months in (12, 24)
        ),
        *(
            _count(
                f"orders_written_off_{months}m",
                f"on_credit AND status = 'written_off' AND ordered_ago < {months}",
                f"orders on credit placed in the last {months} months that were written off",
                "S03",
                months,
                1,
            )
            for months in (12, 24, 84)
        ),
        _count(
            "orders_returned_24m",
            "on_credit AND status = 'returned' AND ordered_ago < 24",
            "orders on credit placed in the last 24 months whose goods were returned",
            "S06",
            24,
        ),
        _declare(
            "orders_returned_share_24m",
            "avg(CASE WHEN status = 'returned' THEN 1 ELSE 0 END) "
            "FILTER (on_credit AND status IS NOT NULL AND ordered_ago < 24)",
            "share returned of the orders on credit placed in the last 24 months that tell how they stand",
            "share",
            "S06",
            window=24,
        ),
        _declare(
            "months_since_order_written_off",
            "min(status_ago) FILTER (on_credit AND status = 'written_off' AND status_ago < 84)",
            "months since an order on credit was last written off, in the last 84",
            "months",
            "S03",
            -1,
            window=84,
            missing="none in 84 months",
            expected=(0.0, 83.0),
        ),
    ]


def _amounts() -> list[Feature]:
    def told(name: str, sql: str, meaning: str, reason: str, direction: int = 0, window: int | None = None) -> Feature:
        return _declare(name, sql, meaning, "amount", reason, direction, window=window, grows=window is None)

    return [
        told(
            "orders_owed",
            "sum(owed) FILTER (on_credit AND status IN ('open', 'late'))",
            "what is left to pay of orders on credit that stand as open or late",
            "S04",
        ),
        told(
            "orders_late_owed",
            "sum(owed) FILTER (on_credit AND status = 'late')",
            "what is left to pay of orders on credit that stand as late",
            "S02",
            1,
        ),
        told(
            "orders_written_off_amount_84m",
            "sum(owed) FILTER (on_credit AND status = 'written_off' AND ordered_ago < 84)",
            "what was left to pay of orders on credit placed in the last 84 months that were written off",
            "S03",
            1,
            84,
        ),
        told(
            "credit_order_amount_mean_12m",
            "avg(amount) FILTER (on_credit AND ordered_ago < 12)",
            "mean amount of the orders on credit placed in the last 12 months",
            "S07",
            0,
            12,
        ),
        told(
            "credit_order_amount_max_12m",
            "max(amount) FILTER (on_credit AND ordered_ago < 12)",
            "largest amount of an order on credit placed in the last 12 months",
            "S07",
            0,
            12,
        ),
        told(
            "credit_order_amount_12m",
            "sum(amount) FILTER (on_credit AND ordered_ago < 12)",
            "amounts of the orders on credit placed in the last 12 months",
            "S07",
            0,
            12,
        ),
    ]


FEATURES: Final = (*_orders(), *_outcomes(), *_amounts())
