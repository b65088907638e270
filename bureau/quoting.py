"""Texts and names inside SQL, where they cannot be bound as values."""

from __future__ import annotations

__all__ = ["literal", "quoted"]


def literal(text: str) -> str:
    """A text as an SQL literal.

    Examples
    --------
    >>> literal("O'Hara")
    "'O''Hara'"
    """
    return "'" + text.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """The name of a column as an SQL identifier.

    Examples
    --------
    >>> quoted("balance due")
    '"balance due"'
    """
    return '"' + name.replace('"', '""') + '"'
