"""Who is owed a risk-based pricing notice: those whose terms are materially less favourable (12 CFR 1022.72).

A creditor that does not compare consumers one by one may take one of two ways: a score below which
some 60 per cent of those granted credit lie (72(b)(1)), or the tiers of its prices (72(b)(2)).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from scoring.errors import NoticeRefused

__all__ = ["best_tiers", "proxy_cut_off", "tells_by_score", "tells_by_tier"]

_ABOVE: Final = 0.4
"""Share of those granted credit whose scores are higher than the cut-off (12 CFR 1022.72(b)(1)(ii))."""


def proxy_cut_off(granted: Sequence[int]) -> int:
    """The score that some 40 per cent of those granted credit exceed.

    Parameters
    ----------
    granted : sequence of int
        Scores of a representative sample of the consumers to whom credit was granted; taken anew every two years.

    Raises
    ------
    NoticeRefused
        If there are none.

    Examples
    --------
    >>> proxy_cut_off([500, 550, 600, 650, 700, 720, 740, 760, 780, 800])
    720
    """
    if not granted:
        raise NoticeRefused("risk-based pricing: no scores of credit granted; give a sample of at least one")
    falling = sorted(granted, reverse=True)
    return falling[int(_ABOVE * len(falling))]


def tells_by_score(score: int | None, cut_off: int) -> bool:
    """Whether a notice is owed by the proxy: to those whose score is lower, or who have none ((b)(1)(iii)).

    Examples
    --------
    >>> tells_by_score(699, 700), tells_by_score(700, 700), tells_by_score(None, 700)
    (True, False, True)
    """
    return score is None or score < cut_off


def best_tiers(tiers: int) -> int:
    """How many of the best tiers owe nothing.

    Of four tiers or fewer the first; of more the first two, and further ones as long as together they
    are at least 30 and at most 40 per cent of the tiers (12 CFR 1022.72(b)(2)(i), (ii)).

    Parameters
    ----------
    tiers : int
        Tiers of the prices; with one alone, nobody's terms are less favourable.

    Examples
    --------
    >>> [best_tiers(tiers) for tiers in (1, 2, 4, 5, 7, 9, 10, 14)]
    [1, 1, 1, 2, 2, 3, 3, 5]
    """
    if tiers < 1:
        raise NoticeRefused("risk-based pricing: prices have at least one tier; count them")
    if tiers <= 4:
        return 1
    fewest = -(-3 * tiers // 10)
    return max(2, fewest if 10 * fewest <= 4 * tiers else 2)


def tells_by_tier(tier: int, tiers: int) -> bool:
    """Whether a notice is owed to those in a tier; tier 1 has the best terms.

    Examples
    --------
    >>> tells_by_tier(1, 3), tells_by_tier(2, 3)
    (False, True)
    """
    return tier > best_tiers(tiers)
