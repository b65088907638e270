"""The letter that a decision of the service asks for, as the service shows it."""

from __future__ import annotations

import hashlib
import html
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import Response
from made_lender import LENDER, add_lender, application, bearer, make_key
from pdf_text import pdf_text
from starlette.testclient import TestClient

from bureau.audit.events import Event
from bureau.casework.conclusions import Conclusion, Outcome
from features.reasons import REASONS
from serving.opening import OpenedService
from serving.problems import Problem
from tradeline.letters import due_of

MARKS = ("PREVIEW. This is not the notice", "预览稿：并非正式通知书")
POOR = {f"external_score_{number}": 0.0 for number in (1, 2, 3)}
PLACE = {"address": "2218 Alder Court", "city": "Boise", "region": "ID", "postcode": "83702"}
PARTIES = f"""
[agency]
name = "Example Credit Bureau"
address = ["P.O. Box 2200", "Wilmington, DE 19801"]
phone = "1-800-555-0199"

[creditor.{LENDER}]
phone = "1-800-555-0142"
"""


@pytest.fixture(autouse=True)
def named(served: Any) -> Iterator[None]:
    """A home that names its bureau, as long as a test lasts."""
    folder = served.home.notices
    folder.mkdir(exist_ok=True)
    (folder / "parties.toml").write_text(PARTIES, encoding="utf-8")
    yield
    (folder / "parties.toml").unlink()


@pytest.fixture
def declined(client: TestClient, ada: dict[str, str]) -> dict[str, Any]:
    """A decline of an applicant with an address, as it was answered."""
    told: dict[str, Any] = client.post(
        "/v1/decisions", json=application(applicant=ada | PLACE, application=POOR)
    ).json()
    assert told["decision"] == "decline"
    return told


def test_preview_tells_the_very_reasons_and_score_of_the_answer(
    client: TestClient, declined: dict[str, Any], ada: dict[str, str]
) -> None:
    at = f"/v1/decisions/{declined['decision_id']}/notice"
    page, paper = client.get(at), client.get(f"{at}?form=pdf&language=zh")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert paper.headers["content-type"] == "application/pdf"
    assert page.headers["cache-control"] == paper.headers["cache-control"] == "no-store"
    read = pdf_text(paper.content)
    assert declined["reasons"]
    for reason in declined["reasons"]:
        assert reason["statement"] in page.text
        assert reason["statement_zh"] in read
    for factor in declined["key_factors"]:
        assert factor["statement"] in page.text
    for part in (str(declined["credit_score"]), "Example Credit Bureau", "2218 Alder Court", ada["surname"]):
        assert part in page.text
        assert part.replace(" ", "") in read
    # Nobody takes it for the letter, and it is kept nowhere.
    assert MARKS[0] in page.text
    assert read.count(MARKS[1]) == read.count("第") > 0  # on each page, whose number stands at the foot
    for answer, form in ((page, "html"), (paper, "pdf")):
        assert answer.headers["content-disposition"] == f'inline; filename="preview-{declined["decision_id"]}.{form}"'
    assert client.get(f"{at}s").json() == {"notices": []}


def test_approval_asks_for_no_letter(client: TestClient, served: Any) -> None:
    for ref in served.refs:
        told = client.post("/v1/decisions", json=application(consumer_ref=ref)).json()
        if told["decision"] == "approve":
            break
    answer = client.get(f"/v1/decisions/{told['decision_id']}/notice")
    assert answer.status_code == 409
    assert Problem.model_validate_json(answer.content).type == "urn:tradeline:problem:no-notice"


def test_letter_without_an_address_is_refused(client: TestClient, ada: dict[str, str]) -> None:
    nowhere = {name: value for name, value in ada.items() if name not in ("address", "city", "region", "postcode")}
    told = client.post("/v1/decisions", json=application(applicant=nowhere, application=POOR)).json()
    answer = client.get(f"/v1/decisions/{told['decision_id']}/notice")
    assert answer.status_code == 409
    assert answer.json()["errors"] == [{"location": "consumer.address", "rule": "must be known for this letter"}]
    assert "operator can: tradeline notices render DECISION --to FILE" in answer.json()["detail"]


# -- issued letters -----------------------------------------------------------------------------


def _problem(answer: Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    return Problem.model_validate_json(answer.content).type.rpartition(":")[2]


def _kinds(opened: OpenedService, after: int) -> list[str]:
    return [Event.of(entry.text)[1].kind for entry in opened.casework.audit.entries(after=after)]


def test_issued_letter_is_kept_to_the_byte_and_its_clock_ends_when_it_is_sent(
    client: TestClient, opened: OpenedService, served: Any, declined: dict[str, Any]
) -> None:
    name, today = declined["decision_id"], datetime.now(UTC).date()
    before = opened.casework.audit.head().number
    made = client.post(f"/v1/decisions/{name}/notices", json={"language": "en", "form": "html"})
    again = client.post(f"/v1/decisions/{name}/notices", json={"language": "en", "form": "html"})
    assert (made.status_code, made.json()["sent_on"]) == (201, None)
    assert again.json()["notice_id"] == made.json()["notice_id"]  # the same letter is issued once
    kept = client.get(made.headers["location"])
    assert hashlib.sha256(kept.content).hexdigest() == made.json()["sha256"]
    assert kept.headers["content-disposition"] == f'inline; filename="notice-{made.json()["notice_id"]}.html"'
    assert not any(mark in kept.text for mark in MARKS)
    for reason in declined["reasons"]:
        assert reason["statement"] in kept.text

    def is_owed() -> bool:
        return name in [each.decision_id for each in due_of(served.home, opened.casework, today)]

    assert is_owed()  # a letter that lies in a drawer stops no clock
    sent_at = f"{made.headers['location']}/sent"
    for day in (today + timedelta(days=1), today - timedelta(days=1)):
        assert _problem(client.post(sent_at, json={"sent_on": str(day)}), 409) == "not-sent"
    for _ in range(2):
        assert client.post(sent_at, json={"sent_on": str(today)}).json()["sent_on"] == str(today)
    assert not is_owed()
    told = client.get(f"/v1/decisions/{name}/notices").json()["notices"]
    assert [(each["notice_id"], each["sent_on"]) for each in told] == [(made.json()["notice_id"], str(today))]
    kinds = ["notice written", "notice read", "notice read", "notice sent", "notice read"]
    assert _kinds(opened, before) == kinds  # the letter that was asked for again was looked at, too


def test_letter_to_whom_the_subscriber_names(client: TestClient, opened: OpenedService, served: Any) -> None:
    """Who was named by a reference is told by name when the letter is issued, and never in the path."""
    for ref in served.refs[1:]:
        told = client.post("/v1/decisions", json=application(consumer_ref=ref, application=POOR)).json()
        if told["decision"] == "decline":
            break
    at = f"/v1/decisions/{told['decision_id']}/notices"
    asked = {"language": "en", "form": "html", "recourse": True}
    assert _problem(client.post(at, json=asked), 409) == "no-notice"
    to = {"name": "Winifred Okafor", "address": ["2218 Alder Court", "Boise, ID 83702"]}
    made = client.post(at, json=asked | {"to": to})
    page = client.get(made.headers["location"]).text
    assert "Winifred Okafor" in page
    recourse = client.get(f"/v1/decisions/{told['decision_id']}/recourse").json()
    assert all(each["text"] in html.unescape(page) for each in recourse["changes"])
    assert _problem(client.post(at, json=asked | {"to": to | {"address": []}}), 422) == "invalid"


def test_letter_says_so_where_nothing_would_have_changed_the_decision(client: TestClient, ada: dict[str, str]) -> None:
    child = ada | PLACE | {"birth_date": str(datetime.now(UTC).year - 10) + "-01-02"}
    told = client.post("/v1/decisions", json=application(applicant=child)).json()
    at = f"/v1/decisions/{told['decision_id']}"
    recourse = client.get(f"{at}/recourse").json()
    assert (told["decision"], recourse["found"]) == ("decline", False)
    for language, why in (("en", recourse["why_none"]), ("zh", recourse["why_none_zh"])):
        page = html.unescape(client.get(f"{at}/notice?recourse=true&language={language}").text)
        assert why in page
    answer = client.get(f"{at}/notice?language=en&language=zh")
    assert (_problem(answer, 422), answer.json()["errors"][0]["location"]) == ("invalid", "language")


def test_letters_of_another_subscriber_are_not_on_record(
    client: TestClient, opened: OpenedService, declined: dict[str, Any]
) -> None:
    at = f"/v1/decisions/{declined['decision_id']}/notices"
    made = client.post(at, json={"language": "en", "form": "html"}).headers["location"]
    add_lender(opened.casework, "other-lender")
    other = bearer(make_key(opened.casework, "other-lender"))
    for method, path, body in (
        ("GET", at, None),
        ("POST", at, {"language": "en", "form": "html"}),
        ("GET", made, None),
        ("POST", f"{made}/sent", {"sent_on": "2026-01-02"}),
    ):
        assert _problem(client.request(method, path, json=body, headers=other), 404) == "not-on-record"
    assert _problem(client.get(f"{at}/n-0"), 404) == "not-on-record"
    answer = client.put(at)
    assert (_problem(answer, 405), answer.headers["allow"]) == ("method-not-allowed", "GET, POST")


@pytest.mark.parametrize("outcome", ["decline", "approve"])
def test_letter_follows_what_a_person_concluded(client: TestClient, opened: OpenedService, outcome: Outcome) -> None:
    """Refer, then a person: a decline is told with that person's reasons, an approval asks for no letter."""
    who = {"first_name": "Zebulonia", "surname": "Zebulonia", "birth_date": "1990-01-02"}  # with one name only
    told = client.post("/v1/decisions", json=application(applicant=who | PLACE)).json()
    assert told["decision"] == "refer"
    at = f"/v1/decisions/{told['decision_id']}"
    assert _problem(client.get(f"{at}/notice"), 409) == "no-notice"  # a person has yet to decide
    now = datetime.now(UTC).replace(tzinfo=None)
    reasons = ("B13", "B01") if outcome == "decline" else ()
    opened.casework.conclusions.keep(Conclusion(told["decision_id"], now, outcome, "A. Reviewer", reasons))
    made = client.post(f"{at}/notices", json={"language": "en", "form": "html"})
    if outcome == "approve":
        assert _problem(made, 409) == "no-notice"
    else:
        page = html.unescape(client.get(made.headers["location"]).text)
        assert page.index(REASONS["B13"].statement) < page.index(REASONS["B01"].statement)
        assert not any(reason["statement"] in page for reason in told["reasons"])
        assert "Dear Zebulonia," in page
    assert client.get(at).json() == told  # the decision on record stays as it was made


def test_retry_on_another_day_issues_no_second_letter(
    client: TestClient, opened: OpenedService, declined: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    at, asked = f"/v1/decisions/{declined['decision_id']}/notices", {"language": "en", "form": "html"}
    key = {"Idempotency-Key": f"letter {declined['decision_id']}".replace(" ", "-")}
    first = client.post(at, json=asked, headers=key)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    before = opened.casework.audit.head().number
    monkeypatch.setitem(vars(opened.rooms), "clock", lambda: tomorrow)
    again = client.post(at, json=asked, headers=key)
    other = client.post(at, json=asked | {"language": "zh"}, headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert _kinds(opened, before) == ["notice read"]
    assert _problem(other, 422) == "idempotency-mismatch"
    assert len(client.get(at).json()["notices"]) == 1


@pytest.mark.parametrize("mark", ["\0", "\n", "\u202e", "\u200d", "\ue000", "\u2028"], ids=ascii)
def test_addressee_in_marks_that_hide_or_turn_a_name(client: TestClient, declined: dict[str, Any], mark: str) -> None:
    at = f"/v1/decisions/{declined['decision_id']}/notices"
    for to in ({"name": f"Ada{mark}Eve", "address": ["1 Main St"]}, {"name": "Ada", "address": [f"1{mark}St"]}):
        answer = client.post(at, json={"language": "en", "form": "html", "to": to})
        assert _problem(answer, 422) == "invalid"
        assert "one line of text" in answer.json()["errors"][0]["rule"]


def test_script_that_paper_cannot_set_is_told_and_a_page_shows_it(client: TestClient, declined: dict[str, Any]) -> None:
    at = f"/v1/decisions/{declined['decision_id']}/notices"
    asked = {"language": "en", "to": {"name": "\u05d0\u05d3\u05d4", "address": ["1 Main St"]}}
    refused = client.post(at, json=asked | {"form": "pdf"})
    assert _problem(refused, 409) == "no-notice"
    assert refused.json()["errors"] == [
        {
            "location": "form",
            "rule": "must be html: a PDF cannot set a script that runs from right to left, and a page can",
        }
    ]
    assert client.post(at, json=asked | {"form": "html"}).status_code == 201


def test_decision_waits_for_no_letter(
    client: TestClient, opened: OpenedService, declined: dict[str, Any], ada: dict[str, str]
) -> None:
    gate = threading.Event()
    opened.rooms.writing.submit(gate.wait)
    with ThreadPoolExecutor(1) as beside:
        letter = beside.submit(client.get, f"/v1/decisions/{declined['decision_id']}/notice")
        try:
            told = client.post("/v1/decisions", json=application(applicant=ada | PLACE, application=POOR))
            assert told.status_code == 200
            assert not letter.done()
        finally:
            gate.set()
        assert letter.result().status_code == 200
