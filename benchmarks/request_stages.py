"""How long each stage of a scoring request takes, in this process and over HTTP.

``python -m benchmarks.request_stages --home H --data FILE [--portfolio P] [--json]``

FILE is the portfolio's own table of applicants (CSV, plain or packed); its references are those
that are asked for. Every figure is the median of several runs' p50 and p99, in milliseconds.
"""

from __future__ import annotations

import argparse
import dataclasses
import http.client
import json
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from bureau.content import FileContent
from bureau.errors import UnknownConsumer
from bureau.formats.opening import open_records
from features.vectors import matrix
from serving.app import score_answer
from serving.body import parse
from serving.errors import NoFeatures
from serving.online import OnlineScore, OnlineScorer, open_scorer
from serving.paths import MODEL, SCORE
from serving.process import running
from serving.schemas import score_request
from tradeline.settings import Settings

__all__ = ["Stage", "measure_http", "measure_stages"]

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Stage:
    """One stage: medians over the runs, in milliseconds.

    In this process also the processor time of one request, which a busy machine does not blur;
    over HTTP the answers a second.
    """

    name: str
    p50: float
    p99: float
    cpu: float | None = None
    per_second: float | None = None


def measure_stages(scorer: OnlineScorer, refs: Sequence[str], runs: int = 5) -> list[Stage]:
    """The stages of a request in this process, one after the other, and all of them together."""
    bundle = scorer.bundle
    model: Any = score_request(bundle.features)
    bodies = [json.dumps({"consumer_ref": ref}).encode() for ref in refs]
    ids = [scorer.consumer(ref) for ref in refs]
    vectors = [scorer.vector(consumer_id) for consumer_id in ids]
    columns = [{name: np.array([value]) for name, value in vector.values.items()} for vector in vectors]
    rows = [matrix(bundle.features, each, bundle.model.features) for each in columns]
    answers = [OnlineScore(scorer.score(vector, {}), vector.as_of) for vector in vectors]

    def whole(body: bytes) -> str:
        request: Any = parse(model, body)
        answer = scorer.answer(request.consumer_ref, request.application.model_dump(exclude_unset=True))
        return score_answer(answer, bundle.model_version, "0" * 32).model_dump_json()

    return [
        _stage("reading the body", lambda body: parse(model, body), bodies, runs),
        _stage("reference look-up", scorer.consumer, refs, runs),
        _stage("online features, packed rows", scorer.vector, ids, runs),
        _stage("online features, Feast's answer", scorer.feast_vector, ids[:300], runs),
        _stage("matrix, score and reasons", lambda vector: scorer.score(vector, {}), vectors, runs),
        _stage(
            "- of which the matrix", lambda each: matrix(bundle.features, each, bundle.model.features), columns, runs
        ),
        _stage("- of which the contributions", bundle.model.contributions, rows, runs),
        _stage(
            "building the answer",
            lambda answer: score_answer(answer, bundle.model_version, "0" * 32).model_dump_json(),
            answers,
            runs,
        ),
        _stage("all together", whole, bodies, runs),
    ]


def measure_http(url: str, refs: Sequence[str], runs: int = 5, connections: int = 8) -> list[Stage]:
    """Requests over HTTP: one at a time, many at a time, and one that computes nothing for comparison."""
    bodies = [json.dumps({"consumer_ref": ref}).encode() for ref in refs]
    host = url.removeprefix("http://")
    return [
        _http_stage(f"GET {MODEL} (computes nothing), one at a time", host, "GET", MODEL, [b""] * len(bodies), runs, 1),
        _http_stage(f"POST {SCORE}, one at a time", host, "POST", SCORE, bodies, runs, 1),
        _http_stage(f"POST {SCORE}, {connections} at a time", host, "POST", SCORE, bodies, runs, connections),
    ]


def _stage(name: str, run: Callable[[T], object], inputs: Sequence[T], runs: int) -> Stage:
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
    return Stage(name, *(statistics.median(times) * 1e3 for times in (p50, p99, cpu)))


def _http_stage(
    name: str, host: str, method: str, path: str, bodies: Sequence[bytes], runs: int, connections: int
) -> Stage:
    def ask(share: Sequence[bytes]) -> list[float]:
        connection = http.client.HTTPConnection(host, timeout=30)
        headers = {"Content-Type": "application/json"}
        taken = []
        for body in share:
            begun = time.perf_counter()
            connection.request(method, path, body or None, headers if body else {})
            answer = connection.getresponse()
            answer.read()
            taken.append(time.perf_counter() - begun)
            if answer.status != http.HTTPStatus.OK:
                raise RuntimeError(f"{method} {path} answered {answer.status}")
        connection.close()
        return taken

    p50, p99, rates = [], [], []
    with ThreadPoolExecutor(connections) as pool:
        for _ in range(runs):
            begun = time.perf_counter()
            taken = [
                one for many in pool.map(ask, [bodies[n::connections] for n in range(connections)]) for one in many
            ]
            rates.append(len(bodies) / (time.perf_counter() - begun))
            p50.append(float(np.quantile(taken, 0.5)))
            p99.append(float(np.quantile(taken, 0.99)))
    return Stage(name, statistics.median(p50) * 1e3, statistics.median(p99) * 1e3, per_second=statistics.median(rates))


def _references(table: Path, scorer: OnlineScorer, column: str, most: int) -> list[str]:
    """References of the table that the service knows."""
    refs: list[str] = []
    with open_records(FileContent(table), "csv") as records:
        for batch in records.batches([column]):
            refs += batch.column(column).to_pylist()[: most - len(refs)]
            if len(refs) >= most:
                break
    return [ref for ref in refs if _is_served(scorer, ref)]


def _is_served(scorer: OnlineScorer, ref: str) -> bool:
    try:
        scorer.vector(scorer.consumer(ref))
    except (UnknownConsumer, NoFeatures):
        return False
    return True


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="the table whose consumers are asked for")
    parser.add_argument("--column", help="its column of references (default: its first)")
    parser.add_argument("--portfolio")
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    settings = Settings(home=options.home, portfolio=options.portfolio, port=0, workers=options.workers)
    scorer = open_scorer(settings.open_home(), options.portfolio)
    with open_records(FileContent(options.data), "csv") as records:
        column = options.column or ("SK_ID_CURR" if "SK_ID_CURR" in records.names else records.names[0])
    refs = _references(options.data, scorer, column, options.requests)
    stages = measure_stages(scorer, refs, options.runs)
    with running(settings.launch()) as url:
        stages += measure_http(url, refs, options.runs)
    if options.json:
        print(json.dumps([dataclasses.asdict(stage) for stage in stages], indent=2))
        return
    print(f"| {scorer.bundle.model_version}, {len(refs)} consumers | p50 ms | p99 ms | CPU ms | a second |")
    print("|---|---|---|---|---|")
    for stage in stages:
        cpu = "" if stage.cpu is None else f"{stage.cpu:.3f}"
        rate = "" if stage.per_second is None else f"{stage.per_second:.0f}"
        print(f"| {stage.name} | {stage.p50:.3f} | {stage.p99:.3f} | {cpu} | {rate} |")


if __name__ == "__main__":
    main()
