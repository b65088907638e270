"""How late people's accounts were told to be: at their observation, and in the months after it.

An account counts for whoever answers for it; months that a furnisher took back do not count, nor what was told of
somebody who had died by then. What is told is taken as it was known at a moment that the caller names: that of
the observation, to see what was known then, or a later one, to see how it went, corrections included.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import pandas as pd

from bureau.history import History
from features.definitions.bureau.pieces import LIABLE_ROLES, LOST_STATUSES, OVER_STATUSES, SOLD_STATUSES, listed

__all__ = ["lateness_at", "lateness_within", "window_ends"]

_ACCOUNTS: Final = f"""
observed AS (
    SELECT asked.row_no, coalesce(resolved.resolved_id, asked.consumer_id) AS consumer_id, asked.observed_on,
        asked.until
    FROM asked LEFT JOIN temp.resolved USING (consumer_id)),
died AS (
    SELECT consumer_id, min(effective_on) AS died_on FROM known.association
    WHERE role = 'deceased' AND NOT coalesce(withdrawn, false) GROUP BY consumer_id),
account AS (
    SELECT consumer_id, tradeline_id FROM known.association WHERE NOT coalesce(withdrawn, false) GROUP BY ALL
    HAVING bool_or(role IN {listed(LIABLE_ROLES)}) AND NOT bool_or(role = 'terminated')),
month AS (
    SELECT account.consumer_id, month.tradeline_id, month.effective_on, month.opened_on,
        coalesce(month.days_past_due, 0) AS days_past_due,
        coalesce(month.payment_status IN {listed(LOST_STATUSES)}, false) AS is_lost,
        coalesce(month.payment_status IN {listed((*OVER_STATUSES, *SOLD_STATUSES))}, false)
            OR coalesce(month.sold_to, '') <> '' AS is_over
    FROM account JOIN known.tradeline_month AS month USING (tradeline_id) LEFT JOIN died USING (consumer_id)
    WHERE coalesce(month.payment_status, '') <> 'deleted' AND month.effective_on < coalesce(died_on, DATE '9999-12-31')
)"""

_SUMMED: Final = """
SELECT count(tradeline_id) AS accounts, count(*) FILTER (is_owing) AS owing,
    coalesce(max(days_past_due), 0) AS days_past_due, coalesce(bool_or(is_lost), false) AS is_lost,
    any_value(died_on) AS died_on
FROM observed LEFT JOIN told USING (row_no) LEFT JOIN died ON died.consumer_id = observed.consumer_id
GROUP BY row_no ORDER BY row_no"""

_AT: Final = f"""
WITH {_ACCOUNTS},
told AS (
    SELECT observed.row_no, month.tradeline_id, max_by(days_past_due, effective_on) AS days_past_due,
        max_by(is_lost, effective_on) AS is_lost,
        NOT max_by(is_over, effective_on) AND max(effective_on) > any_value(observed_on) - INTERVAL 12 MONTH AS is_owing
    FROM observed JOIN month ON month.consumer_id = observed.consumer_id AND effective_on <= observed_on
    GROUP BY ALL)
{_SUMMED}"""

_WITHIN: Final = f"""
WITH {_ACCOUNTS},
since AS (
    SELECT tradeline_id, min(coalesce(opened_on, effective_on)) AS opened_on FROM month GROUP BY tradeline_id),
told AS (
    SELECT observed.row_no, month.tradeline_id, max(days_past_due) AS days_past_due, bool_or(is_lost) AS is_lost,
        NOT max_by(is_over, effective_on) AS is_owing
    FROM observed
    JOIN month ON month.consumer_id = observed.consumer_id AND effective_on > observed_on AND effective_on <= until
    JOIN since ON since.tradeline_id = month.tradeline_id AND ($new_accounts OR since.opened_on <= observed_on)
    GROUP BY ALL)
{_SUMMED}"""


def lateness_at(history: History, spine: pd.DataFrame, known_at: datetime) -> pd.DataFrame:
    """How late each person's accounts were when last told by the observation date.

    Parameters
    ----------
    history : History
        The credit history.
    spine : DataFrame
        ``consumer_id`` and ``event_timestamp`` (a moment with its time zone); its index is kept.
    known_at : datetime
        As known at this moment (UTC if it is naive).

    Returns
    -------
    DataFrame
        ``accounts`` that were told, those ``owing`` (by their newest month neither paid off, closed nor sold, and told
        of in the last 12 months), ``days_past_due`` of the latest of them, whether one ``is_lost`` (charged off, in
        collection, repossessed, foreclosed), and ``died_on``, from when the person was told to be dead.

    Raises
    ------
    TypeError
        If the moments of the spine have no time zone.
    """
    return _told(history, spine, known_at, _AT, 1, {})


def lateness_within(
    history: History, spine: pd.DataFrame, known_at: datetime, *, months: int, new_accounts: bool = True
) -> pd.DataFrame:
    """How late each person's accounts were at worst in the months after the observation date.

    Parameters
    ----------
    history, spine, known_at
        As for :func:`lateness_at`.
    months : int
        Length of the window (:func:`window_ends`).
    new_accounts : bool
        Whether accounts that were opened after the observation date count.

    Returns
    -------
    DataFrame
        As :func:`lateness_at` gives it, of the months told in the window.

    Raises
    ------
    TypeError
        If the moments of the spine have no time zone.
    """
    return _told(history, spine, known_at, _WITHIN, months, {"new_accounts": new_accounts})


def window_ends(event_timestamp: pd.Series, months: int) -> pd.Series:
    """Last day of the window that begins on the day after each observation; after a month's end it ends at one.

    Examples
    --------
    >>> window_ends(pd.Series(pd.to_datetime(["2024-02-29", "2024-03-15"], utc=True)), 12).dt.date.tolist()
    [datetime.date(2025, 2, 28), datetime.date(2025, 3, 15)]
    """
    day = pd.Timedelta(days=1)
    ends: pd.Series = _dates(event_timestamp) + day + pd.DateOffset(months=months) - day
    return ends


def _dates(event_timestamp: pd.Series) -> pd.Series:
    if not isinstance(event_timestamp.dtype, pd.DatetimeTZDtype):
        raise TypeError(
            "event_timestamp: moments without a time zone; say which, for example with .dt.tz_localize('UTC')"
        )
    dates: pd.Series = event_timestamp.dt.tz_convert("UTC").dt.tz_localize(None).dt.normalize()
    return dates


def _told(
    history: History, spine: pd.DataFrame, known_at: datetime, statement: str, months: int, values: dict[str, Any]
) -> pd.DataFrame:
    asked = pd.DataFrame(
        {
            "row_no": range(len(spine)),
            "consumer_id": spine["consumer_id"].to_numpy("int64"),
            "observed_on": _dates(spine["event_timestamp"]).to_numpy(),
            "until": window_ends(spine["event_timestamp"], months).to_numpy(),
        }
    )
    with history.as_of(known_at) as known:
        known.connection.register("asked_rows", asked)
        known.connection.execute(
            "CREATE OR REPLACE TEMP TABLE asked AS "
            "SELECT row_no, consumer_id, observed_on::DATE AS observed_on, until::DATE AS until FROM asked_rows"
        )
        known.connection.unregister("asked_rows")
        return known.connection.execute(statement, values).df().set_index(spine.index)
