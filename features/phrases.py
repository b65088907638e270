"""What a feature counts, said to a person who is told it as a reason, in English and Chinese."""

from __future__ import annotations

import re
from typing import Final

from features.declaration import Derived, Feature
from features.phrases_zh import phrase_zh

__all__ = ["is_yes_or_no", "phrase_of"]

_ASIDES: Final = re.compile(
    r", (sums over|of those that tell|of accounts still owing that tell|none for those|terms over|where both are told"
    r"|debts in the hands|the newest before the observation|amounts of zero left out)[^,]*"
)
"""What a definition adds for those who compute it."""

_YES: Final = re.compile(r"^1 where |^whether |, else 0$|: 1 yes, 0 no$")
"""How a definition says that a value is yes or no."""


def phrase_of(feature: Feature | Derived) -> tuple[str, str]:
    """The phrase of a feature, in English and Chinese.

    The English one is what the catalogue says of it, without what only those who compute it need.

    Raises
    ------
    FeatureError
        If there is no phrase in Chinese.
    """
    return _YES.sub("", _ASIDES.sub("", feature.meaning.partition(";")[0])), phrase_zh(feature.name)


def is_yes_or_no(feature: Feature | Derived) -> bool:
    """Whether its values are 1 for yes and 0 for no."""
    return bool(_YES.search(feature.meaning))
