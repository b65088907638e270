"""The rows of a batch: whom each asks about, and what the application states, by the rules of a single request."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from features.sets import FeatureSet
from features.vectors import application_fields
from serving.inputs import Statements
from serving.requests import LARGEST_NUMBER, LONGEST_WORD

__all__ = ["BatchRow", "rows_of"]

_LARGEST_ID: Final = 2**53
_SHARES: Final = ("share", "score")
# Python would read 1_0, blanks around and digits of other scripts, too: another person's number, in the worst case.
_WHOLE: Final = re.compile(r"[0-9]{1,16}")
_NUMBER: Final = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class BatchRow:
    """One row of a batch.

    Parameters
    ----------
    consumer_ref : str, optional
        A furnisher's reference.
    consumer_id : int, optional
        The bureau's own number.
    application : mapping
        What the application states; empty cells state nothing and leave what is on file.
    is_sound : bool
        Whether the row keeps the rules of the interface; one that does not is told so in the results.
    """

    consumer_ref: str | None
    consumer_id: int | None
    application: Statements
    is_sound: bool = True


def rows_of(table: pa.Table, features: FeatureSet) -> Iterator[BatchRow]:
    """The rows of a table, or of a slice of one.

    Parameters
    ----------
    table : pyarrow.Table
        A part of a batch (:func:`serving.batch_table.parts`).
    features : FeatureSet
        The portfolio's features.
    """
    fields = application_fields(features)
    for row in table.to_pylist():
        ref, number = row.get("consumer_ref"), row.get("consumer_id")
        stated: dict[str, float | str | None] = {}
        sound = True
        for name, value in row.items():
            if name in fields and value is not None:
                told = _stated(value, is_word=bool(fields[name].levels), share=fields[name].unit in _SHARES)
                sound = sound and told is not None
                stated[name] = told
        consumer_id = _number(number)
        sound = sound and (number is None) == (consumer_id is None) and (ref is not None or number is not None)
        yield BatchRow(None if ref is None else str(ref), consumer_id, stated, sound)


def _number(value: Any) -> int | None:
    if isinstance(value, str):
        value = int(value) if _WHOLE.fullmatch(value) else None
    return value if isinstance(value, int) and 0 <= value < _LARGEST_ID else None


def _stated(value: Any, *, is_word: bool, share: bool) -> float | str | None:
    """A statement as a request would bring it; None if it keeps not the same rules."""
    if is_word:
        return value if isinstance(value, str) and len(value) <= LONGEST_WORD else None
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and 0 <= number <= (1.0 if share else LARGEST_NUMBER) else None
