"""Freshness: which periods a furnisher has told, and by when it should have told the next one.

A day ends a day, a Sunday a week, the last day of a month or quarter those. A delivery covers the
period it names, or else the last one that was over when it was received.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final, Literal

from bureau.contracts import Cadence

__all__ = ["Freshness", "Timeliness", "covered", "freshness", "period_end"]

Timeliness = Literal["in time", "due", "overdue", "never"]

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Freshness:
    """How a feed stands against its cadence.

    Parameters
    ----------
    state : {'in time', 'due', 'overdue', 'never'}
        ``due`` when the next period is over and there is still time; ``never`` when nothing came
        at all.
    covers : date, optional
        The end of the last period told.
    expects : date, optional
        The end of the next one.
    due_on : date, optional
        The last day on which that would be in time.
    overdue_days : int
        Days since then.
    missing : int
        Periods that should have been told.
    """

    state: Timeliness
    covers: date | None = None
    expects: date | None = None
    due_on: date | None = None
    overdue_days: int = 0
    missing: int = 0


def freshness(covers: date | None, cadence: Cadence, grace_days: int, today: date) -> Freshness:
    """How a feed stands against its cadence on a day.

    Parameters
    ----------
    covers : date, optional
        The latest period told (:func:`covered`); None if nothing came yet.
    cadence : {'daily', 'weekly', 'monthly', 'quarterly'}
        How often it is expected.
    grace_days : int
        Days after the end of a period in which its delivery is in time.
    today : date
        The day.

    Examples
    --------
    >>> freshness(date(2019, 1, 31), "monthly", 10, date(2019, 3, 14)).overdue_days
    4
    """
    if covers is None:
        return Freshness("never")
    grace = timedelta(days=grace_days)
    told = period_end(covers, cadence)
    expects = period_end(told + _DAY, cadence)
    due_on = expects + grace
    missing, end = 0, expects
    while end + grace < today:
        missing, end = missing + 1, period_end(end + _DAY, cadence)
    state: Timeliness = "overdue" if missing else "due" if expects < today else "in time"
    return Freshness(state, told, expects, due_on, max((today - due_on).days, 0), missing)


def covered(covers: date | None, received_on: date, cadence: Cadence) -> date:
    """The end of the period that a delivery tells.

    Parameters
    ----------
    covers : date, optional
        As its furnisher says.
    received_on : date
        When it was received.
    cadence : {'daily', 'weekly', 'monthly', 'quarterly'}
        How often it is expected.

    Examples
    --------
    >>> covered(None, date(2019, 2, 4), "monthly")
    datetime.date(2019, 1, 31)
    """
    if covers is not None:
        return period_end(covers, cadence)
    end = period_end(received_on, cadence)
    return end if end == received_on else _start(received_on, cadence) - _DAY


def period_end(day: date, cadence: Cadence) -> date:
    """The last day of the period in which a day lies."""
    return _start(_start(day, cadence) + _LONGER[cadence], cadence) - _DAY


def _start(day: date, cadence: Cadence) -> date:
    return _STARTS[cadence](day)


_STARTS: Final[Mapping[Cadence, Callable[[date], date]]] = MappingProxyType(
    {
        "daily": lambda day: day,
        "weekly": lambda day: day - timedelta(days=day.weekday()),
        "monthly": lambda day: day.replace(day=1),
        "quarterly": lambda day: date(day.year, day.month - (day.month - 1) % 3, 1),
    }
)
"""The first day of the period of a day."""

_LONGER: Final[Mapping[Cadence, timedelta]] = MappingProxyType(
    {
        "daily": timedelta(days=1),
        "weekly": timedelta(days=7),
        "monthly": timedelta(days=31),
        "quarterly": timedelta(days=92),
    }
)
"""From the first day of a period into the next, and no further."""
