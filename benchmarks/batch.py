"""Scoring a population with reasons: features from Feast's offline store, scores, codes, and the file, in what memory.

``python -m benchmarks.batch [ROWS ...] [--threads N]``

For each number of consumers, feature tables of the bureau portfolio are made up (365 features, a tenth of the values
missing, one row a consumer), and a champion-sized model: 300 trees of 8 leaves. Then, in a process of its own, what
``tradeline score`` does once features are computed: everybody is scored, explained against both baselines, and written.
Memory is that of the whole process, Python and DuckDB included, with DuckDB held to 1 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.reasons import PORTFOLIO, bundle_for
from benchmarks.scale import watch_memory
from feature_repo.repository import Repository
from features.sets import feature_set
from tradeline.console import Stage
from tradeline.score import write_scores

__all__ = ["main", "measure"]

MOMENT: Final = datetime(2026, 6, 30, tzinfo=UTC)
_ROWS: Final = 100_000
_MEGABYTE: Final = 1e6


def make_tables(folder: Path, rows: int) -> None:
    """The tables of the portfolio's views, in the order of their consumers, a part at a time."""
    features = feature_set(PORTFOLIO)
    stamp = pa.scalar(MOMENT, pa.timestamp("us", tz="UTC"))
    for number, view in enumerate(features.views):
        names = [item.name for item in features.catalogue.of_view(view)]
        path = folder / features.catalogue.table_folder(view) / "made-20260630.parquet"
        path.parent.mkdir(parents=True)
        kinds = dict.fromkeys(names, pa.float64())
        schema = pa.schema(
            {"consumer_id": pa.int64(), "event_timestamp": stamp.type, "created_timestamp": stamp.type, **kinds}
        )
        with pq.ParquetWriter(path, schema) as writer:
            for first in range(0, rows, _ROWS):
                count = min(_ROWS, rows - first)
                random = np.random.default_rng((number, first))
                moments = pa.repeat(stamp, count)
                values = [
                    pa.array(random.gamma(2.0, 1.0, count), mask=random.random(count) < 0.1) for _ in range(len(names))
                ]
                ids = pa.array(np.arange(first, first + count))
                writer.write_table(pa.table([ids, moments, moments, *values], schema=schema))


def score(folder: Path, rows: int) -> dict[str, float]:
    """Score everybody, and tell what it took; for a process of its own, after what is not measured is made."""
    bundle = bundle_for(300, 8, 4)
    repository = Repository(folder / "feast", folder / "tables")
    repository.apply(bundle.features)
    repository.store.config.offline_store.memory_limit = "1GB"
    ids = np.arange(rows)
    spine = pd.DataFrame({"consumer_id": ids, "consumer_ref": ids.astype(str)})
    spine["event_timestamp"] = pd.Series(MOMENT, index=spine.index, dtype="datetime64[us, UTC]")
    before, begun = _cpu(), time.perf_counter()
    write_scores(repository, bundle, spine, folder / "scores.parquet", Stage())
    seconds, cpu = time.perf_counter() - begun, _cpu() - before
    size = (folder / "scores.parquet").stat().st_size
    return {"seconds": seconds, "cpu": cpu, "size": size}


def _cpu() -> float:
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


def measure(rows: int, threads: int) -> dict[str, float]:
    """Make a population, score it in a process of its own, and watch its memory."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make_tables(folder / "tables", rows)
        command = [sys.executable, "-m", "benchmarks.batch", "--score", str(folder), str(rows)]
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
            memory = watch_memory(process)
            told = process.stdout.read() if process.stdout is not None else ""
        if process.returncode:
            raise RuntimeError(f"{rows} consumers: the scoring ended with {process.returncode}")
    return {**json.loads(told), "rows": rows, "memory": memory, "load": os.getloadavg()[0]}


def main() -> None:
    """Measure each number of consumers and print a line of a Markdown table for it."""
    parser = argparse.ArgumentParser(description="Scoring a population with reasons.")
    parser.add_argument("rows", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--score", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.score is not None:
        json.dump(score(options.score, options.rows[0]), sys.stdout)
        return
    _say("| consumers | seconds | CPU s | a second | memory at most | file | load |", "|---|---|---|---|---|---|---|")
    for rows in options.rows:
        told = measure(rows, options.threads)
        _say(
            f"| {rows:,} | {told['seconds']:.0f} | {told['cpu']:.0f} | {rows / told['seconds']:,.0f} | "
            f"{told['memory']:.2f} GB | {told['size'] / _MEGABYTE:.0f} MB | {told['load']:.1f} |"
        )


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
