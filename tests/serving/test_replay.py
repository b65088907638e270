"""A decision is made again to the byte, from what was known then, by the bundle that made it."""

from __future__ import annotations

import dataclasses
import json
import math
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_lender import LENDER, application
from starlette.testclient import TestClient
from typer.testing import CliRunner

from bureau.casework.records import DecisionRecord
from bureau.history import open_history
from features.sets import feature_set
from scoring.policy.circumstances import Circumstances
from serving.deciding import decide
from serving.engine import Engines
from serving.errors import NotReplayable
from serving.inputs import Inputs
from serving.opening import OpenedService
from serving.problems import Problem
from serving.replaying import differing_features, made_again
from tradeline.cli import app


@pytest.fixture
def record(client: TestClient, opened: OpenedService, served: Any) -> DecisionRecord:
    """A decision on a decline of the home."""
    for ref in served.refs[10:]:
        told = client.post("/v1/decisions", json=application(consumer_ref=ref, application={"income": 90_000})).json()
        if told["decision"] == "decline":
            return opened.casework.decision(told["decision_id"], LENDER)
    raise AssertionError


@pytest.fixture(scope="module")
def engines(served: Any) -> Engines:
    return Engines(served.home)


def _kinds(opened: OpenedService, decision_id: str) -> list[str]:
    rows = opened.casework.audit.store.rows("SELECT entry FROM audit_entry ORDER BY number")
    entries = [json.loads(text) for (text,) in rows]
    return [each["kind"] for each in entries if each["subject"] == decision_id]


def test_replay_over_the_interface(client: TestClient, opened: OpenedService, record: DecisionRecord) -> None:
    answer = client.get(f"/v1/decisions/{record.decision_id}")
    assert (answer.status_code, answer.content) == (200, record.answer)
    assert _kinds(opened, record.decision_id) == ["decision", "replay"]


def test_decisions_of_nobody(client: TestClient) -> None:
    for name in ("d-0", "nobody", "..%2f..", "' OR 1=1 --"):
        answer = client.get(f"/v1/decisions/{name}")
        assert answer.status_code == 404, name


def test_changed_record_is_not_told_as_it_is(
    client: TestClient, opened: OpenedService, record: DecisionRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = json.loads(record.answer) | {"credit_score": 850}
    changed = dataclasses.replace(record, answer=json.dumps(other).encode())
    monkeypatch.setattr(opened.casework.decisions, "get", lambda *_: changed)
    answer = client.get(f"/v1/decisions/{record.decision_id}")
    assert Problem.model_validate_json(answer.content).type == "urn:tradeline:problem:replay-differs"
    assert answer.status_code == 409
    assert _kinds(opened, record.decision_id) == ["decision", "replay differs"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"inputs": b"{}"}, "not as they were kept"),
        ({"inputs": b'{"format": 9}'}, "inputs of format 9, this version decides on format 1"),
        ({"model_version": "home-credit-9"}, "bundle home-credit-9: not in"),
        ({"model_version": "../home-credit-1"}, "not in"),
        ({"manifest_sha256": "0" * 64}, "bundle home-credit-1: not the one that decided"),
        ({"answer": b"{}"}, "made again, it is another answer"),
    ],
)
def test_what_cannot_be_made_again(record: DecisionRecord, engines: Engines, change: dict[str, Any], told: str) -> None:
    with pytest.raises(NotReplayable, match=told):
        made_again(dataclasses.replace(record, **change), engines)


def test_inputs_of_another_bundle_are_not_decided_on(record: DecisionRecord, engines: Engines) -> None:
    inputs = dataclasses.replace(Inputs.of_bytes(record.inputs), model_version="home-credit-2")
    with pytest.raises(NotReplayable, match="restore bundle home-credit-2"):
        decide(inputs, engines.of(record.model_version, record.manifest_sha256))


def test_every_changed_feature_changes_the_inputs_alone(record: DecisionRecord, engines: Engines) -> None:
    """A value that the model does not read changes no answer; one that decides changes it."""
    inputs = Inputs.of_bytes(record.inputs)
    engine = engines.of(record.model_version, record.manifest_sha256)
    assert inputs.values is not None
    answers = {
        decide(dataclasses.replace(inputs, values=dict.fromkeys(inputs.values, value)), engine).answer
        for value in (0.0, 1.0, math.nan)
    }
    assert record.answer not in answers


def test_features_are_those_the_history_gives(record: DecisionRecord, served: Any) -> None:
    history, features = open_history(served.home, memory_limit="300MB"), feature_set("home-credit")
    currency = "currency 1"
    now = datetime.now(UTC)
    assert differing_features(record, features, history, currency=currency, now=now) == {}
    inputs = Inputs.of_bytes(record.inputs)
    assert inputs.values is not None
    name = next(iter(inputs.values))
    other = dataclasses.replace(inputs, values={**inputs.values, name: -1.0}).to_bytes()
    changed = dataclasses.replace(record, inputs=other)
    found = differing_features(changed, features, history, currency=currency, now=now)
    assert {name: kept for name, (kept, _) in found.items()} == {name: -1.0}


def test_recourse_of_a_decline(client: TestClient, record: DecisionRecord) -> None:
    told = client.get(f"/v1/decisions/{record.decision_id}/recourse").json()
    assert told["decision_id"] == record.decision_id
    assert told["found"] == bool(told["changes"]) == (told["why_none"] is None)
    if told["found"]:
        assert told["credit_score"] > json.loads(record.answer)["credit_score"]


NUMBERS = st.floats(allow_nan=True, allow_infinity=True)


@given(
    values=st.none() | st.dictionaries(st.text(max_size=5), NUMBERS, max_size=5),
    stated=st.dictionaries(st.text(max_size=5), st.none() | st.text(max_size=5) | st.floats(0, 1e12), max_size=5),
    flags=st.frozensets(st.sampled_from(["frozen", "deceased"])),
    age=st.none() | st.integers(0, 150),
)
def test_inputs_come_back_as_they_were(values: Any, stated: Any, flags: frozenset[str], age: int | None) -> None:
    circumstances = Circumstances("match", False, flags, age, ("income",), 3, False, "IL")
    moment = datetime(2026, 11, 2, 3, 4, 5, 6, tzinfo=UTC)
    inputs = Inputs("d-1", moment, "us", "m-1", "0" * 64, values, moment, stated, circumstances)
    again = Inputs.of_bytes(inputs.to_bytes())
    known = None if values is None else {name: value for name, value in values.items() if not math.isnan(value)}
    assert again == dataclasses.replace(inputs, values=known)
    assert again.to_bytes() == inputs.to_bytes()
    assert again.decided_on == date(2026, 11, 2)


def test_notice_of_a_decline(client: TestClient, served: Any, ada: dict[str, str]) -> None:
    """Without a file of parties the bureau has no name, and a notice without it is refused."""
    poor = {f"external_score_{n}": 0.0 for n in (1, 2, 3)}
    told = client.post("/v1/decisions", json=application(applicant=ada, application=poor)).json()
    answer = client.get(f"/v1/decisions/{told['decision_id']}/notice")
    assert Problem.model_validate_json(answer.content).type == "urn:tradeline:problem:no-notice"
    assert client.get(f"/v1/decisions/{told['decision_id']}/notice?language=fr").status_code == 422


# -- the command line ---------------------------------------------------------------------------


def _command(served: Any, *arguments: str) -> Any:
    done = CliRunner().invoke(app, [*arguments, "--home", str(served.home.root)])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_decisions_are_listed_shown_and_made_again(record: DecisionRecord, served: Any, opened: OpenedService) -> None:
    listed = json.loads(_command(served, "decisions", "list", "--subscriber", LENDER, "--json"))
    assert (record.decision_id, "decline") in [(each["decision"], each["outcome"]) for each in listed]
    assert json.loads(_command(served, "decisions", "show", record.decision_id)) == json.loads(record.answer)
    told = json.loads(_command(served, "decisions", "replay", record.decision_id, "--features", "--json"))
    assert told == {"decision": record.decision_id, "same_answer": True, "differing_features": []}
    assert "the same answer to the byte" in _command(served, "decisions", "replay", record.decision_id)
    assert _kinds(opened, record.decision_id) == ["decision", *["decision read"] * 3]
