"""Widths of a table's columns on paper: as wide as their text where there is room, else narrowed in proportion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Widths", "widths_of"]


@dataclass(frozen=True)
class Widths:
    """Widths of columns.

    Parameters
    ----------
    widths : tuple of float
        The width of each, in the unit of the page.
    fits : bool
        Whether no word is wider than its column.
    """

    widths: tuple[float, ...]
    fits: bool


def widths_of(rows: Sequence[Sequence[str]], measure: Callable[[str], float], room: float, *, padding: float) -> Widths:
    """Widths for rows of text.

    Each column gets what its widest word needs; what is left of the page is shared in proportion to what each
    would need to hold its text on one line, or as much as it needs.

    Parameters
    ----------
    rows : sequence of sequence of str
        Header and rows; at least one, all of the same length.
    measure : callable
        Width of a text on one line.
    room : float
        Width of the page.
    padding : float
        What a column needs beside its text.

    Examples
    --------
    >>> widths_of([["ab", "a b c d"]], len, 20, padding=1).widths
    (3.0, 8.0)
    >>> widths_of([["ab", "a b c d"]], len, 8, padding=1).widths
    (3.0, 5.0)
    """
    columns = list(zip(*rows, strict=True))
    whole = [max(measure(text) for text in column) + padding for column in columns]
    least = [
        max(measure(word) for text in column for word in (text.split(" ") or [""])) + padding for column in columns
    ]
    if sum(whole) <= room:
        return Widths(tuple(float(width) for width in whole), fits=True)
    wanted = sum(whole) - sum(least)
    share = max(0.0, (room - sum(least)) / wanted) if wanted else 0.0
    widths = [low + share * (high - low) for low, high in zip(least, whole, strict=True)]
    shrink = min(1.0, room / sum(widths))
    return Widths(tuple(float(width * shrink) for width in widths), fits=sum(least) <= room)
