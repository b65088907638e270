"""Who may ask for what: a generated matrix of keys, scopes and paths, answered before the body is read."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest
from made_lender import LENDER, add_lender, bearer, make_key

from bureau.access.access import SCOPES
from bureau.audit.events import Event
from bureau.casework.casework import Casework
from bureau.casework.opening import open_casework
from bureau.home import open_home
from serving.access import SCOPE_OF, AccessControl, access_of, require_purpose
from serving.envelope import Envelope, problem_response
from serving.limits import FileLimits
from serving.problems import ProblemError

PATHS = {path: path.replace("{decision_id}", "d-1").replace("{batch_id}", "b-1") for path in SCOPE_OF}


@dataclass
class Clock:
    """A clock that a test sets."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Door:
    """A small application behind the access layer, asked without a server."""

    casework: Casework
    control: AccessControl
    clock: Clock
    purpose: str = ""
    body_reads: int = 0
    reached: int = 0

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        self.reached += 1
        try:
            if self.purpose:
                require_purpose(scope, self.purpose)
            if scope["path"].startswith("/v1"):
                access_of(scope)
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})
        except ProblemError as error:
            await problem_response(error, "a-request")(scope, receive, send)

    def ask(
        self, path: str, headers: dict[str, str] | None = None, method: str = "POST"
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of an answer."""
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            self.body_reads += 1
            return {"type": "http.request", "body": b"{", "more_body": True}

        async def send(message: Any) -> None:
            sent.append(message)

        raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
        scope = {"type": "http", "method": method, "path": path, "headers": raw, "query_string": b""}
        anyio.run(Envelope(self.control.before(self.app)), scope, receive, send)
        told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], told, sent[1]["body"]

    def events(self, kind: str) -> list[Event]:
        return [
            event
            for event in (Event.of(entry.text)[1] for entry in self.casework.audit.entries())
            if event.kind == kind
        ]


@pytest.fixture
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    home = open_home(tmp_path_factory.mktemp("door") / "home", create=True)
    clock = Clock()
    limits = FileLimits(home.casework_folder / "limits.db")
    with open_casework(home) as casework:
        add_lender(casework)
        yield Door(casework, AccessControl(casework.keys, limits, casework.audit, clock), clock)
    limits.close()


def test_every_scope_opens_its_own_paths_alone(door: Door) -> None:
    """The whole matrix: each single scope against each path."""
    keys = {scope: make_key(door.casework, scopes=[scope]) for scope in SCOPES}
    assert set(SCOPE_OF.values()) == set(SCOPES)
    for (path, wanted), scope in itertools.product(SCOPE_OF.items(), SCOPES):
        status, headers, body = door.ask(PATHS[path], bearer(keys[scope]))
        assert (path, scope, status) == (path, scope, 200 if scope == wanted else 403)
        if status == 403:
            assert b"urn:tradeline:problem:no-scope" in body
            assert headers["cache-control"] == "no-store"
    refused = len(SCOPE_OF) * (len(SCOPES) - 1)
    assert door.reached == len(SCOPE_OF)
    assert len(door.events("access refused")) == min(refused, 60)


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({}, "absent"),
        ({"Authorization": "Basic dXNlcjpwYXNz"}, "absent"),
        ({"Authorization": "Bearer"}, "absent"),
        ({"Authorization": "Bearer tlk_1_2"}, "malformed"),
        ({"Authorization": "Bearer tlk_" + "0" * 16 + "_" + "A" * 43}, "unknown"),
        ({"Authorization": "Bearer \xff\xfe"}, "malformed"),
        ({"X-Api-Key": "tlk_" + "0" * 16 + "_" + "A" * 43}, "absent"),
    ],
    ids=["none", "other scheme", "empty", "malformed", "unknown", "no text", "other header"],
)
def test_no_good_key_is_401_and_the_body_is_never_read(door: Door, headers: dict[str, str], why: str) -> None:
    for path in (*PATHS.values(), "/v1/nothing", "/"):
        status, told, body = door.ask(path, headers)
        assert (status, told["www-authenticate"]) == (401, "Bearer")
        assert b"urn:tradeline:problem:unauthenticated" in body
    assert (door.body_reads, door.reached) == (0, 0)
    assert {event.details["why"] for event in door.events("access refused")} == {why}


def test_two_keys_are_none(door: Door) -> None:
    key = make_key(door.casework)
    sent = [(b"authorization", f"Bearer {key}".encode())] * 2
    assert door.ask("/v1/model", bearer(key))[0] == 200
    from serving.access import _presented

    assert _presented({"type": "http", "headers": sent}) is None


def test_expired_and_revoked_keys_are_refused(door: Door) -> None:
    expiring = make_key(door.casework, lasts=timedelta(hours=1))
    revoked = make_key(door.casework)
    assert [door.ask("/v1/model", bearer(key))[0] for key in (expiring, revoked)] == [200, 200]
    door.clock.now += timedelta(hours=2)
    assert door.ask("/v1/model", bearer(expiring))[0] == 401
    door.casework.keys.revoke(revoked.split("_")[1], door.clock.now.replace(tzinfo=None))
    door.clock.now += timedelta(milliseconds=900)  # heeded sooner than within a second, though it was cached
    assert door.ask("/v1/model", bearer(revoked))[0] == 401
    refused = door.events("access refused")
    assert [event.details["why"] for event in refused] == ["expired", "revoked"]
    assert [event.actor for event in refused] == [key.split("_")[1] for key in (expiring, revoked)]


def test_a_purpose_that_the_key_has_not_is_403_and_recorded(door: Door) -> None:
    key = make_key(door.casework, purposes=["credit-application"])
    door.purpose = "credit-application"
    assert door.ask("/v1/score", bearer(key))[0] == 200
    for purpose in ("account-review", "employment", "curiosity"):
        door.purpose = purpose
        status, _, body = door.ask("/v1/score", bearer(key))
        assert (status, b"urn:tradeline:problem:no-purpose" in body) == (403, True)
        assert purpose.encode() not in body
    refused = door.events("access refused")
    assert [(event.details["why"], event.subscriber) for event in refused] == [("purpose", LENDER)] * 3


def test_a_withdrawn_certification_is_heeded(door: Door) -> None:
    key = make_key(door.casework)
    door.purpose = "account-review"
    assert door.ask("/v1/score", bearer(key))[0] == 200
    door.casework.subscribers.withdraw(LENDER, "account-review", door.clock.now.replace(tzinfo=None))
    door.clock.now += timedelta(seconds=1)
    assert door.ask("/v1/score", bearer(key))[0] == 403


def test_more_requests_than_a_key_has_are_429(door: Door) -> None:
    door.clock.now = door.clock.now.replace(second=10, microsecond=0)
    key, other = make_key(door.casework, per_minute=3), make_key(door.casework, per_minute=3)
    assert [door.ask("/v1/model", bearer(key))[0] for _ in range(5)] == [200, 200, 200, 429, 429]
    status, headers, body = door.ask("/v1/model", bearer(key))
    assert (status, headers["retry-after"], b"too-many" in body) == (429, "50", True)
    assert door.ask("/v1/model", bearer(other))[0] == 200
    door.clock.now += timedelta(seconds=50)
    assert door.ask("/v1/model", bearer(key))[0] == 200


def test_a_flood_of_refusals_fills_no_disk(door: Door) -> None:
    door.clock.now = door.clock.now.replace(second=1)
    for _ in range(200):
        assert door.ask("/v1/score")[0] == 401
    assert len(door.events("access refused")) == 60
    door.clock.now += timedelta(minutes=1)
    door.ask("/v1/score")
    assert [event.details["count"] for event in door.events("refusals not recorded")] == [140]
    assert len(door.events("access refused")) == 61


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz", "/metrics", "/openapi.json"])
def test_what_is_open_needs_no_key(door: Door, path: str) -> None:
    assert door.ask(path, method="GET")[0] == 200


def test_without_its_store_nobody_is_let_in(door: Door) -> None:
    """Neither keys nor counts can be read: the answer is 503, never 200."""
    counted, fresh = make_key(door.casework, per_minute=3), make_key(door.casework)
    door.control.limits.close()
    assert door.ask("/v1/model", bearer(counted))[0] == 503
    door.casework._store.rows("ALTER TABLE api_key RENAME TO elsewhere")
    assert door.ask("/v1/model", bearer(fresh))[0] == 503
    assert door.reached == 0
