"""Features derived from other features: an application against itself and against the credit file."""

from __future__ import annotations

from typing import Final

from features.declaration import Derived
from features.derived import Difference, Maximum, Mean, Minimum, Product, Ratio, Spread

__all__ = ["FEATURES"]

_SCORES: Final = ("external_score_1", "external_score_2", "external_score_3")

FEATURES: Final = (
    Derived("external_score_mean", Mean(_SCORES), "mean of the external scores", "score", -1, "A01"),
    Derived("external_score_min", Minimum(_SCORES), "lowest external score", "score", -1, "A01"),
    Derived("external_score_max", Maximum(_SCORES), "highest external score", "score", -1, "A01"),
    Derived(
        "external_score_product",
        Product(_SCORES),
        "product of the external scores, a missing one counted as one half",
        "score",
        -1,
        "A01",
    ),
    Derived("external_score_spread", Spread(_SCORES), "disagreement of the external scores", "score", 0, "A01"),
    Derived(
        "amount_by_price", Ratio("amount_asked", "goods_price"), "amount applied for by the price", "share", 1, "A07"
    ),
    Derived(
        "amount_over_price",
        Difference("amount_asked", "goods_price"),
        "amount applied for over the price",
        "amount",
        1,
        "A07",
    ),
    Derived(
        "instalment_by_amount",
        Ratio("instalment", "amount_asked"),
        "instalment by amount applied for",
        "share",
        0,
        "A13",
    ),
    Derived("instalment_by_income", Ratio("instalment", "income"), "instalment by income", "share", 1, "A04"),
    Derived("amount_by_income", Ratio("amount_asked", "income"), "amount applied for by income", "share", 0, "A03"),
    Derived("debt_by_income", Ratio("tradeline_debt", "income"), "debt at other lenders by income", "share", 1, "A05"),
    Derived("card_balance_by_income", Ratio("card_balance_latest", "income"), "card bill by income", "share", 1, "A05"),
    Derived(
        "running_instalments_by_income",
        Ratio("inquiry_running_instalments", "income"),
        "instalments that still run by income",
        "share",
        1,
        "A04",
    ),
    Derived(
        "amount_by_largest_tradeline",
        Ratio("amount_asked", "tradeline_amount_max"),
        "amount applied for by the largest earlier account",
        "share",
        0,
        "A14",
    ),
    Derived(
        "amount_by_largest_granted",
        Ratio("amount_asked", "inquiry_granted_max"),
        "amount applied for by the largest amount granted",
        "share",
        0,
        "A14",
    ),
    Derived(
        "instalment_by_earlier_mean",
        Ratio("instalment", "inquiry_instalment_mean"),
        "instalment by the mean of earlier ones",
        "share",
        0,
        "A14",
    ),
    Derived(
        "instalment_by_earlier_max",
        Ratio("instalment", "inquiry_instalment_max"),
        "instalment by the largest of earlier ones",
        "share",
        0,
        "A14",
    ),
)
