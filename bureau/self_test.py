"""Self-test attributes: sex, ethnic group, age band and the like, apart from everything, for fairness tests alone.

A lender may not decide on such attributes, and must still be able to see whether its model treats groups
alike: Regulation B (12 CFR 1002.5(b)(1), 1002.15) lets a creditor ask for them for a self-test, and
Regulation (EU) 2024/1689, Article 10(5), lets special categories be used to find bias, if they are kept
apart and few can reach them. So they never come through a delivery (the door refuses them), stand in no
table of the history and in no feature, and lie in a file of their own, ``H/self-test/attributes.db``, sealed
with AES-256-GCM under a key of its own, ``H/keys/self-test.key``: who holds the master key, as the scoring
service does, cannot open it. The import contracts of this repository say who may import this module.

**Erasure.** All entries stand under one key. When somebody is erased, what stays is sealed anew under a
fresh key and the old key is gone, so that no backup of the file tells of the person. The key is in no backup.

The lock of the history keeps writers and readers apart: a reading holds it shared, a load and an erasure alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bureau.erased import is_erased_sql
from bureau.errors import SelfTestError
from bureau.history import History
from bureau.home import Home
from bureau.keys import create_key_file, read_key_file
from bureau.self_test_file import SelfTestFile

__all__ = ["SelfTestCounts", "SelfTestLoad", "count_self_test", "load_self_test", "read_self_test", "remove_self_test"]

_NONCE_BYTES: Final = 12
_CHECK: Final = 0
"""The entry by which a key is recognised; consumers are numbered from 1."""


@dataclass(frozen=True)
class SelfTestLoad:
    """What a load brought.

    Parameters
    ----------
    attributes : tuple of str
        The attributes of the file.
    consumers : int
        Consumers whose attributes were kept.
    unknown : int
        References that no consumer of the space has; nothing is kept of them.
    empty : int
        Known consumers of whom the file tells nothing.
    """

    attributes: tuple[str, ...]
    consumers: int
    unknown: int
    empty: int


@dataclass(frozen=True)
class SelfTestCounts:
    """How many there are, and of nobody which.

    Parameters
    ----------
    consumers : int
        Consumers with an attribute at least.
    values : mapping of str to mapping of str to int
        Attribute to value to how many consumers have it.
    """

    consumers: int
    values: Mapping[str, Mapping[str, int]]


def load_self_test(history: History, told: SelfTestFile, space: str) -> SelfTestLoad:
    """Keep the attributes of a file; they take the place of those of the same name.

    Parameters
    ----------
    history : History
        The history, for who has which reference.
    told : SelfTestFile
        From :func:`bureau.self_test_file.read_self_test_file`.
    space : str
        Whose references the file has: a furnisher, or the name of a portfolio.

    Raises
    ------
    SelfTestError
        If no reference of the file is known, or the store cannot be opened.
    """
    with history.write() as connection:
        known = dict(
            connection.execute(
                f"SELECT consumer_ref, consumer_id FROM consumer WHERE reference_space = ? "
                f"AND NOT {is_erased_sql('consumer_ref')}",
                [space],
            ).fetchall()
        )
        mine = {known[reference]: values for reference, values in told.values.items() if reference in known}
        if not mine:
            raise SelfTestError(
                f"{told.name}: none of its {len(told.values)} references belongs to a consumer of {space}; "
                "ingest the consumers first, or name the right --portfolio, --furnisher or --reference"
            )
        _put(_open(history.home) or _seal_anew(_Place.of(history.home), {}), mine)
    filled = sum(1 for values in mine.values() if values)
    return SelfTestLoad(told.attributes, filled, len(told.values) - len(mine), len(mine) - filled)


def read_self_test(history: History, consumer_ids: Sequence[int]) -> dict[str, list[str | None]]:
    """The attributes of consumers, for fairness tests alone.

    Parameters
    ----------
    history : History
        The history, for which references are one person's.
    consumer_ids : sequence of int
        Who; somebody may be asked for twice.

    Returns
    -------
    dict of str to list
        Attribute to a value for each that was asked for, in their order; None where nothing is known, or
        where what is known under the references of one person contradicts itself. Empty without a store.

    Raises
    ------
    SelfTestError
        If the store cannot be opened, or an entry of it was changed.
    """
    asked = [int(each) for each in consumer_ids]
    with history.read() as connection:
        store = _open(history.home)
        if store is None:
            return {}
        kept = dict(_entries(store))
        members = _members(connection, kept, set(asked))
    attributes = sorted({name for values in kept.values() for name in values})
    told = {each: _agreed([kept[member] for member in members.get(each, ())]) for each in set(asked)}
    return {name: [told[each].get(name) for each in asked] for name in attributes}


def count_self_test(history: History) -> SelfTestCounts:
    """How many consumers have which attribute; nothing about a single one.

    Raises
    ------
    SelfTestError
        If the store cannot be opened, or an entry of it was changed.
    """
    counts: dict[str, dict[str, int]] = {}
    consumers = 0
    with history.read():
        store = _open(history.home)
        for _, values in _entries(store) if store else ():
            consumers += 1
            for name, value in values.items():
                of_name = counts.setdefault(name, {})
                of_name[value] = of_name.get(value, 0) + 1
    return SelfTestCounts(consumers, {name: dict(sorted(counts[name].items())) for name in sorted(counts)})


def remove_self_test(home: Home, consumer_ids: Iterable[int]) -> int:
    """Take consumers out of the store for ever, backups of its file included; how many were in it.

    The caller holds the history for writing. Repeated, it finishes what was interrupted.

    Parameters
    ----------
    home : Home
        The home; it need not have a store.
    consumer_ids : iterable of int
        All identifiers of those who go.
    """
    place = _Place.of(home)
    if not place.file.exists():
        return 0
    going = {int(each) for each in consumer_ids}
    try:
        store = _open(home)
    except SelfTestError:  # who cannot be read any more need not be sealed anew; their number goes all the same
        return _delete(place.file, going)
    if store is None:
        return 0
    with _connected(store.file) as connection:
        stays = [row for row in connection.execute("SELECT consumer_id FROM entry") if row[0] != _CHECK]
    found = going & {number for (number,) in stays}
    if found:
        _seal_anew(place, {number: values for number, values in _entries(store) if number not in found})
    return len(found)


# -- the file and its key -----------------------------------------------------------------------


@dataclass(frozen=True)
class _Place:
    """Where the store lies, and where its successor is made."""

    file: Path
    key_file: Path

    @classmethod
    def of(cls, home: Home) -> _Place:
        return cls(home.root / "self-test" / "attributes.db", home.root / "keys" / "self-test.key")

    @property
    def keys(self) -> tuple[Path, Path]:
        """Files of keys of which one opens the file."""
        return self.key_file, self.next.key_file

    @property
    def next(self) -> _Place:
        return _Place(self.file.with_suffix(".next"), self.key_file.with_suffix(".next"))


@dataclass(frozen=True)
class _Store:
    """An opened store; ``repr`` does not show the key."""

    file: Path
    cipher: AESGCM

    def seal(self, number: int, content: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self.cipher.encrypt(nonce, content, _bound(number))

    def unseal(self, number: int, sealed: bytes) -> bytes:
        try:
            return self.cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound(number))
        except (InvalidTag, ValueError):
            raise SelfTestError(
                f"{self.file}: an entry of the self-test attributes was changed, or the key is another one; "
                "restore keys/self-test.key, or remove the folder and load the attributes again"
            ) from None


def _bound(number: int) -> bytes:
    return b"tradeline self-test\x00" + number.to_bytes(8, "big", signed=True)


def _open(home: Home) -> _Store | None:
    """The store under the key that fits; None where there is none."""
    place = _Place.of(home)
    if not place.file.exists():
        return None
    stores = [_Store(place.file, AESGCM(read_key_file(each))) for each in place.keys if each.exists()]
    if not stores:
        raise SelfTestError(
            f"{place.key_file}: the key of the self-test attributes is missing; restore it from its replica, or "
            "remove the folder self-test and load the attributes again"
        )
    sealed = _sealed_check(place.file)
    for store in stores[:-1]:
        with contextlib.suppress(SelfTestError):
            store.unseal(_CHECK, sealed)
            return store
    stores[-1].unseal(_CHECK, sealed)
    return stores[-1]


def _seal_anew(place: _Place, entries: Mapping[int, Mapping[str, str]]) -> _Store:
    """Put a store with these entries under a fresh key in the place of the old one, if there is one.

    The file is replaced before the key: who is interrupted between the two leaves both keys, and the file
    tells which of them is its own (:func:`_open`).
    """
    following = place.next
    if place.file.exists() and following.key_file.exists():
        _leave_fitting_key(place)
    for left in (following.file, following.key_file):
        left.unlink(missing_ok=True)
    place.file.parent.mkdir(mode=0o700, exist_ok=True)
    os.close(os.open(following.file, os.O_CREAT | os.O_EXCL, 0o600))
    store = _Store(following.file, AESGCM(create_key_file(following.key_file)))
    with _connected(following.file) as connection:
        connection.execute("CREATE TABLE entry (consumer_id INTEGER PRIMARY KEY, sealed BLOB NOT NULL)")
        _insert(connection, store, {_CHECK: {}, **entries})
    following.file.replace(place.file)
    following.key_file.replace(place.key_file)
    return _Store(place.file, store.cipher)


def _leave_fitting_key(place: _Place) -> None:
    """After an interruption: keep the key that opens the file."""
    store = _Store(place.file, AESGCM(read_key_file(place.next.key_file)))
    with contextlib.suppress(SelfTestError):  # the file is the old one yet, and so is its key
        store.unseal(_CHECK, _sealed_check(place.file))
        place.next.key_file.replace(place.key_file)


def _sealed_check(file: Path) -> bytes:
    with _connected(file) as connection:
        row = connection.execute("SELECT sealed FROM entry WHERE consumer_id = ?", [_CHECK]).fetchone()
    return bytes(row[0]) if row else b""


def _put(store: _Store, entries: Mapping[int, Mapping[str, str]]) -> None:
    with _connected(store.file) as connection:
        before = {
            number: json.loads(store.unseal(number, sealed))
            for number, sealed in connection.execute("SELECT consumer_id, sealed FROM entry")
            if number in entries
        }
        merged = {number: {**before.get(number, {}), **values} for number, values in entries.items()}
        _insert(connection, store, {number: values for number, values in merged.items() if values})


def _insert(connection: sqlite3.Connection, store: _Store, entries: Mapping[int, Mapping[str, str]]) -> None:
    connection.executemany(
        "INSERT OR REPLACE INTO entry VALUES (?, ?)",
        (
            (number, store.seal(number, json.dumps(values, sort_keys=True).encode()))
            for number, values in entries.items()
        ),
    )


def _entries(store: _Store) -> Iterator[tuple[int, dict[str, str]]]:
    with _connected(store.file) as connection:
        for number, sealed in connection.execute("SELECT consumer_id, sealed FROM entry ORDER BY consumer_id"):
            if number != _CHECK:
                yield number, json.loads(store.unseal(number, sealed))


def _delete(file: Path, consumer_ids: set[int]) -> int:
    with _connected(file) as connection:
        gone = [
            connection.execute("DELETE FROM entry WHERE consumer_id = ?", [number]).rowcount for number in consumer_ids
        ]
    return sum(gone)


@contextlib.contextmanager
def _connected(file: Path) -> Iterator[sqlite3.Connection]:
    """One transaction on the file, without a trace of what is replaced."""
    connection = sqlite3.connect(file, timeout=30.0)
    try:
        connection.execute("PRAGMA secure_delete = ON")
        with connection:
            yield connection
    except sqlite3.DatabaseError as error:
        raise SelfTestError(
            f"{file}: the file of the self-test attributes cannot be used ({error}); "
            "remove the folder self-test and load the attributes again"
        ) from None
    finally:
        connection.close()


# -- who is who ---------------------------------------------------------------------------------


def _members(
    connection: duckdb.DuckDBPyConnection, kept: Mapping[int, object], asked: set[int]
) -> dict[int, list[int]]:
    """Each that was asked for, to the entries of the same person."""
    resolved = dict(
        connection.execute("SELECT consumer_id, resolved_id FROM resolution WHERE superseded_at IS NULL").fetchall()
    )
    of_person: dict[int, list[int]] = {}
    for number in kept:
        of_person.setdefault(resolved.get(number, number), []).append(number)
    return {each: of_person.get(resolved.get(each, each), []) for each in asked}


def _agreed(entries: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """What the entries of one person say, without what contradicts itself."""
    said: dict[str, set[str]] = {}
    for values in entries:
        for name, value in values.items():
            said.setdefault(name, set()).add(value)
    return {name: next(iter(values)) for name, values in said.items() if len(values) == 1}
