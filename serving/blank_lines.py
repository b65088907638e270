"""Blank lines of a CSV file: each is a row that says nothing, so that results line up with what was sent.

The reader of CSV would pass them over, or take them for a row of one column; here each becomes a row of empty cells
before it reads. Those before the header and after the last row are no rows.
"""

from __future__ import annotations

import io
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import Final

from serving.errors import BatchRefused

__all__ = ["blank_lines_told", "whole_lines"]

_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_LINE_ENDS: Final = re.compile(rb"[\r\n]{2,}")
_BLANK: Final = (b"\n\n", b"\n\r", b"\r\r")
"""One of these stands in every run of line ends that holds a blank line: they are found fast where there is none."""
_AT_ONCE: Final = 1 << 20


def blank_lines_told(file: io.BufferedReader, columns: int, most: int) -> Iterator[bytes]:
    """The blocks of a file, its blank lines as rows of empty cells.

    Parameters
    ----------
    file : BufferedReader
        The file; none of its values holds a line end. A mark of its encoding is left out.
    columns : int
        Columns of its rows.
    most : int
        Bytes of line ends one after the other, at most: each is written out as a row.

    Raises
    ------
    BatchRefused
        If there are more.
    """
    row = b'""' + b"," * (columns - 1)

    def told(ends: re.Match[bytes]) -> bytes:
        return row.join(_LINE_END.findall(ends[0]))

    held, is_begun = b"", False
    if file.peek(len(BOM_UTF8)).startswith(BOM_UTF8):
        file.read(len(BOM_UTF8))
    while piece := file.read(_AT_ONCE):
        piece = held + piece
        text = piece.rstrip(b"\r\n")
        held = piece[len(text) :]  # they are rows only if another one follows
        if len(held) > most:
            raise BatchRefused(f"the file has over {most:,} line ends one after the other; leave blank lines out")
        text = text if is_begun else text.lstrip(b"\r\n")
        if text:
            is_begun = True
            yield _LINE_ENDS.sub(told, text) if any(each in text for each in _BLANK) else text
        elif not is_begun:
            held = b""
    if end := _LINE_END.match(held):
        yield end[0]


def whole_lines(blocks: Iterator[bytes], longest: int) -> Iterator[bytes]:
    """The same bytes, in blocks that end with a line.

    Parameters
    ----------
    blocks : iterator of bytes
        Blocks that end anywhere, and nowhere between the two characters of a line end.
    longest : int
        Bytes of a line, at most.

    Raises
    ------
    BatchRefused
        If a line is longer.
    """
    held = b""
    for block in blocks:
        held += block
        end = max(held.rfind(b"\n"), held.rfind(b"\r")) + 1
        if end:
            yield held[:end]
            held = held[end:]
        if len(held) > longest:
            raise BatchRefused(f"a line holds over {longest:,} bytes; none of this interface does")
    if held:
        yield held
