"""How long a decision takes: its stages in this process, over HTTP beside an echo, and what BentoML and workers cost.

``python -m benchmarks.requests --home H --data FILE [--portfolio P] [--requests N]``

FILE is the portfolio's own table of applicants (CSV, plain or packed); its references are those that are asked for.
Decisions are kept in the home. Every figure is the median of several runs' p50 and p99, in milliseconds; processor
time is that of the serving processes, which a busy machine does not blur.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

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

__all__ = ["Figure", "body_of", "make_key", "measure_http", "measure_stages", "references_in"]

LENDER, PURPOSE = "benchmark", "credit-application"

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
    cpu: float | None = None
    per_second: float | None = None


def body_of(ref: str) -> bytes:
    """An application of a consumer."""
    return json.dumps(
        {
            "consumer_ref": ref,
            "credit": {"product": "consumer", "currency": "USD", "amount": 12_000, "term_months": 36},
            "consent": {"given_on": "2026-01-02"},
            "purpose": PURPOSE,
        }
    ).encode()


def measure_stages(opened: OpenedService, refs: Sequence[str], runs: int) -> list[Figure]:
    """The stages of a decision in this process, one after the other, and all of them together."""
    online, engine = opened.online, opened.rooms.standing.lineup.champion
    model = decision_request(online.features)
    access = Access(LENDER, "k", frozenset(), frozenset({PURPOSE}), "us")
    bodies = [body_of(ref) for ref in refs]
    ids = [online.consumer(ref) for ref in refs]

    def question(body: bytes) -> Question:
        return Question(asked_of(parse(model, body)), body, access, PURPOSE, datetime.now(UTC))

    made = [json.loads(opened.rooms.desk.decide(question(body)))["decision_id"] for body in bodies[:200]]
    inputs = [Inputs.of_bytes(opened.casework.decision(each, LENDER).inputs) for each in made]
    values = [counted_of(each, engine) for each in inputs]
    return [
        _stage("reading the body", question, bodies, runs),
        _stage("reference look-up", online.consumer, refs, runs),
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
    port: int, key: str, refs: Sequence[str], runs: int, label: str, *, echo_path: str = "/livez", connections: int = 8
) -> list[Figure]:
    """Requests over HTTP: an echo and decisions one at a time, in turns, then many at a time."""
    bodies = [body_of(ref) for ref in refs]
    nothing = [b""] * len(bodies)
    echo, one = [], []
    for _ in range(runs):
        echo.append(_asked(port, key, "GET", echo_path, nothing, 1))
        one.append(_asked(port, key, "POST", DECISIONS, bodies, 1))
    many = [_asked(port, key, "POST", DECISIONS, bodies, connections) for _ in range(runs)]
    return [
        _figure(f"{label}: GET {echo_path} (an echo), one at a time", echo),
        _figure(f"{label}: POST {DECISIONS}, one at a time", one),
        _figure(f"{label}: POST {DECISIONS}, {connections} at a time", many),
    ]


def _figure(name: str, runs: Sequence[tuple[list[float], float, float]]) -> Figure:
    p50, p99 = ([float(np.quantile(taken, q)) * 1e3 for taken, _, _ in runs] for q in (0.5, 0.99))
    cpu, rate = ([each[at] for each in runs] for at in (1, 2))
    return Figure(name, *map(statistics.median, (p50, p99, cpu, rate)))


def _asked(
    port: int, key: str, method: str, path: str, bodies: Sequence[bytes], connections: int
) -> tuple[list[float], float, float]:
    """Seconds of each request, milliseconds of the servers' processors a request, and answers a second."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}

    def ask(share: Sequence[bytes]) -> list[float]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        taken = []
        for body in share:
            begun = time.perf_counter()
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            answer.read()
            taken.append(time.perf_counter() - begun)
            if answer.status != http.HTTPStatus.OK:
                raise RuntimeError(f"{method} {path} answered {answer.status}")
        connection.close()
        return taken

    shares = [bodies[n::connections] for n in range(connections)]
    with ThreadPoolExecutor(connections) as pool:
        before, begun = _cpu_seconds(), time.perf_counter()
        taken = [one for many in pool.map(ask, shares) for one in many]
        passed = time.perf_counter() - begun
    return taken, (_cpu_seconds() - before) / len(bodies) * 1e3, len(bodies) / passed


def _cpu_seconds() -> float:
    """Processor time of the processes that this one has started, and of those that they have."""
    parents, ticks = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        number = int(path.parent.name)
        parents[number], ticks[number] = int(fields[1]), int(fields[11]) + int(fields[12])

    def is_ours(number: int) -> bool:
        while number in parents:
            number = parents[number]
            if number == os.getpid():
                return True
        return False

    return sum(spent for number, spent in ticks.items() if is_ours(number)) / os.sysconf("SC_CLK_TCK")


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


def _is_served(opened: OpenedService, ref: str) -> bool:
    try:
        return opened.online.vector(opened.online.consumer(ref)) is not None
    except UnknownConsumer:
        return False


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="the table whose consumers are asked for")
    parser.add_argument("--column", help="its column of references (default: its first)")
    parser.add_argument("--portfolio")
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    settings = Settings(home=options.home, portfolio=options.portfolio, port=0)
    home = settings.open_home()
    key = make_key(home)
    opened = open_service(home, options.portfolio, start_batch=_no_batch, clock=lambda: datetime.now(UTC))
    refs = [ref for ref in references_in(options.data, options.column, options.requests) if _is_served(opened, ref)]
    figures = measure_stages(opened, refs, options.runs)
    version = opened.rooms.standing.lineup.champion.version
    opened.close()
    for workers in (1, 2):
        with running(settings.model_copy(update={"workers": workers}).launch()) as url:
            port = int(url.rpartition(":")[2])
            figures += measure_http(port, key, refs, options.runs, f"BentoML, {workers} worker{'s' * (workers > 1)}")
    with _bare(settings) as port:
        bare = measure_http(port, key, refs, options.runs, "uvicorn alone", echo_path=OPENAPI)[1:]
    _show(version, len(refs), [*figures, *bare])


def _show(version: str, asked: int, figures: Sequence[Figure]) -> None:
    print(f"| {version}, {asked} consumers | p50 ms | p99 ms | CPU ms | a second |")
    print("|---|---|---|---|---|")
    for each in figures:
        cpu = "" if each.cpu is None else f"{each.cpu:.3f}"
        rate = "" if each.per_second is None else f"{each.per_second:.0f}"
        print(f"| {each.name} | {each.p50:.3f} | {each.p99:.3f} | {cpu} | {rate} |")
    *_, bare, _ = figures
    echo, one, many = figures[6:9]
    print(f"\np99 above the echo's: {one.p99 - echo.p99:.2f} ms")
    print(f"BentoML's processor time a request: {(one.cpu or 0) - (bare.cpu or 0):.2f} ms")
    print(f"two workers over one: {(figures[11].per_second or 0) / (many.per_second or 1):.2f}x")


if __name__ == "__main__":
    main()
