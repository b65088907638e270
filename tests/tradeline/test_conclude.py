"""``tradeline decisions conclude``: what a person decided of a referral, and what is owed of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from made_casework import NOW
from made_letters import PARTIES, add_creditor, kept_decision, rule_reason
from pdf_text import pdf_text

from bureau.audit.events import OPERATOR
from bureau.casework.casework import Casework
from bureau.casework.conclusions import Conclusion
from bureau.casework.opening import open_casework
from bureau.casework.records import NoticeRecord
from bureau.home import Home, open_home
from tradeline.letters import due_of, pricing_of

REFERRED, INCOMPLETE, DECLINED, APPROVED = (f"decision-{number:06d}" for number in range(1, 5))
LACKING = rule_reason("R10", "The application is incomplete", "申请资料不完整")
REVIEWER, TEXT = "Halvorsen", "spoke with the employer, who knows nobody of that name"
LAST_DAY = NOW.date() + timedelta(days=30)


@pytest.fixture
def own(tmp_path: Path) -> Home:
    """A home with two referrals, a decline and an approval of ten days ago by the clock of the decisions."""
    home = open_home(tmp_path / "home", create=True)
    home.notices.mkdir()
    (home.notices / "parties.toml").write_text(PARTIES, encoding="utf-8")
    with open_casework(home) as casework:
        add_creditor(casework)
        casework.keep(kept_decision(1, "refer"))
        casework.keep(kept_decision(2, "refer", reasons=[LACKING], not_stated=["income"], decided_by="rule"))
        casework.keep(kept_decision(3))
        casework.keep(kept_decision(4, "approve", reasons=[]))
    return home


def sent_letter(casework: Casework, decision_id: str, kind: str, at: datetime) -> None:
    """A letter that was written and sent at once."""
    name = f"n-{decision_id}-{kind}-{at:%d}"
    casework.notices.keep(NoticeRecord(name, decision_id, kind, "en", at, None, "cd" * 32, b"Dear"), OPERATOR)
    casework.notices.sent(name, at, OPERATOR, noted_at=at)


def owed(home: Home, casework: Casework, on: date) -> dict[str, str | None]:
    return {each.decision_id: each.kind for each in due_of(home, casework, on)}


def test_letter_about_a_conclusion_has_the_reviewers_reasons(command: Any, own: Home, tmp_path: Path) -> None:
    at = ("--home", own.root)
    before = command("decisions", "show", REFERRED, *at).json
    reasons = ("--reason", "A02", "--reason", "B01")
    made = command("decisions", "conclude", REFERRED, "decline", "--by", REVIEWER, *reasons, "--why", TEXT, *at)
    assert (made.code, "a letter is owed: tradeline notices render decision-000001" in made.out) == (0, True)
    shown = command("decisions", "show", REFERRED, *at).json
    (told,) = shown.pop("conclusions")
    assert shown == before  # the decision on record stays as it was made
    assert (told["outcome"], told["by"], told["why"]) == ("decline", REVIEWER, TEXT)
    listed = {each["decision"]: each["concluded"] for each in command("decisions", "list", *at, "--json").json}
    assert listed == {REFERRED: "decline", INCOMPLETE: "", DECLINED: "", APPROVED: ""}

    letter = tmp_path / "letter.pdf"
    day = told["concluded_at"][:10]
    assert command("notices", "render", REFERRED, "--out", letter, "--on", day, *at).code == 0
    read = pdf_text(letter.read_bytes())
    assert read.index("Lengthofemployment") < read.index("Shareofcard")
    assert "94%" in read  # what the machine named, too, is told with the person's own value
    assert "528" in read  # the score was before the eyes of who decided, and is disclosed
    assert REVIEWER not in read
    recourse = command("notices", "render", REFERRED, "--out", letter, "--recourse", "--on", day, *at)
    assert (recourse.code, "leave out --recourse" in recourse.err) == (1, True)

    with open_casework(own) as casework:
        entries = [json.loads(entry.text) for entry in casework.audit.entries()]
    (noted,) = (each for each in entries if each["kind"] == "decision concluded")
    assert (noted["subject"], noted["details"]) == (REFERRED, noted["details"] | {"outcome": "decline", "number": 1})
    stored = [path.read_bytes() for path in own.root.rglob("*") if path.is_file()]
    for personal in (REVIEWER, TEXT):
        assert personal not in json.dumps(entries)
        assert not any(personal.encode() in each for each in stored)


def test_second_conclusion_is_a_correction_and_both_are_kept(command: Any, own: Home) -> None:
    at = ("--by", REVIEWER, "--home", own.root)
    early = command("decisions", "conclude", REFERRED, "approve", "--correct", *at)
    assert (early.code, "nobody has concluded it, so nothing is corrected" in early.err) == (1, True)
    assert command("decisions", "conclude", REFERRED, "approve", *at).code == 0
    again = command("decisions", "conclude", REFERRED, "decline", "--reason", "A02", *at)
    assert (again.code, "a person has concluded it already; with `--correct` both are kept" in again.err) == (1, True)
    assert command("decisions", "conclude", REFERRED, "decline", "--reason", "A02", "--correct", *at).code == 0
    shown = command("decisions", "show", REFERRED, "--home", own.root).json["conclusions"]
    assert [(each["number"], each["outcome"]) for each in shown] == [(1, "approve"), (2, "decline")]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("decision-999999", "approve"), "there is no such decision"),
        ((REFERRED, "decline"), "a decline has no reason; name one at least"),
        ((REFERRED, "decline", "--reason", "Z99"), "'Z99' is no code of a reason"),
        ((REFERRED, "decline", "--reason", "A02", "--reason", "A02"), "a reason is named twice"),
        ((REFERRED, "decline", *(part for n in range(1, 6) for part in ("--reason", f"T0{n}"))), "over 4 reasons"),
        ((REFERRED, "approve", "--why", "x" * 4_001), "the text is longer than 4000 characters"),
    ],
    ids=["unknown", "no-reason", "no-code", "twice", "five", "long"],
)
def test_refused_conclusions_leave_nothing(command: Any, own: Home, arguments: tuple[str, ...], told: str) -> None:
    outcome = command("decisions", "conclude", *arguments, "--by", REVIEWER, "--home", own.root)
    assert (outcome.code, told in outcome.err, REVIEWER in outcome.err) == (1, True, False)
    with open_casework(own) as casework:
        assert casework.conclusions.standing() == {}


def test_what_is_owed_follows_the_conclusion_from_its_day_on(own: Home) -> None:
    """The clock starts with the decision's day, and is late on the 31st day after it whenever a person concludes."""
    day = timedelta(days=1)
    declined = Conclusion(REFERRED, NOW + 5 * day, "decline", REVIEWER, ("A02",))
    with open_casework(own) as casework:
        casework.conclusions.keep(declined)
        casework.conclusions.keep(Conclusion(INCOMPLETE, NOW + 5 * day, "approve", REVIEWER))
        before = {REFERRED: None, INCOMPLETE: "incomplete application", DECLINED: "adverse action"}
        assert owed(own, casework, NOW.date() + 4 * day) == before
        after = {REFERRED: "adverse action", DECLINED: "adverse action"}
        assert owed(own, casework, NOW.date() + 5 * day) == after
        found = due_of(own, casework, LAST_DAY + day)
        assert {(each.last_day, each.state) for each in found} == {(LAST_DAY, "late")}
        sent_letter(casework, REFERRED, "adverse-action", NOW + 6 * day)
        assert owed(own, casework, LAST_DAY) == {DECLINED: "adverse action"}
        casework.conclusions.keep(
            replace(declined, concluded_at=NOW + 7 * day, reasons=("A06",)), correct=True
        )  # the letter that was sent tells reasons that do not stand
        assert owed(own, casework, LAST_DAY) == after
        assert set(pricing_of(casework, "harbor", since=None, until=None, cut_off=600).owed) == {INCOMPLETE, APPROVED}


@pytest.mark.parametrize(
    ("about", "kind", "settles"),
    [
        (DECLINED, "risk-based-pricing", False),
        (DECLINED, "incomplete-application", False),
        (DECLINED, "counter-offer", True),
        (INCOMPLETE, "risk-based-pricing", False),
        (INCOMPLETE, "incomplete-application", True),
        (REFERRED, "adverse-action", False),
        (REFERRED, "counter-offer", True),
    ],
    ids=str,
)
def test_only_the_letter_that_is_owed_stops_its_clock(own: Home, about: str, kind: str, settles: bool) -> None:
    with open_casework(own) as casework:
        sent_letter(casework, about, kind, NOW)
        assert (about not in owed(own, casework, LAST_DAY)) == settles


def test_only_the_notice_of_the_price_stops_it_being_owed(own: Home) -> None:
    with open_casework(own) as casework:
        for kind, left in (("counter-offer", (APPROVED,)), ("risk-based-pricing", ())):
            sent_letter(casework, APPROVED, kind, NOW)
            assert pricing_of(casework, "harbor", since=None, until=None, cut_off=600).owed == left
