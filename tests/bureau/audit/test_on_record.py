"""Whatever is changed behind the log's back in a table that it tells of is found, and named."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from made_casework import NOW, SUBSCRIBER, add_subscriber, behind, inquiry, record
from sqlalchemy import LargeBinary

from bureau.access.subscribers import Subscriber
from bureau.audit.events import Event
from bureau.audit.verify import Fault
from bureau.audit.verify import verify as verify_log
from bureau.casework.conclusions import Conclusion
from bureau.casework.opening import open_casework
from bureau.casework.records import BatchJob, Idempotency, NoticeRecord
from bureau.casework.retention import HOLD_KEYS
from bureau.casework.tables import TABLES
from bureau.errors import AlreadyKept, CaseworkError
from bureau.home import Home, open_home
from bureau.signers import trusted_signers

LONG_AGO = datetime.fromisoformat("2020-01-10T09:00:00")
LETTER = b"what the letter says"
REPEATED = Idempotency("order-1", b"a request")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home in whose casework something of everything is on record."""
    home = open_home(tmp_path_factory.mktemp("made") / "home", create=True)
    with open_casework(home) as casework:
        add_subscriber(casework)
        casework.subscribers.add(Subscriber(SUBSCRIBER, "Harbour Bank", "2 Quay Street, Boston", "us", "", NOW))
        life = {"now": NOW, "expires_at": NOW + timedelta(days=30)}
        key = casework.keys.create(SUBSCRIBER, scopes=["score"], purposes=["account-review"], **life).key
        new = casework.keys.rotate(key.key_id, **life, overlap=timedelta(hours=1)).key
        casework.subscribers.withdraw(SUBSCRIBER, "account-review", NOW)
        casework.flags.place(7, "frozen", NOW, reason="asked for")
        casework.flags.place(8, "fraud_alert", NOW, reason="asked for")
        casework.flags.lift(8, "fraud_alert", NOW)
        casework.keys.revoke(new.key_id, NOW)
        casework.keep(record(1, decided_at=LONG_AGO), inquiry(1, applied_on=LONG_AGO.date()))
        for number in (2, 3):
            casework.keep(record(number), inquiry(number))
        (first,) = casework.inquiries.put_together(NOW)
        casework.inquiries.delivered(first, "delivery-1", NOW)
        casework.keep(record(4), inquiry(4, kind="soft"), REPEATED)
        casework.keep(record(5), inquiry(5))
        for number in (2, 3):
            casework.conclusions.keep(Conclusion(f"decision-00000{number}", NOW, "approve", "A. Person", why="seen"))
            sha256 = hashlib.sha256(LETTER).hexdigest()
            letter = NoticeRecord(
                f"n-{number}", f"decision-00000{number}", "adverse-action", "en", NOW, None, sha256, LETTER
            )
            casework.notices.keep(letter, "operator")
        casework.notices.sent("n-2", NOW, "operator", noted_at=NOW)
        casework.holds.place("decision-000002", "case 12", NOW)
        casework.holds.place("decision-000003", "case 13", NOW)
        casework.holds.lift("decision-000003", "case 13", NOW)
        for name in ("b-1", "b-2"):
            casework.batches.add(BatchJob(name, SUBSCRIBER, "a-key", "account-review", "csv", NOW, NOW, rows=3))
        casework.batches.claim("worker", NOW, lease=timedelta(minutes=1))
        casework.batches.progress("b-1", "worker", NOW, rows=3, done=3, failed=1, model_version="home-credit-1")
        casework.batches.finish("b-1", "worker", NOW, "done")
        casework.holds.destroy_expired(NOW)
    return home


@pytest.fixture
def home(made: Home) -> Iterator[Home]:
    """The home, as it was made; what is done to its casework is undone in the end."""
    kept = made.casework.with_name("kept.db")
    shutil.copyfile(made.casework, kept)
    yield made
    for end in ("-wal", "-shm"):
        Path(f"{made.casework}{end}").unlink(missing_ok=True)
    kept.replace(made.casework)


def faults(home: Home, *, deep: bool) -> tuple[Fault, ...]:
    with open_casework(home) as casework:
        return verify_log(
            casework.audit,
            trusted_signers(home.signers),
            decisions=partial(casework.decisions.between, deep=deep),
            others=casework.compared(deep=deep),
        ).faults


@pytest.mark.parametrize("deep", [False, True], ids=["rows", "deep"])
def test_what_nobody_changed_is_as_its_entries_tell_it(home: Home, deep: bool) -> None:
    assert faults(home, deep=deep) == ()


ON_HOLD = "decision-000002"
ATTACKS = {
    "scopes": ("UPDATE api_key SET scopes = '[\"batch\"]' WHERE replaces IS NULL", "as entry 6 tells it (row)"),
    "expiry": ("UPDATE api_key SET expires_at = '2027-11-28T12:00:00'", "(expires)"),
    "un-revoked": ("UPDATE api_key SET revoked_at = NULL", "(revoked)"),
    "secret": ("UPDATE api_key SET digest = zeroblob(32) WHERE replaces IS NOT NULL", "(row)"),
    "no key": ("DELETE FROM api_key WHERE replaces IS NOT NULL", "is not on record"),
    "address": (
        "UPDATE subscriber SET address = '3 Elsewhere'",
        "subscriber harbour-bank is not as entry 4 tells it (row)",
    ),
    "no subscriber": ("DELETE FROM subscriber", "subscriber harbour-bank of entry 4 is not on record"),
    "not withdrawn": ("UPDATE certification SET withdrawn_at = NULL", "(withdrawn)"),
    "other purpose": (
        "UPDATE certification SET purpose = 'employment' WHERE purpose = 'account-review'",
        "no entry tells",
    ),
    "no flag": ("DELETE FROM file_flag WHERE flag = 'frozen'", "flag 7 frozen 2026-11-28T12:00:00 of entry"),
    "flag ends": ("UPDATE file_flag SET expires_on = '2026-11-29' WHERE flag = 'fraud_alert'", "(expires)"),
    "flag lifted": ("UPDATE file_flag SET lifted_at = placed_at WHERE flag = 'frozen'", "(lifted)"),
    "flag's reason": ("UPDATE file_flag SET reason = 'on the phone' WHERE flag = 'frozen'", "(why)"),
    "inquiry gone": (
        "DELETE FROM inquiry WHERE inquiry_ref = 'decision-000005'",
        "decision-000005 was changed (inquiry)",
    ),
    "inquiry soft": (
        "UPDATE inquiry SET kind = 'soft' WHERE inquiry_ref = 'decision-000005'",
        "(inquiry and inquiry row)",
    ),
    "inquiry of another": ("UPDATE inquiry SET consumer_id = 9 WHERE inquiry_ref = 'decision-000005'", "(inquiry row)"),
    "inquiry moved": (
        "UPDATE inquiry SET audit_number = 1 WHERE inquiry_ref = 'decision-000005'",
        "inquiry decision-000005 is on record, and entry 1 does not tell of it",
    ),
    "inquiry added": (
        "INSERT INTO inquiry SELECT 999, 'x', subscriber, applied_on, kind, 9, NULL, content_key, content FROM inquiry "
        "WHERE inquiry_ref = 'decision-000005'",
        "inquiry x is on record without its entry 999",
    ),
    "inquiry into a delivery": ("UPDATE inquiry SET outgoing_no = 1", "outgoing 1 is not as entry"),
    "inquiry into none": ("UPDATE inquiry SET outgoing_no = 7 WHERE outgoing_no IS NULL", "outgoing 7 is on record"),
    "delivery undone": ("UPDATE outgoing SET delivered_at = NULL", "outgoing 1 of entry"),
    "other delivery": ("UPDATE outgoing SET delivery_id = 'other'", "(delivery)"),
    "no conclusion": (
        "DELETE FROM conclusion WHERE decision_id = 'decision-000003'",
        "conclusion decision-000003 1 of entry",
    ),
    "conclusion's day": ("UPDATE conclusion SET concluded_at = '2026-11-01T00:00:00'", "(at)"),
    "conclusion of another": (
        "UPDATE conclusion SET decision_id = 'decision-000004' WHERE decision_id = 'decision-000003'",
        "conclusion decision-000004 1 is on record, and no entry tells of it",
    ),
    "letter gone": ("DELETE FROM notice WHERE notice_id = 'n-3'", "notice n-3 of entry"),
    "letter sent": ("UPDATE notice SET sent_at = rendered_at WHERE notice_id = 'n-3'", "(sent)"),
    "letter's language": ("UPDATE notice SET language = 'zh' WHERE notice_id = 'n-3'", "(language)"),
    "letter's digest": ("UPDATE notice SET sha256 = 'ab'", "(sha256)"),
    "hold gone": ("DELETE FROM hold WHERE lifted_at IS NULL", f"hold {ON_HOLD} 2026-11-28T12:00:00 of entry"),
    "hold lifted": ("UPDATE hold SET lifted_at = placed_at", f"hold {ON_HOLD} 2026-11-28T12:00:00 is not as entry"),
    "hold's reason": ("UPDATE hold SET reason = 'none' WHERE lifted_at IS NULL", "is on record, and no entry tells"),
    "hold added": ("INSERT INTO hold VALUES ('decision-000004', 'x', '2026-11-28T12:00:00', NULL)", "no entry tells"),
    "batch gone": ("DELETE FROM batch WHERE batch_id = 'b-1'", "batch b-1 of entry"),
    "batch of another": ("UPDATE batch SET subscriber = 'other' WHERE batch_id = 'b-2'", "(row)"),
    "batch ended": ("UPDATE batch SET state = 'failed' WHERE batch_id = 'b-2'", "(ended)"),
    "batch again": ("UPDATE batch SET state = 'waiting' WHERE batch_id = 'b-1'", "(ended)"),
    "batch in no state": ("UPDATE batch SET state = 'stuck' WHERE batch_id = 'b-2'", "(ended)"),
    "batch by another model": ("UPDATE batch SET model_version = 'other' WHERE batch_id = 'b-1'", "(model)"),
    "certified for nobody": (
        "INSERT INTO certification VALUES ('nobody', 'employment', '2026-11-28T12:00:00', NULL)",
        "certification nobody employment 2026-11-28T12:00:00 is on record, and no entry tells of it",
    ),
    "scopes that are none": ("UPDATE api_key SET scopes = 'x'", "of entry 6 cannot be read"),
    "day that is none": ("UPDATE file_flag SET expires_on = 'never'", "on record as flag cannot all be read"),
    "batch of more rows": ("UPDATE batch SET rows = 4 WHERE batch_id = 'b-1'", "(rows)"),
    "batch in an empty state": ("UPDATE batch SET state = '' WHERE batch_id = 'b-2'", "(ended)"),
    "flag of nobody": (
        "UPDATE file_flag SET consumer_id = 7.5 WHERE flag = 'frozen'",
        "on record as flag cannot all be read",
    ),
    "key of half a request": (
        "UPDATE api_key SET per_minute = 0.5 WHERE replaces IS NULL",
        "of entry 6 cannot be read",
    ),
    "batch failed more": ("UPDATE batch SET failed = 0 WHERE batch_id = 'b-1'", "(failed)"),
    "content gone": (
        "UPDATE decision SET request = zeroblob(0), inputs = zeroblob(0) WHERE consumer_id = 7",
        "the content of decision decision-000002 and 3 more is gone, and no entry tells",
    ),
    "content under the key of another": (
        "UPDATE decision SET request = zeroblob(0), "
        "content_key = (SELECT content_key FROM decision WHERE decision_id = 'decision-000001') "
        "WHERE decision_id = 'decision-000005'",
        "the record of decision decision-000005 was changed (key)",
    ),
    "content half gone": (
        "UPDATE decision SET shadow = zeroblob(0) WHERE decision_id = 'decision-000005'",
        "the content of decision decision-000005 is gone, and no entry tells",
    ),
    "content under a key that was destroyed": (
        "UPDATE inquiry SET content_key = (SELECT content_key FROM decision WHERE decision_id = 'decision-000001') "
        "WHERE inquiry_ref = 'decision-000005'",
        "the content of inquiry decision-000005 is under a key that was destroyed",
    ),
    "key of no hold": (
        f"UPDATE decision SET content_key = {HOLD_KEYS + 1} WHERE decision_id = 'decision-000005'",
        "decision decision-000005 is not under the key that its hold tells of",
    ),
    "key of another's hold": (
        "UPDATE decision SET content_key = (SELECT content_key FROM decision WHERE decision_id = 'decision-000003') "
        "WHERE decision_id = 'decision-000002'",
        "decision decision-000002 is not under the key that its hold tells of",
    ),
    "key from before the hold": (
        "UPDATE decision SET content_key = (SELECT content_key FROM decision WHERE decision_id = 'decision-000005') "
        "WHERE decision_id IN ('decision-000002', 'decision-000003')",
        "decision decision-000002 and 1 more is not under the key",
    ),
    "inquiry's key": (
        f"UPDATE inquiry SET content_key = {HOLD_KEYS + 1} WHERE inquiry_ref = 'decision-000005'",
        "inquiry decision-000005 is not under the key of its decision",
    ),
    "letter's key": (f"UPDATE notice SET content_key = {HOLD_KEYS + 1} WHERE notice_id = 'n-2'", "(key)"),
    "conclusion's key": ("UPDATE conclusion SET content_key = 202903 WHERE decision_id = 'decision-000002'", "(key)"),
    "letter's content gone": (
        "UPDATE notice SET content = zeroblob(0)",
        "the content of notice n-2 and 1 more is gone",
    ),
}


@pytest.mark.parametrize(("statement", "told"), ATTACKS.values(), ids=ATTACKS)
def test_what_was_changed_is_named(home: Home, statement: str, told: str) -> None:
    behind(home.casework, statement)
    found = faults(home, deep=False)
    assert {fault.kind for fault in found} <= {"record", "decision"}
    assert any(told in fault.sentence for fault in found), [fault.sentence for fault in found]


@pytest.mark.parametrize(
    ("table", "name", "told"),
    [
        ("inquiry", ("inquiry_ref", "decision-000005"), "decision decision-000005 was changed (inquiry content)"),
        ("conclusion", ("conclusion_id", "decision-000003/1"), "conclusion decision-000003 1 is not as entry"),
        ("notice", ("notice_id", "n-3"), "notice n-3 is not as entry"),
    ],
    ids=["inquiry", "conclusion", "letter"],
)
def test_only_opening_it_finds_other_content(home: Home, table: str, name: tuple[str, str], told: str) -> None:
    """Somebody who has every key seals other content."""
    column, key = name
    ((key_no,),) = behind(home.casework, f"SELECT content_key FROM {table} WHERE {column} = '{key}'")
    with open_casework(home) as casework:
        sealed = casework.content.seal(key_no, (table, key, "content"), b"{}")
    behind(home.casework, f"UPDATE {table} SET content = :sealed WHERE {column} = '{key}'", sealed=sealed)
    assert faults(home, deep=False) == ()
    assert any(told in fault.sentence for fault in faults(home, deep=True))


NAMES = {"api_key": "key", "file_flag": "flag"}
NOT_COMPARED = {("batch", "worker"), ("inquiry", "outgoing_no")}  # the latter is told of the delivery
COLUMNS = {
    name: [column for column in table.columns if column.name != "audit_number"]  # which SQLite keeps whole by itself
    for name, table in TABLES.items()
    if name not in ("about", "idempotency") and not name.startswith("audit")
}


@pytest.mark.parametrize("place", range(max(map(len, COLUMNS.values()))))
def test_cells_of_another_type_are_faults_and_stop_nobody(home: Home, place: int) -> None:
    """In one column of every table stands what SQLite lets in there and nothing of ours writes."""
    chosen = {name: columns[place] for name, columns in COLUMNS.items() if place < len(columns)}
    for name, column in chosen.items():
        wrong = "'x'" if isinstance(column.type, LargeBinary) else "X'ff'"
        behind(home.casework, f"UPDATE OR IGNORE {name} SET {column.name} = {wrong}")  # one row of a key
    told = " ".join(fault.sentence for fault in faults(home, deep=True))
    found = {name for name in chosen if re.search(rf"\b{NAMES.get(name, name)}\b", told)}
    assert found >= {name for name, column in chosen.items() if (name, column.name) not in NOT_COMPARED}


def test_a_batch_that_ended_before_its_rows_were_told_accuses_nobody(home: Home) -> None:
    with open_casework(home) as casework:
        (job,) = (each for each in casework.batches.all() if each.batch_id == "b-2")
        told = {"state": "failed", "done": job.done, "failed": job.failed, "model": job.model_version, "why": job.why}
        casework.audit.append(Event("batch finished", NOW, subject="b-2", details=told))
    behind(home.casework, "UPDATE batch SET state = 'failed', rows = 99 WHERE batch_id = 'b-2'")
    assert faults(home, deep=False) == ()


def test_entries_of_an_older_log_tell_less_and_accuse_nobody(home: Home) -> None:
    """Events as they were before rows had fingerprints: what they do not tell is not compared."""
    with open_casework(home) as casework:
        for kind, subject, details in (
            ("hold placed", "decision-000004", {}),
            ("hold lifted", "decision-000004", {}),
            ("hold placed", "decision-000005", {}),
        ):
            casework.audit.append(Event(kind, NOW, subject=subject, details=details))
    behind(
        home.casework,
        "INSERT INTO hold VALUES ('decision-000004', 'a', '2026-11-28T12:00:00', '2026-11-28T12:00:00')",
        "INSERT INTO hold VALUES ('decision-000005', 'b', '2026-11-28T12:00:00', NULL)",
    )
    assert faults(home, deep=True) == ()
    with open_casework(home) as casework:
        assert casework.holds.lift("decision-000005", "b", NOW)
    assert faults(home, deep=True) == ()


@pytest.mark.parametrize("was_destroyed", [False, True], ids=["never was", "destroyed"])
def test_content_under_a_key_that_no_entry_tells_of_does_not_pass_as_gone(home: Home, was_destroyed: bool) -> None:
    """After a hold of an older log any key may be that of the hold; only opening tells. Nothing is made by looking."""
    key_no = HOLD_KEYS + was_destroyed
    with open_casework(home) as casework:
        casework.audit.append(Event("hold placed", NOW, subject="decision-000005"))
        if was_destroyed:
            casework.content.destroy([key_no], "none of ours", NOW)
        before = casework.content.live_keys()
        behind(
            home.casework,
            "INSERT INTO hold VALUES ('decision-000005', 'b', '2026-11-28T12:00:00', NULL)",
            f"UPDATE decision SET content_key = {key_no} WHERE decision_id = 'decision-000005'",
            f"UPDATE inquiry SET content_key = {key_no} WHERE inquiry_ref = 'decision-000005'",
        )
        assert faults(home, deep=False) == ()
        (fault,) = faults(home, deep=True)
        assert fault.sentence == "the record of decision decision-000005 was changed (content and inquiry content)"
        assert casework.content.live_keys() == before


def test_what_is_written_meanwhile_is_no_fault(home: Home) -> None:
    with open_casework(home) as casework:
        others = casework.compared()
        for entry in casework.audit.entries():
            others.note(*Event.of(entry.text))
        casework.flags.lift(7, "frozen", NOW + timedelta(days=1))
        casework.batches.add(BatchJob("b-3", SUBSCRIBER, "a-key", "account-review", "csv", NOW, NOW))
        assert others.differences() == []


@pytest.mark.parametrize(
    ("change", "subscriber"),
    [
        ("object_id = 'decision-000005'", SUBSCRIBER),
        ("request_digest = 'x'", SUBSCRIBER),
        ("subscriber = 'other-bank'", "other-bank"),
    ],
    ids=["object", "request", "subscriber"],
)
def test_an_idempotency_key_gives_nothing_that_was_not_kept_under_it(home: Home, change: str, subscriber: str) -> None:
    with open_casework(home) as casework:
        assert casework.idempotent(SUBSCRIBER, REPEATED) == "decision-000004"
        behind(home.casework, f"UPDATE idempotency SET {change}")
        with pytest.raises(AlreadyKept, match="another request under this idempotency key"):
            casework.idempotent(subscriber, REPEATED)


def test_the_casework_of_another_home_does_not_open(home: Home, tmp_path: Path) -> None:
    other = open_home(tmp_path / "other", create=True)
    with open_casework(other):
        pass
    shutil.copyfile(home.casework, other.casework)
    with pytest.raises(CaseworkError, match="belongs to another home"):
        open_casework(other)
