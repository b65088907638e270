"""From a furnisher's reference to a consumer_id, without opening the history.

The scoring service must find a consumer in a fraction of a millisecond and must not hold the
history's lock. It reads this small SQLite file, in which a reference stands only as its keyed
BLAKE2b digest (a blind index): who has the file but not the key cannot tell whose it is.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bureau.erased import is_erased_sql
from bureau.errors import UnknownConsumer, WrongKey
from bureau.history import History
from bureau.home import Home
from bureau.vault import open_vault

__all__ = ["References", "open_references", "publish_references", "withdraw_references"]

_DIGEST_BYTES = 16


@dataclass(frozen=True)
class References:
    """The keyed look-up of one reference space.

    Parameters
    ----------
    path : Path
        The SQLite file.
    key : bytes
        The key of the digests.
    space : str
        Reference space, for example a portfolio's name.
    """

    path: Path
    key: bytes
    space: str

    def __repr__(self) -> str:
        return f"References(path={str(self.path)!r}, key=***, space={self.space!r})"

    def digest(self, consumer_ref: str) -> bytes:
        """The keyed digest under which a reference is filed."""
        text = f"{self.space}\x00{consumer_ref}".encode()
        return hashlib.blake2b(text, key=self.key, digest_size=_DIGEST_BYTES).digest()

    @property
    def _check(self) -> bytes:
        """A digest that any look-up made with this key holds, whatever its consumers."""
        return hashlib.blake2b(b"\x00key check", key=self.key, digest_size=_DIGEST_BYTES).digest()

    def require_key(self) -> None:
        """Make sure that the look-up was made with this key.

        Raises
        ------
        WrongKey
            If it was not; every consumer would look unknown.
        """
        with contextlib.closing(sqlite3.connect(self.path)) as connection:
            row = connection.execute("SELECT 1 FROM reference WHERE digest = ?", [self._check]).fetchone()
        if row is None:
            raise WrongKey(
                f"{self.path}: the master key is not the one this look-up was made with; "
                "give the key this home was made with"
            )

    def find(self, connection: sqlite3.Connection, consumer_ref: str) -> int:
        """The consumer_id under a reference.

        Raises
        ------
        UnknownConsumer
            If there is none.
        """
        row = connection.execute(
            "SELECT consumer_id FROM reference WHERE digest = ?", [self.digest(consumer_ref)]
        ).fetchone()
        if row is None:
            raise UnknownConsumer(
                f"no consumer of {self.space} has this reference; "
                "ingest the consumer's records first, or check the reference"
            )
        return int(row[0])


def open_references(home: Home, space: str) -> References:
    """The look-up of a home for one reference space; its key is in the key store, and no file of it is opened yet."""
    with open_vault(home.vault, home.data_keys, home.keyring) as vault:
        return References(home.references, vault.named_key("references"), space)


def publish_references(history: History, references: References) -> int:
    """Bring the look-up up to date with the consumers in the history; the number of references in it."""
    with history.read() as connection:
        rows = connection.execute(
            "SELECT consumer_ref, consumer_id FROM consumer "
            f"WHERE reference_space = ? AND NOT {is_erased_sql('consumer_ref')}",
            [references.space],
        ).fetchall()
    filed = sqlite3.connect(references.path)
    try:
        with filed:
            filed.execute("PRAGMA journal_mode = WAL")
            filed.execute(
                "CREATE TABLE IF NOT EXISTS reference (digest BLOB PRIMARY KEY, consumer_id INTEGER) WITHOUT ROWID"
            )
            filed.executemany(
                "INSERT OR REPLACE INTO reference VALUES (?, ?)",
                [(references._check, 0), *((references.digest(ref), consumer_id) for ref, consumer_id in rows)],
            )
    finally:
        filed.close()
    return len(rows)


def withdraw_references(home: Home, consumer_ids: Iterable[int]) -> None:
    """Take the references of consumers out of the look-up of a home, if it has one; no byte of them stays."""
    if not home.references.exists():
        return
    with contextlib.closing(sqlite3.connect(home.references, timeout=30.0)) as filed:
        filed.execute("PRAGMA secure_delete = ON")
        with filed:
            filed.executemany(
                "DELETE FROM reference WHERE consumer_id = ?", [(consumer_id,) for consumer_id in consumer_ids]
            )
        filed.execute("VACUUM")
        filed.execute("PRAGMA wal_checkpoint(TRUNCATE)")
