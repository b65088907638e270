"""What the bytes of the files tell, before and after an erasure."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bureau.vault import MasterKeys, Vault, open_vault

MOMENT = datetime.fromisoformat("2024-01-01")
MASTER = bytes(range(32))


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.name, path.read_bytes()


def fill(vault: Vault, numbers: list[int]) -> None:
    """In batches out of order, so that pages of the files are split and moved."""
    for at in range(0, len(numbers), 500):
        batch = numbers[at : at + 500]
        vault.seal("consumer", [(n, n, "identity", b"Quetzalcoatlus %d" % n) for n in batch])
        tokens = vault.index.tokens("phone", [f"555 {n}" for n in batch])
        vault.index.add("consumer", zip(tokens, batch, strict=True))


def test_no_file_holds_a_value_or_a_master_key(sqlite_places: Any, tmp_path: Path) -> None:
    with open_vault(sqlite_places.vault, sqlite_places.keys, MasterKeys(MASTER)) as vault:
        fill(vault, list(range(2000)))
        vault.erase("consumer", [5], "asked", MOMENT)
        names = {name for name, _ in files(tmp_path)}
        assert {"vault.db", "data-keys.db"} < names
        for name, content in files(tmp_path):
            for wanted in (b"Quetzal", b"555 ", MASTER, vault.named_key("history"), vault.named_key("blind index")):
                assert wanted not in content, name


@pytest.mark.parametrize("few", [True, False])
def test_after_an_erasure_no_file_holds_a_key_and_compacted_no_entry_and_no_token(
    sqlite_places: Any, tmp_path: Path, few: bool
) -> None:
    numbers = [int(n) for n in np.random.default_rng(4).permutation(6000)]
    gone = numbers[::7] if few else numbers[300:]
    with open_vault(sqlite_places.vault, sqlite_places.keys, MasterKeys(MASTER)) as vault:
        fill(vault, numbers)
        kept = dict(sqlite_places.sql("keys", "SELECT number, wrapped FROM data_key"))
        sealed = dict(sqlite_places.sql("vault", "SELECT number, sealed FROM entry"))
        tokens = {n: vault.index.tokens("phone", [f"555 {n}"])[0].to_bytes(8, "big", signed=True) for n in numbers}
        before = b"".join(content for _, content in files(tmp_path))
        assert all(kept[n] in before and sealed[n] in before and tokens[n] in before for n in gone[:200])
        vault.erase("consumer", gone, "asked", MOMENT)
        after = b"".join(content for _, content in files(tmp_path))
        assert not [n for n in gone[:: 1 + len(gone) // 1500] if kept[n][12:28] in after]
        vault.compact()
        gone = gone[:: 1 + len(gone) // 400]
        after = b"".join(content for _, content in files(tmp_path))
        for n in gone:
            assert sealed[n][12:28] not in after
            assert tokens[n] not in after
        for n in numbers[1:100:7]:
            assert kept[n] in after
            assert sealed[n] in after


def test_after_a_rotation_no_file_holds_an_old_wrapping(sqlite_places: Any, tmp_path: Path) -> None:
    with open_vault(sqlite_places.vault, sqlite_places.keys, MasterKeys(MASTER)) as vault:
        fill(vault, list(range(2000)))
        old = [wrapped for (wrapped,) in sqlite_places.sql("keys", "SELECT wrapped FROM data_key")]
        vault.rotate(MasterKeys(bytes(32), MASTER))
        after = b"".join(content for _, content in files(tmp_path))
        assert not [wrapped for wrapped in old if wrapped[:16] in after]


def test_their_owner_alone_can_read_the_files(sqlite_places: Any, tmp_path: Path) -> None:
    with open_vault(sqlite_places.vault, sqlite_places.keys, MasterKeys(MASTER)) as vault:
        fill(vault, [1])
        for path in tmp_path.rglob("*"):
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
