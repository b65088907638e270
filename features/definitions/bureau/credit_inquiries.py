"""The view of hard inquiries, and what is counted over it."""

from __future__ import annotations

from typing import Final

from features.asof import known, months_before
from features.declaration import Feature, View
from features.definitions.bureau.pieces import amount, declared_over

__all__ = ["FEATURES", "VIEW"]

_INQUIRY: Final = "inquiry."

VIEW: Final = View(
    name="credit_inquiries",
    title="Hard inquiries of lenders",
    record_kind=None,
    relation=f"""
        SELECT spine.row_no, {months_before("asked.effective_on")} AS months_ago,
            asked.product, asked.decision, {amount("asked", "amount_asked")}
        FROM spine JOIN inquiry AS asked ON asked.consumer_id = spine.consumer_id
        WHERE {known("asked")} AND asked.kind = 'hard'
    """,
    lineage={
        "*": (_INQUIRY + "inquiry_ref",),
        "months_ago": (_INQUIRY + "effective_on",),
        "product": (_INQUIRY + "product",),
        "decision": (_INQUIRY + "decision",),
        "amount_asked": (_INQUIRY + "amount_asked",),
    },
    kinds={"months_ago": "whole", "product": "text", "decision": "text", "amount_asked": "amount"},
    clock="months_ago",
    groups=("product", "decision"),
    rows=(
        "A row is a hard inquiry under any reference of the consumer. Inquiries of another kind or of none are "
        "never scored: they are shown to the consumer alone (requirements FC-11)."
    ),
)

_declare = declared_over(VIEW)

_PRODUCTS: Final = {
    "card": "cards",
    "line": "credit lines",
    "consumer": "consumer loans",
    "car": "car loans",
    "student": "student loans",
    "mortgage": "mortgages",
}


def _counts() -> list[Feature]:
    return [
        *(
            _declare(
                f"hard_inquiries_{months}m",
                f"count(*) FILTER (months_ago < {months})",
                f"hard inquiries in the last {months} months",
                "count",
                "Q01",
                1,
                window=months,
            )
            for months in (1, 3, 6, 12, 24)
        ),
        *(
            _declare(
                f"hard_inquiries_{product}_{months}m",
                f"count(*) FILTER (product = '{product}' AND months_ago < {months})",
                f"hard inquiries for {of} in the last {months} months",
                "count",
                "Q01",
                1,
                window=months,
            )
            for product, of in _PRODUCTS.items()
            for months in (6, 12)
        ),
        *(
            _declare(
                f"hard_inquiries_{decision}_{months}m",
                f"count(*) FILTER (decision = '{decision}' AND months_ago < {months})",
                f"hard inquiries in the last {months} months whose decision is told as {decision}",
                "count",
                "Q02" if decision == "declined" else "Q01",
                1 if decision == "declined" else 0,
                window=months,
            )
            for decision in ("approved", "declined", "withdrawn")
            for months in (6, 12, 24)
        ),
    ]


def _rest() -> list[Feature]:
    decided = "decision IN ('approved', 'declined')"
    return [
        *(
            _declare(
                f"declined_share_{months}m",
                f"avg(CASE WHEN decision = 'declined' THEN 1 ELSE 0 END) FILTER ({decided} AND months_ago < {months})",
                f"share declined of the hard inquiries in the last {months} months that were approved or declined",
                "share",
                "Q02",
                1,
                window=months,
            )
            for months in (12, 24)
        ),
        _declare(
            "months_since_hard_inquiry",
            "min(months_ago) FILTER (months_ago < 24)",
            "months since the newest hard inquiry, in the last 24",
            "months",
            "Q06",
            -1,
            window=24,
            missing="none in 24 months",
            expected=(0.0, 23.0),
        ),
        _declare(
            "months_since_declined",
            "min(months_ago) FILTER (decision = 'declined' AND months_ago < 24)",
            "months since the newest hard inquiry that was declined, in the last 24",
            "months",
            "Q02",
            -1,
            window=24,
            missing="none in 24 months",
            expected=(0.0, 23.0),
        ),
        *(
            _declare(
                f"asked_amount_{months}m",
                f"sum(amount_asked) FILTER (months_ago < {months})",
                f"amounts asked for in hard inquiries of the last {months} months",
                "amount",
                "Q07",
                window=months,
            )
            for months in (6, 12)
        ),
        _declare(
            "asked_amount_max_12m",
            "max(amount_asked) FILTER (months_ago < 12)",
            "largest amount asked for in a hard inquiry of the last 12 months",
            "amount",
            "Q07",
            window=12,
        ),
    ]


FEATURES: Final = (*_counts(), *_rest())
