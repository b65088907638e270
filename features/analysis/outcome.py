"""How it went: an outcome that the history itself tells, for people and moments of one's choice.

It is meant for looking at features. Who belongs to a training population, with its exclusions and its
windows, is decided where models are trained.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd

from bureau.history import History
from features.analysis.lateness import lateness_at, lateness_within, window_ends

__all__ = ["went_bad_within"]


def went_bad_within(
    history: History, spine: pd.DataFrame, known_at: datetime, *, months: int = 12, days_past_due: int = 90
) -> pd.Series:
    """Whether an account of each person became seriously late in the months after its observation.

    Bad: an account that the person answers for was told in a month of the window to be so many days past
    due, or lost (charged off, in collection, repossessed, foreclosed). Good: accounts were told in the
    window, and none was bad. Missing (indeterminate): the window is not over by ``known_at``, no account was told in
    it, or an account was bad already at the observation, so that there is nothing to foresee.

    The window begins on the day after the observation and is as many whole months long; after a month's end
    it ends at one. What is told is taken as it was known at ``known_at``, corrections included. That is later
    than the observation, and must be: an outcome is what features may not see.

    Parameters
    ----------
    history : History
        The credit history.
    spine : DataFrame
        ``consumer_id`` and ``event_timestamp`` (a moment with its time zone); its index is kept.
    known_at : datetime
        The moment (UTC if it is naive) from which one looks back; the reports of the window's last month should
        be in by then.
    months : int
        Length of the window.
    days_past_due : int
        From how many days on a month is bad.

    Returns
    -------
    Series of boolean
        ``is_bad``, missing where indeterminate.

    Raises
    ------
    ValueError
        If the window or the days are less than one.
    TypeError
        If the moments have no time zone.
    """
    if months < 1 or days_past_due < 1:
        raise ValueError(f"{months} months, {days_past_due} days past due: both must be at least 1")
    before = lateness_at(history, spine, known_at)
    later = lateness_within(history, spine, known_at, months=months)
    is_over = window_ends(spine["event_timestamp"], months).dt.date <= _date(known_at)
    was_bad, is_bad = (told["is_lost"] | (told["days_past_due"] >= days_past_due) for told in (before, later))
    known = is_over & ~was_bad & (later["accounts"] > 0)
    return is_bad.astype("boolean").where(known).rename("is_bad")


def _date(moment: datetime) -> date:
    return (moment if moment.tzinfo is None else moment.astimezone(UTC)).date()
