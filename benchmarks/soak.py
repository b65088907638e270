"""A soak: many decisions of the service, really started, and whether memory or latency grows from third to third.

``python -m benchmarks.soak --home H --data FILE [--portfolio P] [--decisions N] [--workers N] [--connections N]``

FILE is the portfolio's own table of applicants (CSV, plain or packed). The client runs on the same machine and asks
over a few connections at a time, after 500 decisions that are not counted; every fiftieth decision is fetched again,
and must be the same to the byte. Latencies are those of the decisions. Memory is that of the service's processes
together (proportional set size), taken every second. Decisions are kept in the home, whose audit log is verified at
the end.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import itertools
import json
import os
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import psutil

from benchmarks.requests import body_of, make_key, references_in
from bureau.audit.verify import verify
from bureau.casework.opening import open_casework
from bureau.home import Home
from bureau.signers import trusted_signers
from serving.paths import DECISION, DECISIONS
from serving.process import running
from tradeline.settings import Settings

__all__ = ["Soak", "main"]

THIRDS: Final = 3
_WARM_UP: Final = 500
_AGAIN: Final = 50
_PEOPLE: Final = 5_000


@dataclass
class Soak:
    """Decisions under way.

    Parameters
    ----------
    port : int
        Where the service listens.
    key : str
        A key for decisions, and for reading them.
    refs : sequence of str
        Who is asked for, in turn.
    wanted : int
        How many decisions.

    Attributes
    ----------
    seconds : list of float
        Of each decision, in the order in which they were answered.
    ended : list of float
        When, on the clock of :func:`time.perf_counter`.
    failed : list of int
        After how many decisions something was answered otherwise than it should have been.
    again : int
        Decisions that were fetched again and were the same.
    memory : list of tuple of int
        After how many decisions the service had how many bytes.
    """

    port: int
    key: str
    refs: Sequence[str]
    wanted: int
    seconds: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    again: int = 0
    memory: list[tuple[int, int]] = field(default_factory=list)

    def run(self, connections: int) -> None:
        """Ask until as many are answered as are wanted."""
        numbers, lock = itertools.count(), threading.Lock()

        def work() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            while (number := next(numbers)) < self.wanted:
                begun = time.perf_counter()
                answer = self._ask(
                    connection, "POST", DECISIONS, body_of({"consumer_ref": self.refs[number % len(self.refs)]})
                )
                ended = time.perf_counter()
                same = self._is_same(connection, answer) if answer and number % _AGAIN == 0 else None
                with lock:
                    self.seconds.append(ended - begun)
                    self.ended.append(ended)
                    self.again += same is True
                    if answer is None or same is False:
                        self.failed.append(len(self.seconds) - 1)
            connection.close()

        with self._watched(), ThreadPoolExecutor(connections) as pool:
            for each in [pool.submit(work) for _ in range(connections)]:
                each.result()

    def _is_same(self, connection: http.client.HTTPConnection, answer: bytes) -> bool:
        decision_id = json.loads(answer)["decision_id"]
        return self._ask(connection, "GET", DECISION.format(decision_id=decision_id)) == answer

    def _ask(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None
    ) -> bytes | None:
        """What is answered; None for anything but 200."""
        try:
            connection.request(
                method, path, body, {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"}
            )
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return None
        return content if answer.status == http.HTTPStatus.OK else None

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """While it lasts, the memory of the processes that this one has started is noted every second."""
        stopped = threading.Event()

        def watch() -> None:
            while not stopped.wait(1.0):
                self.memory.append((len(self.seconds), _memory()))

        watching = threading.Thread(target=watch)
        watching.start()
        try:
            yield
        finally:
            stopped.set()
            watching.join()


def _memory() -> int:
    total = 0
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            total += process.memory_full_info().pss
    return total


def _show(soak: Soak) -> None:
    _say("| decisions | p50 ms | p99 ms | a second | errors | memory, median | memory, last |")
    _say("|---|---|---|---|---|---|---|")
    parts = np.array_split(np.arange(len(soak.seconds)), THIRDS)
    for part in parts:
        first, last = int(part[0]), int(part[-1])
        p50, p99 = (1e3 * float(np.quantile(soak.seconds[first : last + 1], q)) for q in (0.5, 0.99))
        rate = (last - first) / (soak.ended[last] - soak.ended[first])
        memory = [taken / 1e6 for done, taken in soak.memory if first <= done <= last] or [float("nan")]
        errors = sum(first <= number <= last for number in soak.failed)
        _say(
            f"| {first + 1:,} to {last + 1:,} | {p50:.1f} | {p99:.1f} | {rate:.0f} | {errors} | "
            f"{statistics.median(memory):.0f} MB | {memory[-1]:.0f} MB |"
        )


def _verify(home: Home) -> None:
    with open_casework(home) as casework:
        found = verify(casework.audit, trusted_signers(home.signers), decisions=casework.decisions.between)
    _say(f"{found.entries:,} entries of the audit log, {found.decisions:,} decisions: {len(found.faults)} faults")


def _on_disk(home: Home) -> int:
    return sum(path.stat().st_size for path in home.casework_folder.rglob("*") if path.is_file())


def main() -> None:
    """Soak, and print a table."""
    parser = argparse.ArgumentParser(description="Whether memory or latency grows over many decisions.")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="the table whose consumers are asked for")
    parser.add_argument("--column", help="its column of references (default: its first)")
    parser.add_argument("--portfolio")
    parser.add_argument("--decisions", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--connections", type=int, default=4)
    options = parser.parse_args()
    settings = Settings(home=options.home, portfolio=options.portfolio, port=0, workers=options.workers)
    home = settings.open_home()
    key = make_key(home, ("decide", "read"))
    refs = references_in(options.data, options.column, _PEOPLE)
    before = _on_disk(home)
    with running(settings.launch()) as url:
        port = int(url.rpartition(":")[2])
        Soak(port, key, refs, _WARM_UP).run(options.connections)
        soak = Soak(port, key, refs, options.decisions)
        soak.run(options.connections)
    _show(soak)
    _say(
        f"\n{soak.again:,} decisions fetched again, the same to the byte; "
        f"{(_on_disk(home) - before) / (_WARM_UP + options.decisions) / 1e3:.1f} kB on the disk a decision; "
        f"load {os.getloadavg()[0]:.1f}"
    )
    _verify(home)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
