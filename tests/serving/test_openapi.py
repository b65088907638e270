"""The OpenAPI document tells everything that a caller needs."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from features.vectors import application_fields


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
    answers = {path: set(next(iter(item.values()))["responses"]) for path, item in document["paths"].items()}
    assert answers == {
        "/v1/score": {"200", "404", "405", "408", "413", "415", "422", "500", "503"},
        "/v1/model": {"200", "405", "500", "503"},
    }
    for item in document["paths"].values():
        for status, answer in next(iter(item.values()))["responses"].items():
            media_type = "application/json" if status == "200" else "application/problem+json"
            assert list(answer["content"]) == [media_type]
            assert answer["description"]


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


def test_example_request_is_a_request(document: Any, client: TestClient, served: Any) -> None:
    example = document["components"]["schemas"]["ScoreRequest"]["examples"][0]
    assert client.post("/v1/score", json=example | {"consumer_ref": served.refs[0]}).status_code == 200
