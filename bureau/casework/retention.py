"""How long the content of a decision is kept, by jurisdiction and date.

Content is sealed under the key of the month in which its time ends, so that the destruction of one key
ends the time of all that month's content, in every backup too. A decision keeps the rule of its own day.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from bureau.errors import CaseworkError

__all__ = ["HOLD_KEYS", "RETENTION", "Retention", "end_of_key", "kept_until", "key_number", "retention_of"]


@dataclass(frozen=True)
class Retention:
    """One rule.

    Parameters
    ----------
    jurisdiction : str
        Where it holds; also for parts without a rule of their own (``us`` for ``us-ca``).
    effective_from : date
        From which day of decision.
    months : int
        How many months content is kept.
    notice_days : int
        Days after the decision from which the months count: a notice may be sent until then.
    provision : str
        Where it is written.
    over_erasure : str
        Why the erasure of a person does not shorten it.
    """

    jurisdiction: str
    effective_from: date
    months: int
    notice_days: int
    provision: str
    over_erasure: str


HOLD_KEYS: Final = 10_000_000
"""Keys of decisions on hold are numbered from here; those of months are below."""

RETENTION: Final = (
    Retention(
        "us",
        date(1900, 1, 1),
        25,
        90,
        "12 CFR 1002.12(b)(1): 25 months after notice of the action",
        "the duty to keep it, 12 CFR 1002.12(b)(1)",
    ),
    Retention(
        "eu",
        date(1900, 1, 1),
        25,
        30,
        "our choice; logs of a high-risk system at least 6 months (AI Act)",
        "the duty to keep logs, GDPR 17(3)(b) with AI Act 26(6), for six months, and then the defence of claims "
        "against the decision, GDPR 17(3)(e)",
    ),
    Retention(
        "cn",
        date(1900, 1, 1),
        60,
        30,
        "our choice: as long as a negative item stays on file",
        "the time for which it is kept is not over, PIPL 47",
    ),
)
"""The rules, by jurisdiction and date."""


def retention_of(jurisdiction: str, on: date, rules: Sequence[Retention] = RETENTION) -> Retention:
    """The rule for a decision of a day.

    Raises
    ------
    CaseworkError
        If there is none.
    """
    for name in dict.fromkeys((jurisdiction, jurisdiction.partition("-")[0])):
        found = [rule for rule in rules if rule.jurisdiction == name and rule.effective_from <= on]
        if found:
            return max(found, key=lambda rule: rule.effective_from)
    raise CaseworkError(f"{jurisdiction}: no rule says how long decisions are kept there; add one to RETENTION")


def kept_until(jurisdiction: str, on: date, rules: Sequence[Retention] = RETENTION) -> date:
    """The last day on which content of a day is kept.

    Examples
    --------
    >>> kept_until("us-ca", date(2026, 11, 28))
    datetime.date(2029, 3, 26)
    """
    rule = retention_of(jurisdiction, on, rules)
    start = on + timedelta(days=rule.notice_days)
    year, month = divmod(start.year * 12 + start.month - 1 + rule.months, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def end_of_key(number: int) -> date:
    """The last day on which content under the key of a month may be there.

    Examples
    --------
    >>> end_of_key(202903)
    datetime.date(2029, 3, 31)
    """
    year, month = divmod(number, 100)
    return date(year, month, calendar.monthrange(year, month)[1])


def key_number(until: date) -> int:
    """The number of the key for content that is kept until a day: its year and month.

    Examples
    --------
    >>> key_number(date(2029, 3, 26))
    202903
    """
    return until.year * 100 + until.month
