"""A new champion takes its place, shadows score beside it, and readiness says whether requests can be answered."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from copied_home import copied_home
from made_champion import make_champion
from made_lender import LENDER, application, bearer
from made_signers import signer_in
from starlette.testclient import TestClient

from bureau.home import Home
from scoring.bundle import Bundle, save_bundle
from scoring.bundle_folder import bundle_signature
from scoring.errors import ChampionRefused
from scoring.routing import Routed, Routing, new_salt, save_routing
from serving.opening import OpenedService, open_service


@pytest.fixture
def home(served: Any, tmp_path: Path) -> Home:
    """A copy of the home, to be changed."""
    copied_home(served.home.root, tmp_path / "home")
    return Home(tmp_path / "home", served.home.master_key)


@pytest.fixture
def standing(home: Home) -> Any:
    """The application over that copy; nothing watches it but the test."""
    opened = open_service(
        home, "home-credit", start_batch=lambda *_: pytest.fail("no batch"), clock=lambda: datetime.now(UTC)
    )
    yield opened
    opened.close()


@pytest.fixture
def second(served: Any, home: Home, make_model: Callable[..., Bundle]) -> Bundle:
    """Another model of the same applicants, in the home's bundles."""
    bundle = make_model(served.bundle.model.features, served.frame, 60, "home-credit-2", seed=2)
    save_bundle(bundle, home.bundles / "home-credit-2", signer_in(home.signers))
    return bundle


def _decide(opened: OpenedService, served: Any, row: int = 0) -> Any:
    with TestClient(opened.app, headers=bearer(served.key)) as client:
        answer = client.post("/v1/decisions", json=application(consumer_ref=served.refs[row]))
        assert answer.status_code == 200, answer.text
        return answer.json()


def test_new_champion_takes_its_place(standing: OpenedService, served: Any, home: Home, second: Bundle) -> None:
    before = _decide(standing, served)
    make_champion(home.root, "home-credit-2")
    assert _decide(standing, served)["model_version"] == "home-credit-1"
    standing.rooms.standing.look()
    after = _decide(standing, served)
    assert after["model_version"] == "home-credit-2"
    with TestClient(standing.app, headers=bearer(served.key)) as client:
        assert client.get("/v1/model").json()["model_version"] == "home-credit-2"
        for told in (before, after):  # each by the bundle that made it
            assert client.get(f"/v1/decisions/{told['decision_id']}").json() == told


def test_champion_that_is_refused_changes_nothing(
    standing: OpenedService, served: Any, home: Home, second: Bundle
) -> None:
    with (home.bundles / "home-credit-2" / "model.txt").open("a") as model:
        model.write("\n")
    make_champion(home.root, "home-credit-2")
    standing.rooms.standing.look()
    assert _decide(standing, served)["model_version"] == "home-credit-1"


def test_champion_that_nobody_promoted_changes_nothing(
    standing: OpenedService, served: Any, home: Home, second: Bundle, caplog: pytest.LogCaptureFixture
) -> None:
    pointer = home.bundles / "champion-home-credit"
    standing.rooms.standing.look()
    pointer.write_text("home-credit-2\n")
    with caplog.at_level(logging.ERROR, "bentoml.serve.tradeline"):
        standing.rooms.standing.look()
    (told,) = caplog.messages
    assert told.startswith("home-credit-1 goes on deciding: ")
    assert "champion-home-credit names home-credit-2, the promotion log ends at home-credit-1" in told
    assert _decide(standing, served)["model_version"] == "home-credit-1"
    with pytest.raises(ChampionRefused, match="names home-credit-2, the promotion log ends at home-credit-1"):
        open_service(home, "home-credit", start_batch=lambda *_: None, clock=lambda: datetime.now(UTC))
    pointer.write_text("home-credit-1\n")
    make_champion(home.root, "home-credit-2")
    standing.rooms.standing.look()
    assert _decide(standing, served)["model_version"] == "home-credit-2"


def test_a_damaged_head_is_told(standing: OpenedService, home: Home, caplog: pytest.LogCaptureFixture) -> None:
    head = home.bundles / "promotions.head"
    standing.rooms.standing.look()
    kept = head.read_bytes()
    head.write_bytes(b"[" * 100_000)
    with caplog.at_level(logging.ERROR, "bentoml.serve.tradeline"):
        standing.rooms.standing.look()
    (told,) = caplog.messages
    assert told.startswith("home-credit-1 goes on deciding: ")
    assert "promotions.head: was changed" in told
    with caplog.at_level(logging.ERROR, "bentoml.serve.tradeline"):
        head.write_bytes(kept)
        standing.rooms.standing.look()
    assert caplog.messages == [told]
    assert standing.rooms.standing.lineup.champion.version == "home-credit-1"


def test_shadow_is_recorded_and_never_told(standing: OpenedService, served: Any, home: Home, second: Bundle) -> None:
    _route(home, shadows=("home-credit-2",))
    standing.rooms.standing.look()
    told = _decide(standing, served)
    assert "home-credit-2" not in json.dumps(told)
    record = standing.casework.decision(told["decision_id"], LENDER)
    (shadow,) = json.loads(record.shadow)
    assert shadow["model_version"] == "home-credit-2"
    assert shadow["decision"] in ("approve", "refer", "decline")
    assert 300 <= shadow["credit_score"] <= 850


def test_challenger_decides_for_its_share(standing: OpenedService, served: Any, home: Home, second: Bundle) -> None:
    _route(home, challengers={"home-credit-2": 0.5})
    standing.rooms.standing.look()
    told = [[_decide(standing, served, row)["model_version"] for row in range(12)] for _ in range(2)]
    assert told[0] == told[1]  # one person always goes the same way
    assert set(told[0]) == {"home-credit-1", "home-credit-2"}


def test_ready_while_bundle_and_online_store_agree(standing: OpenedService, served: Any, home: Home) -> None:
    assert not standing.hindering
    with sqlite3.connect(home.feast / "online.db") as rows:
        (name,) = rows.execute("SELECT name FROM sqlite_master WHERE name = 'inquiries'").fetchone()
        rows.execute(f"ALTER TABLE {name} RENAME TO gone")
    rows.close()
    standing.readiness.look()
    assert [each.location for each in standing.hindering] == ["online store"]
    with sqlite3.connect(home.feast / "online.db") as rows:
        rows.execute(f"ALTER TABLE gone RENAME TO {name}")
    rows.close()
    standing.readiness.look()
    assert not standing.hindering


def _route(home: Home, challengers: dict[str, float] | None = None, shadows: tuple[str, ...] = ()) -> None:
    def routed(version: str, share: float = 0.0) -> Routed:
        return Routed(version, bundle_signature(home.bundles / version)[1], share)

    routing = Routing(
        "home-credit",
        new_salt(),
        tuple(routed(version, share) for version, share in (challengers or {}).items()),
        tuple(map(routed, shadows)),
        datetime(2026, 1, 1, tzinfo=UTC).isoformat(),
        why="test",
    )
    save_routing(home.bundles, routing, signer_in(home.signers))


RENAME = "ALTER TABLE {} RENAME TO {}"
MOVE_HEAD = "UPDATE audit_head SET number = number {} 1"


@pytest.mark.parametrize(
    ("file", "harm", "mend", "hindering", "status"),
    [
        ("casework", RENAME.format("audit_head", "gone"), RENAME.format("gone", "audit_head"), "casework", 503),
        ("casework", MOVE_HEAD.format("+"), MOVE_HEAD.format("-"), "audit log", 503),
        ("limits", RENAME.format("taken", "gone"), RENAME.format("gone", "taken"), "limits", 200),  # its key has none
    ],
    ids=["casework", "audit log", "limits"],
)
def test_ready_while_decisions_can_be_kept(
    standing: OpenedService, served: Any, home: Home, file: str, harm: str, mend: str, hindering: str, status: int
) -> None:
    def change(sql: str) -> None:
        with sqlite3.connect(home.casework_folder / f"{file}.db") as rows:
            rows.execute(sql)
        rows.close()
        standing.readiness.look()

    change(harm)
    assert [each.location for each in standing.hindering] == [hindering]
    with TestClient(standing.app, headers=bearer(served.key)) as client:
        answer = client.post("/v1/decisions", json=application(consumer_ref=served.refs[0]))
        assert answer.status_code == status
    change(mend)
    assert standing.hindering == ()
    _decide(standing, served)


def test_not_ready_before_the_disk_is_full(standing: OpenedService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.readiness.LEAST_ROOM", 2**62)
    standing.readiness.look()
    assert [(each.location, each.rule) for each in standing.hindering] == [("disk", "must have room")]
