"""What a contradiction is shown with: what was told, by whom, of when, and where it stands."""

from __future__ import annotations

__all__ = ["ME", "sealed", "witness"]

ME = "getvariable('furnisher_id')"
"""SQL for the furnisher of the delivery."""


def witness(told: str, row: str = "", furnisher: str = ME) -> str:
    """SQL for what a fact says, who said it, of when, and in which line of which delivery.

    Parameters
    ----------
    told : str
        SQL for what it says.
    row : str
        Name of the relation that the fact's columns come from, where others are about.
    furnisher : str
        SQL for who said it; the furnisher of the delivery by default.
    """
    of = f"{row}." if row else ""
    return (
        f"{{'told': {told}, 'furnisher': {furnisher}, 'of': {of}effective_on, "
        f"'delivery': {of}delivery_no, 'line': {of}line_no}}"
    )


def sealed(field: str, row: str = "") -> str:
    """SQL for where in the vault a field of a told identity lies (:mod:`bureau.evidence` reads it).

    Parameters
    ----------
    field : str
        One of :data:`bureau.facts.IDENTITY_FIELDS`.
    row : str
        Name of the relation that the identity comes from, where others are about.
    """
    of = f"{row}." if row else ""
    return f"{{'consumer': {of}consumer_id, 'told_as': {of}told_as, 'sealed': '{field}'}}"
