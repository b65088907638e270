"""Parquet as a stream of typed columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bureau.errors import DeliveryRefused
from bureau.formats.lines import FETCH_AGAIN
from bureau.formats.records import LINE, Records
from bureau.quoting import quoted

__all__ = ["ParquetRecords", "pick_rows"]

_BATCH_ROWS: Final = 1 << 17
_ROW_NUMBER: Final = "file_row_number"


class ParquetRecords(Records):
    """A Parquet file being read.

    Parameters
    ----------
    name : str
        Name of the file.
    size : int
        Its bytes.
    raw : IO
        The file; it must be seekable.
    path : Path, optional
        Where it lies on disk, if it does: DuckDB then reads it itself, which is cheaper.

    Raises
    ------
    DeliveryRefused
        If it is no Parquet file, or is damaged.
    """

    def __init__(self, name: str, size: int, raw: IO[bytes], path: Path | None = None) -> None:
        super().__init__(name, size, raw)
        with _file_errors(name):
            self._file = pq.ParquetFile(raw)
        self._schema = self._file.schema_arrow
        self._path = path if _ROW_NUMBER not in self._schema.names else None  # else DuckDB's own would clash
        if len(set(self._schema.names)) != len(self._schema.names):
            raise DeliveryRefused(name, "a column stands twice in the file", "keep one of them")
        self._done = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns, in order."""
        return tuple(self._schema.names)

    @property
    def paths(self) -> tuple[str, ...]:
        """Its columns, each followed by the fields that lie in it."""
        return tuple(path for field in self._schema for path in _paths(field, ""))

    @property
    def kinds(self) -> Mapping[str, str]:
        """Columns that are not text, each with its DuckDB type."""
        told = {field.name: _kind(field.type) for field in self._schema}
        return {name: kind for name, kind in told.items() if kind != "VARCHAR"}

    @property
    def position(self) -> int:
        """Bytes read so far, by the share of the rows."""
        rows = self._file.metadata.num_rows
        return int(self.size * self._done // max(rows, 1))

    def chunks(self, columns: Sequence[str], rows: int) -> Iterator[pa.Table | str]:
        """The records in pieces of so many rows: SQL over the file, or tables where it lies nowhere on disk."""
        if self._path is None:
            yield from super().chunks(columns, rows)
            return
        total = self._file.metadata.num_rows
        wanted = set(columns)
        told = ", ".join(
            f"{_cast(name, self._schema.field(name).type) if name in wanted else quoted(name)} AS {quoted(name)}"
            for name in self.names  # what nobody asks for is not read, but stands in a raw record
        )
        path = str(self._path).replace("'", "''")
        for first in range(0, total, rows):
            self._done = min(first + rows, total)
            yield (
                f"SELECT {told}, file_row_number + 1 AS {quoted(LINE)} "
                f"FROM read_parquet('{path}', file_row_number = true, hive_partitioning = false) "
                f"WHERE file_row_number >= {first} AND file_row_number < {self._done}"
            )

    def batches(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """The records in order, a block at a time: the columns asked for, and :data:`LINE`, the row from 1."""
        with _file_errors(self.name):
            for batch in self._file.iter_batches(_BATCH_ROWS, columns=list(columns), use_threads=False):
                first = self._done + 1
                self._done += batch.num_rows
                table = pa.table({name: _plain(batch.column(name)) for name in columns})
                yield table.append_column(LINE, pa.array(np.arange(first, self._done + 1)))


def pick_rows(name: str, raw: IO[bytes], wanted: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Some rows as JSON text.

    Parameters
    ----------
    name : str
        Name of the file, for errors.
    raw : IO
        The file.
    wanted : sequence of int
        Numbers of the rows in order, from 1.
    """
    import json

    places = np.asarray(wanted, dtype=np.int64)
    with _file_errors(name):
        file = pq.ParquetFile(raw)
        after = 0
        for group in range(file.num_row_groups):
            before, after = after, after + file.metadata.row_group(group).num_rows
            inside = places[(places > before) & (places <= after)]
            if not len(inside):
                continue
            rows = file.read_row_group(group, use_threads=False).take(pa.array(inside - before - 1))
            for number, row in zip(inside.tolist(), rows.to_pylist(), strict=True):
                yield number, json.dumps(row, default=str, ensure_ascii=False)


def _paths(field: pa.Field, above: str) -> Iterator[str]:
    """A field and the fields in it; the items of a list bear its name."""
    path = above + field.name
    yield path
    kind = field.type
    while pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_map(kind):
        kind = kind.item_type if pa.types.is_map(kind) else kind.value_type
    if pa.types.is_struct(kind):
        for inner in kind:
            yield from _paths(inner, f"{path}.")


def _cast(name: str, kind: pa.DataType) -> str:
    """SQL for a column in the type it is said to come in."""
    column = quoted(name)
    return column if pa.types.is_string(kind) else f"CAST({column} AS {_kind(kind)})"


def _kind(kind: pa.DataType) -> str:
    """The DuckDB type a column comes in; what has no place in a record comes as text."""
    if pa.types.is_uint64(kind):
        return "VARCHAR"  # it may be beyond a BIGINT
    if pa.types.is_integer(kind):
        return "BIGINT"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "DOUBLE"
    if pa.types.is_date(kind):
        return "DATE"
    if pa.types.is_timestamp(kind):
        return "TIMESTAMP"
    return "VARCHAR"


_CASTS: Final = {
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
    "VARCHAR": pa.string(),
}


def _plain(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    wanted = _CASTS[_kind(column.type)]
    if column.type == wanted:
        return column
    if pa.types.is_nested(column.type):
        return pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())
    return column.cast(wanted, safe=False)


@contextmanager
def _file_errors(name: str) -> Iterator[None]:
    """Turn what a damaged file raises into one line that names it."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError):
        raise DeliveryRefused(name, "the file cannot be read as Parquet", FETCH_AGAIN) from None
