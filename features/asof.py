"""Pieces of SQL that every view shares: what is known as of a moment, and how times are counted.

A spine has a row for each reference of a consumer under observation: ``row_no`` (of the consumer at a
moment), ``consumer_id`` (by which facts are told under the reference), ``is_own`` (whether it is the one
that is observed), ``observed_at`` (moment, UTC), ``observed_on`` (its date) and ``currency``. Every piece
here speaks of a table or subquery of the name ``spine``; :mod:`features.spine` makes the tables. All pieces
mean the same in DuckDB and, through sqlglot, in Spark.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

__all__ = ["ACCOUNTS", "in_currency", "known", "months_before", "months_between", "months_since", "pinned"]

_MONTH_DAYS: Final = "30.4375e0"
"""Mean length of a month, in days; as a floating-point number, since engines divide decimals differently."""

_MOMENT: Final = re.compile(r"(<=|>) spine\.observed_at\b")
_DAY: Final = re.compile(r"<= spine\.observed_on\b")


def known(fact: str) -> str:
    """SQL that is true when a fact was known at the spine's moment: effective, recorded, not superseded.

    Examples
    --------
    >>> known("month").count("spine.observed_at")
    2
    """
    return (
        f"{fact}.effective_on <= spine.observed_on AND {fact}.recorded_at <= spine.observed_at "
        f"AND ({fact}.superseded_at IS NULL OR {fact}.superseded_at > spine.observed_at)"
    )


def pinned(sql: str, moment: datetime) -> str:
    """The same SQL for a spine whose rows all have this moment (UTC), which an engine can look for in its blocks.

    Examples
    --------
    >>> pinned("month.recorded_at <= spine.observed_at", datetime(2024, 3, 31))
    "month.recorded_at <= TIMESTAMP '2024-03-31 00:00:00'"
    """
    at_moment = _MOMENT.sub(rf"\1 TIMESTAMP '{moment.replace(tzinfo=None).isoformat(sep=' ')}'", sql)
    return _DAY.sub(f"<= DATE '{moment.date().isoformat()}'", at_moment)


ACCOUNTS: Final = "spine_account AS spine"
"""SQL for the spine with a row for each account its consumer was known to stand on; once, whatever the roles.

It has ``row_no``, ``tradeline_id``, ``observed_at``, ``observed_on`` and ``currency``.
"""


def months_before(day: str) -> str:
    """SQL for the whole months that passed from a date to the observation; the end of a month counts as its end.

    The months of an account reported at month ends so get numbers without gap or double, whatever
    the day of the observation: on 16 March, February is 0 and January 1; on 31 March, March is 0.
    Less than 0 for a date that is still to come.
    """
    # From the day after to the day after, in which the last day of a month becomes the first of the next.
    start, end = f"({day} + 1)", "(spine.observed_on + 1)"
    months = f"(year({end}) - year({start})) * 12 + month({end}) - month({start})"
    unfinished = f"CASE WHEN day({end}) < day({start}) AND {end} < last_day({end}) THEN 1 ELSE 0 END"
    return f"({months} - {unfinished})::INTEGER"


def months_since(day: str) -> str:
    """SQL for the time from a date to the observation, in mean months; missing for a date that is still to come.

    Needs the spine's ``observed_on`` in scope.

    Examples
    --------
    >>> months_since("opened_on")
    "CASE WHEN opened_on <= observed_on THEN date_diff('day', opened_on, observed_on) / 30.4375e0 END"
    """
    return f"CASE WHEN {day} <= observed_on THEN {months_between(day, 'observed_on')} END"


def months_between(start: str, end: str) -> str:
    """SQL for the time from a date to another, in mean months; negative when the other comes first."""
    return f"date_diff('day', {start}, {end}) / {_MONTH_DAYS}"


def in_currency(fact: str, column: str) -> str:
    """SQL for an amount, missing when it is in another currency than the spine's, or in none that is told."""
    return f"CASE WHEN {fact}.currency = spine.currency THEN {fact}.{column} END AS {column}"
