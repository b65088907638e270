"""The master key of a home and the keys derived from it.

One 32-byte master key opens a home. Every use gets a key of its own, derived with
HKDF-SHA256 (RFC 5869) under a label, so that a key that leaks from one use does not
open another.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bureau.errors import HomeError, WrongKey

__all__ = ["create_key_file", "decode_key", "derive", "read_key_file"]

_KEY_BYTES = 32


def decode_key(text: str, origin: str) -> bytes:
    """Decode a master key from base64.

    Parameters
    ----------
    text : str
        The key in base64, 32 bytes long once decoded.
    origin : str
        Where the text came from (a file or the name of a setting), for the error alone.

    Raises
    ------
    WrongKey
        If the text is not base64 or not 32 bytes.
    """
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise WrongKey(
            f"{origin}: a master key is {_KEY_BYTES} bytes in base64; "
            f"make one with: head -c {_KEY_BYTES} /dev/urandom | base64"
        )
    return key


def read_key_file(path: Path) -> bytes:
    """Read a master key from a file that only its owner can read.

    Raises
    ------
    HomeError
        If the file is missing.
    WrongKey
        If it holds no master key.
    """
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise HomeError(
            f"{path}: the key file cannot be read ({error.strerror}); "
            "restore it from your backup, without it this home cannot be opened"
        ) from None
    return decode_key(text, str(path))


def create_key_file(path: Path, key: bytes | None = None) -> bytes:
    """Write a master key, by default a new random one, to `path`, readable by its owner alone.

    Raises
    ------
    FileExistsError
        If there is such a file.
    """
    key = key or secrets.token_bytes(_KEY_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(base64.b64encode(key).decode("ascii") + "\n")
        file.flush()
        os.fsync(file.fileno())
    return key


def derive(master_key: bytes, label: str) -> bytes:
    """Derive the 32-byte key for one use of the master key (HKDF-SHA256, RFC 5869).

    Examples
    --------
    >>> derive(bytes(32), "history") == derive(bytes(32), "history")
    True
    >>> derive(bytes(32), "history") == derive(bytes(32), "references")
    False
    """
    hkdf = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=b"tradeline:" + label.encode())
    return hkdf.derive(master_key)
