"""How a feed stands, in words, for the table, the page and its pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bureau.monitor import FeedState

__all__ = ["days", "standing"]


def standing(feed: FeedState) -> str:
    """How it stands against its cadence."""
    fresh = feed.freshness
    if fresh is None:
        return "no cadence"
    if fresh.state == "overdue":
        return f"overdue {days(fresh.overdue_days)}"
    return {"never": "nothing yet", "due": f"due by {fresh.due_on}", "in time": "in time"}[fresh.state]


def days(count: int) -> str:
    """A number of days.

    Examples
    --------
    >>> days(1), days(1_200)
    ('1 day', '1,200 days')
    """
    return "1 day" if count == 1 else f"{count:,} days"
