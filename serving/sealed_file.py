"""Files of batches, sealed: what a subscriber hands in and what it fetches is about people, and lies nowhere in clear.

A file is a sequence of blocks, each AES-256-GCM under one key, whose associated data are the file's name, the number
of the block and whether it is the last one; so none can be moved, left out or cut off (NIST SP 800-38D).
"""

from __future__ import annotations

import os
import secrets
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from serving.errors import BatchRefused

__all__ = ["SealedWriter", "read_sealed"]

_BLOCK: Final = 1 << 20
_NONCE: Final = 12
_LENGTH: Final = struct.Struct("<IB")
"""Length of what follows, and 1 for the last block."""


class SealedWriter:
    """Writes a sealed file, whole or not at all.

    Parameters
    ----------
    path : Path
        The file.
    key : bytes
        The key, 32 bytes.
    name : str
        What the blocks are bound to.
    """

    def __init__(self, path: Path, key: bytes, name: str) -> None:
        self.path = path
        self.name = name
        self._unfinished = path.with_name(f".{path.name}.unfinished")
        self._cipher = AESGCM(key)
        self._number = 0
        self._held = bytearray()
        self._is_finished = False
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file: IO[bytes] = os.fdopen(os.open(self._unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")

    def __enter__(self) -> SealedWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if kind is None:
            self.finish()
        else:
            self.discard()

    def finish(self) -> None:
        """Write the last block; the file is on the disk and in its place when this returns.

        Raises
        ------
        OSError
            If it cannot be written; then nothing is left of it.
        """
        try:
            self._put(bytes(self._held), last=True)
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._unfinished.replace(self.path)
            self._is_finished = True
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Leave nothing of what was written, whether it was finished or not."""
        # Closing writes what is still held, which fails on a full disk.
        with suppress(OSError):
            self._file.close()
        self._unfinished.unlink(missing_ok=True)
        if self._is_finished:
            self.path.unlink(missing_ok=True)

    def write(self, content: bytes) -> None:
        """Add to the file."""
        self._held += content
        while len(self._held) > _BLOCK:
            self._put(bytes(self._held[:_BLOCK]), last=False)
            del self._held[:_BLOCK]

    def _put(self, block: bytes, *, last: bool) -> None:
        nonce = secrets.token_bytes(_NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, block, _bound(self.name, self._number, last=last))
        self._file.write(_LENGTH.pack(len(sealed), last) + sealed)
        self._number += 1


def read_sealed(path: Path, key: bytes, name: str) -> Iterator[bytes]:
    """The blocks of a sealed file.

    Raises
    ------
    BatchRefused
        If it is not as it was written; the blocks before may have been given.
    OSError
        If it cannot be read.
    """
    cipher = AESGCM(key)
    number, last = 0, 0
    with path.open("rb") as file:
        while not last:
            head = file.read(_LENGTH.size)
            try:
                length, last = _LENGTH.unpack(head)
                sealed = file.read(length)
                block = cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound(name, number, last=bool(last)))
            except (struct.error, InvalidTag, ValueError):
                raise BatchRefused(f"{path}: cut short or changed; hand the batch in again") from None
            yield block
            number += 1


def _bound(name: str, number: int, *, last: bool) -> bytes:
    return f"{name}\x00{number}\x00{int(last)}".encode()
