"""Comma-separated tables (UTF-8, with a header line) as a stream of text columns.

Nothing is unpacked onto the disk, and no more than a block of the file is in memory.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import IO, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from bureau.errors import DeliveryRefused
from bureau.formats.lines import FETCH_AGAIN, BadLine, Block, cut, sift
from bureau.formats.records import LINE, Records

__all__ = ["DelimitedRecords"]

_NOT_UTF8: Final = ("the text is not UTF-8", "convert it to UTF-8")


class DelimitedRecords(Records):
    """A comma-separated table being read.

    Parameters
    ----------
    name : str
        Name of the file.
    size : int
        Its bytes.
    raw : IO
        The file as it lies there, for progress.
    unpacked : IO
        Its unpacked content.

    Raises
    ------
    DeliveryRefused
        If it is empty, or has no usable header.
    """

    def __init__(self, name: str, size: int, raw: IO[bytes], unpacked: IO[bytes]) -> None:
        super().__init__(name, size, raw)
        pieces = cut(name, unpacked)
        self._names, rest = _header(name, next(pieces, b""))
        self._pieces = _chain(rest, pieces)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names of the header, in order."""
        return self._names

    def batches(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """The records in order, a block at a time: the columns asked for, as text, and :data:`LINE`."""
        line = 2
        for piece in self._pieces:
            block = sift(piece, line)
            line += piece.count(b"\n")
            self._set_aside(block.bad_lines)
            if len(block.numbers):
                yield self._parse(block, columns)

    def _parse(self, block: Block, columns: Sequence[str]) -> pa.Table:
        misfits: dict[int, str] = {}

        def set_aside(row: pa_csv.InvalidRow) -> str:
            misfits[row.number - 1] = row.text
            return "skip"

        try:
            table = pa_csv.read_csv(
                pa.BufferReader(block.text),
                read_options=pa_csv.ReadOptions(
                    use_threads=False, block_size=len(block.text) + 1, column_names=list(self._names)
                ),
                parse_options=pa_csv.ParseOptions(invalid_row_handler=set_aside, ignore_empty_lines=False),
                convert_options=pa_csv.ConvertOptions(
                    column_types={name: pa.string() for name in columns},
                    include_columns=list(columns),
                    strings_can_be_null=False,
                ),
            )
        except pa.ArrowInvalid:
            raise DeliveryRefused(
                self.name, "the file cannot be read as comma-separated lines", "check its quotes and line ends"
            ) from None
        numbers = block.numbers
        if misfits:
            places = np.fromiter(misfits, dtype=np.int64)
            self._set_aside([BadLine(int(numbers[place]), ("fields",), text) for place, text in misfits.items()])
            numbers = np.delete(numbers, places)
        return table.append_column(LINE, pa.array(numbers))


def _header(file: str, piece: bytes) -> tuple[tuple[str, ...], bytes]:
    """The column names, and the lines after them."""
    line, _, rest = piece.partition(b"\n")
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DeliveryRefused(file, *_NOT_UTF8) from None
    if not piece.strip():
        raise DeliveryRefused(file, "the file is empty", FETCH_AGAIN)
    if "\0" in text:
        raise DeliveryRefused(file, "the header holds NUL characters", "convert it to UTF-8, or copy it again")
    if not text.strip():
        raise DeliveryRefused(file, "the file has no header line", FETCH_AGAIN)
    try:
        names = tuple(name.strip() for name in next(csv.reader([text], strict=True)))
    except csv.Error:
        raise DeliveryRefused(file, "a quote in the header is not closed", FETCH_AGAIN) from None
    doubled = [name for name, count in Counter(names).items() if count > 1]
    if doubled:
        # By its place: where the header is missing, its text is somebody's data.
        place = str(len(names) - names[::-1].index(doubled[0]))
        raise DeliveryRefused(file, "the column stands twice in the header", "keep one of them", place)
    return names, rest


def _chain(rest: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    if rest:
        yield rest
    yield from pieces
