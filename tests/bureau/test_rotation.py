"""The master key changes while others read; killed, the rotation goes on; the old key opens nothing any more."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bureau.credit_file import consumer_id_of
from bureau.delivery import Delivery
from bureau.errors import BureauError, HomeError, WrongKey
from bureau.history import History, open_history
from bureau.home import Home, open_home
from bureau.ingest import ingest
from bureau.keys import create_key_file, read_key_file
from bureau.references import open_references
from bureau.rotation import rotate
from bureau.vault import open_vault

RECORDS = "PERSON,MONTH,STATUS,BALANCE\nREF-A,1,A,1\nREF-B,1,C,1\n"


@pytest.fixture
def filled(history: History, deliver: Callable[..., Delivery]) -> History:
    """A history with one good record and one set aside."""
    ingest(history, deliver(RECORDS))
    return history


def _aside(history: History) -> bytes:
    with history.read() as connection:
        assert connection.execute("SELECT count(*) FROM tradeline_month").fetchall() == [(1,)]
    (entry,) = history.vault.open("quarantine", history.vault.numbers("quarantine"))
    return entry.content


def test_the_new_key_opens_everything_and_the_old_one_nothing(
    home: Home, filled: History, deliver: Callable[..., Delivery]
) -> None:
    old, record = read_key_file(home.key_file), _aside(filled)
    look_up = open_references(home, "toy").key
    assert rotate(home) == home.key_file
    new = read_key_file(home.key_file)
    assert new != old
    assert not home.next_key_file.exists()
    assert home.key_file.stat().st_mode & 0o777 == 0o600
    again = open_home(home.root)
    assert _aside(open_history(again)) == record
    assert open_references(again, "toy").key == look_up
    with pytest.raises(WrongKey, match="the master key does not open the vault; give the key this home was made with"):
        _aside(open_history(open_home(home.root, master_key=old)))
    ingest(open_history(again), deliver(RECORDS.replace("REF-B", "REF-C"), name="later.csv", received="2024-03-01"))
    assert consumer_id_of(open_history(again), "toy", "REF-A") == 1
    with open_vault(again.vault, again.data_keys, again.keyring) as vault:
        assert list(vault.versions()) == [again.keyring.current]


def test_who_reads_meanwhile_goes_on_and_who_writes_with_the_old_key_is_told(
    home: Home, filled: History, deliver: Callable[..., Delivery]
) -> None:
    reader = open_history(open_home(home.root))
    record, look_up = _aside(reader), open_references(home, "toy").key
    rotate(home)
    assert _aside(reader) == record
    assert open_references(reader.home, "toy").key == look_up
    with pytest.raises(WrongKey, match="the vault wraps with another master key than this command"):
        ingest(reader, deliver(RECORDS.replace("REF-B", "REF-C"), name="later.csv", received="2024-03-01"))
    assert _aside(open_history(open_home(home.root))) == record


def test_a_key_that_somebody_names_is_taken_in(home: Home, filled: History, tmp_path: Path) -> None:
    named = create_key_file(tmp_path / "named.key")
    assert rotate(home, tmp_path / "named.key") == home.key_file
    assert read_key_file(home.key_file) == named
    with pytest.raises(HomeError, match="this is the key that the home has"):
        rotate(open_home(home.root), tmp_path / "named.key")
    _aside(open_history(open_home(home.root)))


def test_a_key_from_outside_stays_outside(home: Home, filled: History, tmp_path: Path) -> None:
    old = read_key_file(home.key_file)
    home.key_file.unlink()
    outside = open_home(home.root, master_key=old)
    with pytest.raises(HomeError, match="kept outside of this home; name a file for the new one with --new-key-file"):
        rotate(outside)
    assert rotate(outside, tmp_path / "new.key") == tmp_path / "new.key"
    assert not list((home.root / "keys").glob("master.key*"))
    new = read_key_file(tmp_path / "new.key")
    _aside(open_history(open_home(home.root, master_key=new)))
    with pytest.raises(WrongKey, match="the master key does not open the vault"):
        _aside(open_history(outside))
    # whoever was told of the next key before goes on
    _aside(open_history(open_home(home.root, master_key=old, key_files=(tmp_path / "new.key",))))


def test_a_rotation_to_another_key_is_finished_first(home: Home, filled: History, tmp_path: Path) -> None:
    create_key_file(home.next_key_file)
    with pytest.raises(HomeError, match="a rotation to another key was begun; finish it first with"):
        rotate(home, tmp_path / "other.key")
    begun = read_key_file(home.next_key_file)
    rotate(home)
    assert read_key_file(home.key_file) == begun


def test_a_wrong_key_and_an_empty_home_rotate_nothing(home: Home, filled: History, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in (home.root / "keys").iterdir() if path.suffix in (".db", ".key")}
    with pytest.raises(WrongKey, match="the master key does not open the vault"):
        rotate(open_home(home.root, master_key=bytes(32)), tmp_path / "new.key")
    assert before == {path: path.read_bytes() for path in before}
    create_key_file(tmp_path / "wrong.key", bytes(32))
    (tmp_path / "wrong.key").replace(home.key_file)
    with pytest.raises(WrongKey, match="the master key does not open the vault"):
        rotate(open_home(home.root))
    assert not (tmp_path / "new.key").exists(), "a key was made for a rotation that was refused"
    assert not home.next_key_file.exists()
    with pytest.raises(HomeError, match="this home keeps nothing yet"):
        rotate(open_home(tmp_path / "empty", create=True))


ROTATE = """
import sys
from pathlib import Path
from bureau.home import open_home
from bureau.rotation import rotate
home = open_home(Path(sys.argv[1]))
print("begun", flush=True)
rotate(home)
print("done", flush=True)
"""


def test_killed_a_rotation_goes_on(home: Home, filled: History) -> None:
    filled.vault.seal("held", ((number, 0, "content", b"x") for number in range(12_000)))
    record, interrupted = _aside(filled), 0
    for after in (0.01, 0.04, 0.08, 0.15):
        with subprocess.Popen(
            [sys.executable, "-c", ROTATE, str(home.root)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(after)
            process.kill()
            interrupted += b"done" not in process.stdout.read()
        old = read_key_file(home.key_file)
        assert _aside(open_history(open_home(home.root))) == record, "readers need both keys"
        rotate(open_home(home.root))
        assert read_key_file(home.key_file) != old
        with pytest.raises(BureauError, match="the master key does not open the vault"):
            _aside(open_history(open_home(home.root, master_key=old)))
        with open_vault(home.vault, home.data_keys, open_home(home.root).keyring) as vault:
            assert len(vault.versions()) == 1
            assert len(list(vault.open("held", range(12_000)))) == 12_000
    assert interrupted


def test_nothing_of_a_home_shows_its_keys_or_passwords(home: Home) -> None:
    shown = repr(
        dataclasses.replace(home, vault_at="postgresql://ada:secret@db/x", data_keys_at="postgresql://b:pw@h/x")
    )
    assert "secret" not in shown
    assert "pw" not in shown
