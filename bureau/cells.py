"""Cells of a database, read as what was written there and as nothing else.

SQLite keeps a text in a column of numbers if somebody puts it there, and Python makes something of what does not fit:
``int`` 1500 of 1500.5, ``bytes`` five zeros of 5. What is read here is what its column is declared to hold, or is none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import TypeVar

from bureau.errors import CaseworkDamaged

__all__ = ["as_written", "canonical", "day", "moment", "optional", "raw", "text", "whole"]

_T = TypeVar("_T")


@contextmanager
def as_written(what: str) -> Iterator[None]:
    """While the cells of a row are read.

    Parameters
    ----------
    what : str
        Which row, for people; nothing personal.

    Raises
    ------
    CaseworkDamaged
        If a cell is none of ours.
    """
    try:
        yield
    except (RecursionError, TypeError, ValueError):
        raise CaseworkDamaged(f"{what}: its row was changed; restore the casework from a backup") from None


def whole(cell: object) -> int:
    """A whole number; TypeError if it is none."""
    if type(cell) is not int:
        raise TypeError("no whole number")
    return cell


def text(cell: object) -> str:
    """A text; TypeError if it is none."""
    if type(cell) is not str:
        raise TypeError("no text")
    return cell


def raw(cell: object) -> bytes:
    """Bytes; TypeError if they are none."""
    if type(cell) is not bytes:
        raise TypeError("no bytes")
    return cell


def moment(cell: object) -> datetime:
    """A moment (UTC, naive) in the one form in which it is written; TypeError or ValueError if it is none."""
    found = datetime.fromisoformat(text(cell))
    if found.tzinfo is not None or found.isoformat() != cell:
        raise ValueError("no moment as it is written")
    return found


def day(cell: object) -> date:
    """A day in the one form in which it is written; TypeError or ValueError if it is none."""
    found = date.fromisoformat(text(cell))
    if found.isoformat() != cell:
        raise ValueError("no day as it is written")
    return found


def optional(read: Callable[[object], _T], cell: object) -> _T | None:
    """What a cell holds that may be empty."""
    return None if cell is None else read(cell)


def canonical(told: object) -> bytes:
    """Cells as JSON, to be digested: the same cells give the same bytes, and a cell that is none of ours no others'."""
    return json.dumps(told, sort_keys=True, default=_none_of_ours).encode()


def _none_of_ours(cell: object) -> list[str]:
    """What stands for a cell that no column of numbers or texts holds; a list, which no cell is."""
    return [type(cell).__name__]
