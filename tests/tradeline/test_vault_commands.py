"""``tradeline vault``, run as people run it: erasing, holds, rotation, damage, and a vault in PostgreSQL."""

from __future__ import annotations

import io
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from clean_records import CLEAN
from postgresql_server import new_database, postgresql_server
from written_files import written

from bureau.content import BytesContent
from bureau.delivery import Delivery, Furnisher
from bureau.history import open_history
from bureau.home import open_home
from bureau.ingest import ingest, register_furnishers
from bureau.keys import create_key_file
from bureau.kinds.all import KINDS
from bureau.simulator import Options, simulate
from tradeline.settings import Settings

STATEMENT = {"surname": "Else", "first_name": "Bea", "national_number": "541236789", "birth_date": "1971-01-01"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two people and a record set aside; tests copy it."""
    root = tmp_path_factory.mktemp("vault-commands") / "home"
    history = open_history(open_home(root, create=True), memory_limit="500MB")
    register_furnishers(history, (Furnisher("court", "court", "us", "USD"),))
    cases: list[dict[str, Any]] = [{}, STATEMENT | {"case_number": "24-2"}, {"case_number": "24-3", "status": "odd"}]
    data = written("court_records", [CLEAN["court_records"] | case for case in cases])
    content = BytesContent("court.csv", data)
    moment = datetime.fromisoformat("2024-07-04")
    assert ingest(history, Delivery(KINDS["court_records"], content, moment, furnisher_id="court")).accepted == 2
    history.vault.close()
    return root


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "home"))


def _state(folder: Path) -> dict[str, bytes]:
    """Every file but the log and SQLite's own scratch files."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in (".log", ".lock") and not path.name.endswith(("-wal", "-shm"))
    }


def test_status_counts_what_is_kept(command: Any, own: Path) -> None:
    told = command("vault", "status", "--home", own, "--check", "--json").json
    assert told["owners"]["consumer"] == {"kept": 2, "erased": 0}
    assert told["owners"]["quarantine"] == {"kept": 1, "erased": 0}
    assert told["holds"] == []
    assert len(told["master_keys"]) == 1
    assert told["checked"]
    shown = command("vault", "status", "--home", own)
    assert "references of people" in shown.out
    assert "wrapped by 1 master key" in shown.out


def test_hold_lift_and_erase(command: Any, own: Path) -> None:
    case = ("--reason", "order 24-17", "--home", own)
    assert command("vault", "hold", 1, *case, "--json").json == {
        "references": [1],
        "held": True,
        "reason": "order 24-17",
    }
    assert "consumer 1 is held since" in command("vault", "status", "--home", own).out
    refused = command("vault", "erase", 1, "--reason", "asked", "--home", own, "--yes")
    assert refused.code == 1
    assert len(refused.err.splitlines()) == 1
    assert "order 24-17" in refused.err
    assert command("vault", "lift", 1, *case).out == "the hold is lifted\n"
    wrong = command("vault", "lift", 1, *case)
    assert wrong.code == 1
    assert "no hold for this reason is in force" in wrong.err
    erased = command("vault", "erase", 1, "--reason", "asked", "--home", own, "--yes", "--json").json
    assert erased == {"consumer_id": 1, "references": [1], "quarantined": 1, "deliveries": [], "decisions_staying": []}
    told = command("vault", "status", "--home", own, "--check", "--json").json
    assert told["owners"]["consumer"] == {"kept": 1, "erased": 1}
    assert told["owners"]["quarantine"] == {"kept": 0, "erased": 1}
    logged = (own / "tradeline.log").read_text()
    assert '"consumer erased"' in logged
    assert "Okafor" not in logged


def test_erase_asks_and_does_nothing_on_no(command: Any, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    refused = command("vault", "erase", 1, "--reason", "asked", "--home", own)
    assert refused.code == 1
    assert not refused.out.strip()
    assert command("vault", "status", "--home", own, "--json").json["owners"]["consumer"]["erased"] == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    told = command("vault", "erase", 1, "--reason", "asked", "--home", own).out
    assert "consumer 1 is erased" in told
    assert "months, payments and court records stay under the number" in told


def test_whom_nobody_knows_and_reasons_that_are_missing(command: Any, own: Path) -> None:
    unknown = command("vault", "erase", 99, "--reason", "asked", "--home", own, "--yes")
    assert unknown.code == 1
    assert "no consumer has the number 99" in unknown.err
    assert command("vault", "erase", 1, "--home", own, "--yes").code == 2
    assert command("vault", "erase", 1, "--reason", " ", "--home", own, "--yes").code == 1


def test_rotate_with_the_homes_own_key_and_with_one_from_outside(
    command: Any, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = (own / "keys" / "master.key").read_text()
    told = command("vault", "rotate", "--home", own, "--reason", "yearly", "--json").json
    assert told == {"key_file": str(own / "keys" / "master.key"), "set_key_file": False}
    assert (own / "keys" / "master.key").read_text() != old
    assert command("credit-file", "court", "Kings County/24-2", "--home", own).code in (0, 1)
    assert command("vault", "status", "--home", own, "--check").code == 0
    outside = shutil.move(own / "keys" / "master.key", tmp_path / "outside.key")
    monkeypatch.setenv("TRADELINE_KEY_FILE", str(outside))
    assert "name a file for the new one" in command("vault", "rotate", "--home", own).err
    rotated = command("vault", "rotate", "--home", own, "--new-key-file", tmp_path / "new.key")
    assert f"set TRADELINE_KEY_FILE={tmp_path / 'new.key'}" in rotated.out
    assert command("vault", "status", "--home", own).code == 1
    monkeypatch.setenv("TRADELINE_NEXT_KEY_FILE", str(tmp_path / "new.key"))
    assert command("vault", "status", "--home", own, "--check").code == 0
    monkeypatch.delenv("TRADELINE_NEXT_KEY_FILE")
    monkeypatch.setenv("TRADELINE_KEY_FILE", str(tmp_path / "new.key"))
    assert command("vault", "status", "--home", own, "--check").code == 0


# -- damage -------------------------------------------------------------------------------------


def _wrong_key(home: Path) -> None:
    (home / "keys" / "master.key").unlink()
    create_key_file(home / "keys" / "master.key")


def _cut_short(home: Path) -> None:
    file = home / "vault" / "vault.db"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 3])


def _key_store_cut_short(home: Path) -> None:
    file = home / "keys" / "data-keys.db"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 3])


def _key_store_gone(home: Path) -> None:
    (home / "keys" / "data-keys.db").unlink()


def _tampered(table: str, column: str, file: str) -> Callable[[Path], None]:
    def tamper(home: Path) -> None:
        with sqlite3.connect(home / file) as rows:
            rows.execute(f"UPDATE {table} SET {column} = CAST(substr({column}, 1, 20) || x'00' AS BLOB)")
        rows.close()

    return tamper


DAMAGE = {
    "wrong key": (_wrong_key, "the master key does not open the vault; give the key this home was made with"),
    "vault cut short": (_cut_short, "vault.db: it is damaged or cut short; restore it from a backup"),
    "key store cut short": (_key_store_cut_short, "it is damaged or cut short; restore it from its replica"),
    "key store gone": (_key_store_gone, "the key store of this vault is missing; restore it from its replica"),
    "ciphertext": (
        _tampered("entry", "sealed", "vault/vault.db"),
        "a sealed entry was changed or moved; restore the vault from a backup",
    ),
    "wrapped key": (_tampered("data_key", "wrapped", "keys/data-keys.db"), "a wrapped key was changed or moved"),
    "history's key": (_tampered("named_key", "wrapped", "keys/data-keys.db"), "a wrapped key was changed or moved"),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_damage_is_one_clear_error_and_nothing_is_written(command: Any, own: Path, how: str, tmp_path: Path) -> None:
    damage, message = DAMAGE[how]
    damage(own)
    before = _state(own)
    commands: list[tuple[object, ...]] = [("vault", "status", "--check")]
    if how not in ("ciphertext", "wrapped key"):  # of entries, which stop nobody's erasure
        (tmp_path / "court.csv").write_bytes(written("court_records", [CLEAN["court_records"]]))
        commands += [
            ("vault", "erase", 1, "--reason", "asked", "--yes"),
            ("vault", "hold", 1, "--reason", "a case"),
            ("vault", "rotate"),
            ("ingest", tmp_path / "court.csv", "--furnisher", "court"),
            ("quarantine", "list"),
        ]
    for arguments in commands:
        done = command(*arguments, "--home", own)
        assert done.code == 1, arguments
        assert done.err.startswith("error: "), arguments
        assert message in done.err, arguments
        assert len(done.err.splitlines()) == 1, arguments
        assert done.out == ""
        left = {name: content for name, content in _state(own).items() if not name.endswith("master.key.next")}
        assert left == before, f"{arguments} has written"


@pytest.mark.parametrize("how", ["ciphertext", "wrapped key"])
def test_damaged_entries_stop_no_erasure(command: Any, own: Path, how: str) -> None:
    damage, _ = DAMAGE[how]
    damage(own)
    done = command("vault", "erase", 1, "--reason", "asked", "--yes", "--home", own)
    assert done.code == 0, done.err
    assert "consumer 1 is erased" in done.out


# -- PostgreSQL ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgresql_server() as url:
        yield url


def test_a_whole_ingest_with_the_vault_in_postgresql(
    command: Any, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulate(Options(24, 2, 4, fault_rate=0.1), tmp_path / "world")
    url, keys = new_database(server, "bureau_vault"), new_database(server, "bureau_keys")
    monkeypatch.setenv("TRADELINE_VAULT", url)
    monkeypatch.setenv("TRADELINE_VAULT_KEYS", keys)
    home = tmp_path / "home"
    taken = command("ingest", tmp_path / "world" / "deliveries", "--home", home, "--json")
    assert taken.code == 0, taken.err
    assert not (home / "vault").exists()
    assert not list(home.rglob("data-keys.db*"))
    told = command("vault", "status", "--home", home, "--check", "--json").json
    assert told["owners"]["consumer"]["kept"] > 24
    for held in (each for each in command("deliveries", "--held", "--home", home, "--json").json):
        decided = ("--reviewer", "A. Steward", "--reason", "sent in error", "--home", home)
        assert command("quarantine", "refuse", held["delivery_id"], *decided).code == 0
    done = command("vault", "erase", 1, "--reason", "asked", "--yes", "--home", home, "--json")
    assert done.code == 0, done.err
    erased = done.json
    assert command("vault", "rotate", "--home", home).code == 0
    after = command("vault", "status", "--home", home, "--check", "--json").json
    assert after["owners"]["consumer"]["erased"] == len(erased["references"])
    assert after["master_keys"] != told["master_keys"]
    assert len(after["master_keys"]) == 1
    monkeypatch.delenv("TRADELINE_VAULT_KEYS")
    monkeypatch.delenv("TRADELINE_VAULT")
    lost = command("quarantine", "list", "--home", home)
    assert lost.code == 1
    assert len(lost.err.splitlines()) == 1


def test_passwords_of_the_databases_are_never_shown(
    command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql://ada:hunter2@127.0.0.1:1/vault"
    monkeypatch.setenv("TRADELINE_VAULT", url)
    monkeypatch.setenv("TRADELINE_VAULT_KEYS", url)
    settings = Settings()
    assert "hunter2" not in f"{settings!r} {settings} {settings.model_dump_json()}"
    home = settings.model_copy(update={"home": tmp_path / "home"}).open_home(create=True)
    assert "hunter2" not in f"{home!r} {open_history(home)!r}"
    assert home.vault == url
    told = settings.environment()
    assert told["TRADELINE_VAULT"] == told["TRADELINE_VAULT_KEYS"] == url
    failed = command("vault", "status", "--home", tmp_path / "home")
    assert failed.code == 1
    assert "127.0.0.1" in failed.err
    logged = "".join(path.read_text() for path in (tmp_path / "home").glob("*.log"))
    assert "hunter2" not in failed.err + failed.out + logged
    monkeypatch.setenv("TRADELINE_VAULT", "mysql://ada:hunter2@h/x")
    refused = command("vault", "status", "--home", tmp_path / "home")
    assert refused.code == 1
    assert "a vault lies in a file, or in PostgreSQL" in refused.err
    assert "hunter2" not in refused.err
