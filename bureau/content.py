"""Where the bytes of a delivery are: in a file, in memory, or sealed in the vault while it waits."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, Protocol

from bureau.vault import Vault

__all__ = ["BytesContent", "Content", "FileContent", "HeldContent", "digest", "parts"]

_BLOCK: Final = 1 << 20


class Content(Protocol):
    """The bytes of a delivery."""

    @property
    def name(self) -> str:
        """Name of the file, without its folder."""
        ...

    @property
    def size(self) -> int:
        """Its bytes."""
        ...

    def open(self) -> IO[bytes]:
        """A new seekable stream over them, from their beginning."""
        ...

    def state(self) -> object:
        """Something that differs once the bytes have changed."""
        ...


@dataclass(frozen=True)
class FileContent:
    """A file on disk.

    Parameters
    ----------
    path : Path
        The file.
    """

    path: Path

    @property
    def name(self) -> str:
        """Name of the file, without its folder."""
        return self.path.name

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.path.stat().st_size

    def open(self) -> IO[bytes]:
        """A new stream over it."""
        return self.path.open("rb")

    def state(self) -> object:
        """Its size and the time of its last change."""
        status = self.path.stat()
        return status.st_size, status.st_mtime_ns


@dataclass(frozen=True)
class BytesContent:
    """Bytes in memory, such as a record that a person has corrected.

    Parameters
    ----------
    name : str
        What it is called among the deliveries.
    data : bytes
        The bytes; never shown by ``repr``.
    """

    name: str
    data: bytes = field(repr=False)

    @property
    def size(self) -> int:
        """Their number."""
        return len(self.data)

    def open(self) -> IO[bytes]:
        """A new stream over them."""
        return io.BytesIO(self.data)

    def state(self) -> object:
        """Nothing: they do not change."""
        return None


@dataclass(frozen=True)
class HeldContent:
    """The bytes of a held delivery, from the vault.

    Parameters
    ----------
    name : str
        Name of the file they came in.
    size : int
        Their number.
    vault : Vault
        The vault.
    delivery_no : int
        The held delivery.
    """

    name: str
    size: int
    vault: Vault
    delivery_no: int

    def open(self) -> IO[bytes]:
        """A new stream that fetches the parts it needs."""
        return io.BufferedReader(_PartsReader(self), _BLOCK)

    def state(self) -> object:
        """Nothing: they do not change."""
        return None

    def part(self, number: int) -> bytes:
        """One part of :data:`_BLOCK` bytes; the last one is shorter."""
        for entry in self.vault.open_named("held", [(self.delivery_no, number)]):
            return entry.content
        return b""


class _PartsReader(io.RawIOBase):
    """Random access to held parts; the part in use stays in memory."""

    def __init__(self, held: HeldContent) -> None:
        self._held = held
        self._position = 0
        self._number = -1
        self._part = b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._held.size}[whence]
        self._position = max(start + offset, 0)
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        number, begin = divmod(self._position, _BLOCK)
        if number != self._number:
            self._part, self._number = self._held.part(number), number
        piece = self._part[begin : begin + len(buffer)]
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)


def parts(content: Content) -> Iterator[bytes]:
    """The bytes in the parts in which a held delivery is kept."""
    with content.open() as file:
        while block := file.read(_BLOCK):
            yield block


def digest(content: Content, label: str) -> str:
    """SHA-256 over a label and the bytes: 32 hexadecimal digits of it."""
    hashed = hashlib.sha256(label.encode())
    for block in parts(content):
        hashed.update(block)
    return hashed.hexdigest()[:32]
