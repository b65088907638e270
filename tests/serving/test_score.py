"""Scoring without deciding: the numbers, the statements of an application, what every answer carries."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
from httpx import Response
from starlette.testclient import TestClient

from features.vectors import application_fields
from scoring.scorer import Scored, Scorer
from serving.answers import ScoreAnswer
from serving.opening import OpenedService


def _post(client: TestClient, ref: str, application: dict[str, Any] | None = None, **headers: str) -> Response:
    body: dict[str, Any] = {"consumer_ref": ref, "purpose": "account-review"}
    if application is not None:
        body["application"] = application
    return client.post("/v1/score", json=body, headers=headers)


@pytest.fixture(scope="module")
def offline(served: Any) -> dict[str, Scored]:
    """What the scorer says of the whole table that Feast's offline store gives."""
    counted = {name: served.frame[name].to_numpy() for name in served.bundle.features.counted}
    return dict(zip(served.refs, Scorer(served.bundle).score(counted, explain="all"), strict=True))


def _values(opened: OpenedService, ref: str) -> dict[str, float]:
    vector = opened.online.vector(opened.online.consumer(ref))
    assert vector is not None
    return vector.values


def test_score_over_the_interface_equals_the_offline_score_bit_for_bit(
    client: TestClient, served: Any, offline: dict[str, Scored]
) -> None:
    for ref in served.refs[::7]:
        told, expected = _post(client, ref).json(), offline[ref]
        assert told["default_probability"] == expected.default_probability
        assert told["credit_score"] == expected.credit_score
        assert expected.explanation is not None
        assert [each["code"] for each in told["key_factors"]] == [
            each.code for each in expected.explanation.key_factors
        ]


def test_answer_is_as_described(client: TestClient, served: Any, offline: dict[str, Scored]) -> None:
    for decision in ("approve", "refer", "decline"):
        ref = next(ref for ref, scored in offline.items() if scored.decision == decision)
        answer = _post(client, ref)
        told = answer.json()
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        assert set(told) == set(ScoreAnswer.model_fields)
        assert "decision" not in told
        assert told["model_version"] == "home-credit-1"
        assert told["known_at"] == "2018-05-01T00:00:00Z"
        assert told["request_id"] == answer.headers["x-request-id"]
        assert told["withheld"] == []
        assert 1 <= len(told["key_factors"]) <= 5


def test_scoring_decides_nothing_and_is_noted(client: TestClient, opened: OpenedService, served: Any) -> None:
    before = opened.casework.decisions.count()
    number = opened.casework.audit.head().number
    assert _post(client, served.refs[0]).status_code == 200
    assert opened.casework.decisions.count() == before
    (row,) = opened.casework.audit.store.rows("SELECT entry FROM audit_entry WHERE number > :number", number=number)
    entry = json.loads(row.entry)
    assert (entry["kind"], entry["consumer_id"]) == ("score", int(served.frame.consumer_id[0]))
    assert entry["details"] == {"purpose": "account-review", "model": "home-credit-1", "told": True}


def test_statements_take_the_place_of_those_on_file(client: TestClient, opened: OpenedService, served: Any) -> None:
    ref = served.refs[0]
    stated = {"external_score_2": 0.01, "external_score_3": 0.01, "education": "Academic DEGREE"}
    values = _values(opened, ref) | {"external_score_2": 0.01, "external_score_3": 0.01, "education_level": 4.0}
    told = _post(client, ref, stated).json()["default_probability"]
    assert told == Scorer(served.bundle).score_one(values).default_probability
    assert told > _post(client, ref).json()["default_probability"]


def test_statement_equal_to_the_file_changes_nothing(client: TestClient, opened: OpenedService, served: Any) -> None:
    fields = application_fields(served.bundle.features)
    ref = served.refs[1]
    values = _values(opened, ref)
    numbers = {name: values[item.name] for name, item in fields.items() if not item.levels}
    stated = {name: None if np.isnan(value) else value for name, value in numbers.items()}
    again, before = _post(client, ref, stated).json(), _post(client, ref).json()
    assert again | {"request_id": ""} == before | {"request_id": ""}


@pytest.mark.parametrize("word", [None, "no such word", "", "' OR 1=1 --", "{{7*7}}", "学位"])
def test_unknown_word_counts_as_not_stated(client: TestClient, opened: OpenedService, served: Any, word: str) -> None:
    ref = served.refs[2]
    values = _values(opened, ref) | {"education_level": float("nan")}
    answer = _post(client, ref, {"education": word})
    assert answer.status_code == 200
    assert answer.json()["default_probability"] == Scorer(served.bundle).score_one(values).default_probability


@pytest.mark.parametrize("number", [0, -0.0, 1e-320, 1e12, 12, 1.5])
def test_every_number_within_the_bounds_is_scored(client: TestClient, served: Any, number: float) -> None:
    stated = application_fields(served.bundle.features).items()
    largest = {"share": 1, "score": 1}
    fields = {name: min(number, largest.get(item.unit, number)) for name, item in stated if not item.levels}
    answer = _post(client, served.refs[3], fields)
    assert answer.status_code == 200
    assert 0 <= answer.json()["default_probability"] <= 1


def test_a_reference_may_be_a_whole_number(client: TestClient, served: Any) -> None:
    told = [_post(client, kind(served.refs[0])).json() | {"request_id": ""} for kind in (str, int)]
    assert told[0] == told[1]
    assert told[0]["credit_score"]


def test_same_question_same_answer(client: TestClient, served: Any) -> None:
    answers = [_post(client, served.refs[4]).json() | {"request_id": ""} for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]


def test_every_answer_forbids_storing_and_names_the_request(client: TestClient, served: Any) -> None:
    for answer in (
        _post(client, served.refs[0]),
        _post(client, "nobody"),
        client.get("/v1/model"),
        client.get("/openapi.json"),
        client.get("/nothing"),
        client.get("/v1/score"),
        client.get("/v1/model", headers={"Authorization": "Bearer none"}),
    ):
        assert answer.headers["cache-control"] == "no-store"
        assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


@pytest.mark.parametrize("given", ["12345678", "a.B-c_9." * 8])
def test_well_formed_request_id_is_kept(client: TestClient, served: Any, given: str) -> None:
    answer = _post(client, served.refs[0], **{"X-Request-ID": given})
    assert answer.headers.get_list("x-request-id") == [given]
    assert answer.json()["request_id"] == given


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "two words here", 'quo"te"quote', "<script>aaa"])
def test_malformed_request_id_is_replaced(client: TestClient, served: Any, given: str) -> None:
    answer = _post(client, served.refs[0], **{"X-Request-ID": given})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


def test_model_card(client: TestClient, served: Any) -> None:
    told = client.get("/v1/model").json()
    bundle = served.bundle
    assert told["model_version"] == bundle.model_version
    assert told["portfolio"] == "home-credit"
    assert told["trained_on"] == "2018-05-01"
    assert told["features"] == {"count": len(bundle.model.features), "names": list(bundle.model.features)}
    assert told["score_scale"]["base_score"] == 600
    assert told["cut_offs"]["refer_below"] == bundle.policy.refer_below
    assert told["cut_offs"]["decline_below"] == bundle.policy.decline_below


def test_answer_is_plain_json(client: TestClient, served: Any) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    assert json.loads(_post(client, served.refs[0]).content, parse_constant=refuse)
