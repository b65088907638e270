"""Sealing of what is personal in the casework: AES-256-GCM under keys that the vault's key store wraps.

The store, the table, the row and the column are bound to each ciphertext as associated data
(NIST SP 800-38D), so that none can be moved. The nonce, 96 random bits, stands before the ciphertext.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bureau.errors import CaseworkDamaged, ContentGone, Erased
from bureau.vault import Vault

__all__ = ["Content"]

_KIND: Final = "casework"
_NONCE_BYTES: Final = 12


class Content:
    """Seals and opens content of one casework store.

    Parameters
    ----------
    vault : Vault
        The vault of the same home; its key store has the keys.
    casework_id : str
        Bound to every ciphertext.
    """

    def __init__(self, vault: Vault, casework_id: str) -> None:
        self._vault = vault
        self._casework_id = casework_id
        self._ciphers: dict[int, AESGCM] = {}
        self._lock = threading.Lock()

    def seal(self, key_no: int, place: tuple[str, str, str], content: bytes) -> bytes:
        """Seal content.

        Parameters
        ----------
        key_no : int
            The key's number.
        place : tuple of (str, str, str)
            Table, row and column.
        content : bytes
            In clear.

        Raises
        ------
        ContentGone
            If the key was destroyed.
        WrongKey, VaultDamaged, VaultBusy
            If the key store does not give the key.
        """
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher(key_no, self._vault.data_key).encrypt(nonce, content, self._bound(key_no, place))

    def open(self, key_no: int, place: tuple[str, str, str], sealed: bytes) -> bytes:
        """Open content.

        Raises
        ------
        ContentGone
            If the key was destroyed, or the content removed.
        CaseworkDamaged
            If the content was changed or moved, or is under a key that never was.
        WrongKey, VaultDamaged
            If the key store does not give the key.
        """
        if not sealed:
            raise ContentGone(f"{place[0]} {place[1]}: its content is gone, the time for which it is kept is over")
        try:
            cipher = self._cipher(key_no, self._vault.kept_data_key)
            return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], self._bound(key_no, place))
        except (InvalidTag, ValueError):
            raise CaseworkDamaged(
                f"{place[0]} {place[1]}: its content was changed or moved; restore the casework from a backup"
            ) from None

    def live_keys(self) -> list[int]:
        """The numbers of the keys that were not destroyed, ascending."""
        return self._vault.data_keys(_KIND)

    def destroy(self, key_nos: Iterable[int], reason: str, moment: datetime) -> None:
        """Destroy keys for ever: what they sealed opens nowhere, in no backup either.

        Raises
        ------
        VaultBusy
            If another process uses the vault for too long; repeat it.
        """
        chosen = sorted(key_nos)
        with self._lock:
            for number in chosen:
                self._ciphers.pop(number, None)
        if chosen:
            self._vault.erase(_KIND, chosen, reason, moment)

    def _cipher(self, key_no: int, key: Callable[[str, int], bytes | None]) -> AESGCM:
        """What seals and opens under a key; a key that never was opens nothing."""
        cipher = self._ciphers.get(key_no)
        if cipher is None:
            try:
                cipher = AESGCM(key(_KIND, key_no) or b"")
            except Erased:
                raise ContentGone(f"content key {key_no}: it was destroyed; what it sealed is gone") from None
            with self._lock:
                self._ciphers[key_no] = cipher
        return cipher

    def _bound(self, key_no: int, place: tuple[str, str, str]) -> bytes:
        return "\x1f".join((self._casework_id, str(key_no), *place)).encode()
