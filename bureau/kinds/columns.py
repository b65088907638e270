"""Columns that the kinds of delivery share in their form: references, codes, days, amounts."""

from __future__ import annotations

from typing import Final

from bureau.contracts import Column, Rule

__all__ = ["RECEIVED", "amount", "code", "count", "currency", "day", "in_order", "not_after_receipt", "reference"]

RECEIVED: Final = "getvariable('received_on')"
"""SQL for the date on which the delivery was received."""

_LARGEST_AMOUNT: Final = 1e12
_PLAIN_NUMBER: Final = r"[+-]?[0-9]+(\.[0-9]+)?"
"""An exponent is no way to write money: the letter is more likely a slip."""


def reference(name: str, meaning: str) -> Column:
    """A reference of the furnisher, which every record must have."""
    return Column(name, "text", filled=True, meaning=meaning)


def code(name: str, allowed: tuple[str, ...], meaning: str, *, filled: bool = True) -> Column:
    """A code from a closed list."""
    return Column(name, "text", filled=filled, allowed=allowed, optional=not filled, meaning=meaning)


def day(name: str, meaning: str, *, filled: bool = False) -> Column:
    """A date."""
    return Column(name, "date", filled=filled, optional=not filled, meaning=meaning)


def amount(name: str, meaning: str, *, filled: bool = False) -> Column:
    """An amount of money, never negative."""
    return Column(
        name,
        "number",
        filled=filled,
        minimum=0,
        maximum=_LARGEST_AMOUNT,
        pattern=_PLAIN_NUMBER,
        optional=not filled,
        meaning=meaning,
    )


def count(name: str, maximum: int, meaning: str, *, minimum: int = 0, filled: bool = False) -> Column:
    """A whole number of something."""
    return Column(
        name,
        "integer",
        filled=filled,
        minimum=minimum,
        maximum=maximum,
        pattern=_PLAIN_NUMBER,
        optional=not filled,
        meaning=meaning,
    )


def currency() -> Column:
    """The currency of the record's amounts."""
    return Column(
        "currency", "text", filled=True, pattern="[A-Z]{3}", meaning="currency of the amounts, three letters (ISO 4217)"
    )


def in_order(earlier: str, later: str) -> Rule:
    """The rule that one date does not lie after another; a missing one contradicts nothing."""
    return Rule(f"{later}-before-{earlier}", f"{later} does not lie before {earlier}", f"{later} < {earlier}")


def not_after_receipt(column: str) -> Rule:
    """The rule that nobody reports the future."""
    return Rule(
        f"{column}-after-receipt",
        f"{column} does not lie after the day on which the delivery was received",
        f"{column} > {RECEIVED}",
    )
