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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import numpy as np
import numpy.typing as npt

from bureau.errors import DeliveryRefused

__all__ = ["FETCH_AGAIN", "BadLine", "Block", "cut", "file_errors", "sift", "unpack"]

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
    rule : {'fields', 'quotes', 'characters', 'encoding'}
        What is wrong with it: the number of its fields, a quote that is never closed, a NUL
        character, or bytes that are not UTF-8.
    text : str
        The line as it came.
    """

    line: int
    rule: str
    text: str


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
def file_errors(path: Path) -> Iterator[None]:
    """Turn what reading a file raises into one line that names the file."""
    try:
        yield
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, zipfile.BadZipFile):
        raise DeliveryRefused(path.name, _TRUNCATED, FETCH_AGAIN) from None
    except NotImplementedError:
        raise DeliveryRefused(
            path.name, "the archive uses a packing that cannot be read", "pack it with gzip or plain zip"
        ) from None
    except RuntimeError:  # what zipfile raises for an archive with a password
        raise DeliveryRefused(path.name, "the archive asks for a password", "unpack it first") from None
    except OSError as error:
        raise DeliveryRefused(
            path.name,
            f"the file cannot be read ({error.strerror or type(error).__name__})",
            "check its name and its rights",
        ) from None


def unpack(path: Path, raw: IO[bytes]) -> IO[bytes]:
    """The content of a file that may be packed, which its first bytes tell.

    Raises
    ------
    DeliveryRefused
        If the file is empty, or an archive that does not hold exactly one file.
    """
    magic = raw.read(4)
    raw.seek(0)
    if not magic:
        raise DeliveryRefused(path.name, "the file is empty", FETCH_AGAIN)
    if magic[:2] == b"\x1f\x8b":
        return io.BufferedReader(gzip.GzipFile(fileobj=raw), _BLOCK_BYTES)
    if magic[:2] == b"PK":
        archive = zipfile.ZipFile(raw)
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) != 1:
            raise DeliveryRefused(
                path.name,
                f"the archive holds {len(members)} files, not one",
                "pack each table into an archive of its own",
            )
        return archive.open(members[0])
    if path.suffix.lower() in (".gz", ".zip"):
        raise DeliveryRefused(path.name, _TRUNCATED, FETCH_AGAIN)
    return raw


def cut(path: Path, file: IO[bytes], block_bytes: int = _BLOCK_BYTES) -> Iterator[bytes]:
    """The content in pieces of whole lines, each ended by LF, whatever ended them in the file.

    Raises
    ------
    DeliveryRefused
        If the file cannot be read to its end, or a line is longer than a piece may be.
    """
    rest = held = b""
    while True:
        with file_errors(path):
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
            raise DeliveryRefused(path.name, f"a line is longer than {_BLOCK_BYTES >> 20} MB", "check its line ends")
    if rest or held:
        yield rest + b"\n"


def sift(text: bytes, first: int) -> Block:
    r"""Set aside the lines of a piece that cannot be records; blank lines are passed over.

    Parameters
    ----------
    text : bytes
        Whole lines, each ended by LF.
    first : int
        The number of the first one.

    Examples
    --------
    >>> block = sift(b'1,2\n\n3,"4\n5,6\n', 2)
    >>> block.text, block.numbers.tolist(), [(bad.line, bad.rule) for bad in block.bad_lines]
    (b'1,2\n5,6\n', [2, 5], [(4, 'quotes')])
    """
    suspect = text.startswith(b"\n") or any(mark in text for mark in (b"\n\n", b'"', b"\0")) or not _is_utf8(text)
    if not suspect:
        return Block(text, np.arange(first, first + text.count(b"\n")))
    good, numbers, bad = [], [], []
    for number, line in enumerate(text[:-1].split(b"\n"), first):
        if not line:
            continue
        rule = _broken_rule(line)
        if rule is None:
            good.append(line)
            numbers.append(number)
        else:
            bad.append(BadLine(number, rule, line.decode("utf-8", errors="backslashreplace")))
    good.append(b"")
    return Block(b"\n".join(good), np.array(numbers, dtype=np.int64), tuple(bad))


def _broken_rule(line: bytes) -> str | None:
    if b"\0" in line:
        return "characters"
    if b'"' in line and _QUOTES_CLOSED.fullmatch(line) is None:
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
