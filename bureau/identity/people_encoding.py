"""In which encoding a file of text is, where nobody says so."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO, Final

__all__ = ["encoding_of"]

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_START: Final = 400
"""Bytes of the beginning, which is the header line, that tell UTF-16 without a mark."""
_CHUNK: Final = 1 << 20
_HIGH: Final = re.compile(rb"[\x80-\xff]+")


def encoding_of(raw: BinaryIO) -> str:
    """The encoding that a file seems to have: UTF-8 wherever it can be, else UTF-16, GB 18030 or Windows 1252.

    Parameters
    ----------
    raw : BinaryIO
        The file, at its beginning and seekable; it is left at its beginning.

    Notes
    -----
    A mark at the beginning decides. UTF-16 without one is told by the zeros between the ASCII letters of a header
    line. What is no UTF-8 is Chinese where the bytes above 127 mostly stand in even numbers together, as the two bytes
    of each hanzi do, and Western where they mostly stand alone, as letters with accents do.

    Examples
    --------
    >>> import io
    >>> [
    ...     encoding_of(io.BytesIO(text.encode(encoding)))
    ...     for text, encoding in (("José", "utf-8"), ("José", "latin-1"), ("王小明", "gbk"), ("name", "utf-16-le"))
    ... ]
    ['utf-8', 'cp1252', 'gb18030', 'utf-16-le']
    """
    start = raw.read(_START)
    raw.seek(0)
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) * 4 > len(start) and min(even, odd) * 8 < max(even, odd):
        return "utf-16-be" if even > odd else "utf-16-le"
    if _is_utf_8(raw):
        return "utf-8"
    return "gb18030" if _is_paired(raw) else "cp1252"


def _is_utf_8(raw: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in _chunks(raw):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        raw.seek(0)
    return True


def _is_paired(raw: BinaryIO) -> bool:
    paired = alone = 0
    for chunk in _chunks(raw):
        for run in _HIGH.findall(chunk):
            if len(run) % 2:
                alone += len(run)
            else:
                paired += len(run)
    raw.seek(0)
    return paired > alone


def _chunks(raw: BinaryIO) -> Iterator[bytes]:
    while chunk := raw.read(_CHUNK):
        yield chunk
