"""What a vault must survive or refuse: kills, tampering, damage, and parts that do not fit together."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bureau.errors import BureauError, VaultBusy, VaultDamaged, VaultError
from bureau.vault import MasterKeys, Vault, open_vault

MOMENT = datetime.fromisoformat("2024-01-01")
OLD, NEW = bytes(range(32)), bytes(range(1, 33))

BEGIN = """
import sys
from datetime import datetime
from itertools import count
from pathlib import Path
from bureau.vault import MasterKeys, open_vault
places = [each if "://" in each else Path(each) for each in sys.argv[1:3]]
OLD, NEW = bytes(range(32)), bytes(range(1, 33))
vault = open_vault(*places, MasterKeys(OLD, NEW), wait_seconds=20)
"""

SEAL = """
for batch in count(int(sys.argv[3])):
    with vault.write():
        numbers = range(batch * 300, batch * 300 + 300)
        vault.seal("consumer", [(n, 0, "identity", bytes(300)) for n in numbers], delivery_no=batch)
        vault.index.add("consumer", [(batch, n) for n in numbers], delivery_no=batch)
    print(batch, flush=True)
"""

ERASE = """
for number in count(int(sys.argv[3])):
    vault.erase("consumer", [number], "asked", datetime.fromisoformat("2024-01-01"))
    print(number, flush=True)
"""

ROTATE = """
print("begun", flush=True)
while True:
    vault.rotate(MasterKeys(NEW, OLD))
    vault.rotate(MasterKeys(OLD, NEW))
"""


def killed(script: str, places: Any, begin: int, after: float) -> int:
    """Run a script, kill it so many seconds after its first word; the last thing that it did for certain."""
    process = subprocess.Popen(
        [sys.executable, "-c", BEGIN + script, str(places.vault), str(places.keys), str(begin)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first
    time.sleep(after)
    process.kill()
    said = [first, *process.stdout]
    process.wait()
    process.stdout.close()
    return int(said[-1]) if said[-1].strip().isdigit() else begin


# -- kills --------------------------------------------------------------------------------------


def test_killed_while_it_seals_a_block_is_there_whole_or_not_at_all(places: Any, opened: Callable[..., Vault]) -> None:
    at = 1
    for after in (0.013, 0.041, 0.107):
        done = killed(SEAL, places, at, after)
        vault = opened(places, wait_seconds=20)
        for batch in range(at, done + 3):
            entries = list(vault.open("consumer", range(batch * 300, batch * 300 + 300)))
            found = vault.index.lookup("consumer", [batch], limit=1000).numbers.get(batch, [])
            assert len(entries) == len(found) == (300 if batch <= done else len(entries))
            assert len(entries) in (0, 300)
        vault.discard(done + 1)
        assert list(vault.open("consumer", range((done + 1) * 300, (done + 2) * 300))) == []
        at = done + 1


def test_killed_while_it_erases_nobody_is_half_erased(places: Any, opened: Callable[..., Vault]) -> None:
    vault = opened(places)
    vault.seal("consumer", [(n, 0, "identity", bytes(300)) for n in range(3000)])
    vault.index.add("consumer", [(n, n) for n in range(3000)])
    at = 0
    for after in (0.017, 0.059, 0.113):
        done = killed(ERASE, places, at, after)
        opened(places, wait_seconds=20)  # what was cut short is finished now
        erased = set(vault.erasures("consumer", range(3000)))
        assert erased >= set(range(done + 1))
        assert len(erased) <= done + 2
        assert {entry.number for entry in vault.open("consumer", range(3000))} == set(range(3000)) - erased
        assert set(vault.index.lookup("consumer", range(3000)).numbers) == set(range(3000)) - erased
        kept = places.sql("keys", "SELECT number FROM data_key WHERE wrapped IS NOT NULL")
        assert {number for (number,) in kept} == set(range(3000)) - erased
        at = done + 1


def test_killed_while_it_rotates_everything_opens_and_the_rotation_goes_on(
    places: Any, opened: Callable[..., Vault]
) -> None:
    opened(places).seal("consumer", [(n, 0, "identity", b"%d" % n) for n in range(25_000)])
    for after in (0.09, 0.23):
        killed(ROTATE, places, 0, after)
        vault = opened(places, MasterKeys(OLD, NEW), wait_seconds=20)
        assert sum(entry.content == b"%d" % entry.number for entry in vault.open("consumer", range(25_000))) == 25_000
        assert sum(vault.versions().values()) == 25_001
    vault.rotate(MasterKeys(NEW, OLD))
    assert vault.versions() == {MasterKeys(NEW).current: 25_001}


# -- tampering ----------------------------------------------------------------------------------

SEALED = "UPDATE entry SET sealed = (SELECT sealed FROM entry WHERE {}) WHERE kind = 1 AND number = 1 AND name = 1"
ENTRY = "a sealed entry was changed or moved; restore the vault from a backup"
KEY = "a wrapped key was changed or moved; restore the key store from its replica"
LOST = "the key of consumer 1 is lost; restore the key store from its replica"


@pytest.mark.parametrize(
    ("where", "statement", "message"),
    [
        ("vault", SEALED.format("number = 1 AND name = 2"), ENTRY),
        ("vault", SEALED.format("number = 2 AND name = 1"), ENTRY),
        ("vault", "UPDATE entry SET name = 5 WHERE number = 1 AND name = 1", ENTRY),
        ("vault", "UPDATE entry SET field = 'other' WHERE number = 1 AND name = 1", ENTRY),
        ("vault", "UPDATE entry SET sealed = :short WHERE number = 1 AND name = 1", ENTRY),
        ("vault", "UPDATE entry SET sealed = :junk WHERE number = 1 AND name = 1", ENTRY),
        ("vault", "UPDATE entry SET kind = 2 WHERE number = 1 AND name = 1", "the key of quarantine 1 is lost"),
        ("keys", "UPDATE data_key SET wrapped = :junk WHERE number = 1", KEY),
        ("keys", "UPDATE data_key SET wrapped = :short WHERE number = 1", KEY),
        (
            "keys",
            "UPDATE data_key SET wrapped = (SELECT wrapped FROM data_key WHERE number = 2) WHERE number = 1",
            KEY,
        ),
        ("keys", "DELETE FROM data_key WHERE number = 1", LOST),
        ("keys", "UPDATE data_key SET version = version + 1 WHERE number = 1", "the master key does not open"),
    ],
)
def test_what_was_tampered_with_is_told_and_the_others_open(
    places: Any, vault: Vault, where: str, statement: str, message: str
) -> None:
    vault.seal("consumer", [(n, name, "identity", b"content") for n in (1, 2) for name in (1, 2)])
    bound = {name: value for name, value in (("short", b"12"), ("junk", bytes(100))) if f":{name}" in statement}
    places.sql(where, statement, **bound)
    with pytest.raises(BureauError, match=message):
        [list(vault.open(kind, [1, 2])) for kind in ("consumer", "quarantine")]
    assert [entry.content for entry in vault.open_one("consumer", 2)] == [b"content"] * 2


def test_tampered_named_key_opens_nothing(places: Any, vault: Vault) -> None:
    places.sql("keys", "UPDATE named_key SET wrapped = :junk", junk=bytes(60))
    with pytest.raises(VaultDamaged, match=KEY):
        open_vault(places.vault, places.keys, MasterKeys(OLD))


# -- parts --------------------------------------------------------------------------------------


def test_another_vaults_key_store_is_refused(tmp_path: Path, sqlite_places: Any, opened: Callable[..., Vault]) -> None:
    opened(sqlite_places)
    with open_vault(tmp_path / "v.db", tmp_path / "k.db", MasterKeys(OLD)):
        pass
    with pytest.raises(VaultError, match=r"k\.db: this key store belongs to another vault than .*vault\.db"):
        open_vault(sqlite_places.vault, tmp_path / "k.db", MasterKeys(OLD))


@pytest.mark.parametrize("empty", [False, True])
@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("vault", r"vault\.db: the vault of this key store is missing; restore it from a backup"),
        ("keys", r"data-keys\.db: the key store of this vault is missing; restore it from its replica"),
    ],
)
def test_a_missing_part_is_named_and_not_made_anew(sqlite_places: Any, part: str, message: str, empty: bool) -> None:
    with open_vault(sqlite_places.vault, sqlite_places.keys, MasterKeys(OLD)) as vault:
        vault.seal("consumer", [(1, 1, "identity", b"content")])
    path = getattr(sqlite_places, part)
    path.unlink()
    if empty:
        path.touch()
    with pytest.raises(VaultError, match=message):
        open_vault(sqlite_places.vault, sqlite_places.keys, MasterKeys(OLD))
    assert (path.read_bytes() == b"") if empty else not path.exists()


@pytest.mark.parametrize("part", ["vault", "keys"])
@pytest.mark.parametrize("share", [0.001, 0.5, 0.99])
def test_a_file_cut_short_is_one_clear_error_and_nothing_is_written(
    sqlite_places: Any, part: str, share: float
) -> None:
    with open_vault(sqlite_places.vault, sqlite_places.keys, MasterKeys(OLD)) as vault:
        vault.seal("consumer", [(n, 1, "identity", bytes(300)) for n in range(5000)])
    path = getattr(sqlite_places, part)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    before = path.read_bytes()
    copy = "its replica" if part == "keys" else "a backup"
    with (
        pytest.raises(VaultDamaged, match=rf"{path.name}: it is damaged or cut short; restore it from {copy}"),
        open_vault(sqlite_places.vault, sqlite_places.keys, MasterKeys(OLD)) as vault,
    ):
        vault.seal("consumer", [(n, 2, "identity", bytes(300)) for n in range(5000)])
    assert path.read_bytes() == before


@pytest.mark.parametrize("part", ["vault", "keys"])
def test_a_file_without_its_last_page_is_refused_when_it_is_opened(sqlite_places: Any, part: str) -> None:
    """SQLite itself finds out when it reads that page, and till then everything looks well."""
    with open_vault(sqlite_places.vault, sqlite_places.keys, MasterKeys(OLD)) as vault:
        vault.seal("consumer", [(n, 1, "identity", bytes(300)) for n in range(500)])
    path = getattr(sqlite_places, part)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(VaultDamaged, match=rf"{path.name}: it is damaged or cut short"):
        open_vault(sqlite_places.vault, sqlite_places.keys, MasterKeys(OLD))


def test_a_file_of_something_else_is_refused(sqlite_places: Any) -> None:
    sqlite_places.vault.parent.mkdir()
    sqlite_places.vault.write_bytes(b"no database " * 1000)
    with pytest.raises(VaultDamaged, match=r"vault\.db: it is damaged or cut short"):
        open_vault(sqlite_places.vault, sqlite_places.keys, MasterKeys(OLD))


def test_a_server_that_is_not_there_is_named_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql://somebody:secret@/database?host={tmp_path}"
    with pytest.raises(VaultError, match=r"somebody:\*\*\*@.*\(vault\): it cannot be used") as told:
        open_vault(url, url, MasterKeys(OLD), wait_seconds=0.1)
    assert "secret" not in str(told.value)
    for other in ("mysql://host/database", "nothing"):
        with pytest.raises(VaultError, match="a vault lies in a file, or in PostgreSQL under"):
            open_vault(other, other, MasterKeys(OLD))


def test_a_reader_that_holds_on_delays_an_erasure_and_does_not_undo_it(
    sqlite_places: Any, opened: Callable[..., Vault]
) -> None:
    import sqlite3

    vault = opened(sqlite_places, wait_seconds=0.1)
    vault.seal("consumer", [(1, 1, "identity", b"content")])
    reader = sqlite3.connect(sqlite_places.keys)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM data_key").fetchall()
    with pytest.raises(VaultBusy, match=r"data-keys\.db: another process has used it"):
        vault.erase("consumer", [1], "asked", MOMENT)
    assert list(vault.open("consumer", [1])) == []
    opened(sqlite_places, wait_seconds=0.1)
    assert sqlite_places.sql("vault", "SELECT finished FROM erasure") == [(0,)]
    reader.close()
    opened(sqlite_places, wait_seconds=0.1)
    assert sqlite_places.sql("vault", "SELECT finished FROM erasure") == [(1,)]


def test_a_restored_backup_learns_who_was_erased_since(sqlite_places: Any, tmp_path: Path) -> None:
    places = sqlite_places.vault, sqlite_places.keys
    with open_vault(*places, MasterKeys(OLD)) as vault:
        vault.seal("consumer", [(n, 1, "identity", b"content") for n in range(5)])
        vault.index.add("consumer", [(7, n) for n in range(5)])
    shutil.copy(sqlite_places.vault, tmp_path / "backup.db")
    with open_vault(*places, MasterKeys(OLD)) as vault:
        vault.erase("consumer", [2, 3], "asked", MOMENT)
    shutil.copy(tmp_path / "backup.db", sqlite_places.vault)
    with open_vault(*places, MasterKeys(OLD)) as vault:
        assert [entry.number for entry in vault.open("consumer", range(5))] == [0, 1, 4]
        assert vault.index.lookup("consumer", [7]).numbers == {7: [0, 1, 4]}
        told = vault.erasures("consumer", range(5))
        assert {number: (each.moment, each.reason) for number, each in told.items()} == dict.fromkeys(
            (2, 3), (MOMENT, "repeated after a restore")
        )
