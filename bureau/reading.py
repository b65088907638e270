"""Reading a delivered table: plain, gzip or zip, as a stream of text columns.

Nothing is unpacked onto the disk, and no more than a block of the file is in memory. A line that
is no record is handed over as a bad line, so that nothing is lost.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from bureau.errors import DeliveryRefused
from bureau.lines import FETCH_AGAIN, BadLine, Block, cut, file_errors, sift, unpack

__all__ = ["LINE", "MAX_BAD_LINES", "Records", "open_records"]

LINE: Final = "line of the file"
"""Name of the column with the number of the line that a record came from."""

MAX_BAD_LINES: Final = 1_000_000
"""A file with more lines that are no records is refused rather than kept in memory."""

_NOT_UTF8: Final = ("the text is not UTF-8", "convert it to UTF-8")


@dataclass
class Records:
    """A table being read.

    Parameters
    ----------
    path : Path
        The file.
    names : tuple of str
        Column names of the header, in order.
    size : int
        Bytes of the file on disk, packed or not.
    """

    path: Path
    names: tuple[str, ...]
    size: int
    _raw: IO[bytes]
    _pieces: Iterator[bytes]
    _bad_lines: list[BadLine] = field(default_factory=list)
    _bad_count: int = 0

    @property
    def position(self) -> int:
        """Bytes of the file read so far, for progress."""
        return self.size if self._raw.closed else self._raw.tell()

    def batches(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """The records in order, a block at a time: the columns asked for, as text, and :data:`LINE`.

        Raises
        ------
        DeliveryRefused
            If the file cannot be read to its end.
        """
        line = 2
        for piece in self._pieces:
            block = sift(piece, line)
            line += piece.count(b"\n")
            self._set_aside(block.bad_lines)
            if len(block.numbers):
                yield self._parse(block, columns)

    def take_bad_lines(self) -> list[BadLine]:
        """The bad lines met since the last call."""
        taken, self._bad_lines = self._bad_lines, []
        return taken

    def _parse(self, block: Block, columns: Sequence[str]) -> pa.Table:
        misfits: dict[int, str] = {}

        def set_aside(row: pa_csv.InvalidRow) -> str:
            misfits[row.number - 1] = row.text
            return "skip"

        try:
            table = pa_csv.read_csv(
                pa.BufferReader(block.text),
                read_options=pa_csv.ReadOptions(
                    use_threads=False, block_size=len(block.text) + 1, column_names=list(self.names)
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
                self.path.name, "the file cannot be read as comma-separated lines", "check its quotes and line ends"
            ) from None
        numbers = block.numbers
        if misfits:
            places = np.fromiter(misfits, dtype=np.int64)
            self._set_aside(tuple(BadLine(int(numbers[place]), "fields", text) for place, text in misfits.items()))
            numbers = np.delete(numbers, places)
        return table.append_column(LINE, pa.array(numbers))

    def _set_aside(self, bad_lines: Sequence[BadLine]) -> None:
        self._bad_lines.extend(bad_lines)
        self._bad_count += len(bad_lines)
        if self._bad_count > MAX_BAD_LINES:
            raise DeliveryRefused(
                self.path.name,
                f"over {MAX_BAD_LINES:,} lines are no records, most lately by the rule {bad_lines[-1].rule!r}",
                "check that it is comma-separated under its header",
            )


@contextmanager
def open_records(path: Path) -> Iterator[Records]:
    """Open a comma-separated table (UTF-8, with a header line).

    Parameters
    ----------
    path : Path
        The file; packed with gzip or zip (one member) or plain, told by its first bytes.

    Yields
    ------
    Records
        The header and the stream of records.

    Raises
    ------
    DeliveryRefused
        If the file cannot be opened, is empty, or has no usable header.
    """
    with file_errors(path):
        raw = path.open("rb")
    with raw:
        with file_errors(path):
            size = path.stat().st_size
            unpacked = unpack(path, raw)
        pieces = cut(path, unpacked)
        names, rest = _header(path, next(pieces, b""))
        yield Records(path, names, size, raw, _chain(rest, pieces))


def _header(path: Path, piece: bytes) -> tuple[tuple[str, ...], bytes]:
    """The column names, and the lines after them."""
    line, _, rest = piece.partition(b"\n")
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DeliveryRefused(path.name, *_NOT_UTF8) from None
    if not piece.strip():
        raise DeliveryRefused(path.name, "the file is empty", FETCH_AGAIN)
    if "\0" in text:
        raise DeliveryRefused(path.name, "the header holds NUL characters", "convert it to UTF-8, or copy it again")
    if not text.strip():
        raise DeliveryRefused(path.name, "the file has no header line", FETCH_AGAIN)
    try:
        names = tuple(name.strip() for name in next(csv.reader([text], strict=True)))
    except csv.Error:
        raise DeliveryRefused(path.name, "a quote in the header is not closed", FETCH_AGAIN) from None
    doubled = [name for name, count in Counter(names).items() if count > 1]
    if doubled:
        raise DeliveryRefused(path.name, "the column stands twice in the header", "keep one of them", doubled[0])
    return names, rest


def _chain(rest: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    if rest:
        yield rest
    yield from pieces
