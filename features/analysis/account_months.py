"""How a portfolio's accounts went, month by month: vintages and roll rates, without any person in them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

import pandas as pd

from bureau.history import History

__all__ = ["BUCKETS", "roll_rates", "vintages"]

BUCKETS: Final = ("current", "1–29", "30–59", "60–89", "90 or more")
"""Days past due, in words."""

_MONTHS: Final = """
WITH known AS (
    SELECT month.tradeline_id, date_trunc('month', month.effective_on)::DATE AS month,
        max(coalesce(month.days_past_due, 0)) AS days_past_due,
        min(coalesce(month.opened_on, line.opened_on)) AS told_opened_on
    FROM tradeline_month AS month
    LEFT JOIN (SELECT tradeline_id, min(opened_on) AS opened_on FROM tradeline GROUP BY tradeline_id) AS line
        USING (tradeline_id)
    WHERE month.recorded_at <= $known_at AND (month.superseded_at IS NULL OR month.superseded_at > $known_at)
        AND month.effective_on <= $until AND coalesce(month.payment_status, '') <> 'deleted'
    GROUP BY ALL),
dated AS (
    SELECT *, min(told_opened_on) OVER (PARTITION BY tradeline_id) AS opened_on,
        CASE WHEN days_past_due < 1 THEN 0 WHEN days_past_due < 30 THEN 1 WHEN days_past_due < 60 THEN 2
            WHEN days_past_due < 90 THEN 3 ELSE 4 END AS bucket
    FROM known)"""

_VINTAGES: Final = f"""{_MONTHS},
account AS (
    SELECT tradeline_id, any_value(opened_on) AS opened_on, max(datediff('month', opened_on, month)) AS seen_to,
        min(datediff('month', opened_on, month)) AS seen_from,
        min(CASE WHEN days_past_due >= $bad_from THEN datediff('month', opened_on, month) END) AS bad_after
    FROM dated WHERE opened_on IS NOT NULL GROUP BY tradeline_id)
SELECT date_trunc('quarter', opened_on)::DATE AS opened, age::INTEGER AS months_on_book, count(*) AS accounts,
    count(*) FILTER (bad_after <= age) AS bad
FROM account, range(0, $most_months + 1) AS ages(age)
WHERE seen_from BETWEEN 0 AND $told_within AND (age <= seen_to OR bad_after <= age)
GROUP BY ALL ORDER BY ALL"""

_ROLLS: Final = f"""{_MONTHS},
following AS (
    SELECT bucket, lead(bucket) OVER w AS next_bucket, month, lead(month) OVER w AS next_month
    FROM dated WINDOW w AS (PARTITION BY tradeline_id ORDER BY month))
SELECT bucket AS from_bucket, next_bucket AS to_bucket, count(*) AS accounts
FROM following WHERE datediff('month', month, next_month) = 1 GROUP BY ALL ORDER BY ALL"""


def vintages(
    history: History,
    *,
    until: date,
    known_at: datetime,
    bad_from: int = 90,
    most_months: int = 36,
    told_within: int = 3,
) -> pd.DataFrame:
    """Ever bad by age, of the accounts opened in a quarter.

    Parameters
    ----------
    history : History
        The credit history.
    until : date
        Months that speak of a later day are not looked at.
    known_at : datetime
        By the knowledge of this moment (UTC, naive).
    bad_from : int
        Days past due from which an account is bad.
    most_months : int
        Oldest age that is looked at.
    told_within : int
        Accounts first told of at a greater age are left out, since those that failed before are not among them.

    Returns
    -------
    DataFrame
        ``opened`` (first day of the quarter), ``months_on_book``, ``accounts`` that were seen so long or were bad
        by then, and how many of them were ``bad``.
    """
    asked = {"bad_from": bad_from, "most_months": most_months, "told_within": told_within}
    return _told(history, _VINTAGES, asked | {"until": until, "known_at": known_at})


def roll_rates(history: History, *, until: date, known_at: datetime) -> pd.DataFrame:
    """How often an account of one bucket of days past due was in another the month after.

    Parameters
    ----------
    history, until, known_at
        As for :func:`vintages`.

    Returns
    -------
    DataFrame
        ``from_bucket``, ``to_bucket`` (numbers of :data:`BUCKETS`) and ``accounts``: pairs of successive months.
    """
    return _told(history, _ROLLS, {"until": until, "known_at": known_at})


def _told(history: History, query: str, asked: dict[str, Any]) -> pd.DataFrame:
    with history.read() as connection:
        return connection.execute(query, asked).df()
