"""Metro 2 files as Arrow tables of text, in bulk and in bounded memory.

A field of all records of a block is one slice of a matrix: it is laid into an Arrow array as it
stands, and trimmed there. Nothing is done for one record alone, but for values that are no ASCII.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bureau.metro2.arrays import Matrix
from bureau.metro2.batches import Batch, Part, read_batches
from bureau.metro2.dates import is_date, says_nothing
from bureau.metro2.framing import BLOCK_BYTES, Readable, frames
from bureau.metro2.layout import APPENDED, BASE, BASE_COLUMNS, CONSUMER_COLUMNS, Field, FieldKind, Layout
from bureau.metro2.records import Refused
from bureau.metro2.totals import Totals

__all__ = ["ASSOCIATED", "ASSOCIATED_TYPE", "COLUMNS", "LINE", "Block", "read_columns", "read_raw"]

LINE: Final = "line"
ASSOCIATED: Final = "associated"
_FROM_SEGMENTS: Final = {
    "original_creditor": "K1",
    "creditor_classification": "K1",
    "sale_indicator": "K2",
    "sale_name": "K2",
    "change_indicator": "L1",
    "new_account_number": "L1",
    "employer": "N1",
    "occupation": "N1",
}
_ASSOCIATED_FIELDS: Final = tuple(name for name in CONSUMER_COLUMNS if name not in ("address_indicator", "residence"))
ASSOCIATED_TYPE: Final = pa.struct([(name, pa.string()) for name in ("kind", *_ASSOCIATED_FIELDS)])
"""What is told of one associated consumer."""

COLUMNS: Final = (*BASE_COLUMNS, *_FROM_SEGMENTS, ASSOCIATED)
"""Every column of the table but :data:`LINE`, in order."""

_ZERO, _DASH = b"0-"


@dataclass(frozen=True)
class Block:
    """Some consecutive records of a file as a table.

    Parameters
    ----------
    table : pyarrow.Table
        A row for each base segment: the columns asked for, and :data:`LINE`. Text without the
        blanks on its right; dates as ISO text, empty where there is none, and as they stand where
        they are no dates; what a record does not have is empty.
    rejects : list of Refused
        Lines that are no records.
    header, trailer : mapping of str to str, optional
        What the last header or trailer among these records tells, by field.
    differences : mapping of str to (int or None, int)
        Totals of the trailer that differ from the records: told, and counted.
    trailer_line : int, optional
        The line of that trailer.
    mistold : tuple of int
        Lines of the records whose descriptor word tells another length than they have.
    """

    table: pa.Table
    rejects: list[Refused] = field(default_factory=list)
    header: Mapping[str, str] | None = None
    trailer: Mapping[str, str] | None = None
    differences: Mapping[str, tuple[int | None, int]] = field(default_factory=dict)
    trailer_line: int | None = None
    mistold: tuple[int, ...] = ()


def read_columns(
    file: Readable,
    *,
    columns: Sequence[str] = COLUMNS,
    name: str = "the file",
    block_bytes: int = BLOCK_BYTES,
) -> Iterator[Block]:
    """The records of a file as tables, in order.

    Parameters
    ----------
    file : Readable
        Its unpacked content, from the beginning; it need not be seekable.
    columns : sequence of str
        The columns that are wanted, of :data:`COLUMNS`.
    name : str
        What errors call the file.
    block_bytes : int
        How much is read at a time; memory is bounded by a small multiple of it.

    Raises
    ------
    NotMetro2
        If it holds no record at all, or none among its first lines.
    KeyError
        If there is no such column.
    """
    wanted = [COLUMNS[COLUMNS.index(each)] if each in COLUMNS else _unknown(each) for each in columns]
    totals = Totals()
    for batch in read_batches(file, name=name, block_bytes=block_bytes):
        header = trailer = line = None
        differences: Mapping[str, tuple[int | None, int]] = {}
        for record, found in totals.follow(batch):
            if record.kind == "HEADER":
                header = record.segments[0].values()
            else:
                trailer, line, differences = record.segments[0].values(), record.line, found
        mistold = tuple(batch.lines[~batch.told].tolist())
        yield Block(_table(batch, wanted), batch.refused, header, trailer, differences, line, mistold)


def read_raw(file: Readable, lines: Sequence[int], *, block_bytes: int = BLOCK_BYTES) -> Iterator[tuple[int, bytes]]:
    """Some records of a file as they stand, with their line ends and descriptor words.

    Parameters
    ----------
    file : Readable
        Its unpacked content, from the beginning.
    lines : sequence of int
        Their lines, in order.
    block_bytes : int
        How much is read at a time.
    """
    waiting = 0
    for cut in frames(file, block_bytes=block_bytes):
        while waiting < len(lines) and lines[waiting] < cut.first_line + len(cut):
            yield lines[waiting], cut.raw(lines[waiting] - cut.first_line)
            waiting += 1
        if waiting == len(lines):
            return


def _unknown(name: str) -> str:
    raise KeyError(f"Metro 2 has no column {name!r}")


def _table(batch: Batch, columns: Sequence[str]) -> pa.Table:
    rows = len(batch.lines)
    arrays: list[pa.Array] = []
    for name in columns:
        if name == ASSOCIATED:
            arrays.append(_associated(batch, rows))
        elif name in BASE:
            arrays.append(_array(batch.base, BASE[name], is_ascii=batch.is_ascii))
        else:
            kind = _FROM_SEGMENTS[name]
            arrays.append(_spread(batch.appended.get(kind), APPENDED[kind][name], rows, is_ascii=batch.is_ascii))
    return pa.Table.from_arrays([*arrays, pa.array(batch.lines)], names=[*columns, LINE])


# -- fields -------------------------------------------------------------------------------------


def _array(rows: Matrix, which: Field, *, is_ascii: bool) -> pa.Array:
    """One field of some segments as text."""
    data = np.ascontiguousarray(rows[:, which.place])
    if which.kind is FieldKind.DATE:
        return _dates(data)
    if which.is_digits and data.size and (data - np.uint8(_ZERO)).max() <= 9:
        return _fixed(data)
    return _trimmed(data, is_ascii=is_ascii)


def _trimmed(data: Matrix, *, is_ascii: bool) -> pa.Array:
    """The rows of a matrix as texts without the blanks on their right."""
    if not is_ascii and data.size and data.max() > ord("~"):
        return pa.array([bytes(row).decode("latin-1").rstrip(" ") for row in data], type=pa.string())
    return pc.ascii_rtrim(_fixed(data), " ")


def _fixed(data: Matrix) -> pa.Array:
    """The rows of a matrix as texts that are all as long as it is wide."""
    rows, width = data.shape
    offsets = np.arange(0, (rows + 1) * width, width, dtype=np.int32)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(data))


def _dates(data: Matrix) -> pa.Array:
    """Dates MMDDYYYY as ISO text."""
    empty = says_nothing(data)
    if empty.all():
        return _empty(len(data))
    if len(data) > 1 and (data.view(np.uint64) == data[:1].view(np.uint64)).all():
        return pa.repeat(_dates(data[:1])[0], len(data))
    valid = is_date(data)
    turned = np.full((len(data), 10), _DASH, dtype=np.uint8)
    turned[:, :4], turned[:, 5:7], turned[:, 8:] = data[:, 4:], data[:, :2], data[:, 2:4]
    offsets = np.zeros(len(data) + 1, dtype=np.int32)
    np.cumsum(np.where(valid, 10, 0), out=offsets[1:])
    dates = pa.StringArray.from_buffers(len(data), pa.py_buffer(offsets), pa.py_buffer(turned[valid]))
    odd = ~valid & ~empty
    if odd.any():
        return pc.replace_with_mask(dates, pa.array(odd), _trimmed(data[odd], is_ascii=False))
    return dates


def _empty(rows: int) -> pa.Array:
    return pa.StringArray.from_buffers(rows, pa.py_buffer(np.zeros(rows + 1, dtype=np.int32)), pa.py_buffer(b""))


# -- appended segments --------------------------------------------------------------------------


def _spread(part: Part | None, which: Field, rows: int, *, is_ascii: bool) -> pa.Array:
    """A field of appended segments as a column of the records: that of the first such segment."""
    if part is None:
        return _empty(rows)
    places = np.full(rows, -1, dtype=np.int64)
    places[part.owners[::-1]] = np.arange(len(part.owners))[::-1]
    values = _array(part.rows, which, is_ascii=is_ascii)
    return pc.fill_null(values.take(pa.array(places, mask=places < 0)), "")


def _associated(batch: Batch, rows: int) -> pa.Array:
    """The J1 and J2 segments of each record, in their order."""
    parts = [(kind, batch.appended[kind]) for kind in ("J1", "J2") if kind in batch.appended]
    if not parts:
        return pa.ListArray.from_arrays(
            pa.array(np.zeros(rows + 1, dtype=np.int32)), pa.array([], type=ASSOCIATED_TYPE)
        )
    owners = np.concatenate([part.owners for _, part in parts])
    sorting = pa.array(np.lexsort((np.concatenate([part.order for _, part in parts]), owners)))
    fields = [pa.concat_arrays([pa.repeat(kind, len(part.owners)) for kind, part in parts]).take(sorting)]
    for name in _ASSOCIATED_FIELDS:
        pieces = [_consumer(APPENDED[kind], name, part, is_ascii=batch.is_ascii) for kind, part in parts]
        fields.append(pa.concat_arrays(pieces).take(sorting))
    offsets = np.zeros(rows + 1, dtype=np.int32)
    np.cumsum(np.bincount(owners, minlength=rows), out=offsets[1:])
    structs = pa.StructArray.from_arrays(fields, fields=list(ASSOCIATED_TYPE))
    return pa.ListArray.from_arrays(pa.array(offsets), structs)


def _consumer(layout: Layout, name: str, part: Part, *, is_ascii: bool) -> pa.Array:
    if name not in layout:
        return _empty(len(part.owners))
    return _array(part.rows, layout[name], is_ascii=is_ascii)
