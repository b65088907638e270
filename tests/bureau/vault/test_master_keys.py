"""Master keys: the right one, the wrong one, and the way from one to another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from bureau.errors import VaultDamaged, WrongKey
from bureau.vault import MasterKeys, Vault

OLD, NEW, OTHER = bytes(range(32)), bytes(range(1, 33)), bytes(range(2, 34))


def fill(vault: Vault, most: int) -> None:
    vault.seal("consumer", [(n, 0, "identity", b"told %d" % n) for n in range(most)])


def count(vault: Vault, most: int) -> int:
    return sum(entry.content == b"told %d" % entry.number for entry in vault.open("consumer", range(most)))


def test_a_wrapping_opens_only_as_it_was_made() -> None:
    ring = MasterKeys(OLD, NEW)
    old, new = MasterKeys(OLD).current, MasterKeys(NEW).current
    wrapped = ring.wrap(OTHER, b"owner")
    assert ring.current == old != new
    assert MasterKeys(NEW, OLD).unwrap(old, wrapped, b"owner") == OTHER
    assert len(wrapped) == 60
    assert wrapped != ring.wrap(OTHER, b"owner")
    changed = bytes([wrapped[0] ^ 1]) + wrapped[1:]
    for version, text, aad in ((old, changed, b"owner"), (old, wrapped, b"another"), (new, wrapped, b"owner"),
                               (old, b"", b"owner")):  # fmt: skip
        with pytest.raises(VaultDamaged, match="a wrapped key was changed or moved"):
            ring.unwrap(version, text, aad)
    with pytest.raises(WrongKey, match="the master key does not open the vault"):
        MasterKeys(NEW).unwrap(old, wrapped, b"owner")


def test_no_key_shows_itself() -> None:
    assert OLD.hex() not in repr(vars(MasterKeys(OLD)))
    assert repr(MasterKeys(OLD)) == f"MasterKeys(current={MasterKeys(OLD).current}, ***)"


def test_a_wrong_master_key_opens_nothing(places: Any, opened: Callable[..., Vault]) -> None:
    fill(opened(places), 3)
    with pytest.raises(WrongKey, match="the master key does not open the vault; give the key this home was made with"):
        opened(places, MasterKeys(NEW))
    assert count(opened(places), 3) == 3


def test_rotated_the_old_key_is_no_longer_needed(places: Any, opened: Callable[..., Vault]) -> None:
    vault = opened(places)
    fill(vault, 12_000)
    named, tokens = vault.named_key("history"), vault.index.tokens("phone", ["1"])
    with pytest.raises(WrongKey, match="the master key does not open the vault"):
        vault.rotate(MasterKeys(NEW))
    assert list(vault.versions()) == [MasterKeys(OLD).current]
    vault.rotate(MasterKeys(NEW, OLD))
    assert vault.versions() == {MasterKeys(NEW).current: 12_002}
    again = opened(places, MasterKeys(NEW))
    assert count(again, 12_000) == 12_000
    assert (again.named_key("history"), again.index.tokens("phone", ["1"])) == (named, tokens)
    with pytest.raises(WrongKey, match="the master key does not open the vault"):
        opened(places, MasterKeys(OLD))


def test_who_runs_through_a_rotation_goes_on_reading(places: Any, opened: Callable[..., Vault]) -> None:
    fill(opened(places), 25_000)
    reader, rotated = opened(places, MasterKeys(OLD, reload=lambda: [OLD, NEW])), threading.Event()
    counts: list[int] = []

    def read() -> None:
        while not rotated.is_set() or not counts:
            counts.append(count(reader, 500))

    reading = threading.Thread(target=read)
    reading.start()
    opened(places).rotate(MasterKeys(NEW, OLD))
    rotated.set()
    reading.join()
    assert set(counts) == {500}
    assert count(reader, 25_000) == 25_000


def test_nobody_writes_with_a_key_that_was_rotated_away(places: Any, opened: Callable[..., Vault]) -> None:
    late = opened(places, MasterKeys(OLD, NEW))
    fill(late, 2)
    opened(places).rotate(MasterKeys(NEW, OLD))
    for write in (lambda: fill(late, 3), lambda: late.named_key("another")):
        with pytest.raises(WrongKey, match="wraps with another master key than this command"):
            write()
    assert count(late, 3) == 2
    fill(opened(places, MasterKeys(NEW)), 3)
    assert count(late, 3) == 3
