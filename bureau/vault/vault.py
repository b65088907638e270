"""Sealed entries, under a data key for each owner, and their erasure by the destruction of the key.

An owner is a kind and a number, such as ``("consumer", 7)``. An entry of an owner has a name (a
64-bit number that the caller chooses, such as the digest of its content) and a field. It is
encrypted with AES-256-GCM under a random 96-bit nonce, which stands before the ciphertext; the
vault, the owner, the field and the name are bound to it as associated data.
"""

from __future__ import annotations

import secrets
import struct
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bureau.errors import Erased, VaultBusy, VaultDamaged, VaultError
from bureau.store import Store, batches
from bureau.vault import deliveries
from bureau.vault.blind_index import BlindIndex
from bureau.vault.data_keys import DataKeys
from bureau.vault.holds import Holds
from bureau.vault.keyring import Keyring
from bureau.vault.tables import KEYS, VAULT, kind_code, kind_name

__all__ = ["Entry", "Erasure", "Vault", "open_vault"]

_NONCE_BYTES: Final = 12
_ENTRY: Final = struct.Struct(">16sBqq")
_BATCH: Final = 10_000
_FORMAT: Final = "1"


class Entry(NamedTuple):
    """What was sealed for an owner, in clear."""

    number: int
    name: int
    field: str
    content: bytes


@dataclass(frozen=True)
class Erasure:
    """That an owner was erased: when (UTC, naive), and why."""

    moment: datetime
    reason: str


class Vault:
    """An opened vault; made by :func:`open_vault`, and closed by ``with`` or :meth:`close`.

    It may be used by many threads, each of which has a connection of its own, but not across a fork.

    Attributes
    ----------
    index : BlindIndex
        Who has a value.
    holds : Holds
        Who cannot be erased.
    """

    def __init__(self, store: Store, keys: DataKeys, vault_id: bytes) -> None:
        self._store = store
        self._keys = keys
        self._vault_id = vault_id
        self.index = BlindIndex(store, keys.blind_index_key())
        self.holds = Holds(store)
        self._entries = (
            "SELECT number, name, field, sealed FROM entry "
            f"WHERE kind = :kind AND number IN {store.members('numbers')} ORDER BY number, name, field"
        )

    def __repr__(self) -> str:
        return f"Vault({self._store.name!r})"

    def __enter__(self) -> Vault:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections of all threads."""
        self._store.close()
        self._keys.store.close()

    # -- writing and reading --------------------------------------------------------------------

    @contextmanager
    def write(self) -> Iterator[None]:
        """One transaction around several calls: kept as a whole when the block ends, or not at all.

        One thread of all processes writes at a time. Every call that writes is a transaction of
        its own outside of such a block. Within it, this thread reads what it has written.

        Raises
        ------
        VaultBusy
            If another process or thread writes for too long.
        """
        with self._store.write():
            yield

    def seal(self, kind: str, rows: Iterable[tuple[int, int, str, bytes]], *, delivery_no: int = 0) -> None:
        """Seal entries, and make a data key for each owner who has none.

        Parameters
        ----------
        kind : str
            Kind of the owners, one of :data:`bureau.vault.tables.KINDS`.
        rows : iterable of (number, name, field, content)
            Those of one owner are best together. An entry that is there already stays as it is.
        delivery_no : int
            The delivery they come from, for :meth:`discard`.

        Raises
        ------
        Erased
            If an owner has been erased; nothing is written.
        WrongKey
            If the vault is rotated to another master key than ours.
        VaultBusy
            If another process or thread writes for too long.
        """
        code = kind_code(kind)
        with self._store.write():
            deliveries.note(self._store, delivery_no)
            for batch in batches(rows, _BATCH):
                keys = self._keys.find_or_make(code, _distinct(number for number, *_ in batch))
                self._store.insert(VAULT.tables["entry"], self._sealed(code, batch, keys, delivery_no))

    def _sealed(
        self, code: int, batch: Sequence[tuple[int, int, str, bytes]], keys: Mapping[int, bytes], delivery_no: int
    ) -> list[tuple[object, ...]]:
        aad, vault_id = _ENTRY.pack, self._vault_id
        nonces = secrets.token_bytes(_NONCE_BYTES * len(batch))
        sealed: list[tuple[object, ...]] = []
        for at, (number, name, field, content) in enumerate(batch):
            nonce = nonces[at * _NONCE_BYTES : (at + 1) * _NONCE_BYTES]
            bound = aad(vault_id, code, number, name) + field.encode()
            ciphertext = AESGCM(keys[number]).encrypt(nonce, content, bound)
            sealed.append((code, number, name, field, delivery_no, nonce + ciphertext))
        return sealed

    def open(self, kind: str, numbers: Iterable[int]) -> Iterator[Entry]:
        """The entries of owners, by number, name and field; who was erased or is not known has none.

        Parameters
        ----------
        kind : str
            Kind of the owners.
        numbers : iterable of int
            One or a million, in any order.

        Raises
        ------
        VaultDamaged
            If an entry or a key was changed, moved or lost.
        WrongKey
            If the keyring does not open the data keys.
        """
        return self._opened(kind_code(kind), _distinct(numbers))

    def open_named(self, kind: str, pairs: Iterable[tuple[int, int]]) -> Iterator[Entry]:
        """The entries under pairs of number and name, as :meth:`open` does."""
        wanted = set(pairs)
        return self._opened(kind_code(kind), _distinct(number for number, _ in wanted), wanted)

    def open_one(self, kind: str, number: int) -> list[Entry]:
        """The entries of one owner.

        Raises
        ------
        Erased
            If the owner has been erased.
        VaultDamaged
            If an entry or a key was changed, moved or lost.
        WrongKey
            If the keyring does not open the data key.
        """
        entries = list(self.open(kind, [number]))
        if not entries:
            for erasure in self.erasures(kind, [number]).values():
                raise Erased(f"{kind} {number} was erased on {erasure.moment:%Y-%m-%d} ({erasure.reason})")
        return entries

    def _opened(
        self, code: int, numbers: Sequence[int], wanted: Container[tuple[int, int]] | None = None
    ) -> Iterator[Entry]:
        aad, vault_id = _ENTRY.pack, self._vault_id
        for batch in batches(numbers, _BATCH):
            # The entries first: the key of an entry was kept before it.
            rows = self._store.rows(self._entries, kind=code, numbers=self._store.whole(batch))
            keys = self._keys.find(code, batch) if rows else {}
            last, cipher = None, None
            for number, name, field, sealed in rows:
                if wanted is not None and (number, name) not in wanted:
                    continue
                if number != last:
                    last, cipher = number, self._cipher(code, number, keys)
                if cipher is None:
                    continue
                bound = aad(vault_id, code, number, name) + field.encode()
                try:
                    content = cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound)
                except (InvalidTag, ValueError):
                    raise VaultDamaged(
                        f"{self._store.name}: {kind_name(code)} {number}: a sealed entry was changed or moved; "
                        "restore the vault from a backup"
                    ) from None
                yield Entry(number, name, field, content)

    def _cipher(self, code: int, number: int, keys: Mapping[int, bytes | None]) -> AESGCM | None:
        """What opens an owner's entries; None if the owner was erased since they were read."""
        if number not in keys:
            raise VaultDamaged(
                f"{self._keys.store.name}: the key of {kind_name(code)} {number} is lost; "
                "restore the key store from its replica"
            )
        key = keys[number]
        return None if key is None else AESGCM(key)

    def discard(self, delivery_no: int) -> None:
        """Remove every entry and token that was written for a delivery, as if it had not been begun.

        For what an ingest leaves that is cut short between the vault's transaction and the history's;
        it is called before a delivery is written, and costs nothing if there is nothing.
        """
        deliveries.discard(self._store, delivery_no)

    # -- erasure --------------------------------------------------------------------------------

    def erase(self, kind: str, numbers: Iterable[int], reason: str, moment: datetime) -> None:
        """Erase owners for ever: their entries and tokens are removed, and their data keys destroyed.

        When it returns, no file of the vault or of its key store holds the keys, and no backup of
        the vault can be opened for them. A backup still holds their tokens, and unused parts of the
        vault's own pages may, until :meth:`compact`. On PostgreSQL the server's own log holds the
        wrapped keys until it is recycled. If it is killed it is finished when the vault is opened.

        Parameters
        ----------
        kind : str
            Kind of the owners.
        numbers : iterable of int
            The owners; who is not known, or has been erased before, is erased all the same.
        reason : str
            Why; it is kept, so nothing personal.
        moment : datetime
            When (UTC, naive).

        Raises
        ------
        ErasureRefused
            If a hold on one of them is in force; nobody is erased.
        VaultBusy
            If another process uses the vault for too long. Either nobody was erased, or they are,
            and the last copies of the keys go when the vault is opened next.
        """
        if self._store.is_writing:
            raise VaultError("an erasure is no part of another transaction; end that first")
        code, owners = kind_code(kind), _distinct(numbers)
        with self._store.write():
            self.holds.require_none(kind, owners)
            rows = [(code, number, moment.isoformat(), reason, 0) for number in owners]
            self._remove(code, owners, rows)
        self._finish_erasures()

    def _remove(self, code: int, owners: Sequence[int], erasures: Sequence[tuple[object, ...]]) -> None:
        self._store.insert(VAULT.tables["erasure"], erasures)
        for table in ("entry", "blind_index"):
            self._store.rows(
                f"DELETE FROM {table} WHERE kind = :kind AND number IN {self._store.members('numbers')}",
                kind=code,
                numbers=self._store.whole(owners),
            )

    def _finish_erasures(self) -> None:
        """Destroy the keys of all who are erased, and every copy of them."""
        begun = self._store.rows("SELECT kind, number, moment FROM erasure WHERE finished = 0 ORDER BY kind, moment")
        if not begun:
            return
        groups = [
            (code, moment, [number for _, number, _ in rows])
            for (code, moment), rows in groupby(begun, key=lambda row: (row[0], row[2]))
        ]
        for code, moment, owners in groups:
            self._keys.destroy(code, owners, moment)
        self._keys.store.rewrite("data_key")
        self._store.flush()
        with self._store.write():
            for code, _, owners in groups:
                self._store.rows(
                    "UPDATE erasure SET finished = 1 "
                    f"WHERE kind = :kind AND number IN {self._store.members('numbers')}",
                    kind=code,
                    numbers=self._store.whole(owners),
                )

    def _catch_up(self) -> None:
        """Finish erasures that were cut short, and repeat those that a restored vault does not know of."""
        ((known,),) = self._store.rows("SELECT count(*) FROM erasure")
        if known < self._keys.count_destroyed():
            with self._store.write():
                for code, number, moment in self._keys.destroyed():
                    self._remove(code, [number], [(code, number, moment, "repeated after a restore", 0)])
        with suppress(VaultBusy):  # who opens the vault next finishes them
            self._finish_erasures()

    def compact(self) -> None:
        """Write the vault anew without anything of what was removed: some ten seconds for a million people.

        Raises
        ------
        VaultBusy
            If another process uses the vault for too long.
        """
        self._store.rewrite("entry", "blind_index")

    def erasures(self, kind: str, numbers: Iterable[int]) -> dict[int, Erasure]:
        """Who of these owners has been erased."""
        rows = self._store.rows(
            "SELECT number, moment, reason FROM erasure "
            f"WHERE kind = :kind AND number IN {self._store.members('numbers')}",
            kind=kind_code(kind),
            numbers=self._store.whole(_distinct(numbers)),
        )
        return {number: Erasure(datetime.fromisoformat(moment), reason) for number, moment, reason in rows}

    def erased(self, kind: str) -> dict[int, Erasure]:
        """Every owner of a kind who has been erased, ascending."""
        rows = self._store.rows(
            "SELECT number, moment, reason FROM erasure WHERE kind = :kind ORDER BY number", kind=kind_code(kind)
        )
        return {number: Erasure(datetime.fromisoformat(moment), reason) for number, moment, reason in rows}

    def last_erased(self, kind: str) -> int:
        """The largest number of an owner of a kind who has been erased; 0 if nobody was."""
        ((number,),) = self._store.rows(
            "SELECT coalesce(max(number), 0) FROM erasure WHERE kind = :kind", kind=kind_code(kind)
        )
        return int(number)

    def numbers(self, kind: str) -> list[int]:
        """The owners of a kind who have entries, ascending."""
        sql = "SELECT DISTINCT number FROM entry WHERE kind = :kind ORDER BY number"
        return [number for (number,) in self._store.rows(sql, kind=kind_code(kind))]

    def count_erased(self, kind: str) -> int:
        """How many owners of a kind were erased."""
        ((count,),) = self._store.rows("SELECT count(*) FROM erasure WHERE kind = :kind", kind=kind_code(kind))
        return int(count)

    # -- keys -----------------------------------------------------------------------------------

    @property
    def is_unused(self) -> bool:
        """Whether no owner ever had a key, those aside whose content lies in the casework."""
        return self._keys.is_unused(but_for=kind_code("casework"))

    def data_key(self, kind: str, number: int) -> bytes:
        """The data key of an owner whose content lies elsewhere, made when it is first asked for.

        Raises
        ------
        Erased
            If the owner has been erased.
        WrongKey
            If the keyring does not open it, or the vault is rotated to another master key.
        VaultDamaged
            If its wrapping was changed or moved.
        """
        found = self.kept_data_key(kind, number)
        if found is None:
            with self._store.write():
                found = self._keys.find_or_make(kind_code(kind), [number])[number]
        return found

    def kept_data_key(self, kind: str, number: int) -> bytes | None:
        """As :meth:`data_key`, but None if there never was one: who reads makes none."""
        found = self._keys.find(kind_code(kind), [number])
        if number in found and found[number] is None:
            raise Erased(f"{kind} {number} has been erased; nothing of it can be opened")
        return found.get(number)

    def data_keys(self, kind: str) -> list[int]:
        """The owners of a kind who have a data key that was not destroyed, ascending."""
        return self._keys.numbers(kind_code(kind))

    def named_key(self, name: str) -> bytes:
        """A random 32-byte key of the whole home, made when it is first asked for and wrapped as data keys are."""
        return self._keys.named(name)

    def rotate(self, keyring: Keyring) -> None:
        """Wrap every key by another master key, while others read and, with the new keyring, write.

        Killed, it is repeated with the same keyring and goes on where it was.

        Parameters
        ----------
        keyring : Keyring
            The new master key is its current one, and it still opens with the old one.

        Raises
        ------
        WrongKey
            If the keyring does not open what is to be wrapped anew.
        VaultBusy
            If another process or thread writes for too long.
        """
        with self._store.write():  # nobody who wraps with the old key is at work
            self._keys.rotate_named(keyring)
        self._keys.rotate_data_keys()
        self._keys.store.rewrite("data_key", "named_key")

    def versions(self) -> Mapping[int, int]:
        """How many keys each version of the master key wraps: one after a rotation, two within."""
        return self._keys.versions()


def open_vault(vault: Path | str, keys: Path | str, keyring: Keyring, *, wait_seconds: float = 30.0) -> Vault:
    """Open a vault and its key store; make both if neither is there.

    Parameters
    ----------
    vault, keys : Path or str
        Two files of SQLite, or the URL of a PostgreSQL database each, which may be the same one
        (``postgresql+psycopg://...``; the schemas ``vault`` and ``vault_keys``).
    keyring : Keyring
        The master keys.
    wait_seconds : float
        How long to wait for another writer.

    Raises
    ------
    WrongKey
        If the keyring does not open this vault; nothing is written.
    VaultDamaged
        If a file is damaged or cut short; nothing is written.
    VaultError
        If one of the two is missing, they do not belong together, or a database cannot be reached.
    """
    store, key_store = Store(vault, "vault", wait_seconds), Store(keys, "vault_keys", wait_seconds)
    try:
        opened = _opened(store, key_store, keyring)
        opened._catch_up()
    except BaseException:
        store.close()
        key_store.close()
        raise
    return opened


def _opened(store: Store, key_store: Store, keyring: Keyring) -> Vault:
    told, told_by_keys = store.about(), key_store.about()
    if told and not told_by_keys:
        raise VaultError(f"{key_store.name}: the key store of this vault is missing; restore it from its replica")
    if not told:
        _make(store, key_store, keyring)
        told, told_by_keys = store.about(), key_store.about()
    if told != told_by_keys:
        raise VaultError(f"{key_store.name}: this key store belongs to another vault than {store.name}")
    if told["format"] != _FORMAT:
        raise VaultError(
            f"{store.name}: this vault has format {told['format']}, this version of Tradeline reads {_FORMAT}"
        )
    vault_id = bytes.fromhex(told["vault_id"])
    return Vault(store, DataKeys(key_store, keyring, vault_id), vault_id)


def _make(store: Store, key_store: Store, keyring: Keyring) -> None:
    """Make the key store, then the vault; whoever else does so waits, and finds them made."""
    with key_store.write():
        told = key_store.about()
        if not told:
            told = {"format": _FORMAT, "vault_id": secrets.token_hex(16)}
            key_store.create(KEYS, told)
        keys = DataKeys(key_store, keyring, bytes.fromhex(told["vault_id"]))
        keys.blind_index_key()  # made, or opened with the right master key alone
    if not keys.is_unused() and not store.about():
        raise VaultError(f"{store.name}: the vault of this key store is missing; restore it from a backup")
    with store.write():
        if not store.about():
            store.create(VAULT, told)


def _distinct(numbers: Iterable[int]) -> list[int]:
    distinct: list[int] = np.unique(np.fromiter(numbers, dtype=np.int64)).tolist()
    return distinct
