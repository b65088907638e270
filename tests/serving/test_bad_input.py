"""What is wrong is refused in one shape, with the right status, and without an echo."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from httpx import Response
from made_lender import application, bearer
from starlette.testclient import TestClient

from bureau.audit.events import Event
from bureau.errors import CaseworkBusy, DiskFull
from feature_repo.errors import FeatureRepoError
from features.sets import feature_set
from serving.body import LARGEST_BODY
from serving.online import Online
from serving.opening import OpenedService
from serving.problems import Problem
from serving.requests import score_request

SECRET = "Zhang-Wei-110101199003077758"
JSON = {"Content-Type": "application/json"}
PURPOSE = "account-review"


def _is_problem(answer: Response, status: int) -> Problem:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    problem = Problem.model_validate_json(answer.content)
    assert problem.status == status
    assert problem.request_id == answer.headers["x-request-id"]
    assert SECRET not in answer.text
    for word in ("Traceback", ".py", "pydantic", "input_value", "Input should"):
        assert word not in answer.text
    return problem


def test_unknown_consumer(client: TestClient) -> None:
    problem = _is_problem(client.post("/v1/score", json={"consumer_ref": SECRET, "purpose": PURPOSE}), 404)
    assert problem.type == "urn:tradeline:problem:unknown-consumer"


def test_asking_for_nobody_is_in_the_audit_log_without_the_reference(client: TestClient, opened: OpenedService) -> None:
    before = opened.casework.audit.head().number
    client.post("/v1/score", json={"consumer_ref": SECRET, "purpose": PURPOSE})
    client.post("/v1/decisions", json=application(consumer_id=555_555_555))
    events = [Event.of(entry.text)[1] for entry in opened.casework.audit.entries(after=before)]
    asked = [(event.kind, event.consumer_id, event.subject, event.details) for event in events]
    assert asked == [
        ("consumer unknown", None, "", {"purpose": PURPOSE}),
        ("consumer unknown", None, "", {"purpose": "credit-application"}),
    ]
    assert all(event.actor and event.subscriber for event in events)


@pytest.mark.parametrize(
    "day",
    [
        "1793577600",
        "20261102",
        "2026-11-02T00:00:00",
        "0001-01-01",
        "1899-12-31",
        "2026-11-31",
        1793577600,
        "２０２６-11-02",
    ],
)
def test_days_are_written_as_days(client: TestClient, day: object) -> None:
    body = application(consumer_id=1) | {"consent": {"given_on": day}}
    problem = _is_problem(client.post("/v1/decisions", json=body), 422)
    assert [each.location for each in problem.errors] == ["consent.given_on"]


def test_a_field_that_stands_twice_is_refused(client: TestClient) -> None:
    twice = '{"consumer_ref": "1", "purpose": "account-review", "application": {"income": 1, "income": 2}}'
    problem = _is_problem(client.post("/v1/score", content=twice, headers={"Content-Type": "application/json"}), 422)
    assert problem.errors[0].rule == "must not name a field twice"


def test_known_consumer_without_features(client: TestClient, served: Any) -> None:
    told = client.post("/v1/score", json={"consumer_ref": served.unseen_ref, "purpose": PURPOSE}).json()
    assert (told["credit_score"], [each["code"] for each in told["withheld"]]) == (None, ["R12"])


@pytest.mark.parametrize("ref", ["' OR '1'='1", "{{7*7}}", "../../etc/passwd", "\u0000", "😀" * 64, "100001 ", "%31"])
def test_odd_references_are_merely_unknown(client: TestClient, ref: str) -> None:
    _is_problem(client.post("/v1/score", json={"consumer_ref": ref, "purpose": PURPOSE}), 404)


@pytest.mark.parametrize(
    ("body", "location", "rule"),
    [
        (b"", "body", "well-formed JSON"),
        (b"{", "body", "well-formed JSON"),
        (b'{"consumer_ref": "1"} x', "body", "well-formed JSON"),
        (b'{"consumer_ref": \'1\'}', "body", "well-formed JSON"),
        (b'{"consumer_ref": "\\ud800"}', "body", "well-formed JSON"),
        (b"[" * 60_000, "body", "not deeply nested"),
        (b'{"consumer_ref":' * 4_000, "body", "not deeply nested"),
        (b'{"consumer_ref": "1", "application": ' + b"[" * 5000 + b"]" * 5000 + b"}", "body", "not deeply nested"),
        (b'\xff\xfe{\x00"\x00', "body", "UTF-8"),
        (b'{"consumer_ref": "\xe9"}', "body", "UTF-8"),
        (b"null", "body", "must be an object"),
        (b"[]", "body", "must be an object"),
        (b'"100001"', "body", "must be an object"),
        (b"{}", "body", "by exactly one of"),
        (b'{"consumer_ref": null}', "body", "by exactly one of"),
        (b'{"consumer_ref": "1", "consumer_id": 1}', "body", "by exactly one of"),
        (b'{"consumer_ref": 100001.5}', "consumer_ref", "must be text"),
        (b'{"consumer_ref": -1}', "consumer_ref", "must be text"),
        (b'{"consumer_ref": true}', "consumer_ref", "must be text"),
        (b'{"consumer_ref": ["100001"]}', "consumer_ref", "must be text"),
        (b'{"consumer_ref": ""}', "consumer_ref", "must not be empty"),
        (b'{"consumer_ref": "' + b"9" * 65 + b'"}', "consumer_ref", "must not be longer"),
        (b'{"consumer_ref": "1", "application": null}', "application", "must be an object"),
        (b'{"consumer_ref": "1", "application": []}', "application", "must be an object"),
        (b'{"consumer_ref": "1", "application": {"income": "90000"}}', "application.income", "must be a number"),
        (b'{"consumer_ref": "1", "application": {"income": true}}', "application.income", "must be a number"),
        (b'{"consumer_ref": "1", "application": {"income": [1]}}', "application.income", "must be a number"),
        (b'{"consumer_ref": "1", "application": {"income": {}}}', "application.income", "must be a number"),
        (b'{"consumer_ref": "1", "application": {"income": NaN}}', "application.income", "finite"),
        (b'{"consumer_ref": "1", "application": {"income": Infinity}}', "application.income", "finite"),
        (b'{"consumer_ref": "1", "application": {"income": -Infinity}}', "application.income", "finite"),
        (b'{"consumer_ref": "1", "application": {"income": 1e400}}', "application.income", "finite"),
        (b'{"consumer_ref": "1", "application": {"income": 1.1e12}}', "application.income", "must not be larger"),
        (b'{"consumer_ref": "1", "application": {"income": -0.01}}', "application.income", "must not be smaller"),
        (b'{"consumer_ref": "1", "application": {"external_score_1": 1.1}}', "application.external_score_1", "larger"),
        (b'{"consumer_ref": "1", "application": {"income": ' + b"9" * 400 + b"}}", "application.income", ""),
        (b'{"consumer_ref": "1", "application": {"income": ' + b"9" * 9000 + b"}}", "body", ""),
        (b'{"consumer_ref": "1", "application": {"education": 3}}', "application.education", "must be text"),
        (b'{"consumer_ref": "1", "application": {"education": false}}', "application.education", "must be text"),
        (
            b'{"consumer_ref": "1", "application": {"education": "' + b"x" * 101 + b'"}}',
            "application.education",
            "must not be longer",
        ),
        (b'{"consumer_ref": "1", "x": 1}', "body", "holds a field that is not known"),
        (b'{"consumer_ref": "1", "application": {"incom": 1}}', "application", "the nearest known one is income"),
        (b'{"consumer_ref": "1", "application": {"age_years": 70}}', "application", "not known"),
        (b'{"consumer_ref": "1", "application": {"sex": "male"}}', "application", "not known"),
    ],
)  # fmt: skip
def test_malformed_bodies(client: TestClient, body: bytes, location: str, rule: str) -> None:
    problem = _is_problem(client.post("/v1/score", content=body, headers=JSON), 422)
    assert [error.location for error in problem.errors] == [location]
    assert rule in problem.errors[0].rule


@pytest.mark.parametrize(
    "body",
    [
        {"consumer_ref": SECRET, "application": {"income": SECRET}},
        {"consumer_ref": "1", SECRET: SECRET},
        {"consumer_ref": "1", "application": {SECRET: 1}},
        {"consumer_ref": "1", "application": {"income": {SECRET: SECRET}}},
        {"consumer_ref": {SECRET: SECRET}},
        {"consumer_ref": SECRET * 10},
    ],
)
def test_nothing_of_the_body_comes_back(client: TestClient, body: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        _is_problem(client.post("/v1/score", json=body), 422)
    assert SECRET not in "".join(record.getMessage() for record in caplog.records if record.name != "httpx")


def test_many_errors_are_cut_short(client: TestClient) -> None:
    body = {"consumer_ref": "1", "application": {f"x{n}": 1 for n in range(1000)}}
    assert len(_is_problem(client.post("/v1/score", json=body), 422).errors) == 20


def test_portfolio_without_application_takes_no_statement() -> None:
    from serving.body import parse
    from serving.problems import ProblemError

    taiwan = score_request(feature_set("taiwan"))
    assert parse(taiwan, b'{"consumer_ref": "1", "application": {}}').model_dump(exclude_none=True) == {
        "consumer_ref": "1",
        "application": {},
    }
    with pytest.raises(ProblemError, match="Invalid request"):
        parse(taiwan, b'{"consumer_ref": "1", "application": {"income": 1}}')


def test_body_of_the_largest_size_is_read(client: TestClient, served: Any) -> None:
    body = json.dumps({"consumer_ref": served.refs[0], "purpose": PURPOSE}).encode().ljust(LARGEST_BODY)
    assert client.post("/v1/score", content=body, headers=JSON).status_code == 200
    _is_problem(client.post("/v1/score", content=body + b" ", headers=JSON), 413)


def test_body_whose_size_is_not_told_is_measured(client: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(100):
            yield b" " * 1000

    _is_problem(client.post("/v1/score", content=pieces(), headers=JSON), 413)


@pytest.mark.parametrize("length", ["99999999999999999999999999", str(LARGEST_BODY + 1)])
def test_declared_size_is_enough_to_refuse(client: TestClient, length: str) -> None:
    _is_problem(client.post("/v1/score", content=b"{}", headers=JSON | {"Content-Length": length}), 413)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": ""},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/problem+json"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_what_is_not_declared_as_json(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.post("/v1/score", content=b'{"consumer_ref": "1"}', headers=headers)
    assert _is_problem(answer, 415).type == "urn:tradeline:problem:not-json"


@pytest.mark.parametrize(
    "media_type", ["application/json", "Application/JSON;charset=UTF-8", 'application/json; charset="utf-8"']
)
def test_ways_to_declare_json(client: TestClient, served: Any, media_type: str) -> None:
    body = json.dumps({"consumer_ref": served.refs[0], "purpose": PURPOSE})
    assert client.post("/v1/score", content=body, headers={"Content-Type": media_type}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", f"/{SECRET}", f"/?name={SECRET}", "/v1", "/v1/score/", "/V1/score", "/docs", "//"]
)
def test_unknown_path(client: TestClient, path: str) -> None:
    assert _is_problem(client.get(path), 404).type == "urn:tradeline:problem:not-found"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        *((method, "/v1/score", "POST") for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")),
        *((method, "/v1/model", "GET") for method in ("POST", "PUT", "DELETE", "OPTIONS")),
        *((method, "/v1/decisions/d-1", "GET") for method in ("POST", "DELETE")),
        *((method, "/v1/batches", "POST") for method in ("GET", "PUT")),
        *(("POST", path, "GET, HEAD") for path in ("/livez", "/readyz", "/healthz", "/metrics")),
    ],
)
def test_wrong_method(client: TestClient, method: str, path: str, allow: str) -> None:
    answer = client.request(method, path)
    assert answer.headers["allow"] == allow
    if method != "HEAD":
        _is_problem(answer, 405)


def _failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """From here on, the look-up of references fails as told."""

    def consumer(_self: Online, _ref: str) -> int:
        raise error

    monkeypatch.setattr(Online, "consumer", consumer)


def test_unexpected_error_tells_nothing(
    opened: OpenedService, served: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _failing(monkeypatch, RuntimeError(SECRET))
    with TestClient(opened.app, headers=bearer(served.key)) as client:
        answer = client.post("/v1/score", json={"consumer_ref": SECRET, "purpose": PURPOSE})
    problem = _is_problem(answer, 500)
    told = "\n".join(record.getMessage() for record in caplog.records if record.name == "bentoml.serve.tradeline")
    assert "RuntimeError" in told
    assert "test_bad_input.py" in told
    assert problem.request_id in told
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (FeatureRepoError(SECRET), "unavailable"),
        (sqlite3.OperationalError(SECRET), "unavailable"),
        (CaseworkBusy(SECRET), "not-recorded"),
        (DiskFull(SECRET), "not-recorded"),
        (OSError(28, SECRET), "not-recorded"),
    ],
    ids=["features", "look-up", "casework", "disk", "file"],
)
def test_what_cannot_be_read_or_written_is_unavailable(
    client: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    kind: str,
) -> None:
    _failing(monkeypatch, error)
    answer = client.post("/v1/decisions", json=application(consumer_ref=SECRET))
    assert _is_problem(answer, 503).type == f"urn:tradeline:problem:{kind}"
    assert SECRET not in caplog.text


def test_body_that_does_not_come(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    import serving.body

    async def never(_request: object) -> Any:
        await asyncio.sleep(60)
        yield b""

    monkeypatch.setattr(serving.body, "SLOWEST_BODY", 0.05)
    monkeypatch.setattr("starlette.requests.Request.stream", never)
    _is_problem(client.post("/v1/score", content=b"{}", headers=JSON), 408)
