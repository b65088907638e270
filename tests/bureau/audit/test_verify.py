"""Whatever is done to the log behind its back is found, and named."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from made_casework import NOW, behind, inquiry, record

from bureau.audit.chain import digest_of, first_digest
from bureau.audit.checkpoints import Checkpoint, read_checkpoints, write_checkpoint
from bureau.audit.events import Event
from bureau.audit.verify import Verified
from bureau.audit.verify import verify as verify_log
from bureau.casework.casework import Casework
from bureau.casework.opening import audit_signer, open_casework
from bureau.errors import AuditBroken, CaseworkError
from bureau.home import Home, open_home
from bureau.signers import add_signer, load_signer, trusted_signers

EDIT = "UPDATE audit_entry SET entry = replace(entry, 'decline', 'approve') || ' ' WHERE number = 5"


@pytest.fixture
def verify(home: Home, casework: Casework) -> Callable[..., Verified]:
    def run(anchored: tuple[Checkpoint, ...] = (), *, deep: bool = False) -> Verified:
        decisions = partial(casework.decisions.between, deep=deep)
        return verify_log(casework.audit, trusted_signers(home.signers), anchored=anchored, decisions=decisions)

    return run


def named(found: Verified) -> list[tuple[str, int]]:
    return [(fault.kind, fault.number) for fault in found.faults]


def test_an_untouched_log_is_as_it_was_written(verify: Callable[..., Verified], casework: Casework) -> None:
    found = verify(deep=True)
    assert (found.entries, found.decisions, found.faults) == (9, 6, ())


def test_the_chain_is_what_the_document_says(casework: Casework) -> None:
    """Recomputed with nothing but hashlib: each digest is that of the one before it and the text."""
    digest = hashlib.sha256(b"tradeline audit\n" + casework.audit.log_id.encode()).digest()
    entries = list(casework.audit.entries())
    for number, entry in enumerate(entries, 1):
        digest = hashlib.sha256(digest + entry.text.encode()).digest()
        assert (entry.number, json.loads(entry.text)["number"], entry.digest) == (number, number, digest)
    assert (casework.audit.head().number, casework.audit.head().digest) == (len(entries), digest)


def test_ordinary_sql_cannot_change_it(casework: Casework) -> None:
    for statement in ("UPDATE audit_entry SET entry = ''", "DELETE FROM audit_entry WHERE number = 9"):
        with pytest.raises(CaseworkError, match="the audit log is only ever added to"):
            casework._store.rows(statement)


@pytest.mark.parametrize(
    ("statements", "faults"),
    [
        ((EDIT,), [("edited", 5)]),
        (("UPDATE audit_entry SET digest = randomblob(32) WHERE number = 5",), [("edited", 5), ("edited", 6)]),
        (("UPDATE audit_entry SET entry = 'nothing' WHERE number = 5",), [("decision", 5), ("edited", 5)]),
        (("UPDATE audit_entry SET digest = 'abc' WHERE number = 5",), [("edited", 5), ("edited", 6)]),
        (
            ("UPDATE audit_entry SET entry = CAST(X'ff' AS TEXT) WHERE number = 5",),
            [("decision", 5), ("edited", 5)],
        ),
        (
            ("UPDATE audit_entry SET entry = replace(entry, '\"decision-000005\"', '5') WHERE number = 5",),
            [("decision", 5), ("edited", 5)],
        ),
        (
            ("UPDATE audit_entry SET number = 5.5 WHERE number = 5",),
            [("inserted", 0), ("decision", 5), ("deleted", 5)],
        ),
        (("DELETE FROM audit_entry WHERE number = 5",), [("decision", 5), ("deleted", 5)]),
        (("DELETE FROM audit_entry WHERE number IN (5, 6)",), [("decision", 5), ("deleted", 5), ("decision", 6)]),
        (("DELETE FROM audit_entry WHERE number = 1",), [("deleted", 1)]),
        (
            (
                "UPDATE audit_entry SET number = 99 WHERE number = 5",
                "UPDATE audit_entry SET number = 5 WHERE number = 6",
                "UPDATE audit_entry SET number = 6 WHERE number = 99",
            ),
            [("decision", 5), ("moved", 5), ("decision", 6), ("moved", 6)],
        ),
        (("DELETE FROM audit_entry WHERE number = 9",), [("decision", 9), ("truncated", 9)]),
        (("DELETE FROM audit_entry",), [("truncated", 1), *(("decision", number) for number in range(4, 10))]),
        (("DELETE FROM audit_head",), [("head", 0)]),
        (("UPDATE audit_head SET number = 'x'",), [("head", 0)]),
        (
            (
                "DELETE FROM audit_entry WHERE number = 9",
                "UPDATE audit_head SET number = 8, digest = (SELECT digest FROM audit_entry WHERE number = 8)",
            ),
            [("head", 0), ("decision", 9)],
        ),
        (
            ("INSERT INTO audit_entry SELECT 10, replace(entry, '9', '10'), digest FROM audit_entry WHERE number = 9",),
            [("inserted", 10)],
        ),
        *(
            (
                (f"INSERT INTO audit_entry SELECT {number}, entry, digest FROM audit_entry WHERE number = 9",),
                [("inserted", number)],
            )
            for number in (0, -5)
        ),
        (("UPDATE decision SET decision = 'approve' WHERE audit_number = 6",), [("decision", 6)]),
        (("DELETE FROM decision WHERE audit_number = 6",), [("decision", 6)]),
        (("UPDATE decision SET audit_number = 3 WHERE audit_number = 6",), [("decision", 3), ("decision", 6)]),
        (("UPDATE decision SET audit_number = 77 WHERE audit_number = 6",), [("decision", 6), ("decision", 77)]),
    ],
    ids=[
        *("edited", "edited digest", "unreadable"),
        *("digest of another type", "no text", "number for a name", "number that is none"),
        *("deleted", "two deleted", "first deleted", "exchanged"),
        *(
            "truncated",
            "emptied",
            "no head",
            "unreadable head",
            "truncated with its head",
            "inserted",
            "inserted at 0",
            "inserted before",
        ),
        *("edited record", "deleted record", "moved record", "record beyond"),
    ],
)
def test_what_was_done_is_found_and_named(
    home: Home, verify: Callable[..., Verified], statements: tuple[str, ...], faults: list[tuple[str, int]]
) -> None:
    behind(home.casework, *statements)
    assert sorted(named(verify())) == sorted(faults)


def test_only_opening_it_finds_edited_content(home: Home, casework: Casework, verify: Callable[..., Verified]) -> None:
    """Somebody who has every key seals other content: the chain still knows what it was."""
    sealed = casework.content.seal(202903, ("decision", "decision-000006", "inputs"), b"other inputs")
    behind(home.casework, "UPDATE decision SET inputs = :sealed WHERE audit_number = 6", sealed=sealed)
    assert casework.decision("decision-000006", None).inputs == b"other inputs"
    assert named(verify()) == []
    assert named(verify(deep=True)) == [("decision", 6)]


def rewrite(home: Home, casework: Casework, *, after: int) -> None:
    """Write the log anew from an entry on, as somebody can who has every key of the home."""
    digest = first_digest(casework.audit.log_id)
    for entry in list(casework.audit.entries()):
        text = entry.text if entry.number <= after else entry.text.replace('"consumer_id":7', '"consumer_id":8')
        digest = digest_of(digest, text)
        behind(
            home.casework,
            "UPDATE audit_entry SET entry = :text, digest = :digest WHERE number = :number",
            text=text,
            digest=digest,
            number=entry.number,
        )
    from bureau.audit.chain import Head

    head = Head(casework.audit.head().number, digest)
    seal = casework.audit._seal(head)
    behind(home.casework, "UPDATE audit_head SET digest = :digest, seal = :seal", digest=digest, seal=seal)


def test_an_anchored_checkpoint_finds_a_log_written_anew_with_every_key(
    home: Home, casework: Casework, verify: Callable[..., Verified], tmp_path: Path
) -> None:
    file = tmp_path / "anchor.jsonl"
    for at in (NOW, NOW.replace(hour=13)):
        write_checkpoint(file, casework.audit.checkpoint(audit_signer(home), at))
        casework.audit.append(Event("score", NOW, consumer_id=7))
    anchored = tuple(read_checkpoints(file))
    assert [each.number for each in anchored] == [9, 10]
    assert verify(anchored).faults == ()
    rewrite(home, casework, after=5)
    behind(home.casework, "DELETE FROM audit_checkpoint")
    assert named(verify()) == []  # without what lies elsewhere nobody can tell
    assert named(verify(anchored)) == [("rewritten", 9), ("rewritten", 10)]
    behind(home.casework, "DELETE FROM audit_entry WHERE number > 8", "DELETE FROM decision WHERE audit_number > 8")
    found = [fault for fault in verify(anchored).faults if fault.kind == "truncated"]
    assert {fault.number for fault in found} == {9, 10}


def test_an_anchored_checkpoint_finds_an_older_copy_of_the_whole(
    home: Home, verify: Callable[..., Verified], tmp_path: Path
) -> None:
    """An older copy is whole in itself, and so is what follows it; only what lies elsewhere knows better."""
    assert isinstance(home.casework, Path)
    older = Path(shutil.copytree(home.casework_folder, tmp_path / "older"))  # the database and its log of writes
    with open_casework(home) as casework:
        casework.keep(record(20), inquiry(20))
        anchored = (casework.audit.checkpoint(audit_signer(home), NOW),)
        assert [each.number for each in anchored] == [10]
        assert verify(anchored).faults == ()
    shutil.copytree(older, home.casework_folder, dirs_exist_ok=True)
    for end in ("-wal", "-shm"):
        if not (older / f"{home.casework.name}{end}").exists():
            home.casework.with_name(f"{home.casework.name}{end}").unlink(missing_ok=True)
    with open_casework(home) as casework:
        decisions, trusted = casework.decisions.between, trusted_signers(home.signers)
        assert verify_log(casework.audit, trusted, decisions=decisions, others=casework.compared()).faults == ()
        assert named(verify_log(casework.audit, trusted, anchored=anchored)) == [("truncated", 10)]
        casework.keep(record(21), inquiry(21))
        assert named(verify_log(casework.audit, trusted, anchored=anchored)) == [("rewritten", 10)]


def test_a_checkpoint_that_proves_nothing_is_told(
    home: Home, casework: Casework, verify: Callable[..., Verified], tmp_path: Path
) -> None:
    made = casework.audit.checkpoint(audit_signer(home), NOW)
    add_signer(home.signers, "a-developer", ["developer"])
    by_developer = Checkpoint.sign(load_signer(home.signers, "a-developer"), made.log_id, 9, made.digest, NOW)
    of_other_log = Checkpoint.sign(audit_signer(home), "another", 9, made.digest, NOW)
    forged = Checkpoint.of(made.text().replace('"number": 9', '"number": 8'))
    told = [fault.sentence for fault in verify((by_developer, of_other_log, forged)).faults]
    assert len(told) == 3
    assert "does not fit" in told[0]
    assert any("may sign as developer" in each for each in told)
    assert any("of another log" in each for each in told)
    behind(home.casework, "UPDATE audit_checkpoint SET checkpoint = 'nothing'")
    assert named(verify()) == [("checkpoint", 0)]
    for text, rule in (("nothing\n", "line 1 is no checkpoint"), ("\n", "holds no checkpoint")):
        (tmp_path / "anchor.jsonl").write_text(text)
        with pytest.raises(AuditBroken, match=rule):
            read_checkpoints(tmp_path / "anchor.jsonl")


def test_nothing_is_added_to_a_log_whose_head_was_changed(home: Home, casework: Casework) -> None:
    for change in ("number = 8", "number = 9.5", "number = 'x'", "digest = 'x', number = 9", "seal = 7"):
        behind(home.casework, f"UPDATE audit_head SET {change}")
        for use in (casework.audit.head, casework.audit.rewrite_head, partial(casework.keep, record(20))):
            with pytest.raises(AuditBroken, match="head of the audit log was changed"):
                use()
    assert casework.decisions.count() == 6  # no decision without its entry


def test_checkpoints_are_signed_by_themselves(
    home: Home, casework: Casework, verify: Callable[..., Verified], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bureau.audit.chain.CHECKPOINT_EVERY", 5)
    for _ in range(7):
        casework.audit.append(Event("score", NOW))
    assert [Checkpoint.of(text).number for text in casework.audit.checkpoints()] == [10, 15]
    assert (verify().checkpoints, verify().faults) == (2, ())


def test_without_its_signer_the_log_goes_on(
    home: Home, casework: Casework, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bureau.audit.chain.CHECKPOINT_EVERY", 5)
    (home.signers / "audit.pem").unlink()
    assert casework.audit.append(Event("score", NOW)) == 10
    assert casework.audit.checkpoints() == []
    assert "no checkpoint at entry 10" in caplog.text


def test_an_empty_log_has_nothing_to_sign(tmp_path: Path) -> None:
    empty_home = open_home(tmp_path / "empty", create=True)
    with open_casework(empty_home) as empty:
        with pytest.raises(AuditBroken, match="no entry yet"):
            empty.audit.checkpoint(audit_signer(empty_home), NOW)
        assert verify_log(empty.audit, trusted_signers(empty_home.signers)) == Verified(0, 0, 0, ())
