"""Subscribers, keys, flags, inquiries, retention and the audit log on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from known_people import know
from made_casework import NOW, behind, inquiry, record

from bureau.casework.opening import open_casework
from bureau.errors import ContentGone
from bureau.history import open_history
from bureau.home import Home, open_home

BANK = "harbour-bank"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home", create=True)


@pytest.fixture
def run(command: Callable[..., Any], home: Home) -> Callable[..., Any]:
    """Run a command in the home; what it printed for machines."""

    def told(*arguments: object, code: int = 0) -> Any:
        done = command(*arguments, "--home", home.root, "--json")
        assert done.code == code, done.err
        return done.json if done.out else done.err

    return told


@pytest.fixture
def lender(run: Callable[..., Any]) -> None:
    run("subscribers", "add", BANK, "--name", "Harbour Bank", "--address", "1 Quay Street", "--jurisdiction", "us")
    run("subscribers", "certify", BANK, "credit-application", "account-review")


def test_a_subscriber_gets_a_key_that_is_rotated_and_revoked(
    run: Callable[..., Any], command: Any, home: Home, lender: None
) -> None:
    assert run("subscribers")[0]["purposes"] == ["account-review", "credit-application"]
    made = run("keys", "create", BANK, "--scope", "decide", "--purpose", "credit-application", "--per-day", 50)
    assert made["key"].startswith(f"tlk_{made['key_id']}_")
    rotated = run("keys", "rotate", made["key_id"], "--overlap-hours", 0)
    assert (rotated["replaces"], rotated["per_day"], rotated["scopes"]) == (made["key_id"], 50, ["decide"])
    assert run("keys", "revoke", rotated["key_id"]) == {"key_id": rotated["key_id"], "revoked": True}
    listed = run("keys", "list", BANK)
    assert [key["state"] for key in listed] == ["expired", "revoked"]
    assert "key" not in listed[0]
    assert command("keys", "--home", home.root, "--json", "list", BANK).json == listed == run("keys")
    shown = run("subscribers", "show", BANK)
    assert (shown["keys"], len(shown["certifications"])) == (2, 2)
    assert run("subscribers", "withdraw", BANK, "account-review")["purposes"] == ["credit-application"]


def test_a_regulator_that_no_letter_could_name_is_refused(command: Callable[..., Any], home: Home) -> None:
    about = ("--name", "Harbour Bank", "--address", "1 Quay Street", "--home", home.root)
    for place, code, exit_code, told in (
        ("us", "nosuch", 2, "letters in us can name; choose of cfpb, fdic, frb, ftc, ncua, occ"),
        ("us-ca", "pbc", 2, "letters in us-ca can name"),
        ("mars", "ftc", 2, "mars: no rules of notices; known are cn, eu, us, us-ca"),
        ("us-ca", "ftc", 0, ""),
        ("cn", "pbc", 0, ""),
    ):
        done = command("subscribers", "add", BANK, "--jurisdiction", place, "--regulator", code, *about)
        assert done.code == exit_code
        assert told in " ".join(done.err.replace("│", " ").split())


def test_mistakes_are_one_line(run: Callable[..., Any], command: Callable[..., Any], home: Home, lender: None) -> None:
    for arguments, rule in (
        (("keys", "create", "nobody", "--scope", "decide"), "'nobody' is no subscriber"),
        (("keys", "create", BANK, "--scope", "decide", "--purpose", "employment"), "has not certified employment"),
        (("keys", "create", BANK, "--scope", "decide", "--expires", "2020-01-01"), "a year at most"),
        (("flags", "place", 7, "suspicious", "--reason", "none"), "is no flag of a file"),
        (("casework", "hold", "d-1", "--reason", "case 1"), "no such decision"),
        (("audit", "verify", "--against", home.key_file), "line 1 is no checkpoint"),
    ):
        error = run(*arguments, code=1)
        assert rule in error
        assert error.count("\n") == 1
    assert command("keys", "create", BANK, "--scope", "everything", "--home", home.root).code == 2
    assert command("flags", "--consumer", 7, "place", 7, "frozen", "--reason", "x").code == 2


def test_flags_are_placed_listed_and_lifted(run: Callable[..., Any], home: Home) -> None:
    assert "no consumer has the number 7; " in run("flags", "place", 7, "frozen", "--reason", "asked for", code=1)
    assert run("flags") == []
    ada = {"first_name": "Ada", "surname": "Byron"}
    know(open_history(home), {7: [ada], 9: [ada]}, {9: 7})
    assert run("flags", "place", 7, "fraud_alert", "--reason", "asked for")["expires_on"]
    assert [each["flag"] for each in run("flags", "--consumer", 7)] == ["fraud_alert"]
    assert run("flags", "--consumer", 8) == []
    assert run("flags", "lift", 9, "fraud_alert")["lifted"]  # by another number of the same person
    assert not run("flags", "lift", 7, "fraud_alert")["lifted"]
    run("flags", "place", 9, "frozen", "--reason", "asked for")
    open_history(home).vault.erase("consumer", [7, 9], "asked for", NOW)
    error = run("flags", "place", 7, "frozen", "--reason", "asked for", code=1)
    assert "consumer 7 was erased on 2026-11-28; no flag is placed on a file that is gone" in error
    assert run("flags", "lift", 9, "frozen")["lifted"]  # one that outlived the person


def test_inquiries_are_delivered_and_told(
    run: Callable[..., Any], command: Callable[..., Any], home: Home, lender: None
) -> None:
    with open_casework(home) as casework:
        casework.keep(record(1), inquiry(1))
        casework.keep(record(2), inquiry(2, kind="soft"))
    from bureau.history import open_history

    with open_history(home, memory_limit="500MB").write():
        pass
    assert run("inquiries", "deliver")["inquiries"] == 1
    assert run("inquiries", "deliver") == {"deliveries": [], "inquiries": 0, "waiting": 0}
    assert [(each["kind"], each["in_history"]) for each in run("inquiries", "of", 7)] == [
        ("hard", True),
        ("soft", False),
    ]
    assert "harbour-bank" in command("inquiries", "of", 7, "--home", home.root).out


def test_watching_delivers_inquiries_too(run: Callable[..., Any], home: Home, lender: None, tmp_path: Path) -> None:
    named = ("--name", "Harbour Bank", "--contract", "metro2", "--jurisdiction", "us", "--currency", "USD")
    run("furnishers", "add", BANK, *named, "--place", tmp_path)
    with open_casework(home) as casework:
        casework.keep(record(1), inquiry(1))
    run("ingest", "--watch", "--looks", 1)
    assert run("casework", "status")["inquiries_waiting"] == 0
    assert run("inquiries", "of", 7)[0]["in_history"]


def test_what_is_kept_is_held_and_expires(run: Callable[..., Any], command: Callable[..., Any], home: Home) -> None:
    with open_casework(home) as casework:
        for number in (1, 2):
            casework.keep(record(number, decided_at=NOW.replace(year=2020)))
    run("casework", "hold", "decision-000001", "--reason", "case 12")
    status = run("casework", "status")
    assert (status["decisions"], [each["reason"] for each in status["holds"]]) == (2, ["case 12"])
    assert run("casework", "expire")["decisions"] == 1
    assert run("casework", "lift", "decision-000001", "--reason", "case 12")["lifted"]
    assert run("casework", "expire")["decisions"] == 1
    assert "2 decisions on record" in command("casework", "status", "--home", home.root).out


def test_decisions_about_who_is_erased_stay_as_long_as_the_law_has_them_kept(
    run: Callable[..., Any], command: Callable[..., Any], home: Home, lender: None
) -> None:
    """12 CFR 1002.12(b)(1): 25 months, of which an erasure takes nothing; then the key goes, and nothing is left."""
    ada = {"first_name": "Ada", "surname": "Byron"}
    know(open_history(home), {7: [ada], 8: [ada]}, {8: 7})
    told = {"identity": {**ada, "birth_date": "1984-05-06"}, "consumer_id": None}
    with open_casework(home) as casework:
        casework.keep(record(1, consumer_id=8), inquiry(1, consumer_id=8))
        casework.keep(record(2, decided_at=NOW.replace(year=2020)))  # its time is over
        casework.keep(record(3, consumer_id=None, jurisdiction="eu"), inquiry(3, **told))  # nobody was found
        casework.keep(record(4, consumer_id=9), inquiry(4, consumer_id=9))
    run("casework", "hold", "decision-000001", "--reason", "case 12")
    run("casework", "expire")
    run("inquiries", "deliver")
    with open_history(home).read() as connection:
        ((stranger,),) = connection.execute(
            "SELECT consumer_id FROM consumer WHERE consumer_ref LIKE 'inquiry/%'"
        ).fetchall()

    (kept,) = run("vault", "erase", 7, "--reason", "asked for", "--yes")["decisions_staying"]
    assert (kept["decision_id"], kept["until"], kept["held"]) == ("decision-000001", "2029-03-31", ["case 12"])
    assert "12 CFR 1002.12(b)(1)" in kept["why"]
    said = command("vault", "erase", stranger, "--reason", "asked for", "--yes", "--home", home.root).out
    assert "decision decision-000003 of harbour-bank stays on record, sealed, until 2029-01-31: the duty" in said
    assert "GDPR 17(3)(e)" in said

    with open_casework(home) as casework:
        assert casework.decision("decision-000001", BANK).request == b"content-of-1 request"
        assert casework.inquiries.waiting() == 0
        assert casework.holds.lift("decision-000001", "case 12", NOW)
        casework.holds.destroy_expired(NOW.replace(year=2029, month=4))
        with pytest.raises(ContentGone, match="its content is gone"):
            casework.decision("decision-000001", BANK)
        assert casework.staying([7, 8], ["decision-000003"]) == []
    assert run("audit", "verify", "--deep")["faults"] == []


def test_an_edited_log_fails_its_proof(
    run: Callable[..., Any], command: Callable[..., Any], home: Home, lender: None, tmp_path: Path
) -> None:
    anchor = tmp_path / "anchor.jsonl"
    made = run("audit", "checkpoint", "--out", anchor)
    assert json.loads(anchor.read_text())["digest"] == made["digest"]
    assert run("audit", "verify", "--against", anchor, "--deep")["faults"] == []
    newest = run("audit", "show", "--last", 2)
    assert [each["kind"] for each in newest] == ["purpose certified", "audit verified"]
    assert [each["number"] for each in run("audit", "show", "--kind", "subscriber added")] == [1]
    assert "purpose=account-review" in command("audit", "show", "--home", home.root).out
    behind(home.casework, "UPDATE audit_entry SET entry = replace(entry, 'account-review', 'collection')")
    faults = run("audit", "verify", code=1)["faults"]
    assert [fault["number"] for fault in faults if fault["kind"] == "edited"] == [3]
    assert {fault["sentence"].split()[0] for fault in faults if fault["kind"] == "record"} == {"certification"}
    assert "edited: entry 3 does not follow" in command("audit", "verify", "--home", home.root).out
