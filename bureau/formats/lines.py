"""The lines of a delivered file: unpacked, with one kind of line end, the unreadable ones set aside.

A record is one line; a field cannot hold a line break. So a quote that is never closed costs the
line it stands in, and cannot swallow the records after it.
"""

from __future__ import annotations

import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import IO, Final

import numpy as np
import numpy.typing as npt

from bureau.errors import DeliveryRefused

__all__ = ["FETCH_AGAIN", "BadLine", "Block", "cut", "file_errors", "pick", "readable", "sift", "unpack"]

_BLOCK_BYTES: Final = 16 << 20
FETCH_AGAIN: Final = "copy it again, or ask the furnisher to send it again"
_TRUNCATED: Final = "the archive is damaged or truncated"
_FIELD: Final = rb'(?:"(?:[^"]++|"")*+"[^,]*+|[^",][^,]*+)?+'
_QUOTES_CLOSED: Final = re.compile(_FIELD + rb"(?:," + _FIELD + rb")*+", re.DOTALL)


@dataclass(frozen=True)
class BadLine:
    """A line that is no record.

    Parameters
    ----------
    line : int
        Its number in the file; the header is line 1.
    rules : tuple of str
        What is wrong with it: ``fields`` (their number), ``quotes`` (one is never closed),
        ``characters`` (a NUL), ``encoding`` (not UTF-8), ``json`` (no JSON object), or a rule of
        the format.
    text : str
        The line as it came; never shown by ``repr``.
    """

    line: int
    rules: tuple[str, ...]
    text: str = field(repr=False)


@dataclass(frozen=True)
class Block:
    """Some lines of a file that can be read as records.

    Parameters
    ----------
    text : bytes
        The lines, each ended by LF.
    numbers : numpy.ndarray
        The line number of each.
    bad_lines : tuple of BadLine
        Lines between them that can not.
    """

    text: bytes
    numbers: npt.NDArray[np.int64]
    bad_lines: tuple[BadLine, ...] = ()


@contextmanager
def file_errors(name: str) -> Iterator[None]:
    """Turn what reading a file raises into one line that names the file."""
    try:
        yield
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, zipfile.BadZipFile):
        raise DeliveryRefused(name, _TRUNCATED, FETCH_AGAIN) from None
    except NotImplementedError:
        raise DeliveryRefused(
            name, "the archive uses a packing that cannot be read", "pack it with gzip or plain zip"
        ) from None
    except RuntimeError:  # what zipfile raises for an archive with a password
        raise DeliveryRefused(name, "the archive asks for a password", "unpack it first") from None
    except OSError as error:
        raise DeliveryRefused(
            name,
            f"the file cannot be read ({error.strerror or type(error).__name__})",
            "check its name and its rights",
        ) from None


def unpack(name: str, raw: IO[bytes]) -> IO[bytes]:
    """The content of a file that may be packed, which its first bytes tell.

    Raises
    ------
    DeliveryRefused
        If the file is empty, or an archive that does not hold exactly one file.
    """
    magic = raw.read(4)
    raw.seek(0)
    if not magic:
        raise DeliveryRefused(name, "the file is empty", FETCH_AGAIN)
    if magic[:2] == b"\x1f\x8b":
        return io.BufferedReader(gzip.GzipFile(fileobj=raw), _BLOCK_BYTES)
    if magic[:2] == b"PK":
        archive = zipfile.ZipFile(raw)
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) != 1:
            raise DeliveryRefused(
                name,
                f"the archive holds {len(members)} files, not one",
                "pack each table into an archive of its own",
            )
        return archive.open(members[0])
    if PurePath(name).suffix.lower() in (".gz", ".zip"):
        raise DeliveryRefused(name, _TRUNCATED, FETCH_AGAIN)
    return raw


def cut(name: str, file: IO[bytes], block_bytes: int = _BLOCK_BYTES) -> Iterator[bytes]:
    """The content in pieces of whole lines, each ended by LF, whatever ended them in the file.

    Raises
    ------
    DeliveryRefused
        If the file cannot be read to its end, or a line is longer than a piece may be.
    """
    rest = held = b""
    while True:
        with file_errors(name):
            piece = file.read(block_bytes)
        if not piece:
            break
        piece, held = held + piece, b""
        if piece.endswith(b"\r"):  # half of a CR LF, perhaps
            piece, held = piece[:-1], b"\r"
        if b"\r" in piece:
            piece = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        end = piece.rfind(b"\n") + 1
        if end:
            yield rest + piece[:end]
            rest = piece[end:]
        else:
            rest += piece
        if len(rest) > _BLOCK_BYTES:
            raise DeliveryRefused(name, f"a line is longer than {_BLOCK_BYTES >> 20} MB", "check its line ends")
    if rest or held:
        yield rest + b"\n"


def sift(text: bytes, first: int, *, quoted: bool = True) -> Block:
    r"""Set aside the lines of a piece that cannot be records; blank lines are passed over.

    Parameters
    ----------
    text : bytes
        Whole lines, each ended by LF.
    first : int
        The number of the first one.
    quoted : bool
        Whether fields may stand in quotes, which a line must then close.

    Examples
    --------
    >>> block = sift(b'1,2\n\n3,"4\n5,6\n', 2)
    >>> block.text, block.numbers.tolist(), [(bad.line, bad.rules) for bad in block.bad_lines]
    (b'1,2\n5,6\n', [2, 5], [(4, ('quotes',))])
    """
    marks = (b"\n\n", b"\0", b'"') if quoted else (b"\n\n", b"\0")
    suspect = text.startswith(b"\n") or any(mark in text for mark in marks) or not _is_utf8(text)
    if not suspect:
        return Block(text, np.arange(first, first + text.count(b"\n")))
    good, numbers, bad = [], [], []
    for number, line in enumerate(text[:-1].split(b"\n"), first):
        if not line:
            continue
        rule = _broken_rule(line, quoted=quoted)
        if rule is None:
            good.append(line)
            numbers.append(number)
        else:
            bad.append(BadLine(number, (rule,), readable(line)))
    good.append(b"")
    return Block(b"\n".join(good), np.array(numbers, dtype=np.int64), tuple(bad))


def pick(name: str, file: IO[bytes], wanted: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Some lines of a file, as they came.

    Parameters
    ----------
    name : str
        Name of the file, for errors.
    file : IO
        Its unpacked content, from the beginning.
    wanted : sequence of int
        Their numbers, in order; the first line is 1.
    """
    first, waiting = 1, 0
    for piece in cut(name, file):
        after = first + piece.count(b"\n")
        if waiting < len(wanted) and wanted[waiting] < after:
            lines = piece.split(b"\n")
            while waiting < len(wanted) and wanted[waiting] < after:
                yield wanted[waiting], readable(lines[wanted[waiting] - first])
                waiting += 1
        first = after
        if waiting == len(wanted):
            return


def readable(line: bytes) -> str:
    """A line as text; bytes that are not UTF-8 are written as escapes."""
    return line.decode("utf-8", errors="backslashreplace")


def _broken_rule(line: bytes, *, quoted: bool) -> str | None:
    if b"\0" in line:
        return "characters"
    if quoted and b'"' in line and _QUOTES_CLOSED.fullmatch(line) is None:
        return "quotes"
    return None if _is_utf8(line) else "encoding"


def _is_utf8(text: bytes) -> bool:
    if text.isascii():
        return True
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
