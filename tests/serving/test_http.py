"""The service as it is really run: BentoML, started as a process, over HTTP."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from made_lender import application, bearer

from scoring.scorer import Scorer
from serving.paths import BENTOML_PATHS, OUR_PATHS
from serving.problems import Problem
from serving.process import Launch
from serving.sparing import MOST_A_MINUTE

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
def ask(base_url: str, served: Any) -> Ask:
    def ask(method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection(base_url.removeprefix("http://"), timeout=30)
        try:
            connection.request(method, path, body, bearer(served.key) | dict(headers or {}))
            return Answer(connection.getresponse())
        finally:
            connection.close()

    return ask


def _decide(ask: Ask, **body: Any) -> Answer:
    return ask("POST", "/v1/decisions", json.dumps(application(**body)), JSON)


def test_decision_over_http_equals_the_offline_score_bit_for_bit(ask: Ask, served: Any) -> None:
    counted = {name: served.frame[name].to_numpy() for name in served.bundle.features.counted}
    expected = Scorer(served.bundle).score(counted)
    for ref, scored in list(zip(served.refs, expected, strict=True))[::50]:
        answer = _decide(ask, consumer_ref=ref)
        assert answer.status == 200
        told = answer.json()
        assert told["default_probability"] == scored.default_probability
        assert (told["credit_score"], told["decision"]) == (scored.credit_score, scored.decision)
        assert [reason["code"] for reason in told["reasons"]] == [reason.code for reason in scored.reasons]
        again = ask("GET", f"/v1/decisions/{told['decision_id']}")
        assert (again.status, again.content) == (200, answer.content)


def test_applicant_over_http(ask: Ask, ada: dict[str, str]) -> None:
    assert _decide(ask, applicant=ada).json()["identity"] == "match"


def test_errors_have_our_shape_through_bentoml(ask: Ask, served: Any) -> None:
    nobody = json.dumps({"consumer_ref": "nobody", "purpose": "account-review"})
    cases = (
        (401, ask("POST", "/v1/decisions", "{", JSON | {"Authorization": "Bearer nobody"})),
        (403, ask("POST", "/v1/score", json.dumps({"consumer_ref": "1", "purpose": "employment"}), JSON)),
        (404, ask("POST", "/v1/score", nobody, JSON)),
        (404, ask("GET", "/v1/decisions/d-none")),
        (404, ask("GET", f"/{SECRET}?name={SECRET}")),
        (404, ask("GET", "/")),
        (404, ask("GET", "/docs.json")),
        (405, ask("GET", "/v1/score")),
        (405, ask("POST", "/readyz", "{}", JSON)),
        (413, ask("POST", "/v1/score", b" " * 65_537, JSON)),
        (413, ask("POST", "/v1/decisions", b" " * 10_000_000, JSON)),
        (415, ask("POST", "/v1/score", "{}", {"Content-Type": "text/plain"})),
        (422, ask("POST", "/v1/decisions", "[" * 60_000, JSON)),
        (422, ask("POST", "/v1/score", b"\xff\xfe", JSON)),
    )
    for status, answer in cases:
        problem = Problem.model_validate_json(answer.content)
        assert answer.status == status == problem.status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-request-id"] == problem.request_id
    assert cases[7][1].headers["allow"] == "POST"


def test_websocket_is_refused_in_our_shape_and_fills_no_log(ask: Ask, launch: Callable[..., Launch]) -> None:
    handshake = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    handshake |= {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    before = len(launch().log.read_text())
    for _ in range(3 * MOST_A_MINUTE):
        answer = ask("GET", f"/v1/decisions?{SECRET}", headers=handshake)
    problem = Problem.model_validate_json(answer.content)
    assert (answer.status, problem.type) == (404, "urn:tradeline:problem:not-found")
    assert (answer.headers["x-request-id"], answer.headers["cache-control"]) == (problem.request_id, "no-store")
    noted = launch().log.read_text()[before:].splitlines()  # uvicorn's own, each twice
    assert len(noted) <= 2 * 2 * MOST_A_MINUTE  # where a minute ended meanwhile
    assert SECRET not in str(noted)


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz", "/metrics", "/schema.json", "/openapi.json"])
def test_what_else_answers(ask: Ask, path: str) -> None:
    answer = ask("GET", path, headers={"X-Request-ID": "from-the-caller", "Authorization": ""})
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"] == "from-the-caller"


def test_nothing_of_a_request_is_kept(ask: Ask, launch: Callable[..., Launch]) -> None:
    ask("GET", f"/{SECRET}?name={SECRET}", headers={"X-Note": SECRET, "Content-Type": SECRET})
    ask("GET", f"/v1/decisions/{SECRET}")
    ask("POST", f"/v1/score?name={SECRET}", json.dumps({"consumer_ref": SECRET, SECRET: 1}), JSON)
    _decide(ask, consumer_ref=SECRET)
    _decide(ask, applicant={"surname": SECRET, "first_name": SECRET})
    assert SECRET not in launch().log.read_text()
    counted = ask("GET", "/metrics").content.decode()
    assert SECRET not in counted
    of_bentoml = set(re.findall(r'bentoml_service_request_total\{endpoint="([^"]*)"', counted))
    assert of_bentoml <= BENTOML_PATHS
    ours = set(re.findall(r'tradeline_requests_total\{path="([^"]*)"', counted))
    assert (
        {"/v1/decisions", "/v1/decisions/{decision_id}", "unknown"} <= ours <= {*OUR_PATHS, *BENTOML_PATHS, "unknown"}
    )


def test_metrics_count_what_was_decided(ask: Ask, served: Any) -> None:
    def count(name: str) -> float:
        counted = ask("GET", "/metrics").content.decode()
        return sum(float(line.rpartition(" ")[2]) for line in counted.splitlines() if line.startswith(name))

    before = count("tradeline_decisions_total"), count('tradeline_stage_seconds_count{stage="record"}')
    for _ in range(3):
        _decide(ask, consumer_ref=served.refs[0])
    after = count("tradeline_decisions_total"), count('tradeline_stage_seconds_count{stage="record"}')
    assert (after[0] - before[0], after[1] - before[1]) == (3, 3)
    assert count("tradeline_ready") == 1


def test_batch_is_worked_off_by_a_process_of_its_own(ask: Ask, served: Any) -> None:
    content = "consumer_ref\n" + "\n".join(served.refs)
    taken = ask("POST", "/v1/batches?purpose=account-review", content, {"Content-Type": "text/csv"})
    assert taken.status == 202
    path, give_up = taken.headers["location"], time.monotonic() + 120
    while (told := ask("GET", path).json())["state"] != "done":
        assert told["state"] in ("waiting", "running")
        assert time.monotonic() < give_up
        time.sleep(0.3)
    assert (told["rows"], told["done"], told["failed"]) == (len(served.refs), len(served.refs), 0)
    assert ask("GET", f"{path}/results?form=csv").content.count(b"\n") == len(served.refs) + 1


# What no schema tells, and is documented as refused: which texts are CSV, that a day is in the future, and that an
# idempotency key was used before.
_FUZZER: Final = """
[[operations]]
include-path = "/v1/batches"
checks.positive_data_acceptance.enabled = false

[[operations]]
include-path = "/v1/decisions"
checks.positive_data_acceptance.enabled = false

[[operations]]
include-path = "/v1/decisions/{decision_id}/notices"
checks.positive_data_acceptance.enabled = false
"""
"""Of these a valid request may be refused: an idempotency key that came before, an applicant who cannot be."""


def test_openapi_fuzzer_finds_nothing(base_url: str, served: Any, tmp_path: Path) -> None:
    """Schemathesis over the whole document: no undocumented status, no 5xx, answers as described."""
    (tmp_path / "schemathesis.toml").write_text(_FUZZER)
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{base_url}/openapi.json"]
    command += ["--max-examples", "25", "--seed", "7", "-H", f"Authorization: Bearer {served.key}"]
    command += ["--generation-database", "none", "--no-color", "--continue-on-failure"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
