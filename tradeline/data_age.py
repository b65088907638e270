"""How old the newest data are: what shifts because deliveries have stopped is no change of the people."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from bureau.history import History

__all__ = ["told_age"]

_FRESH_DAYS: Final = 62
"""A feed that tells monthly has then missed a month."""


def told_age(history: History, present: datetime) -> str | None:
    """That the newest delivery is old, and how to look at the people of its time; None while it is not.

    Parameters
    ----------
    history : History
        The history.
    present : datetime
        The present (UTC, naive); deliveries recorded later are not known.
    """
    with history.read() as connection:
        told_until, recorded_at = connection.execute(
            "SELECT max(coalesce(covers, received_at::DATE, recorded_at::DATE)), max(recorded_at) FROM delivery "
            "WHERE recorded_at <= ?",
            [present],
        ).fetchall()[0]
    if told_until is None or (age := (present.date() - told_until).days) <= _FRESH_DAYS:
        return None
    known_from = recorded_at.date() + timedelta(days=1)
    then = f", or watch the people of its time with --as-of {known_from}" if known_from < present.date() else ""
    return (
        f"the data are old: the newest delivery is of {told_until}, {age:,} days before {present:%Y-%m-%d}; what has "
        f"shifted may be its age alone; take newer ones in{then}"
    )
