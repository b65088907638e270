"""Moments as people and machines write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

__all__ = ["FIRST_YEAR", "LAST_YEAR", "moment_from"]

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2199
"""No delivery was received, and nothing was known, outside of these years; beyond them dates overflow."""


def moment_from(text: str) -> datetime:
    """A moment (UTC, naive) from ISO 8601 text; one without a zone is UTC, a date alone its beginning.

    Raises
    ------
    ValueError
        If it is none, or lies outside of the years that make sense.

    Examples
    --------
    >>> moment_from("2019-02-04T06:00:00+02:00")
    datetime.datetime(2019, 2, 4, 4, 0)
    """
    moment = datetime.fromisoformat(text)
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"the year must be from {FIRST_YEAR} to {LAST_YEAR}")
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo is not None else moment
