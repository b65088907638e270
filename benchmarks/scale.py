"""How long each stage of ``tradeline run home-credit`` takes as the portfolio grows, and in what memory.

The applicants of the Home Credit sample, with all their records, are copied under new references
until there are as many as asked for. Those without an outcome get a made-up one, and copies of a
person stand in several folds, so the figures of the model mean nothing here; only time and memory
are of interest.

    python -m benchmarks.scale 5000 50000 300000
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import psutil

from benchmarks.data import data_folder

SAMPLE_APPLICANTS = 10_000
_SHIFT = 10_000_000
_OF_CONSUMER = ("bureau", "credit_card_balance", "POS_CASH_balance", "previous_application")


def replicate(sample: Path, folder: Path, applicants: int) -> int:
    """Write that many applicants with their tables to a folder; the number of tradeline-months."""
    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = false")
    read = f"read_csv('{sample}/{{}}.csv.gz', all_varchar = true)"
    connection.execute(f"CREATE TABLE copies AS SELECT range AS copy FROM range({-(-applicants // SAMPLE_APPLICANTS)})")
    connection.execute(
        f"CREATE TABLE application_train AS FROM {read.format('application_train')} UNION ALL BY NAME "
        f"SELECT *, (hash(SK_ID_CURR) % 100 < 8)::INTEGER::VARCHAR AS TARGET FROM {read.format('application_test')} "
        f"ORDER BY SK_ID_CURR LIMIT {min(applicants, SAMPLE_APPLICANTS)}"
    )
    months = 0
    for table in ("application_train", *_OF_CONSUMER, "bureau_balance"):
        if table != "application_train":
            known = "SK_ID_BUREAU FROM bureau" if table == "bureau_balance" else "SK_ID_CURR FROM application_train"
            key = known.split(maxsplit=1)[0]
            connection.execute(f"CREATE TABLE {table} AS FROM {read.format(table)} WHERE {key} IN (SELECT {known})")
        columns = [name for name, *_ in connection.execute(f"DESCRIBE {table}").fetchall()]
        shifted = ", ".join(
            f"({name}::BIGINT + copy * {_SHIFT})::VARCHAR AS {name}" if name.startswith("SK_ID") else name
            for name in columns
        )
        written = connection.execute(
            f"COPY (SELECT {shifted} FROM {table}, copies) TO '{folder}/{table}.csv' (HEADER)"
        ).fetchone()
        if table in ("bureau_balance", "credit_card_balance", "POS_CASH_balance") and written is not None:
            months += int(written[0])
    connection.close()
    return months


def measure(applicants: int, sample: Path, trials: int) -> dict[str, object]:
    """Run the whole way over that many applicants, in a process of its own."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "data"
        folder.mkdir()
        months = replicate(sample, folder, applicants)
        command = [sys.executable, "-m", "tradeline", "run", "home-credit", "--data", str(folder)]
        command += ["--home", str(Path(scratch) / "home"), "--trials", str(trials), "--json"]
        started = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            peak = watch_memory(process)
            printed = process.stdout.read() if process.stdout is not None else ""
        seconds = time.perf_counter() - started
        summary = json.loads(printed)
    return {
        "applicants": summary["n_train"],
        "tradeline_months": months,
        "seconds": round(seconds, 1),
        "peak_memory_gb": peak,
        "stage_seconds": summary["stage_seconds"],
    }


def main() -> None:
    """Measure each size and print one JSON line for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("applicants", type=int, nargs="*", default=[5_000, 50_000, 300_000])
    parser.add_argument("--trials", type=int, default=10)
    options = parser.parse_args()
    sample = data_folder() / "home_credit_sample"
    for applicants in options.applicants:
        sys.stdout.write(json.dumps(measure(applicants, sample, options.trials)) + "\n")
        sys.stdout.flush()


def watch_memory(process: subprocess.Popen[str]) -> float:
    """Largest memory of a process and its children together until it ends, in GB.

    Proportional set size: a page that several processes share counts once.
    """
    root = psutil.Process(process.pid)
    peak = 0
    while process.poll() is None:
        with contextlib.suppress(psutil.Error):
            family = [root, *root.children(recursive=True)]
            peak = max(peak, sum(_proportional(member) for member in family))
        time.sleep(0.5)
    return round(peak / 1e9, 2)


def _proportional(member: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return int(member.memory_full_info().pss)
    return 0


if __name__ == "__main__":
    main()
