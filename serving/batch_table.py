"""The table of a batch: whom it asks about, and what their applications state."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from features.sets import FeatureSet
from features.vectors import application_fields
from serving.errors import BatchRefused
from serving.inputs import Statements
from serving.requests import LARGEST_NUMBER, LONGEST_WORD

__all__ = ["MOST_ROWS", "BatchRow", "read_batch", "rows_of"]

MOST_ROWS: Final = 2_000_000
_WHO: Final = ("consumer_ref", "consumer_id")
_LARGEST_ID: Final = 2**53
_SHARES: Final = ("share", "score")


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


def read_batch(content: bytes, form: str, features: FeatureSet) -> pa.Table:
    """The table of a batch.

    Parameters
    ----------
    content : bytes
        The file.
    form : {'csv', 'parquet'}
        What it is: CSV in UTF-8 with a header, or Parquet.
    features : FeatureSet
        The portfolio's features: fields of an application may be columns.

    Raises
    ------
    BatchRefused
        If it cannot be read, has a column that is not known or twice, names nobody, or has no row or too many.
    """
    try:
        if form == "csv":
            # All texts at first: a reference such as 007 is no number.
            names = pa.csv.open_csv(io.BytesIO(content)).schema.names
            options = pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True)
            table = pa.csv.read_csv(io.BytesIO(content), convert_options=options)
        else:
            table = pq.read_table(io.BytesIO(content))
    except (pa.ArrowException, OSError, ValueError):
        raise BatchRefused("the file cannot be read as declared; send CSV in UTF-8 with a header, or Parquet") from None
    columns, fields = table.column_names, application_fields(features)
    if len(set(columns)) < len(columns) or not set(columns) <= {*_WHO, *fields}:
        raise BatchRefused("a column is not known, or stands twice; there are consumer_ref, consumer_id and "
                           "the fields of an application")  # fmt: skip
    if len(set(columns) & set(_WHO)) != 1:
        raise BatchRefused("the rows name nobody; one column is consumer_ref or consumer_id")
    if not 0 < table.num_rows <= MOST_ROWS:
        raise BatchRefused(f"the file has no row or more than {MOST_ROWS:,}; send it in several parts")
    return table


def rows_of(table: pa.Table, features: FeatureSet) -> Iterator[BatchRow]:
    """The rows of a table, or of a slice of one."""
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
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 <= number < _LARGEST_ID and not isinstance(value, float) else None


def _stated(value: Any, *, is_word: bool, share: bool) -> float | str | None:
    """A statement as a request would bring it; None if it keeps not the same rules."""
    if is_word:
        return value if isinstance(value, str) and len(value) <= LONGEST_WORD else None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and 0 <= number <= (1.0 if share else LARGEST_NUMBER) else None
