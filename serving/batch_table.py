"""The table of a batch, read within bounds: a small file can spread out to gigabytes.

Who takes a file in reads as little of it as tells whether it can be a batch: of Parquet the footer, of CSV one block
at a time. The rest is read part by part in a process of its own (:mod:`serving.batch_work`), texts of Parquet as
dictionaries, so that one that is too long is refused before it is written out for every row.
"""

from __future__ import annotations

import io
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from features.sets import FeatureSet
from features.vectors import application_fields
from serving.blank_lines import blank_lines_told, whole_lines
from serving.errors import BatchRefused
from serving.requests import LONGEST_WORD

__all__ = ["LARGEST_FOOTER", "MOST_ROWS", "count_csv", "count_parquet", "parts"]

MOST_ROWS: Final = 2_000_000

LARGEST_FOOTER: Final = 512 * 1024
"""Bytes of a Parquet file's footer."""

_WHO: Final = ("consumer_ref", "consumer_id")
_LONGEST_TEXT: Final = 4 * LONGEST_WORD
"""Bytes of a text; UTF-8 has at most four for each character."""
_BLOCK: Final = 1 << 20
_LONGEST_LINE: Final = 1 << 21
_GROUP_ROWS: Final = 1 << 20
_GROUP_BYTES: Final = 512 * 1024 * 1024
_MOST_LISTED: Final = 20_000
"""Elements of a list in the footer, such as its row groups."""
_MAGIC: Final = b"PAR1"
_READ_AT_ONCE: Final = 10_000

_UNREADABLE: Final = "the file cannot be read as declared; send CSV in UTF-8 with a header, or Parquet"


def count_parquet(end: bytes, features: FeatureSet) -> int:
    """The number of rows that a Parquet file says it has; of the file, its end alone is looked at.

    Parameters
    ----------
    end : bytes
        The last bytes of the file: ``LARGEST_FOOTER + 8`` of them, or all.
    features : FeatureSet
        The portfolio's features: fields of an application may be columns.

    Raises
    ------
    BatchRefused
        If it is no Parquet, has a column that is not known, twice, or neither text nor numbers, names nobody, has no
        row or too many, or row groups or a footer that are too large.
    """
    length = int.from_bytes(end[-8:-4], "little") + 8
    if len(end) <= len(_MAGIC) + 8 or end[-4:] != _MAGIC:
        raise BatchRefused(_UNREADABLE)
    if not 8 < length <= min(LARGEST_FOOTER + 8, len(end)):
        raise BatchRefused(f"the footer holds over {LARGEST_FOOTER:,} bytes; write fewer and larger row groups")
    try:
        file = pq.ParquetFile(io.BytesIO(_MAGIC + end[-length:]), thrift_container_size_limit=_MOST_LISTED)
        schema, told = file.schema_arrow, file.metadata
        groups = [told.row_group(number) for number in range(told.num_row_groups)]
    except (pa.ArrowException, OSError, ValueError):
        raise BatchRefused(_UNREADABLE) from None
    _require_columns(schema, features)
    if any(group.num_rows > _GROUP_ROWS or group.total_byte_size > _GROUP_BYTES for group in groups):
        raise BatchRefused(f"a row group has over {_GROUP_ROWS:,} rows or {_GROUP_BYTES:,} bytes; write smaller ones")
    return _require_rows(told.num_rows)


def count_csv(file: io.BufferedReader, features: FeatureSet) -> int:
    """The number of rows of a CSV file, read block by block.

    Parameters
    ----------
    file : BufferedReader
        The file.
    features : FeatureSet
        The portfolio's features.

    Raises
    ------
    BatchRefused
        If it is no CSV in UTF-8 with a header, has a column that is not known or twice, names nobody, has a text that
        is too long, or has no row or too many.
    """
    rows = 0
    for batch in _guarded(_csv(file, features)):
        rows += batch.num_rows
        _require_rows(rows or 1)
    return _require_rows(rows)


def parts(content: bytes, form: str, features: FeatureSet, size: int) -> Iterator[pa.Table]:
    """The rows of a batch in parts of one size, the last one smaller.

    Parameters
    ----------
    content : bytes
        The file.
    form : {'csv', 'parquet'}
        What it is.
    features : FeatureSet
        The portfolio's features.
    size : int
        Rows of a part.

    Raises
    ------
    BatchRefused
        As :func:`count_csv` and :func:`count_parquet`; parts before may have been given.
    """
    file = io.BytesIO(content)
    held: list[pa.Table] = []
    count = total = 0
    for batch in _guarded(_csv(io.BufferedReader(file), features) if form == "csv" else _parquet(file, features)):
        held.append(pa.Table.from_batches([batch]))
        count, total = count + batch.num_rows, _require_rows(total + batch.num_rows)
        while count >= size:
            whole = pa.concat_tables(held)
            yield whole.slice(0, size)
            held, count = [whole.slice(size)], count - size
    if count:
        yield pa.concat_tables(held)


def _guarded(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches; what the libraries say of a file that they cannot read may repeat what stands in it."""
    try:
        yield from (batch for batch in batches if batch.num_rows)
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, ValueError):
        raise BatchRefused(_UNREADABLE) from None


def _csv(file: io.BufferedReader, features: FeatureSet) -> Iterator[pa.RecordBatch]:
    known = len(_WHO) + len(application_fields(features))
    header = re.split(rb"[\r\n]", file.peek(_BLOCK).removeprefix(BOM_UTF8).lstrip(b"\r\n"), maxsplit=1)[0]
    if header.count(b",") >= known:
        raise _unknown_column()
    names = [name.strip('"') for name in header.decode().split(",")]
    # All texts: a reference such as 007 is no number.
    schema = pa.schema([(name, pa.string()) for name in names])
    _require_columns(schema, features)
    convert = pa.csv.ConvertOptions(column_types=schema, strings_can_be_null=True)
    # Block by block: a reader of the whole would read ahead in a thread, which does not end with us.
    for number, block in enumerate(whole_lines(blank_lines_told(file, len(names), MOST_ROWS), _LONGEST_LINE)):
        read = pa.csv.ReadOptions(
            use_threads=False, column_names=names, skip_rows=int(number == 0), block_size=len(block) + 1
        )
        for batch in pa.csv.read_csv(pa.BufferReader(block), read, convert_options=convert).to_batches():
            for column in batch.columns:
                _require_short(column)
                _require_one_line(column)
            yield batch


def _parquet(file: io.BytesIO, features: FeatureSet) -> Iterator[pa.RecordBatch]:
    schema = pq.read_schema(file)
    _require_columns(schema, features)
    texts = [name for name in schema.names if _is_text(schema.field(name).type)]
    parquet = pq.ParquetFile(file, read_dictionary=texts)
    for batch in parquet.iter_batches(_READ_AT_ONCE, use_threads=False):
        columns = [_written_out(column) if name in texts else column for name, column in zip(
            batch.schema.names, batch.columns, strict=True)]  # fmt: skip
        yield pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _written_out(column: pa.Array) -> pa.Array:
    """A column of texts as such, once it is known that none is too long."""
    if isinstance(column, pa.DictionaryArray):
        _require_short(column.dictionary)
        return column.dictionary_decode().cast(pa.string())
    _require_short(column)
    return column.cast(pa.string())


def _require_short(texts: pa.Array) -> None:
    if (pc.max(pc.binary_length(texts)).as_py() or 0) > _LONGEST_TEXT:
        raise BatchRefused(f"a text holds over {_LONGEST_TEXT} bytes; none of this interface does")


def _require_one_line(texts: pa.Array) -> None:
    if pc.any(pc.match_substring_regex(texts, "[\r\n]")).as_py():
        raise BatchRefused("a value holds a line end, or a quote is not closed; write one row a line")


def _require_columns(schema: pa.Schema, features: FeatureSet) -> None:
    columns, known = schema.names, {*_WHO, *application_fields(features)}
    if len(set(columns)) < len(columns) or not set(columns) <= known:
        raise _unknown_column()
    named = len(set(columns) & set(_WHO))
    if named > 1:
        raise BatchRefused("only one of consumer_ref and consumer_id may be a column; leave out the other")
    if not named:
        raise BatchRefused("the rows name nobody; one column is consumer_ref or consumer_id")
    if not all(_is_text(kind) or _is_number(kind) or pa.types.is_null(kind) for kind in schema.types):
        raise BatchRefused("a column holds neither text nor numbers; write it as one of the two")


def _unknown_column() -> BatchRefused:
    return BatchRefused(
        "a column is not known, or stands twice; there are consumer_ref, consumer_id and the fields of an application"
    )


def _require_rows(rows: int) -> int:
    if not 0 < rows <= MOST_ROWS:
        raise BatchRefused(f"the file has no row or more than {MOST_ROWS:,}; send it in several parts")
    return rows


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))
