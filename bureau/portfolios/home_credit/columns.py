"""How Home Credit writes things: its codes for nothing, its days and months relative to the application."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from bureau.contracts import Column

__all__ = [
    "BUREAU",
    "OBSERVED",
    "OUTCOME_AFTER",
    "OWN",
    "SPACE",
    "amount",
    "code",
    "day",
    "days_after",
    "identifier",
    "known_days_after",
    "month",
    "month_end",
    "number",
    "past_day",
]

SPACE: Final = "home-credit"
OWN: Final = "home-credit"
BUREAU: Final = "home-credit-bureau"
OUTCOME_AFTER: Final = timedelta(days=365)
"""When an outcome became known: the data do not say, so a year after the application is assumed."""
_NEVER_BEFORE: Final = -36525.0
_NEVER_AFTER: Final = 36525.0
_NO_DATE: Final = ("365243", "365243.0")
"""What the lender writes for "no such day"; a thousand years from the application."""

OBSERVED: Final = "getvariable('observed_on')"


def days_after(column: str) -> str:
    """SQL for the date that lies the column's number of days from the observation."""
    return f"{OBSERVED} + round({column})::INTEGER"


def known_days_after(column: str) -> str:
    """The same, never later than the observation."""
    return f"{OBSERVED} + least(round({column})::INTEGER, 0)"


def month_end(column: str) -> str:
    """SQL for the last day of the month that lies the column's number of months from the observation."""
    return f"least(last_day({OBSERVED} + to_months({column}::INTEGER)), {OBSERVED})"


def code(column: str) -> str:
    """SQL for a text code in our spelling: lower case, null for the lender's "not available"."""
    return f"nullif(nullif(lower({column}), 'xna'), 'xap')"


def identifier(name: str) -> Column:
    """A reference, which every record must have."""
    return Column(name, "text", filled=True)


def number(name: str, *, minimum: float | None = None, maximum: float | None = None, filled: bool = False) -> Column:
    """A number within a plausible range."""
    return Column(name, "number", minimum=minimum, maximum=maximum, filled=filled)


def amount(name: str, *, signed: bool = False) -> Column:
    """An amount of money, not negative unless `signed`."""
    return number(name, minimum=-1e12 if signed else 0, maximum=1e12)


def day(name: str, *, filled: bool = False) -> Column:
    """A day counted from the application, within a century."""
    return Column(name, "number", minimum=_NEVER_BEFORE, maximum=_NEVER_AFTER, empty=_NO_DATE, filled=filled)


def past_day(name: str, *, filled: bool = False) -> Column:
    """A day that cannot lie after the application."""
    return Column(name, "number", minimum=_NEVER_BEFORE, maximum=0, empty=_NO_DATE, filled=filled)


def month(name: str) -> Column:
    """A month counted from the application, not after it."""
    return Column(name, "integer", filled=True, minimum=-1200, maximum=0)
