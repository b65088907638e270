"""``tradeline notices``, run as people run it: which letters are due, writing them, and that they were sent."""

from __future__ import annotations

import hashlib
import io
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from made_casework import NOW
from made_letters import PARTIES, add_creditor, kept_decision, rule_reason
from pdf_text import pdf_text

from bureau.casework.opening import open_casework
from bureau.home import Home, open_home

DECLINED, INCOMPLETE, REFERRED, APPROVED, UNDER_AGE = (f"decision-{number:06d}" for number in range(1, 6))
YOUNG = rule_reason("R08", "Under the age at which credit can be agreed", "未达到可订立信贷合同的年龄")
LACKING = rule_reason("R10", "The application is incomplete", "申请资料不完整")
OF_RULE = {"decided_by": "rule", "credit_score": None, "key_factors": []}


@pytest.fixture
def own(tmp_path: Path) -> Home:
    """A home with five decisions."""
    home = open_home(tmp_path / "home", create=True)
    home.notices.mkdir()
    (home.notices / "parties.toml").write_text(PARTIES, encoding="utf-8")
    with open_casework(home) as casework:
        add_creditor(casework)
        casework.keep(kept_decision(1))
        casework.keep(kept_decision(2, "refer", reasons=[LACKING], not_stated=["income", "birth_date"], **OF_RULE))
        casework.keep(kept_decision(3, "refer"))
        casework.keep(kept_decision(4, "approve", reasons=[]))
        casework.keep(kept_decision(5, reasons=[YOUNG], **OF_RULE))
    return home


def day(days: int) -> str:
    return (NOW + timedelta(days=days)).date().isoformat()


def test_letter_goes_its_way(command: Any, own: Home, tmp_path: Path) -> None:
    """Due, written, sent, due no more; and what was sent is given back byte by byte."""
    at = ("--home", own.root)
    listed = command("notices", "due", *at, "--on", day(30), "--json")
    assert listed.code == 0
    assert {each["decision_id"]: each["kind"] for each in listed.json} == {
        DECLINED: "adverse action",
        INCOMPLETE: "incomplete application",
        REFERRED: None,
        UNDER_AGE: "adverse action",
    }
    assert {each["state"] for each in listed.json} == {"due soon"}
    late = command("notices", "due", *at, "--on", day(31))
    assert (late.code, late.err.strip()) == (1, "4 letter(s) late")

    written = tmp_path / "letter.pdf"
    told = command("notices", "render", DECLINED, "--out", written, "--on", day(2), *at, "--json").json
    content = written.read_bytes()
    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    read = pdf_text(content)
    for part in ("WinifredOkafor", "HarborPointLending", "1-800-555-0142", "528", "ExampleCreditBureau", "94%"):
        assert part in read, part
    assert "$12,000over36months" in read

    again = command("notices", "render", DECLINED, "--out", written, "--on", day(2), *at, "--json").json
    assert again["notice"] == told["notice"]
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    refused = command("notices", "sent", told["notice"], "--on", tomorrow, *at)
    assert (refused.code, "it cannot have been sent on" in refused.err) == (1, True)
    assert command("notices", "sent", told["notice"], *at).code == 0
    left = command("notices", "due", *at, "--on", max(day(31), tomorrow), "--json")
    assert DECLINED not in {each["decision_id"] for each in left.json}
    (shown,) = command("notices", "show", DECLINED, *at, "--json").json
    assert (shown["letter"], shown["sent"]) == ("adverse-action", shown["written"])

    copy = tmp_path / "copy.pdf"
    assert command("notices", "fetch", DECLINED, told["notice"], "--out", copy, *at).code == 0
    assert copy.read_bytes() == content


def test_letters_of_other_kinds(command: Any, own: Home, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    at = ("--out", page, "--form", "html", "--on", day(2), "--home", own.root)
    assert command("notices", "render", INCOMPLETE, *at, "--language", "zh").code == 0
    assert "您的收入" in page.read_text(encoding="utf-8")
    assert command("notices", "render", UNDER_AGE, *at).code == 0
    young = page.read_text(encoding="utf-8")
    assert "Under the age" in young
    assert "Example Credit Bureau" not in young  # no report was used
    offer = ("--kind", "counter-offer", "--offer", "6000", "--offer-until", day(40), "--offer-rate", "0.129")
    assert command("notices", "render", DECLINED, *at, *offer).code == 0
    assert "$6,000" in page.read_text(encoding="utf-8")
    assert command("notices", "render", APPROVED, *at, "--kind", "risk-based-pricing").code == 0
    assert "less favorable" in page.read_text(encoding="utf-8")


TO = {"name": "Amélie Okonkwo", "address": ["9 Quay Street", "Portland, OR 97209"]}


@pytest.fixture
def by_reference(own: Home) -> str:
    """A decline of a consumer whom the request named by a reference, and whose name nobody told."""
    with open_casework(own) as casework:
        kept = kept_decision(6, applicant=None)
        casework.keep(kept)
    return kept.decision_id


def test_letter_to_whom_no_record_names_is_written_by_a_file(
    command: Any, own: Home, by_reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, told_in = tmp_path / "letter.pdf", tmp_path / "to.json"
    at = (by_reference, "--out", written, "--on", day(2), "--home", own.root)
    refused = command("notices", "render", *at)
    assert (refused.code, written.exists()) == (1, False)
    assert "name and address are neither in the request nor on file; tell them with `--to FILE`" in refused.err
    told_in.write_text(json.dumps(TO), encoding="utf-8")
    assert command("notices", "render", *at, "--to", told_in).code == 0
    content = written.read_bytes()
    for part in ("AmélieOkonkwo", "9QuayStreet", "Portland,OR97209"):
        assert part in pdf_text(content), part
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(TO).encode())))
    again = command("notices", "render", *at, "--to", "-")
    assert (again.code, written.read_bytes() == content) == (0, True)
    with open_casework(own) as casework:
        (kept,) = casework.notices.of(by_reference)  # the same letter is kept once
        assert not any("Okonkwo" in entry.text for entry in casework.audit.entries())
    assert kept.content == content
    stored = [path.read_bytes() for path in own.root.rglob("*") if path.is_file()]
    assert not any(b"Okonkwo" in each for each in stored)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "\N{PILE OF POO}",
        '{"name": "Okonkwo"}',
        '{"name": "Okonkwo", "address": "9 Quay Street"}',
        '{"name": "Okonkwo", "address": []}',
        '{"name": " ", "address": ["9 Quay Street"]}',
        '{"name": "Okonkwo", "address": ["9 Quay Street\\nPortland"]}',
        '{"name": "Okonkwo", "address": ["9 Quay Street"], "phone": "1"}',
        "[" * 9_000,
    ],
    ids=range(10),
)
def test_wrong_addressees_are_refused_without_a_name(
    command: Any, own: Home, by_reference: str, tmp_path: Path, content: str
) -> None:
    told_in = tmp_path / "to.json"
    told_in.write_text(content, encoding="utf-8")
    at = (by_reference, "--out", tmp_path / "letter.pdf", "--home", own.root)
    for path in (told_in, tmp_path / "absent.json"):
        refused = command("notices", "render", *at, "--to", path)
        assert (refused.code, "--to" in refused.err, "Okonkwo" in refused.err) == (2, True, False)


def test_pricing_notices_are_owed_below_the_score_that_two_in_five_exceed(command: Any, tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", create=True)
    with open_casework(home) as casework:
        add_creditor(casework)
        for number, score in enumerate((600, 610, 620, 630, 640, 650, 660, 670, 680, 690)):
            casework.keep(kept_decision(number, "approve", reasons=[], credit_score=score))
    at = ("--subscriber", "harbor", "--home", home.root)
    told = command("notices", "pricing", *at, "--json").json
    assert (told["cut_off"], told["approved"]) == (650, 10)
    assert told["owed"] == [f"decision-{number:06d}" for number in range(5)]
    assert command("notices", "pricing", *at, "--cut-off", 611).out.splitlines()[0].endswith("below 611, to 2")
    assert command("notices", "pricing", *at, "--until", "2020-01-01").code == 1
    nobody = command("notices", "pricing", "--subscriber", "nobody", "--home", home.root)
    assert (nobody.code, "is no subscriber" in nobody.err) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ((REFERRED,), 1, "it was refer, which asks for no letter; name one with --kind"),
        ((APPROVED,), 1, "it was approve, which asks for no letter"),
        (("decision-999999",), 1, "there is no such decision"),
        ((DECLINED, "--kind", "counter-offer"), 1, "needs offer.amount for its element 'offer'"),
        ((DECLINED, "--offer", "5"), 2, "an offer needs a last day"),
        (
            (DECLINED, "--kind", "counter-offer", "--offer", "0", "--offer-until", "2031-01-01"),
            1,
            "no amount above zero",
        ),
        (
            (
                DECLINED,
                "--kind",
                "counter-offer",
                "--offer",
                "9",
                "--offer-rate",
                "12.9",
                "--offer-until",
                "2031-01-01",
            ),
            1,
            "12.9 % is written 0.129",
        ),
        (
            (REFERRED, "--kind", "risk-based-pricing"),
            1,
            "the risk-based pricing letter tells of an approval with a score",
        ),
        ((APPROVED, "--kind", "adverse-action"), 1, "it was approve, and the adverse action letter tells of a decline"),
        ((DECLINED, "--on", "2026-11-01"), 1, "dated before the decision"),
    ],
    ids=[
        "referred",
        "approved",
        "unknown",
        "no-offer",
        "no-last-day",
        "no-amount",
        "percent",
        "referred-pricing",
        "approved-adverse",
        "too-early",
    ],
)
def test_refusals_are_one_line_and_write_nothing(
    command: Any, own: Home, tmp_path: Path, arguments: tuple[str, ...], code: int, told: str
) -> None:
    outcome = command("notices", "render", *arguments, "--out", tmp_path / "letter.pdf", "--home", own.root)
    assert outcome.code == code
    assert told in " ".join(outcome.err.replace("│", " ").split())
    assert not list(tmp_path.glob("letter*"))


def test_home_that_names_no_bureau_writes_no_letter(command: Any, own: Home, tmp_path: Path) -> None:
    (own.notices / "parties.toml").unlink()
    outcome = command("notices", "render", DECLINED, "--out", tmp_path / "letter.pdf", "--home", own.root)
    assert outcome.code == 1
    assert f"the bureau has no name for letters; write [agency] into {own.notices / 'parties.toml'}" in outcome.err


def test_what_was_written_and_sent_is_in_the_audit_log_without_a_name(command: Any, own: Home, tmp_path: Path) -> None:
    at = ("--home", own.root)
    told = command("notices", "render", DECLINED, "--out", tmp_path / "l.pdf", "--on", day(2), *at, "--json").json
    command("notices", "sent", told["notice"], *at)
    with open_casework(own) as casework:
        entries = [json.loads(entry.text) for entry in casework.audit.entries()]
    kinds = [entry["kind"] for entry in entries]
    assert kinds[-2:] == ["notice written", "notice sent"]
    assert "Okafor" not in json.dumps(entries)
