"""The OpenAPI document tells everything that a caller needs."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from features.vectors import application_fields
from serving.paths import OPENAPI, OUR_PATHS


@pytest.fixture
def document(client: TestClient) -> Any:
    return client.get("/openapi.json").json()


def test_every_field_has_its_meaning_and_unit(document: Any, served: Any) -> None:
    told = document["components"]["schemas"]["Application"]
    fields = application_fields(served.bundle.features)
    assert set(told["properties"]) == set(fields)
    assert told["additionalProperties"] is False
    for name, item in fields.items():
        described = told["properties"][name]
        assert item.meaning in described["description"]
        assert described["x-unit"] == ("word" if item.levels else item.unit)
        for word in item.levels:
            assert word in described["description"]


def test_every_status_is_documented(document: Any) -> None:
    common = {"401", "403", "405", "429", "500", "503"}
    answers = {
        f"{method} {path}": set(operation["responses"]) - common
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }
    reading = {"200", "404", "409", "410"}
    assert answers == {
        "post /v1/decisions": {"200", "404", "408", "409", "413", "415", "422"},
        "get /v1/decisions/{decision_id}": reading,
        "get /v1/decisions/{decision_id}/recourse": reading,
        "get /v1/decisions/{decision_id}/notice": reading | {"422"},
        "post /v1/decisions/{decision_id}/notices": {"201", "404", "408", "409", "410", "413", "415", "422"},
        "get /v1/decisions/{decision_id}/notices": reading - {"409"},
        "get /v1/decisions/{decision_id}/notices/{notice_id}": reading - {"409"},
        "post /v1/decisions/{decision_id}/notices/{notice_id}/sent": reading | {"408", "413", "415", "422"},
        "post /v1/score": {"200", "404", "408", "413", "415", "422"},
        "get /v1/model": {"200"},
        "post /v1/batches": {"202", "408", "413", "415", "422"},
        "get /v1/batches/{batch_id}": {"200", "404"},
        "get /v1/batches/{batch_id}/results": {"200", "404", "409", "422"},
    }
    for operation in (each for item in document["paths"].values() for each in item.values()):
        for status, answer in operation["responses"].items():
            assert answer["description"]
            if not status.startswith("2"):
                assert list(answer["content"]) == ["application/problem+json"]


def test_every_path_is_served_and_every_served_path_is_described(document: Any) -> None:
    assert set(document["paths"]) | {OPENAPI} == OUR_PATHS
    assert document["security"] == [{"key": []}]


def test_every_reference_leads_somewhere(document: Any) -> None:
    def references(node: Any) -> Any:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"]
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    found = set(references(document))
    assert "#/components/schemas/Problem" in found
    for reference in found:
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"]


def test_example_requests_are_requests(document: Any, client: TestClient, served: Any) -> None:
    for name, path in (("ScoreRequest", "/v1/score"), ("DecisionRequest", "/v1/decisions")):
        example = document["components"]["schemas"][name]["examples"][0]
        answer = client.post(path, json=example | {"consumer_ref": served.refs[0]})
        assert answer.status_code == 200, answer.text
