"""A history that was restored from a backup forgets whom the vault has erased since, and mixes up nobody with them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from erasing import only, rows_of, teller
from one_person import in_history, in_vault

from bureau.delivery import Receipt
from bureau.erasure import erase
from bureau.errors import ReviewError
from bureau.history import History, open_history
from bureau.home import Home, open_home
from bureau.kinds.all import KINDS
from bureau.quarantine import Decision, correct, reject
from bureau.set_aside import list_quarantine

MOMENT = datetime.fromisoformat("2024-09-01")
BEA = {"surname": "Else", "first_name": "Bea", "national_number": "541236789", "birth_date": "1971-01-01"}
WRONG = {"case_number": "24-9", "status": "odd"}


@dataclass(frozen=True)
class Backup:
    """A backup of a home, as the documentation says: everything but the keys."""

    root: Path
    folder: Path

    def take(self) -> None:
        shutil.copytree(self.root, self.folder, ignore=shutil.ignore_patterns("keys"))

    def put_back(self, history: History) -> History:
        """Put history and vault back; the keys stay as they are."""
        history.vault.close()
        for part in ("history", "vault"):
            shutil.rmtree(self.root / part)
            shutil.copytree(self.folder / part, self.root / part)
        return open_history(open_home(self.root), memory_limit="500MB", wait_seconds=20)


@pytest.fixture
def backup(home: Home, tmp_path: Path) -> Backup:
    return Backup(home.root, tmp_path / "backup")


def test_a_restored_history_forgets_with_the_next_delivery(
    history: History, told: Callable[..., Receipt], backup: Backup
) -> None:
    told("court_records", {"case_number": "24-77"})
    backup.take()
    erase(history, only(history), "asked", MOMENT)
    history = backup.put_back(history)
    assert any("24-77" in row for _, row in in_history(history)), "the backup was not put back"
    told = teller(history)
    told("court_records", {"case_number": "24-77", "status": "odd"}, received="2024-09-03")
    assert not any("24-77" in row for _, row in in_history(history))
    assert rows_of(history, "SELECT count(surname_token) FROM identity") == [(0,)]
    assert not list(in_vault(history.vault)), "a record of the erased person was set aside in clear"


def test_nobody_gets_the_number_of_somebody_who_was_erased_after_the_backup(
    history: History, told: Callable[..., Receipt], backup: Backup
) -> None:
    told("court_records", {"case_number": "24-1"})
    backup.take()
    told("court_records", {"case_number": "24-8", **BEA}, {**WRONG, **BEA}, received="2024-08-04")
    ((bea,),) = rows_of(history, "SELECT max(consumer_id) FROM consumer")
    assert erase(history, bea, "asked", MOMENT).quarantined == 1
    history = backup.put_back(history)
    told = teller(history)
    cleo = {**BEA, "surname": "Third", "first_name": "Cleo", "national_number": "541236780"}
    received = told("court_records", {"case_number": "24-3", **cleo}, {**WRONG, **cleo}, received="2024-08-05")
    assert (received.accepted, received.quarantined) == (1, 1)
    assert rows_of(history, "SELECT max(consumer_id) FROM consumer") > [(bea,)]
    kept = [text for _, _, text in in_vault(history.vault)]
    assert sum("Cleo" in text for text in kept) == 2


def test_an_erased_record_waits_for_nobody(history: History, told: Callable[..., Receipt]) -> None:
    received = told("court_records", {"case_number": "24-1"}, WRONG, {**WRONG, **BEA, "case_number": "24-10"})
    erase(history, only(history), "asked", MOMENT)
    later = told("court_records", {"case_number": "24-1", "status": "odd"}, received="2024-09-02")
    assert later.quarantined == 1
    listed = [(each.line, each.state) for each in list_quarantine(history)]
    assert sorted(listed) == [(2, "erased"), (3, "erased"), (4, "waiting")]
    assert [each.line for each in list_quarantine(history, waiting=True)] == [4]
    decision = Decision("A. Steward", "wrong court", MOMENT)
    for decide in (
        lambda: reject(history, received.delivery_id, 3, decision),
        lambda: correct(history, KINDS, received.delivery_id, 3, {"status": "satisfied"}, decision),
    ):
        with pytest.raises(ReviewError, match="line 3: of this record nothing is kept any more, since it told of an"):
            decide()


def test_what_an_older_version_did_not_note_is_noted(history: History, told: Callable[..., Receipt]) -> None:
    told("court_records", {"case_number": "24-1"}, WRONG)
    erase(history, only(history), "asked", MOMENT)
    with history.write() as connection:
        connection.execute("DELETE FROM review")
    told("shop_orders", {**BEA, "phone": None, "email": None}, received="2024-09-02")
    assert [each.state for each in list_quarantine(history)] == ["erased"]
    assert len(rows_of(history, "FROM review")) == 1
