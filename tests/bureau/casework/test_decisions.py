"""Decisions are kept with everything that belongs to them, or not at all, on either engine."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from made_casework import NOW, SUBSCRIBER, add_subscriber, behind, inquiry, record
from postgresql_server import new_database

from bureau.audit.verify import verify
from bureau.casework.casework import Casework
from bureau.casework.conclusions import Conclusion
from bureau.casework.opening import open_casework
from bureau.casework.records import Idempotency, NoticeRecord
from bureau.errors import AlreadyKept, AuditBroken, CaseworkDamaged, CaseworkError, NotOnRecord
from bureau.home import Home, open_home
from bureau.signers import trusted_signers
from bureau.vault import MasterKeys, open_vault


def counts(casework: Casework) -> tuple[int, int, int]:
    return casework.audit.head().number, casework.decisions.count(), casework.inquiries.waiting()


def test_a_decision_is_read_as_it_was_kept(either: Casework) -> None:
    kept = record(1, consumer_id=None, known_at=None, shadow=b"another model")
    number = either.keep(kept, inquiry(1))
    assert either.decision("decision-000001", SUBSCRIBER) == kept
    assert either.decision("decision-000001", None) == kept
    assert [each.decision_id for each in either.decisions.all()] == ["decision-000001"]
    assert either.decisions.between(number, number)[number][0] == "decision decision-000001"


def test_nothing_is_kept_when_a_part_cannot_be(either: Casework) -> None:
    either.keep(record(1), inquiry(1), Idempotency("once", b"body"))
    before = counts(either)
    with pytest.raises(AlreadyKept, match="the same request under this idempotency key"):
        either.keep(record(2), inquiry(2), Idempotency("once", b"body"))
    with pytest.raises(CaseworkError, match="cannot be used"):
        either.keep(record(1), inquiry(1))  # there is a decision of this name
    with pytest.raises(CaseworkError, match="give either"):
        either.keep(record(3), inquiry(3, consumer_id=None))
    with pytest.raises(AuditBroken, match="no code and no number"):
        either.keep(record(4, purpose="because Jane Doe asked"), inquiry(4))
    assert counts(either) == before
    either.keep(record(2), inquiry(2), Idempotency("twice", b"body"))
    assert counts(either) == tuple(count + 1 for count in before)


def test_idempotency_tells_the_same_request_from_another(either: Casework) -> None:
    either.keep(record(1), None, Idempotency("key", b"body"))
    assert either.idempotent(SUBSCRIBER, Idempotency("key", b"body")) == "decision-000001"
    assert either.idempotent(SUBSCRIBER, Idempotency("other", b"body")) is None
    assert either.idempotent("another-bank", Idempotency("key", b"body")) is None
    with pytest.raises(AlreadyKept, match="another request") as caught:
        either.idempotent(SUBSCRIBER, Idempotency("key", b"other body"))
    assert (caught.value.object_id, caught.value.same_request) == ("decision-000001", False)


def test_nobody_learns_of_another_subscribers_decision(either: Casework) -> None:
    either.keep(record(1))
    told = []
    for name, subscriber in (("decision-000001", "another-bank"), ("decision-000009", "another-bank")):
        with pytest.raises(NotOnRecord, match="no such decision") as caught:
            either.decision(name, subscriber)
        told.append(str(caught.value))
    assert told[0] == told[1]


def test_threads_make_one_chain(either_home: Home, either: Casework) -> None:
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(lambda number: either.keep(record(number), inquiry(number)), range(20)))
    assert sorted(numbers) == list(range(min(numbers), min(numbers) + 20))
    found = verify(either.audit, trusted_signers(either_home.signers), decisions=either.decisions.between)
    assert (found.faults, found.decisions) == ((), 20)


def test_a_thread_that_ends_leaves_no_connection_behind(casework: Casework) -> None:
    """A service takes threads on and lets them go for as long as it runs."""
    for number in range(12):
        thread = threading.Thread(target=casework.keep, args=(record(number),))
        thread.start()
        thread.join()
    gc.collect()
    assert casework.decisions.count() == 12
    assert len(casework._store._connections) <= 2


WORKER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from bureau.casework.opening import open_casework
from bureau.casework.records import Idempotency
from bureau.home import open_home
from made_casework import inquiry, record
root, place, first = sys.argv[1:]
home = open_home(Path(root))
casework = open_casework(replace(home, casework_at=place or None), wait_seconds=30)
print("ready", flush=True)
def keep(number):
    casework.keep(record(number), inquiry(number), Idempotency(f"key-{number}", b"body"))
    print(f"decision-{number:06d}\\n", end="", flush=True)
with ThreadPoolExecutor(3) as pool:
    list(pool.map(keep, range(int(first), int(first) + 20_000)))
"""


def test_killed_workers_lose_no_answered_decision_and_leave_one_chain(either_home: Home, either: Casework) -> None:
    """Two processes of three threads keep decisions and are killed: what they told is on record, in one chain."""
    place = either_home.casework_at or ""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([".", "tests/support"])}
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(either_home.root), place, str(first)],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for first in (100_000, 200_000)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    time.sleep(0.7)
    for worker in workers:
        worker.send_signal(signal.SIGKILL)
    told = [line for worker in workers for line in worker.communicate()[0].split("\n")[:-1]]
    assert len(told) > 4
    for name in told:
        assert either.decision(name, SUBSCRIBER).answer.startswith(b"content-of-")
    number, decisions, waiting = counts(either)
    assert decisions == waiting
    assert len(told) <= decisions <= len(told) + 6  # each thread may have been killed between commit and telling
    found = verify(either.audit, trusted_signers(either_home.signers), decisions=either.decisions.between)
    assert (found.faults, found.entries, found.decisions) == ((), number, decisions)
    for name in told[:2]:
        assert either.idempotent(SUBSCRIBER, Idempotency(f"key-{int(name[-6:])}", b"body")) == name


def test_what_is_personal_stands_in_no_file(home: Home, casework: Casework) -> None:
    identity = {"surname": "Quiverwood", "first_name": "Zebedee", "birth_date": "1971-03-02"}
    casework.keep(
        record(1, request=b"Quiverwood asks", inputs=b"Quiverwood owes", answer=b"Quiverwood gets", consumer_id=None),
        inquiry(1, consumer_id=None, identity=identity, amount_asked=31337.0),
        Idempotency("Quiverwood-1", b"Quiverwood asks"),
    )
    files = [path for path in home.root.rglob("*") if path.is_file()]
    assert any(path.name.startswith("casework.db") for path in files)
    for path in files:
        content = path.read_bytes()
        assert not [word for word in (b"Quiverwood", b"Zebedee", b"1971-03-02", b"31337") if word in content], path


def test_moved_or_edited_content_does_not_open(home: Home, casework: Casework) -> None:
    casework.keep(record(1))
    casework.keep(record(2))
    behind(
        home.casework,
        "UPDATE decision SET answer = (SELECT answer FROM decision WHERE decision_id = 'decision-000002') "
        "WHERE decision_id = 'decision-000001'",
        "UPDATE decision SET inputs = answer WHERE decision_id = 'decision-000002'",
    )
    for name in ("decision-000001", "decision-000002"):
        with pytest.raises(CaseworkDamaged, match=f"{name}: its content was changed or moved"):
            casework.decision(name, None)


def test_a_rotation_of_the_master_key_changes_nothing(home: Home, casework: Casework, tmp_path: Path) -> None:
    from bureau.rotation import rotate

    casework.keep(record(1), inquiry(1))
    rotate(home)
    casework.keep(record(2), inquiry(2))  # the running service goes on
    with open_casework(open_home(home.root)) as anew:
        assert anew.decision("decision-000001", None) == record(1)
        assert anew.decision("decision-000002", None) == record(2)


def test_casework_of_another_home_is_refused(home: Home, casework: Casework, tmp_path: Path) -> None:
    other = open_home(tmp_path / "other", create=True)
    open_vault(other.vault, other.data_keys, MasterKeys(other.master_key)).close()
    other.casework_folder.mkdir()
    casework.keep(record(1))
    casework.close()
    assert isinstance(home.casework, Path)
    (other.casework_folder / "casework.db").write_bytes(home.casework.read_bytes())
    with pytest.raises(CaseworkError, match="belongs to another home"):
        open_casework(other)


def test_opened_twice_at_once_it_is_made_once(home: Home) -> None:
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: open_casework(home, wait_seconds=20), range(4)))
    assert len({each.audit.log_id for each in opened}) == 1
    add_subscriber(opened[0])
    assert [each.subscribers.get(SUBSCRIBER).name for each in opened] == ["Harbour Bank"] * 4
    for each in opened:
        each.close()


def test_a_damaged_or_unreachable_store_says_so(home: Home, casework: Casework) -> None:
    casework.keep(record(1))
    casework.close()
    assert isinstance(home.casework, Path)
    home.casework.write_bytes(home.casework.read_bytes()[:5000])
    with pytest.raises(CaseworkDamaged, match="damaged or cut short"):
        open_casework(home)
    with pytest.raises(CaseworkError, match="a casework lies in a file, or in PostgreSQL"):
        open_casework(replace(home, casework_at="mysql://nowhere"))
    with pytest.raises(CaseworkError, match="cannot be used"):
        open_casework(replace(home, casework_at="postgresql://127.0.0.1:1/nothing"), wait_seconds=0.1)


def test_a_row_of_other_types_is_damaged_and_says_which(home: Home, casework: Casework) -> None:
    casework.keep(record(1), inquiry(1))
    casework.conclusions.keep(Conclusion("decision-000001", NOW, "approve", "A. Person"))
    letter = NoticeRecord("n-1", "decision-000001", "adverse-action", "en", NOW, None, "ab" * 32, b"Dear")
    casework.notices.keep(letter, "operator")
    readers: dict[str, Callable[[], object]] = {
        "decision": lambda: casework.decision("decision-000001", None),
        "inquiry": lambda: casework.inquiries.of_consumer(7, NOW.date()),
        "conclusion": lambda: casework.conclusions.of("decision-000001"),
        "notice": lambda: casework.notices.of("decision-000001"),
    }
    assert all(read() for read in readers.values())
    for table, column, cell in (
        ("inquiry", "content", "12"),
        ("conclusion", "content", "1152921504606846976"),  # of which Python would make an exabyte
        ("notice", "content", "'hello'"),
        ("decision", "inputs", "'hello'"),
        ("decision", "known_at", "'2026-11-28T12:00:00Z'"),
        ("decision", "content_key", "'zz'"),
    ):
        behind(home.casework, f"UPDATE {table} SET {column} = {cell}")
        with pytest.raises(CaseworkDamaged, match=rf"^{table} .*1: its row was changed; restore"):
            readers[table]()


@pytest.mark.parametrize("change", ["DROP TABLE about", "DELETE FROM about"], ids=["no table", "empty table"])
def test_casework_that_does_not_tell_what_it_is_is_never_made_anew(home: Home, casework: Casework, change: str) -> None:
    casework.close()
    behind(home.casework, change)
    with pytest.raises(CaseworkDamaged, match="taken out of its table `about`; restore it from a backup"):
        open_casework(home)


def test_a_server_that_went_away_costs_one_answer(postgresql: str, home: Home) -> None:
    """The connection is cut in between: nothing is kept, that is said, and the next decision has a new one."""
    place = new_database(postgresql, "casework_cut")
    with open_casework(replace(home, casework_at=place)) as casework:
        casework.keep(record(1))
        behind(
            place,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        with pytest.raises(CaseworkError, match="cannot be used"):
            casework.keep(record(2))
        casework.keep(record(3))
        assert [each.decision_id for each in casework.decisions.all()] == ["decision-000001", "decision-000003"]


def test_a_full_disk_keeps_nothing_and_says_so(home: Home, casework: Casework) -> None:
    """SQLite's own limit of pages stands in for the disk."""
    casework.keep(record(1))
    before = counts(casework)
    ((pages,),) = casework._store.rows("PRAGMA page_count")
    casework._store.rows(f"PRAGMA max_page_count = {pages}")
    from bureau.errors import DiskFull

    with pytest.raises(DiskFull, match="the disk is full"):
        casework.keep(record(2, inputs=bytes(200_000)), inquiry(2), Idempotency("key", b"body"))
    casework._store.rows("PRAGMA max_page_count = 1000000")
    assert counts(casework) == before
    assert casework.idempotent(SUBSCRIBER, Idempotency("key", b"body")) is None
    assert casework.decision("decision-000001", None).decided_at == NOW
