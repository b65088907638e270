"""The key store: a random data key for each owner, wrapped by the master key, and nothing else.

A key that was destroyed leaves its row behind, empty, so that no owner is given a key again, and
so that a vault restored from a backup learns who has been erased since.
"""

from __future__ import annotations

import secrets
import struct
from collections.abc import Mapping, Sequence
from typing import Final

from bureau.errors import Erased, VaultDamaged, WrongKey
from bureau.store import Store
from bureau.vault.keyring import Keyring
from bureau.vault.tables import KEYS, kind_name

__all__ = ["DataKeys"]

_KEY_BYTES: Final = 32
_OWNER: Final = struct.Struct(">16sBq")
_BLIND_INDEX: Final = "blind index"
_BATCH: Final = 10_000


class DataKeys:
    """The data keys of one vault.

    Parameters
    ----------
    store : Store
        The key store.
    keyring : Keyring
        The master keys.
    vault_id : bytes
        Sixteen bytes that are bound to every wrapping.
    """

    def __init__(self, store: Store, keyring: Keyring, vault_id: bytes) -> None:
        self.store = store
        self._keyring = keyring
        self._vault_id = vault_id
        self._of_owners = (
            f"SELECT number, version, wrapped FROM data_key WHERE kind = :kind AND number IN {store.members('numbers')}"
        )

    def _aad(self, kind: int, number: int) -> bytes:
        return _OWNER.pack(self._vault_id, kind, number)

    # -- keys of owners -------------------------------------------------------------------------

    def find(self, kind: int, numbers: Sequence[int]) -> dict[int, bytes | None]:
        """The data keys of owners, None for one that was destroyed; who never had one is not among them.

        Raises
        ------
        WrongKey
            If the keyring does not open them.
        VaultDamaged
            If a wrapping was changed or moved.
        """
        unwrap, aad = self._keyring.unwrap, self._aad
        keys: dict[int, bytes | None] = {}
        number = 0
        try:
            for number, version, wrapped in self.store.rows(
                self._of_owners, kind=kind, numbers=self.store.whole(numbers)
            ):
                keys[number] = None if wrapped is None else unwrap(version, wrapped, aad(kind, number))
        except (VaultDamaged, WrongKey) as error:
            raise type(error)(f"{self.store.name}: {kind_name(kind)} {number}: {error}") from None
        return keys

    def find_or_make(self, kind: int, numbers: Sequence[int]) -> dict[int, bytes]:
        """The data keys of owners, made and kept for those who have none.

        The caller holds the vault's own transaction, so nobody else makes keys meanwhile.

        Raises
        ------
        Erased
            If one of them was destroyed.
        WrongKey
            If the keyring does not open them, or the vault is rotated to another master key.
        VaultDamaged
            If a wrapping was changed or moved.
        """
        self._require_current()
        keys: dict[int, bytes] = {}
        for number, key in self.find(kind, numbers).items():
            if key is None:
                raise Erased(f"{kind_name(kind)} {number} has been erased; nothing can be sealed for it again")
            keys[number] = key
        absent = [number for number in numbers if number not in keys]
        if not absent:
            return keys
        wrap, version, aad = self._keyring.wrap, self._keyring.current, self._aad
        fresh = secrets.token_bytes(_KEY_BYTES * len(absent))
        made = {number: fresh[at * _KEY_BYTES :][:_KEY_BYTES] for at, number in enumerate(absent)}
        self.store.insert(
            KEYS.tables["data_key"],
            [(kind, number, version, wrap(key, aad(kind, number)), None) for number, key in made.items()],
        )
        return keys | made

    def destroy(self, kind: int, numbers: Sequence[int], moment: str) -> None:
        """Destroy the keys of owners; who has none can never be given one."""
        with self.store.write():
            self.store.rows(
                "UPDATE data_key SET wrapped = NULL, version = 0, destroyed_at = :moment "
                f"WHERE kind = :kind AND destroyed_at IS NULL AND number IN {self.store.members('numbers')}",
                kind=kind,
                moment=moment,
                numbers=self.store.whole(numbers),
            )
            self.store.insert(KEYS.tables["data_key"], [(kind, number, 0, None, moment) for number in numbers])

    def destroyed(self) -> Sequence[tuple[int, int, str]]:
        """Every owner whose key was destroyed, and when: kind, number, moment."""
        sql = "SELECT kind, number, destroyed_at FROM data_key WHERE destroyed_at IS NOT NULL"
        return [(kind, number, moment) for kind, number, moment in self.store.rows(sql)]

    def numbers(self, kind: int) -> list[int]:
        """The owners of a kind whose key was not destroyed, ascending."""
        sql = "SELECT number FROM data_key WHERE kind = :kind AND destroyed_at IS NULL ORDER BY number"
        return [int(number) for (number,) in self.store.rows(sql, kind=kind)]

    def count_destroyed(self) -> int:
        """How many keys were destroyed."""
        ((count,),) = self.store.rows("SELECT count(*) FROM data_key WHERE destroyed_at IS NOT NULL")
        return int(count)

    def is_unused(self, *, but_for: int = 0) -> bool:
        """Whether no owner ever had a key, those of one kind aside."""
        return not self.store.rows("SELECT 1 FROM data_key WHERE kind <> :but_for LIMIT 1", but_for=but_for)

    # -- keys with a name -----------------------------------------------------------------------

    def blind_index_key(self) -> bytes:
        """The key of the blind tokens."""
        return self.named(_BLIND_INDEX)

    def named(self, name: str) -> bytes:
        """A random key of the whole home under a name, made when it is first asked for.

        Raises
        ------
        WrongKey
            If the keyring does not open it.
        VaultDamaged
            If its wrapping was changed or moved.
        """
        found = self._find_named(name)
        if found is None:
            with self.store.write():
                found = self._find_named(name)
                if found is None:
                    if name != _BLIND_INDEX:
                        self._require_current()
                    found = secrets.token_bytes(_KEY_BYTES)
                    row = (name, self._keyring.current, self._keyring.wrap(found, self._named_aad(name)))
                    self.store.insert(KEYS.tables["named_key"], [row])
        return found

    def _find_named(self, name: str) -> bytes | None:
        for version, wrapped in self.store.rows("SELECT version, wrapped FROM named_key WHERE name = :name", name=name):
            try:
                return self._keyring.unwrap(version, wrapped, self._named_aad(name))
            except (VaultDamaged, WrongKey) as error:
                raise type(error)(f"{self.store.name}: {error}") from None
        return None

    def _named_aad(self, name: str) -> bytes:
        return self._vault_id + name.encode()

    # -- master keys ----------------------------------------------------------------------------

    def _require_current(self) -> None:
        """Refuse to wrap with a master key that the vault is rotated away from."""
        if self._version_of_vault() != self._keyring.current:
            raise WrongKey(
                f"{self.store.name}: the vault wraps with another master key than this command; "
                "give the key that it was rotated to, or rotate it to this one with `tradeline vault rotate`"
            )

    def _version_of_vault(self) -> int:
        ((version,),) = self.store.rows("SELECT version FROM named_key WHERE name = :name", name=_BLIND_INDEX)
        return int(version)

    def versions(self) -> Mapping[int, int]:
        """How many keys each version of the master key wraps."""
        sql = (
            "SELECT version, CAST(count(*) AS BIGINT) FROM (SELECT version FROM named_key UNION ALL "
            "SELECT version FROM data_key WHERE destroyed_at IS NULL) AS all_keys GROUP BY version ORDER BY version"
        )
        return dict(tuple(row) for row in self.store.rows(sql))

    def rotate_named(self, keyring: Keyring) -> None:
        """Wrap the named keys anew; from then on nobody wraps with another master key than `keyring`'s."""
        with self.store.write():
            for name, version, wrapped in self.store.rows("SELECT name, version, wrapped FROM named_key"):
                if version != keyring.current:
                    aad = self._named_aad(name)
                    self.store.rows(
                        "UPDATE named_key SET version = :version, wrapped = :wrapped WHERE name = :name",
                        name=name,
                        version=keyring.current,
                        wrapped=keyring.wrap(keyring.unwrap(version, wrapped, aad), aad),
                    )
        self._keyring = keyring

    def rotate_data_keys(self) -> None:
        """Wrap the data keys anew, so many in a transaction."""
        done: tuple[int, int] | None = (0, -(2**63))
        while done is not None:
            done = self._rotate_batch(done)

    def _rotate_batch(self, after: tuple[int, int]) -> tuple[int, int] | None:
        """Wrap the next keys anew; where to go on, or None at the end."""
        keyring = self._keyring
        with self.store.write() as connection:
            rows = self.store.rows(
                "SELECT kind, number, version, wrapped FROM data_key WHERE (kind, number) > (:kind, :number) "
                "AND version <> :version AND wrapped IS NOT NULL ORDER BY kind, number LIMIT :most",
                kind=after[0],
                number=after[1],
                version=keyring.current,
                most=_BATCH,
            )
            if not rows:
                return None
            changed = []
            for kind, number, version, wrapped in rows:
                aad = self._aad(kind, number)
                try:
                    wrapped_anew = keyring.wrap(keyring.unwrap(version, wrapped, aad), aad)
                except (VaultDamaged, WrongKey) as error:
                    raise type(error)(f"{self.store.name}: {kind_name(kind)} {number}: {error}") from None
                changed.append((keyring.current, wrapped_anew, kind, number))
            place = "?" if self.store.is_sqlite else "%s"
            connection.exec_driver_sql(
                f"UPDATE data_key SET version = {place}, wrapped = {place} WHERE kind = {place} AND number = {place}",
                changed,
            )
        return rows[-1][0], rows[-1][1]
