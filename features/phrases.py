"""What a feature counts, said to a person who is told it as a reason, in English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from features.declaration import Derived, Feature
from features.phrases_zh import phrase_zh

__all__ = ["is_standing", "is_yes_or_no", "phrase_of"]

_ASIDES: Final = re.compile(
    r", (sums over|of those that tell|of accounts still owing that tell|none for those|terms over|where both are told"
    r"|debts in the hands|the newest before the observation|amounts of zero left out)[^,]*"
)
"""What a definition adds for those who compute it."""

_PLAINER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "card_balance_1_month_ago": "card bills of the month before the latest",
        "card_balance_2_months_ago": "card bills two months before the latest",
        "card_balance_change_1m": "latest card bills less those of the month before",
        "card_balance_latest": "latest card bills, all cards together",
        "card_headroom_latest": "card limit not used in the latest month",
        "card_paid_share_3m": "payments of 3 months as a share of the card bills they were due on",
        "card_paid_share_6m": "payments of 6 months as a share of the card bills they were due on",
        "card_paid_share_min_6m": "smallest share of a card bill that was paid in 6 months",
        "card_payment_0_months_ago": "amount paid on cards in the latest month",
        "card_payment_1_months_ago": "amount paid on cards in the month before the latest",
        "card_payment_2_months_ago": "amount paid on cards two months before the latest",
        "card_payment_3_months_ago": "amount paid on cards three months before the latest",
        "card_payment_5_months_ago": "amount paid on cards five months before the latest",
        "card_payment_slope_6m": "how much card payments rose a month, over 6 months",
        "card_payment_spread_6m": "how much monthly card payments varied in 6 months",
        "card_spend_share_3m": "newly spent on cards in 3 months, as a share of the largest card limit",
        "card_spend_share_latest": "newly spent on cards in the latest month, as a share of the largest card limit",
        "card_standing_latest": "how the latest card bill was settled",
        "card_standing_mean_3m": "mean settlement of the card bills of 3 months, −1 in full, 0 in part, 1 a month late",
        "card_standing_mean_6m": "mean settlement of the card bills of 6 months, −1 in full, 0 in part, 1 a month late",
        "card_standing_slope_6m": "how much later a month card bills were settled, over 6 months, in months late",
        "card_utilisation_1_month_ago": "share of the card limit used in the month before the latest",
        "card_utilisation_2_months_ago": "share of the card limit used two months before the latest",
        "card_utilisation_slope_12m": "how much the share of the card limit used rose a month, over 12 months",
        "card_utilisation_slope_6m": "how much the share of the card limit used rose a month, over 6 months",
        "card_utilisation_spread_12m": "how much the share of the card limit used varied in 12 months",
    }
)
"""What is said to a person where the definition is for those who compute it."""

_YES: Final = re.compile(r"^1 where |^whether |, else 0$|: 1 yes, 0 no$")
"""How a definition says that a value is yes or no."""


def phrase_of(feature: Feature | Derived) -> tuple[str, str]:
    """The phrase of a feature, in English and Chinese.

    The English one is what the catalogue says of it, without what only those who compute it need, or words of
    its own where the catalogue's would not be understood.

    Raises
    ------
    FeatureError
        If there is no phrase in Chinese.
    """
    plain = _PLAINER.get(feature.name) or _YES.sub("", _ASIDES.sub("", feature.meaning.partition(";")[0]))
    return plain, phrase_zh(feature.name)


def is_standing(feature: Feature | Derived) -> bool:
    """Whether its values say how a card's bill was settled: -2 none, -1 in full, 0 in part, else months late."""
    return feature.name == "card_standing_latest"


def is_yes_or_no(feature: Feature | Derived) -> bool:
    """Whether its values are 1 for yes and 0 for no."""
    return bool(_YES.search(feature.meaning))
