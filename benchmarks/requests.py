"""How long a decision takes: its stages in this process, over HTTP beside an echo, and what BentoML and workers cost.

``python -m benchmarks.requests --home H (--data FILE | --applicants FILE) [--portfolio P] [--requests N]``

The data are the portfolio's own table of applicants (CSV, plain or packed), whose references are asked for; or else
applicants, one a line as the service takes them in JSON, whom it then has to find. Decisions are kept in the home.
Every figure is the median of several runs' p50 and p99, in milliseconds; processor time is that of the serving
processes, and of the client beside them. All services are up together and are asked in turns, so that whatever else
the machine does slows them alike.
"""

from __future__ import annotations

import argparse
import http.client
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.asking import Asked, ask_all, request_of
from bureau.access.access import Access
from bureau.access.subscribers import Subscriber
from bureau.casework.opening import open_casework
from bureau.content import FileContent
from bureau.errors import UnknownConsumer
from bureau.formats.opening import open_records
from bureau.home import Home
from serving.asked import asked_of
from serving.body import parse
from serving.deciding import counted_of, decide
from serving.desk import Question
from serving.inputs import Inputs
from serving.opening import OpenedService, open_service
from serving.paths import DECISIONS, OPENAPI
from serving.process import running
from serving.requests import decision_request
from tradeline.settings import Settings

__all__ = ["Figure", "Served", "body_of", "make_key", "measure_http", "measure_stages", "references_in"]

LENDER, PURPOSE = "benchmark", "credit-application"

_ECHO, _ONE, _MANY = "an echo", "decisions, one at a time", "decisions, many at a time"
_WORKERS, _BARE = {1: "one worker", 2: "two workers"}, "uvicorn alone"

BARE = """
import sys, socket, uvicorn
from datetime import UTC, datetime
from serving.opening import open_service
from tradeline.settings import Settings
settings = Settings()
home, clock = settings.open_home(), lambda: datetime.now(UTC)
opened = open_service(home, settings.portfolio, start_batch=lambda *_: None, clock=clock)
opened.watch()
uvicorn.Server(uvicorn.Config(opened.app, log_config=None)).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
"""
"""The same application on uvicorn alone."""


@dataclass(frozen=True)
class Figure:
    """One measurement: medians over the runs, milliseconds; processor time a request, and answers a second."""

    name: str
    p50: float
    p99: float
    cpu: float
    per_second: float | None = None


@dataclass(frozen=True)
class Served:
    """A service that is up, and where it answers to nothing in particular: ``/livez``, or what is as cheap."""

    name: str
    port: int
    echo: str = "/livez"


def body_of(who: Mapping[str, object]) -> bytes:
    """An application of somebody, who is named as the service takes it."""
    return json.dumps(
        {
            **who,
            "credit": {"product": "consumer", "currency": "USD", "amount": 12_000, "term_months": 36},
            "consent": {"given_on": "2026-01-02"},
            "purpose": PURPOSE,
        }
    ).encode()


def measure_stages(opened: OpenedService, people: Sequence[Mapping[str, object]], runs: int) -> list[Figure]:
    """The stages of a decision in this process, one after the other, and all of them together."""
    online, engine = opened.online, opened.rooms.standing.lineup.champion
    model = decision_request(online.features)
    access = Access(LENDER, "k", frozenset(), frozenset({PURPOSE}), "us")
    bodies = [body_of(who) for who in people]

    def question(body: bytes) -> Question:
        return Question(asked_of(parse(model, body)), body, access, PURPOSE, datetime.now(UTC))

    questions = [question(body) for body in bodies]
    ids = [online.subject(each.asked).consumer_id or 0 for each in questions]
    made = [json.loads(opened.rooms.desk.decide(each))["decision_id"] for each in questions[:200]]
    inputs = [Inputs.of_bytes(opened.casework.decision(each, LENDER).inputs) for each in made]
    values = [counted_of(each, engine) for each in inputs]
    return [
        _stage("reading the body", question, bodies, runs),
        _stage("finding the person", lambda each: online.subject(each.asked), questions, runs),
        _stage("online features", online.vector, ids, runs),
        _stage("score and reasons", lambda each: engine.scorer.score_one(each, explain="all"), values, runs),
        _stage("decision (score, reasons, policy, answer)", lambda each: decide(each, engine), inputs, runs),
        _stage("all, kept on the disk", lambda body: opened.rooms.desk.decide(question(body)), bodies, runs),
    ]


def _stage(name: str, run: Callable[[Any], object], inputs: Sequence[Any], runs: int) -> Figure:
    p50, p99, cpu = [], [], []
    for _ in range(runs):
        taken = []
        spent = time.thread_time()
        for each in inputs:
            begun = time.perf_counter()
            run(each)
            taken.append(time.perf_counter() - begun)
        cpu.append((time.thread_time() - spent) / len(inputs))
        p50.append(float(np.quantile(taken, 0.5)))
        p99.append(float(np.quantile(taken, 0.99)))
    return Figure(name, *(statistics.median(times) * 1e3 for times in (p50, p99, cpu)))


def measure_http(
    services: Sequence[Served], key: str, bodies: Sequence[bytes], runs: int, *, connections: int = 8
) -> dict[tuple[str, str], list[Asked]]:
    """What each service took in each run, by its name and what was asked: an echo, decisions, many decisions.

    The services are asked in turns, another one first in each run. Each is asked a little before, which does not count.
    """
    decisions = [request_of("POST", DECISIONS, key, body) for body in bodies]
    found: dict[tuple[str, str], list[Asked]] = {}
    for each in services:
        ask_all(each.port, decisions[:100], connections)
    for run in range(runs):
        turn = run % len(services)
        for each in (*services[turn:], *services[:turn]):
            echoes = [request_of("GET", each.echo, key)] * len(bodies)
            for what, requests, at_a_time in (
                (_ECHO, echoes, 1),
                (_ONE, decisions, 1),
                (_MANY, decisions, connections),
            ):
                found.setdefault((each.name, what), []).append(ask_all(each.port, requests, at_a_time))
    return found


def _figure(name: str, runs: Sequence[Asked]) -> Figure:
    p50, p99 = ([float(np.quantile(each.seconds, q)) * 1e3 for each in runs] for q in (0.5, 0.99))
    cpu = [each.servers / len(each.seconds) * 1e3 for each in runs]
    return Figure(name, *map(statistics.median, (p50, p99, cpu, [each.per_second for each in runs])))


@contextmanager
def _bare(settings: Settings) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number, port = listening.fileno(), listening.getsockname()[1]
        command = [sys.executable, "-W", "ignore", "-c", BARE, str(number)]
        process = subprocess.Popen(command, env=settings.environment(), pass_fds=(number,))
        try:
            while not _answers(port):
                time.sleep(0.1)
            yield port
        finally:
            process.terminate()
            process.wait(30)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/openapi.json")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def make_key(home: Home, scopes: Sequence[str] = ("decide",)) -> str:
    """A key of a lender for a day."""
    now = datetime.now(UTC).replace(tzinfo=None)
    with open_casework(home) as casework:
        casework.subscribers.add(Subscriber(LENDER, "Benchmark", "of no address", "us", "", now))
        casework.subscribers.certify(LENDER, (PURPOSE,), now)
        issued = casework.keys.create(
            LENDER, scopes=scopes, purposes=(PURPOSE,), now=now, expires_at=now + timedelta(days=1)
        )
    return issued.text


def references_in(table: Path, column: str | None, most: int) -> list[str]:
    """The first references of a table; of no named column, those of ``SK_ID_CURR`` or else of its first."""
    refs: list[str] = []
    with open_records(FileContent(table), "csv") as records:
        named = column or ("SK_ID_CURR" if "SK_ID_CURR" in records.names else records.names[0])
        for batch in records.batches([named]):
            refs += batch.column(named).to_pylist()[: most - len(refs)]
            if len(refs) >= most:
                break
    return refs


def _no_batch(_batch_id: str, _worker: str) -> subprocess.Popen[bytes]:
    raise AssertionError


def _are_served(opened: OpenedService, people: Sequence[Mapping[str, object]]) -> list[Mapping[str, object]]:
    """Those who are known, and of whom the online store holds features."""
    model = decision_request(opened.online.features)
    known = []
    for who in people:
        with suppress(UnknownConsumer):
            subject = opened.online.subject(asked_of(parse(model, body_of(who))))
            if subject.consumer_id is not None and opened.online.vector(subject.consumer_id) is not None:
                known.append(who)
    return known


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--data", type=Path, help="the table whose consumers are asked for")
    who.add_argument("--applicants", type=Path, help="applicants who are to be found, one a line in JSON")
    parser.add_argument("--column", help="the table's column of references (default: its first)")
    parser.add_argument("--portfolio")
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    people: list[Mapping[str, object]]
    if options.applicants is not None:
        with options.applicants.open(encoding="utf-8") as lines:
            people = [{"applicant": json.loads(line)} for line in islice(lines, options.requests)]
    else:
        refs = references_in(options.data, options.column, options.requests)
        people = [{"consumer_ref": ref} for ref in refs]
    settings = Settings(home=options.home, portfolio=options.portfolio, port=0)
    home = settings.open_home()
    key = make_key(home)
    opened = open_service(home, options.portfolio, start_batch=_no_batch, clock=lambda: datetime.now(UTC))
    opened.online.refresh()
    served = _are_served(opened, people)
    version = opened.rooms.standing.lineup.champion.version
    print(f"{version}: {len(served)} of {len(people)} are known and have features\n")
    figures = measure_stages(opened, served, options.runs)
    opened.close()
    bodies = [body_of(who) for who in served]
    with ExitStack() as stack:
        services = [_bento(stack, settings, workers) for workers in (1, 2)]
        services.append(Served(_BARE, stack.enter_context(_bare(settings)), OPENAPI))
        found = measure_http(services, key, bodies, options.runs)
    _show(figures, found)


def _bento(stack: ExitStack, settings: Settings, workers: int) -> Served:
    """A service with a log of its own, so that several may be up at a home."""
    launch = settings.model_copy(update={"workers": workers}).launch()
    log = launch.log.with_name(f"service-{workers}.log")
    url = stack.enter_context(running(replace(launch, log=log)))
    return Served(_WORKERS[workers], int(url.rpartition(":")[2]))


def _show(stages: Sequence[Figure], found: Mapping[tuple[str, str], Sequence[Asked]]) -> None:
    figures = {(name, what): _figure(f"{name}: {what}", runs) for (name, what), runs in found.items()}
    print("| | p50 ms | p99 ms | CPU ms | a second |")
    print("|---|---|---|---|---|")
    for each in (*stages, *figures.values()):
        rate = "" if each.per_second is None else f"{each.per_second:.0f}"
        print(f"| {each.name} | {each.p50:.3f} | {each.p99:.3f} | {each.cpu:.3f} | {rate} |")
    one, two = _WORKERS[1], _WORKERS[2]
    ratios = [b.per_second / a.per_second for a, b in zip(found[one, _MANY], found[two, _MANY], strict=True)]
    every = [each for runs in found.values() for each in runs]
    client = sum(each.client for each in every) / sum(len(each.seconds) for each in every)
    print(f"\np99 above the echo's: {figures[one, _ONE].p99 - figures[one, _ECHO].p99:.2f} ms")
    print(f"BentoML's processor time a request: {figures[one, _ONE].cpu - figures[_BARE, _ONE].cpu:.2f} ms")
    print(f"the client's processor time a request: {client * 1e3:.2f} ms")
    print(f"two workers over one: {statistics.median(ratios):.2f} times ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
