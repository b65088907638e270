"""The bureau's features for everybody, against a two-stage query written by hand.

    python -m benchmarks.features [TRADELINE_MONTHS ...] [--memory 3GB] [--repeats 3]

A made-up bureau (:mod:`benchmarks.features_file`) of so many tradeline-months, 10 million by default. Ours: 150
features over accounts and their months (all that run over the months, and the first of those over accounts), as
`features.compute_view` gives them, written as Parquet; and once all 201 of both views. The peer: 150 features over the
months, by hand in the two stages that measured fastest (consumer, product group and age bucket first, then windows),
over the same encrypted history, known as of the same moment, written as Parquet too. CPU seconds, the median of the
repeats, taken in turns; and how much was spilled within the memory that is allowed.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from benchmarks.features_file import CURRENCY, OBSERVED, build
from bureau.history import History, open_history
from bureau.home import open_home
from features.catalogue import Catalogue
from features.compute import compute_view
from features.definitions.all import CATALOGUE
from features.spine import Everybody

VIEWS: Final = ("accounts", "account_months")
COUNT: Final = 150

_GROUPS: Final = {
    "": "true",
    "revolving_": "product_group = 'revolving'",
    "instalment_": "product_group = 'instalment'",
    "mortgage_": "product_group = 'mortgage'",
}
_WINDOWS: Final = {3: 2, 6: 3, 12: 4, 24: 5, 36: 6}
"""Months to the first bucket that is out of the window."""

_ATOMS: Final = {
    "months": ("count(*)", "sum"),
    "balance": ("sum((balance * 1000)::BIGINT)", "sum"),
    "credit": ("sum((credit_limit * 1000)::BIGINT)", "sum"),
    "paid": ("sum((payment * 1000)::BIGINT)", "sum"),
    "past_due": ("sum((amount_past_due * 1000)::BIGINT)", "sum"),
    "worst": ("max(days_past_due)", "max"),
    "late": ("count(*) FILTER (days_past_due >= 30)", "sum"),
}
_EVER: Final = {"months": "sum", "worst": "max", "late": "sum"}


def by_hand() -> str:
    """The query of the peer: 150 features, and the consumer."""
    windows = [
        f"{combine}({atom}) FILTER ({condition} AND bucket < {bucket}) AS {prefix}{atom}_{months}m"
        for prefix, condition in _GROUPS.items()
        for months, bucket in _WINDOWS.items()
        for atom, (_, combine) in _ATOMS.items()
    ]
    ever = [f"{combine}({atom}) FILTER ({condition}) AS {prefix}{atom}" for atom, combine in _EVER.items()
            for prefix, condition in _GROUPS.items()]  # fmt: skip
    features = [*windows, *ever][:COUNT]
    atoms = ", ".join(f"{sql} AS {name}" for name, (sql, _) in _ATOMS.items())
    moment, day = f"TIMESTAMP '{OBSERVED:%Y-%m-%d %H:%M:%S}'", f"DATE '{OBSERVED:%Y-%m-%d}'"
    known = (
        f"{{0}}.effective_on <= {day} AND {{0}}.recorded_at <= {moment} "
        f"AND ({{0}}.superseded_at IS NULL OR {{0}}.superseded_at > {moment})"
    )
    return f"""
        SELECT consumer_id, {", ".join(features)} FROM (
            SELECT consumer_id, product_group, bucket, {atoms}
            FROM (
                SELECT held.consumer_id, balance, credit_limit, payment, amount_past_due, days_past_due,
                    CASE WHEN product IN ('card', 'line') THEN 'revolving' WHEN product = 'mortgage' THEN product
                        ELSE 'instalment' END AS product_group,
                    CASE WHEN age < 1 THEN 0 WHEN age < 3 THEN 1 WHEN age < 6 THEN 2 WHEN age < 12 THEN 3
                        WHEN age < 24 THEN 4 WHEN age < 36 THEN 5 ELSE 6 END AS bucket
                FROM (
                    SELECT *, date_diff('month', effective_on + 1, {day} + 1) AS age FROM tradeline_month AS month
                    WHERE {known.format("month")} AND month.currency = '{CURRENCY}'
                ) AS month
                JOIN (SELECT DISTINCT consumer_id, tradeline_id FROM association
                    WHERE {known.format("association")} AND NOT coalesce(withdrawn, false)) AS held USING (tradeline_id)
            ) GROUP BY ALL
        ) GROUP BY consumer_id ORDER BY consumer_id"""


def main() -> None:
    """Measure each size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("sizes", nargs="*", type=int, default=[10_000_000])
    parser.add_argument("--memory", default="3GB")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as scratch:
            history = open_history(open_home(Path(scratch) / "home", create=True), memory_limit=options.memory)
            consumers = build(history, size)
            measure(history, Path(scratch), size, consumers, options.repeats)


def measure(history: History, folder: Path, size: int, consumers: int, repeats: int) -> None:
    """Ours and the peer in turns; print the medians."""
    some, whole = chosen(COUNT), chosen(None)
    spilled = Spilled(history.home.tmp)
    ours, peers, wall = [], [], []
    for _ in range(repeats):
        started = time.perf_counter()
        with spilled:
            ours.append(cpu(lambda: our_tables(history, some, folder)))
        wall.append(time.perf_counter() - started)
        peers.append(cpu(lambda: peer_table(history, folder)))
    our, peer = statistics.median(ours), statistics.median(peers)
    everything = cpu(lambda: our_tables(history, whole, folder))
    sys.stdout.write(
        f"{size:,} tradeline-months, {consumers:,} consumers, {history.path.stat().st_size / 1e6:,.0f} MB encrypted\n"
        f"  ours        {our:7.1f} CPU s  {len(some.features)} features, {statistics.median(wall):.1f} s\n"
        f"  by hand     {peer:7.1f} CPU s  {COUNT} features\n"
        f"  ratio       {our / peer:7.2f}\n"
        f"  ours, all   {everything:7.1f} CPU s  {len(whole.features)} features, once\n"
        f"  memory      {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:7.1f} GB at most, "
        f"{spilled.most / 1e6:,.0f} MB spilled\n"
    )
    sys.stdout.flush()


def chosen(count: int | None) -> Catalogue:
    """A catalogue of so many features: all over the months, and the first over accounts; of all of both for None."""
    months, accounts = CATALOGUE.of_view("account_months"), CATALOGUE.of_view("accounts")
    some = (*months, *accounts[: None if count is None else count - len(months)])
    return Catalogue(tuple(CATALOGUE.view(view) for view in VIEWS), some, ())


def our_tables(history: History, catalogue: Catalogue, folder: Path) -> None:
    """The tables of both views."""
    for view in VIEWS:
        compute_view(history, catalogue, view, Everybody(OBSERVED), folder / "tables", currency=CURRENCY)


def peer_table(history: History, folder: Path) -> None:
    """The table of the peer."""
    with history.read() as connection:
        connection.execute(f"COPY ({by_hand()}) TO '{folder / 'peer.parquet'}' (FORMAT parquet)")


def cpu(work: Callable[[], object]) -> float:
    """The CPU seconds of some work, all threads together."""
    started = time.process_time()
    work()
    return time.process_time() - started


class Spilled:
    """The most that stood in files of the engine's spill folders while a block ran."""

    def __init__(self, folder: Path) -> None:
        self.most = 0
        self._folder = folder
        self._over = threading.Event()

    def __enter__(self) -> None:
        self._over.clear()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._over.wait(0.2):
            sizes = []
            for path in self._folder.rglob("*"):
                with suppress(FileNotFoundError):  # the engine removes them as it goes
                    sizes.append(path.stat().st_size)
            self.most = max(self.most, sum(sizes))


if __name__ == "__main__":
    main()
