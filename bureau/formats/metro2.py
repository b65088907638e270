"""Metro 2 as a stream of text columns; the reader itself is :mod:`bureau.metro2`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Final

import pyarrow as pa

from bureau.errors import DeliveryRefused, NotMetro2
from bureau.formats.lines import BadLine
from bureau.formats.records import LINE, Note, Records
from bureau.metro2.columns import COLUMNS, read_columns, read_raw
from bureau.metro2.columns import LINE as METRO2_LINE

__all__ = ["Metro2Records", "pick_metro2"]

_NOTED_ONE_BY_ONE: Final = 100
"""In a block of some thousand records."""


class Metro2Records(Records):
    """A Metro 2 file being read; header and trailer are no records of an account.

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
    """

    def __init__(self, name: str, size: int, raw: IO[bytes], unpacked: IO[bytes]) -> None:
        super().__init__(name, size, raw)
        self._unpacked = unpacked

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the format."""
        return COLUMNS

    def batches(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """The records in order, a block at a time: the columns asked for, and :data:`LINE`."""
        with _metro2_errors(self.name):
            for block in read_columns(self._unpacked, columns=columns, name=self.name):
                self._set_aside([BadLine(bad.line, bad.rules, bad.raw.decode("latin-1")) for bad in block.rejects])
                if block.differences:
                    told = {name: {"told": one, "counted": other} for name, (one, other) in block.differences.items()}
                    self._notes.append(Note("trailer-totals", told, block.trailer_line))
                self._note_lengths(block.mistold)
                if block.table.num_rows:
                    yield block.table.rename_columns({METRO2_LINE: LINE})

    def _note_lengths(self, lines: Sequence[int]) -> None:
        """Note the records that tell a wrong length; where many do, the file has that habit and is noted once."""
        if len(lines) <= _NOTED_ONE_BY_ONE:
            self._notes += [Note("record-length", {}, line) for line in lines]
        else:
            self._notes.append(Note("record-length", {"records": len(lines), "first_line": lines[0]}))


def pick_metro2(name: str, unpacked: IO[bytes], wanted: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Some records as they came, each byte as the character of the same number (ISO 8859-1).

    Parameters
    ----------
    name : str
        Name of the file, for errors.
    unpacked : IO
        Its unpacked content.
    wanted : sequence of int
        Their lines, in order.
    """
    with _metro2_errors(name):
        for line, raw in read_raw(unpacked, wanted):
            yield line, raw.decode("latin-1")


@contextmanager
def _metro2_errors(name: str) -> Iterator[None]:
    try:
        yield
    except NotMetro2 as error:
        raise DeliveryRefused(name, "it is no Metro 2 file", "check that it is the furnisher's Metro 2 file") from error
