"""The letter that a decision of the service asks for, as the service shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from made_lender import LENDER, application
from pdf_text import pdf_text
from starlette.testclient import TestClient

from serving.problems import Problem

POOR = {f"external_score_{number}": 0.0 for number in (1, 2, 3)}
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
    who = ada | {"address": "2218 Alder Court", "city": "Boise", "region": "ID", "postcode": "83702"}
    told: dict[str, Any] = client.post("/v1/decisions", json=application(applicant=who, application=POOR)).json()
    assert told["decision"] == "decline"
    return told


def test_letter_tells_the_very_reasons_and_score_of_the_answer(
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
    assert "operator can: tradeline notices render DECISION --to FILE" in answer.json()["detail"]
