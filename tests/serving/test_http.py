"""The service as it is really run: BentoML, started as a process, over HTTP."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from scoring.scorer import Scorer
from serving.problems import Problem
from serving.process import Launch

JSON = {"Content-Type": "application/json"}
SECRET = "Zhang-Wei-13012345678"


class Answer:
    """One answer, read to its end."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.content = response.read()

    def json(self) -> Any:
        return json.loads(self.content)


Ask = Callable[..., Answer]


@pytest.fixture(scope="module")
def ask(base_url: str) -> Ask:
    def ask(method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection(base_url.removeprefix("http://"), timeout=30)
        try:
            connection.request(method, path, body, dict(headers or {}))
            return Answer(connection.getresponse())
        finally:
            connection.close()

    return ask


def test_score_over_http_equals_the_offline_score_bit_for_bit(ask: Ask, served: Any) -> None:
    counted = {name: served.frame[name].to_numpy() for name in served.bundle.features.counted}
    expected = Scorer(served.bundle).score(counted)
    for ref, scored in list(zip(served.refs, expected, strict=True))[::10]:
        answer = ask("POST", "/v1/score", json.dumps({"consumer_ref": ref}), JSON)
        assert answer.status == 200
        told = answer.json()
        assert told["default_probability"] == scored.default_probability
        assert (told["credit_score"], told["decision"]) == (scored.credit_score, scored.decision)
        assert [reason["code"] for reason in told["reasons"]] == [reason.code for reason in scored.reasons]


def test_errors_have_our_shape_through_bentoml(ask: Ask, served: Any) -> None:
    cases = (
        (404, ask("POST", "/v1/score", '{"consumer_ref": "nobody"}', JSON)),
        (404, ask("POST", "/v1/score", json.dumps({"consumer_ref": served.unseen_ref}), JSON)),
        (404, ask("GET", f"/{SECRET}?name={SECRET}")),
        (404, ask("GET", "/")),
        (404, ask("GET", "/docs.json")),
        (405, ask("GET", "/v1/score")),
        (405, ask("POST", "/readyz", "{}", JSON)),
        (413, ask("POST", "/v1/score", b" " * 65_537, JSON)),
        (413, ask("POST", "/v1/score", b" " * 10_000_000, JSON)),
        (415, ask("POST", "/v1/score", "{}", {"Content-Type": "text/plain"})),
        (422, ask("POST", "/v1/score", "[" * 60_000, JSON)),
        (422, ask("POST", "/v1/score", b"\xff\xfe", JSON)),
    )
    for status, answer in cases:
        problem = Problem.model_validate_json(answer.content)
        assert answer.status == status == problem.status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-request-id"] == problem.request_id
    assert cases[5][1].headers["allow"] == "POST"


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz", "/metrics", "/schema.json", "/openapi.json"])
def test_what_else_answers(ask: Ask, path: str) -> None:
    answer = ask("GET", path, headers={"X-Request-ID": "from-the-caller"})
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"] == "from-the-caller"


def test_nothing_of_a_request_is_kept(ask: Ask, launch: Callable[..., Launch]) -> None:
    ask("GET", f"/{SECRET}?name={SECRET}", headers={"X-Note": SECRET, "Content-Type": SECRET})
    ask("POST", f"/v1/score?name={SECRET}", json.dumps({"consumer_ref": SECRET, SECRET: 1}), JSON)
    ask("POST", "/v1/score", json.dumps({"consumer_ref": SECRET}), JSON)
    assert SECRET not in launch().log.read_text()
    counted = ask("GET", "/metrics").content.decode()
    assert SECRET not in counted
    paths = set(re.findall(r'bentoml_service_request_total\{endpoint="([^"]*)"', counted))
    assert {"/v1/score", "/no-such-path"} <= paths <= {
        "/v1/score", "/v1/model", "/openapi.json", "/livez", "/readyz", "/healthz", "/schema.json", "/no-such-path",
    }  # fmt: skip


def test_openapi_fuzzer_finds_nothing(base_url: str, tmp_path: Path) -> None:
    """Schemathesis over the whole document: no undocumented status, no 5xx, answers as described."""
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{base_url}/openapi.json"]
    command += ["--checks", "all", "--max-examples", "60", "--seed", "7"]
    command += ["--generation-database", "none", "--no-color", "--continue-on-failure"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
