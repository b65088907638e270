"""Deciding over the interface: whose reasons, what is kept, what is decided once, and what is decided not at all."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from httpx import Response
from made_lender import LENDER, add_lender, application, bearer, make_key
from starlette.testclient import TestClient

from bureau.audit.events import Event
from scoring.scorer import Scored, Scorer
from serving.answers import DecisionAnswer
from serving.opening import OpenedService
from serving.problems import Problem

Decide = Callable[..., Response]

BOB = {"first_name": "Bob", "surname": "Moore"}


@pytest.fixture
def decide(client: TestClient) -> Decide:
    def decide(headers: dict[str, str] | None = None, **body: Any) -> Response:
        return client.post("/v1/decisions", json=application(**body), headers=headers)

    return decide


@pytest.fixture(scope="module")
def offline(served: Any) -> dict[str, Scored]:
    """What the scorer says of the whole table that Feast's offline store gives."""
    counted = {name: served.frame[name].to_numpy() for name in served.bundle.features.counted}
    return dict(zip(served.refs, Scorer(served.bundle).score(counted, explain="all"), strict=True))


@pytest.fixture
def flagged(opened: OpenedService, served: Any) -> Iterator[Callable[[str, int], None]]:
    """Places a flag on the file of the consumer in a row, and lifts it in the end."""
    placed: list[tuple[int, str]] = []

    def place(flag: str, row: int) -> None:
        consumer_id = int(served.frame.consumer_id[row])
        opened.casework.flags.place(consumer_id, flag, _now(), reason="test")
        placed.append((consumer_id, flag))

    yield place
    for consumer_id, flag in placed:
        opened.casework.flags.lift(consumer_id, flag, _now())


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _kept(opened: OpenedService, answer: Response) -> Any:
    return opened.casework.decision(answer.json()["decision_id"], LENDER)


# -- what is answered ---------------------------------------------------------------------------


def test_decision_is_that_of_the_offline_table(decide: Decide, served: Any, offline: dict[str, Scored]) -> None:
    for ref in served.refs[::30]:
        told, expected = decide(consumer_ref=ref).json(), offline[ref]
        assert (told["credit_score"], told["decision"]) == (expected.credit_score, expected.decision)
        assert told["default_probability"] == expected.default_probability
        assert expected.explanation is not None
        for name, reasons in (("reasons", expected.reasons), ("key_factors", expected.explanation.key_factors)):
            assert [each["code"] for each in told[name]] == [each.code for each in reasons]
            assert [each["told"] for each in told[name]] == [each.told for each in reasons]
            weights = [each["contribution"] for each in told[name]]
            assert np.allclose(weights, [each.contribution for each in reasons], rtol=0, atol=1e-9)


def test_answer_is_as_described(decide: Decide, served: Any, offline: dict[str, Scored]) -> None:
    for decision in ("approve", "refer", "decline"):
        ref = next(ref for ref, scored in offline.items() if scored.decision == decision)
        answer = decide(consumer_ref=ref)
        assert answer.status_code == 200
        told = DecisionAnswer.model_validate_json(answer.content, strict=False)
        assert json.loads(told.model_dump_json()).keys() == answer.json().keys()
        assert (told.decision, told.decided_by, told.identity) == (decision, "score", "given")
        assert bool(told.reasons) == (decision != "approve")
        assert told.key_factors
        assert {reason.component for reason in told.reasons} <= {"score"}
        assert (told.jurisdiction, told.model_version) == ("us", "home-credit-1")
        assert told.known_at == datetime(2018, 5, 1, tzinfo=UTC)
        for reason in (*told.reasons, *told.key_factors):
            assert re.search(r"[\u4e00-\u9fff]", reason.told_zh)
            assert not re.search(r"[A-Za-z]{3}", reason.told_zh)


def test_statements_of_the_application_count(decide: Decide, served: Any) -> None:
    before = decide(consumer_ref=served.refs[0]).json()
    poor = {"external_score_1": 0.01, "external_score_2": 0.01, "external_score_3": 0.01}
    assert decide(consumer_ref=served.refs[0], application=poor).json()["credit_score"] < before["credit_score"]


# -- who is meant -------------------------------------------------------------------------------


def test_applicant_is_found(decide: Decide, ada: dict[str, str], served: Any) -> None:
    found, given = decide(applicant=ada).json(), decide(consumer_ref=served.refs[0]).json()
    assert (found["identity"], found["address_mismatch"]) == ("match", False)
    assert (found["credit_score"], found["reasons"]) == (given["credit_score"], given["reasons"])


def test_consumer_is_given_by_number(decide: Decide, served: Any) -> None:
    by_number = decide(consumer_id=int(served.frame.consumer_id[2])).json()
    assert by_number["credit_score"] == decide(consumer_ref=served.refs[2]).json()["credit_score"]


def test_address_that_fits_none_on_file_is_noted(decide: Decide, ada: dict[str, str]) -> None:
    moved = ada | {"address": "99 Other Street", "city": "Peoria", "postcode": "61602"}
    told = decide(applicant=moved).json()
    assert (told["identity"], told["address_mismatch"]) == ("match", True)
    assert [note["code"] for note in told["notes"]] == ["R05"]


def test_nobody_is_referred_without_a_score(decide: Decide, opened: OpenedService) -> None:
    stranger = {"first_name": "Robert'); DROP TABLE decision;--", "surname": "{{7*7}}", "birth_date": "1990-01-01"}
    answer = decide(applicant=stranger)
    told = answer.json()
    assert (told["decision"], told["decided_by"], told["identity"]) == ("refer", "rule", "no match")
    assert (told["credit_score"], told["key_factors"]) == (None, [])
    assert [reason["code"] for reason in told["reasons"]] == ["R03"]
    assert _kept(opened, answer).consumer_id is None


def test_unknown_references(decide: Decide, served: Any) -> None:
    for who in ({"consumer_ref": "nobody"}, {"consumer_id": 555_555_555}):
        problem = Problem.model_validate_json(decide(**who).content)
        assert (problem.status, problem.type) == (404, "urn:tradeline:problem:unknown-consumer")


def test_nothing_on_file_is_referred(decide: Decide, served: Any) -> None:
    told = decide(consumer_ref=served.unseen_ref).json()
    assert (told["decision"], told["decided_by"], told["credit_score"]) == ("refer", "rule", None)
    assert [reason["code"] for reason in told["reasons"]] == ["R12"]


# -- rules --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flag", "decision", "code"),
    [("frozen", "refer", "R01"), ("deceased", "decline", "R02")],
)
def test_flag_yields_no_score(
    decide: Decide, client: TestClient, served: Any, flagged: Any, flag: str, decision: str, code: str
) -> None:
    flagged(flag, 5)
    told = decide(consumer_ref=served.refs[5]).json()
    assert (told["decision"], told["decided_by"], told["credit_score"]) == (decision, "rule", None)
    assert [reason["code"] for reason in told["reasons"]] == [code]
    scored = client.post("/v1/score", json={"consumer_ref": served.refs[5], "purpose": "account-review"}).json()
    assert (scored["credit_score"], scored["default_probability"], scored["key_factors"]) == (None, None, [])
    assert [each["code"] for each in scored["withheld"]] == [code]


def test_alert_refers_who_would_be_approved(
    decide: Decide, served: Any, flagged: Any, offline: dict[str, Scored]
) -> None:
    row = next(row for row, ref in enumerate(served.refs) if offline[ref].decision == "approve" and row > 5)
    flagged("extended_fraud_alert", row)
    told = decide(consumer_ref=served.refs[row]).json()
    assert (told["decision"], told["decided_by"]) == ("refer", "rule")
    assert [(each["code"], each["component"]) for each in told["reasons"]] == [("R06", "rule")]


def test_child_is_declined(decide: Decide, ada: dict[str, str]) -> None:
    told = decide(applicant=ada | {"birth_date": f"{datetime.now(UTC).year - 17}-12-31"}).json()
    assert told["reasons"][0]["code"] in ("R03", "R08")
    assert told["credit_score"] is None


def test_jurisdiction_without_policy(decide: Decide, served: Any) -> None:
    answer = decide(consumer_ref=served.refs[0], jurisdiction="fr")
    assert answer.status_code == 422
    assert Problem.model_validate_json(answer.content).errors[0].location == "jurisdiction"
    assert decide(consumer_ref=served.refs[0], jurisdiction="eu").json()["jurisdiction"] == "eu"


@pytest.mark.parametrize(
    ("body", "location"),
    [
        ({"consent": {"given_on": "2999-01-01"}}, "consent.given_on"),
        ({"consent": {"given_on": "soon"}}, "consent.given_on"),
        ({"consent": {}}, "consent.given_on"),
        ({"credit": {"product": "boat", "currency": "USD", "amount": 1}}, "credit.product"),
        ({"credit": {"product": "car", "currency": "usd", "amount": 1}}, "credit.currency"),
        ({"credit": {"product": "car", "currency": "USD", "amount": -1}}, "credit.amount"),
        ({"credit": {"product": "car", "currency": "USD", "amount": 1, "term_months": 0}}, "credit.term_months"),
        ({"jurisdiction": "USA"}, "jurisdiction"),
        ({"consumer_id": 1}, "body"),
        ({"consumer_ref": None}, "body"),
        ({"applicant": BOB}, "body"),
        ({"consumer_ref": None, "applicant": BOB | {"birth_date": "2999-01-01"}}, "applicant.birth_date"),
        ({"consumer_ref": None, "applicant": {"first_name": "Bob"}}, "applicant.surname"),
        ({"consumer_ref": None, "applicant": {"surname": "Moore"}}, "applicant.first_name"),
        ({"consumer_ref": None, "applicant": BOB | {"surname": "x" * 201}}, "applicant.surname"),
        ({"consumer_ref": None, "consumer_id": -1}, "consumer_id"),
    ],
)
def test_broken_rules(decide: Decide, served: Any, body: dict[str, Any], location: str) -> None:
    answer = decide(**({"consumer_ref": served.refs[0]} | body))
    assert answer.status_code == 422, answer.text
    assert [each.location for each in Problem.model_validate_json(answer.content).errors] == [location]


# -- who may ask, and what is kept --------------------------------------------------------------


def test_no_data_without_a_purpose(decide: Decide, served: Any, opened: OpenedService) -> None:
    before = opened.casework.decisions.count()
    for purpose in (None, "", "employment", "curiosity"):
        answer = decide(consumer_ref=served.refs[0], purpose=purpose)
        assert answer.status_code == 403
        assert Problem.model_validate_json(answer.content).type == "urn:tradeline:problem:no-purpose"
    assert opened.casework.decisions.count() == before


def test_decision_and_inquiry_are_kept(decide: Decide, opened: OpenedService, served: Any) -> None:
    answer = decide(consumer_ref=served.refs[7])
    record = _kept(opened, answer)
    assert record.answer == answer.content
    assert json.loads(record.request)["consumer_ref"] == served.refs[7]
    assert (record.subscriber, record.purpose) == (LENDER, "credit-application")
    assert record.consumer_id == int(served.frame.consumer_id[7])
    kept = [each.inquiry for each in opened.casework.inquiries.of_consumer(record.consumer_id, _now().date())]
    assert (record.decision_id, "hard", "consumer", 12_000) in [
        (each.inquiry_ref, each.kind, each.product, each.amount_asked) for each in kept
    ]


def test_nothing_is_decided_that_cannot_be_kept(
    decide: Decide, served: Any, opened: OpenedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The audit log's head is not as it was left: nothing is added to it, and so nothing is decided."""
    before = opened.casework.decisions.count()
    with opened.casework.write():
        (head,) = opened.casework.audit.store.rows("SELECT digest FROM audit_head")
        opened.casework.audit.store.rows("UPDATE audit_head SET digest = :other", other=b"x" * 32)
    try:
        answer = decide(consumer_ref=served.refs[0])
    finally:
        opened.casework.audit.store.rows("UPDATE audit_head SET digest = :digest", digest=head.digest)
    assert Problem.model_validate_json(answer.content).type == "urn:tradeline:problem:not-recorded"
    assert answer.status_code == 503
    assert opened.casework.decisions.count() == before
    assert decide(consumer_ref=served.refs[0]).status_code == 200


# -- once ---------------------------------------------------------------------------------------


def test_same_key_same_answer(decide: Decide, served: Any, opened: OpenedService) -> None:
    key = {"Idempotency-Key": "order-66"}
    first = decide(key, consumer_ref=served.refs[8])
    before = opened.casework.decisions.count()
    again = decide(key, consumer_ref=served.refs[8])
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    other = decide(key, consumer_ref=served.refs[9])
    assert other.status_code == 422
    assert Problem.model_validate_json(other.content).type == "urn:tradeline:problem:idempotency-mismatch"
    assert opened.casework.decisions.count() == before
    head = opened.casework.audit.head().number
    (told,) = [Event.of(each.text)[1] for each in opened.casework.audit.entries(after=head - 1)]
    assert (told.kind, told.subject) == ("answer repeated", first.json()["decision_id"])  # 422 tells nothing
    assert decide(consumer_ref=served.refs[8]).json()["decision_id"] != first.json()["decision_id"]


def test_key_is_the_subscribers_own(client: TestClient, decide: Decide, served: Any, opened: OpenedService) -> None:
    add_lender(opened.casework, "second-lender")
    theirs = bearer(make_key(opened.casework, "second-lender")) | {"Idempotency-Key": "order-67"}
    first = decide({"Idempotency-Key": "order-67"}, consumer_ref=served.refs[8]).json()
    second = decide(theirs, consumer_ref=served.refs[8]).json()
    assert first["decision_id"] != second["decision_id"]
    assert client.get(f"/v1/decisions/{first['decision_id']}", headers=theirs).status_code == 404


@pytest.mark.parametrize("key", ["", " ", "two words", "x" * 256])
def test_malformed_idempotency_key(decide: Decide, served: Any, key: str) -> None:
    answer = decide({"Idempotency-Key": key}, consumer_ref=served.refs[0])
    assert answer.status_code == 422
    assert Problem.model_validate_json(answer.content).errors[0].location == "Idempotency-Key"


def test_two_idempotency_keys(client: TestClient, served: Any) -> None:
    headers = [("Idempotency-Key", "first-of-two"), ("Idempotency-Key", "second-of-two")]
    answer = client.post("/v1/decisions", json=application(consumer_ref=served.refs[0]), headers=headers)
    (error,) = Problem.model_validate_json(answer.content).errors
    assert (answer.status_code, error.location, error.rule) == (422, "Idempotency-Key", "must not stand twice")


def test_expired_key_with_a_malformed_body_is_a_bad_key(client: TestClient, opened: OpenedService) -> None:
    key = make_key(opened.casework, lasts=timedelta(milliseconds=1))
    answer = client.post("/v1/decisions", content=b"{", headers=bearer(key))
    assert answer.status_code == 401
