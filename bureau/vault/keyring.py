"""Master keys, which wrap the data keys: the small interface for a key service, and one of our own.

A wrapping is AES-256-GCM (NIST SP 800-38D) under a random 96-bit nonce, which stands before the
ciphertext. A master key may wrap 2^32 data keys.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bureau.errors import VaultDamaged, WrongKey
from bureau.keys import derive

__all__ = ["Keyring", "MasterKeys"]

_NONCE_BYTES: Final = 12


class Keyring(Protocol):
    """What wraps data keys: the seam for a key management service.

    A service that charges by the call keeps one key of its own in memory and wraps with that:
    a million people are a million wrappings.
    """

    @property
    def current(self) -> int:
        """Version of the master key that wraps (a positive 63-bit number)."""

    def wrap(self, data_key: bytes, aad: bytes) -> bytes:
        """Wrap a data key under the current version; `aad` and the version are bound to it."""

    def unwrap(self, version: int, wrapped: bytes, aad: bytes) -> bytes:
        """The data key inside a wrapping.

        Raises
        ------
        WrongKey
            If the ring has no master key of this version.
        VaultDamaged
            If the wrapping, its version or its `aad` is not what was wrapped.
        """


class MasterKeys:
    """A keyring of master keys in memory; a key's version is derived from the key itself.

    Parameters
    ----------
    current : bytes
        The master key (32 bytes) that wraps.
    *others : bytes
        Master keys that still or already open: the old one and the new one during a rotation.
    reload : callable, optional
        Gives the master keys as they are now, asked when a version is not known: so a service
        that runs goes on through a rotation.
    """

    def __init__(self, current: bytes, *others: bytes, reload: Callable[[], Iterable[bytes]] | None = None) -> None:
        self._ciphers: dict[int, AESGCM] = {}
        for master_key in (current, *others):
            self._add(master_key)
        self._current = _version(current)
        self._reload = reload

    def __repr__(self) -> str:
        return f"MasterKeys(current={self._current}, ***)"

    @property
    def current(self) -> int:
        """Version of the master key that wraps."""
        return self._current

    def wrap(self, data_key: bytes, aad: bytes) -> bytes:
        """Wrap a data key: nonce, ciphertext and tag, 60 bytes for a key of 32."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._ciphers[self._current].encrypt(nonce, data_key, aad + self._current.to_bytes(8, "big"))

    def unwrap(self, version: int, wrapped: bytes, aad: bytes) -> bytes:
        """The data key inside a wrapping.

        Raises
        ------
        WrongKey
            If the ring has no master key of this version, nor `reload` one.
        VaultDamaged
            If the wrapping, its version or its `aad` is not what was wrapped.
        """
        cipher = self._ciphers.get(version) or self._reloaded(version)
        try:
            return cipher.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], aad + version.to_bytes(8, "big"))
        except (InvalidTag, ValueError):
            raise VaultDamaged("a wrapped key was changed or moved; restore the key store from its replica") from None

    def _reloaded(self, version: int) -> AESGCM:
        for master_key in self._reload() if self._reload is not None else ():
            self._add(master_key)
        if version not in self._ciphers:
            raise WrongKey(
                "the master key does not open the vault; give the key this home was made with, "
                "or the one that it was rotated to"
            )
        return self._ciphers[version]

    def _add(self, master_key: bytes) -> None:
        self._ciphers[_version(master_key)] = AESGCM(derive(master_key, "vault wrapping"))


def _version(master_key: bytes) -> int:
    """A number that tells master keys apart and tells nothing of them."""
    return int.from_bytes(derive(master_key, "vault version")[:8], "big") >> 1
