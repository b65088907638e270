"""By when a letter is owed: days counted from what starts the clock, under the rules of that day.

A creditor tells an applicant what was decided within 30 days of a completed application (12 CFR
1002.9(a)(1)(i)), or within 90 days of a counter-offer that was not accepted ((a)(1)(iv)). The day
on which the clock starts is day 0, so the last day of 30 is the thirtieth after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final, Literal

from scoring.notice.facts import Kind
from scoring.notice.rules import rules_of

__all__ = ["Awaiting", "Due", "State", "due_list", "last_day", "settles", "state_of"]

State = Literal["open", "due soon", "late"]

_SOON: Final = 7
"""Days before the last one from which a letter is called due soon."""


@dataclass(frozen=True)
class Awaiting:
    """A decision of which somebody has to be told.

    Parameters
    ----------
    decision_id, jurisdiction : str
        The decision, and whose law applies.
    kind : str or None
        The letter that is owed; None where a person has yet to decide, and the clock runs all the same.
    started_on : date
        The day on which the clock started: the application was complete, or the counter-offer was made.
    """

    decision_id: str
    jurisdiction: str
    kind: Kind | None
    started_on: date


@dataclass(frozen=True)
class Due:
    """A letter that is owed.

    Parameters
    ----------
    decision_id : str
        Of which decision.
    kind : str or None
        Which letter; None where a person has yet to decide.
    last_day : date
        The last day on which it is in time.
    state : str
        ``open``, ``due soon`` or ``late``.
    days_left : int
        Days until the last one; below 0 when it is over.
    """

    decision_id: str
    kind: Kind | None
    last_day: date
    state: State
    days_left: int


def last_day(
    kind: Kind | None,
    started_on: date,
    jurisdiction: str,
    *,
    after_counter_offer: bool = False,
    own: Path | None = None,
) -> date:
    """The last day on which a letter is in time.

    Parameters
    ----------
    kind : str or None
        The letter; None where a person has yet to decide.
    started_on : date
        The day on which the clock started.
    jurisdiction : str
        Whose law applies.
    after_counter_offer : bool
        Whether the clock started with a counter-offer that was not accepted.
    own : Path, optional
        A folder with rules of the home's own.

    Examples
    --------
    >>> last_day("adverse action", date(2026, 1, 1), "us")
    datetime.date(2026, 1, 31)
    >>> last_day("adverse action", date(2026, 1, 1), "us", after_counter_offer=True)
    datetime.date(2026, 4, 1)
    """
    periods = rules_of(jurisdiction, started_on, own).periods
    if after_counter_offer:
        return started_on + timedelta(days=periods.counter_offer_days)
    days = periods.incomplete_days if kind == "incomplete application" else periods.notice_days
    return started_on + timedelta(days=days)


def state_of(last: date, on: date) -> State:
    """How a letter stands on a day.

    Examples
    --------
    >>> [state_of(date(2026, 1, 31), date(2026, *day)) for day in ((1, 23), (1, 24), (1, 31), (2, 1))]
    ['open', 'due soon', 'due soon', 'late']
    """
    if on > last:
        return "late"
    return "due soon" if on + timedelta(days=_SOON) >= last else "open"


def settles(sent: Kind, owed: Kind | None) -> bool:
    """Whether nothing is owed any more once a letter of a kind was sent.

    The letter that is owed settles it, and so does a counter-offer: ours is a combined notice, which is that of
    adverse action if the offer is not accepted (12 CFR 1002 supplement I, 9(a)(1)-6).

    Parameters
    ----------
    sent : str
        The letter that was sent.
    owed : str or None
        The letter that is owed; None where a person has yet to decide.

    Examples
    --------
    >>> settles("risk-based pricing", "adverse action"), settles("counter-offer", "adverse action")
    (False, True)
    """
    return sent in (owed, "counter-offer")


def due_list(awaiting: Iterable[Awaiting], sent: Mapping[str, date], on: date, own: Path | None = None) -> list[Due]:
    """The letters that are owed on a day, the most urgent first.

    Parameters
    ----------
    awaiting : iterable of Awaiting
        The decisions of which somebody has to be told.
    sent : mapping of str to date
        Decision to the day on which a letter was sent that :func:`settles` what it owes.
    on : date
        The day.
    own : Path, optional
        A folder with rules of the home's own.
    """
    owed = []
    for each in awaiting:
        if each.decision_id in sent and sent[each.decision_id] <= on:
            continue
        last = last_day(each.kind, each.started_on, each.jurisdiction, own=own)
        owed.append(Due(each.decision_id, each.kind, last, state_of(last, on), (last - on).days))
    return sorted(owed, key=lambda due: (due.last_day, due.decision_id))
