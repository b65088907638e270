"""Run all measurements, each in a process of its own, and print what they print.

    python -m benchmarks

The figures in ``docs/benchmarks.md`` name the command of each one.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.data import data_folder


def main() -> None:
    """The credit database, identity, model quality against a peer, decisions one by one and many, then the sizes."""
    run("benchmarks.metro2")
    run("benchmarks.simulator")
    run("benchmarks.faults")
    run("benchmarks.ingest")
    run("benchmarks.as_of")
    run("benchmarks.kills")
    run("benchmarks.vault")
    run("benchmarks.casework")
    run("benchmarks.identity")
    run("benchmarks.find")
    run("benchmarks.joining")
    run("benchmarks.features")
    run("benchmarks.training_set", "--feast")
    run("benchmarks.online", "--million")
    sample = data_folder() / "home_credit_sample"
    run("benchmarks.portfolios", "taiwan", "home-credit")
    run("benchmarks.peers", "german", "taiwan", "home-credit-application")
    for part in ("cost", "choices", "speed", "memory"):
        run("benchmarks.tuning", part)
    run("benchmarks.governance")
    run("benchmarks.calibration")
    run("benchmarks.reasons")
    run("benchmarks.recourse")
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) / "home"
        run("tradeline", "run", "home-credit", "--data", str(sample), "--home", str(home), "--trials", "4")
        applications = str(sample / "application_train.csv.gz")
        run("benchmarks.requests", "--home", str(home), "--data", applications)
        run("benchmarks.soak", "--home", str(home), "--data", applications)
    run("benchmarks.batch")
    run("benchmarks.scale", "5000", "50000", "300000")


def run(module: str, *arguments: str) -> None:
    """Run a module under this interpreter; stop at its failure."""
    sys.stdout.write(f"\n$ python -m {module} {' '.join(arguments)}\n")
    sys.stdout.flush()
    subprocess.run([sys.executable, "-m", module, *arguments], check=True)


if __name__ == "__main__":
    main()
