"""How it went: an outcome that the history itself tells, for people and moments of one's choice.

It is meant for looking at features. Who belongs to a training population, with its exclusions and its
windows, is decided where models are trained.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import pandas as pd

from bureau.history import History

__all__ = ["went_bad_within"]

_LIABLE: Final = "('individual', 'joint', 'co_maker', 'maker', 'guarantor')"
"""Roles in which a person answers for an account; an authorised user does not."""

_LOST: Final = (
    "('charged_off', 'collection', 'repossession', 'surrender', 'foreclosure', 'deed_in_lieu', 'government_claim')"
)
"""Statuses of an account that its lender does not expect to be paid as agreed."""

_STATEMENT: Final = f"""
WITH observed AS (
    SELECT asked.row_no, coalesce(resolved.resolved_id, asked.consumer_id) AS consumer_id,
        asked.observed_at::DATE AS observed_on,
        (asked.observed_at::DATE + 1 + to_months($months))::DATE - 1 AS until
    FROM asked LEFT JOIN temp.resolved USING (consumer_id)),
account AS (
    SELECT DISTINCT consumer_id, tradeline_id FROM known.association
    WHERE role IN {_LIABLE} AND NOT coalesce(withdrawn, false)),
month AS (
    SELECT account.consumer_id, month.tradeline_id, month.effective_on,
        coalesce(month.days_past_due >= $days, false) OR coalesce(month.payment_status IN {_LOST}, false) AS is_bad
    FROM account JOIN known.tradeline_month AS month USING (tradeline_id)
    WHERE coalesce(month.payment_status, '') <> 'deleted'),
told AS (
    SELECT observed.row_no, month.tradeline_id,
        max_by(month.is_bad, month.effective_on) FILTER (month.effective_on <= observed_on) AS before,
        bool_or(month.is_bad) FILTER (month.effective_on > observed_on) AS later
    FROM observed JOIN month ON month.consumer_id = observed.consumer_id AND month.effective_on <= until
    GROUP BY ALL)
SELECT row_no, CASE WHEN any_value(until) > $known_on OR bool_or(coalesce(before, false)) THEN NULL
    ELSE bool_or(later) END AS is_bad
FROM observed LEFT JOIN told USING (row_no) GROUP BY row_no ORDER BY row_no
"""


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
    if not isinstance(spine["event_timestamp"].dtype, pd.DatetimeTZDtype):
        raise TypeError(
            "event_timestamp: moments without a time zone; say which, for example with .dt.tz_localize('UTC')"
        )
    asked = pd.DataFrame(
        {
            "row_no": range(len(spine)),
            "consumer_id": spine["consumer_id"].to_numpy("int64"),
            "observed_at": spine["event_timestamp"].dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(),
        }
    )
    with history.as_of(known_at) as known:
        known.connection.register("asked", asked)
        try:
            told = known.connection.execute(
                _STATEMENT, {"months": months, "days": days_past_due, "known_on": known.moment.date()}
            ).df()
        finally:
            known.connection.unregister("asked")
    return pd.Series(told["is_bad"].astype("boolean").to_numpy(), index=spine.index, name="is_bad", dtype="boolean")
