"""The service with its casework on PostgreSQL, two workers at once: decided, replayed, concluded, told, proven."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from made_lender import add_lender, application, bearer, make_key
from postgresql_server import new_database, postgresql_server
from starlette.testclient import TestClient

from bureau.audit.verify import verify
from bureau.casework.conclusions import Conclusion
from bureau.casework.opening import open_casework
from bureau.signers import trusted_signers
from serving.batch_work import BatchWork
from serving.opening import OpenedService, batch_files, open_service

PARTIES = """
[agency]
name = "Example Credit Bureau"
address = ["P.O. Box 2200", "Wilmington, DE 19801"]
phone = "1-800-555-0199"

[creditor.first-lender]
phone = "1-800-555-0142"
"""


def no_process(_batch_id: str, _worker: str) -> Any:
    """The test works its batch off itself."""
    raise AssertionError


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def workers(served: Any) -> Iterator[tuple[list[OpenedService], str]]:
    """Two applications of one home whose casework is a database of its own, and a key."""
    with ExitStack() as stack:
        server = stack.enter_context(postgresql_server())
        url = new_database(server, f"casework_{os.getpid()}").replace("postgresql:", "postgresql+psycopg:")
        home = replace(served.home, casework_at=url)
        with open_casework(home) as casework:
            add_lender(casework)
            key = make_key(casework)
        opened = [open_service(home, "home-credit", start_batch=no_process, clock=now) for _ in range(2)]
        for each in opened:
            stack.callback(each.close)
        yield opened, key


@pytest.fixture
def parties(served: Any) -> Iterator[None]:
    """A home that names its bureau, as long as a test lasts."""
    file: Path = served.home.notices / "parties.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(PARTIES, encoding="utf-8")
    yield
    file.unlink()


def test_the_way_of_a_decision(
    workers: tuple[list[OpenedService], str], served: Any, parties: None, ada: dict[str, str]
) -> None:
    opened, key = workers
    first, second = (TestClient(each.app, headers=bearer(key)) for each in opened)
    with first, second:
        # The same twelve requests to both at once: each is decided once.
        def ask(number: int) -> tuple[int, bytes]:
            told = application(consumer_ref=served.refs[number // 2])
            client = (first, second)[number % 2]
            answer = client.post("/v1/decisions", json=told, headers={"Idempotency-Key": f"order-{number // 2}"})
            return answer.status_code, answer.content

        with ThreadPoolExecutor(4) as threads:
            answers = list(threads.map(ask, range(24)))
        assert {status for status, _ in answers} == {200}
        assert len({content for _, content in answers}) == 12
        assert opened[0].casework.decisions.count() == 12

        # What a person concluded in the one is told by the other.
        moved = ada | {"address": "9 Other Street", "city": "Peoria", "region": "IL", "postcode": "61602"}
        poor = {f"external_score_{number}": 0.0 for number in (1, 2, 3)}
        answer = first.post("/v1/decisions", json=application(applicant=moved, application=poor))
        name = answer.json()["decision_id"]
        assert answer.json()["decision"] == "decline"
        assert second.get(f"/v1/decisions/{name}").content == answer.content
        at = now().replace(tzinfo=None)
        opened[0].casework.conclusions.keep(Conclusion(name, at, "decline", "A. Person", ("B13",)))
        letter = second.post(f"/v1/decisions/{name}/notices", json={"language": "en", "form": "html"})
        assert letter.status_code in (200, 201), letter.text
        assert opened[0].casework.notices.of(name)

        # A batch that the one took in, and the other works off.
        rows = "consumer_ref\n" + "".join(f"{ref}\n" for ref in served.refs[:5])
        batch = first.post(
            "/v1/batches?purpose=account-review", content=rows, headers={"Content-Type": "text/csv"}
        ).json()
        taken = opened[1].casework.batches.claim("w-test", at, lease=timedelta(0))
        assert taken is not None
        rooms, home = opened[1].rooms, served.home
        BatchWork(
            opened[1].casework, batch_files(home), opened[1].online, rooms.standing.lineup.champion, rooms.clock
        ).run(taken.batch_id, "w-test")
        assert first.get(f"/v1/batches/{batch['batch_id']}").json()["done"] == 5

    casework = opened[0].casework
    found = verify(
        casework.audit,
        trusted_signers(served.home.signers),
        decisions=partial(casework.decisions.between, deep=True),
        others=casework.compared(deep=True),
    )
    assert (found.faults, found.decisions) == ((), 13)
