"""How fast a world is simulated as it grows, and in what memory.

    python -m benchmarks.simulator [CONSUMERS ...] [--months 36] [--fault-rate 0.01]

Each world is made in a process of its own, in a temporary folder that is removed afterwards. Records
and bytes are those of the deliveries; memory is the peak of the process.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bureau.simulator import Options, simulate

SIZES = (10_000, 100_000)


def measure(options: Options) -> dict[str, float]:
    """Simulate one world in this process."""
    with tempfile.TemporaryDirectory() as scratch:
        started, used = time.perf_counter(), time.process_time()
        summary = simulate(options, Path(scratch) / "world")
        seconds, cpu = time.perf_counter() - started, time.process_time() - used
        answers = sum(path.stat().st_size for path in (Path(scratch) / "world" / "answers").iterdir())
    return {
        "consumers": options.consumers,
        "months": options.months,
        "records": summary.records,
        "faults": summary.faults,
        "megabytes": round(summary.bytes / 1e6, 1),
        "megabytes_of_answers": round(answers / 1e6, 1),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 1),
        "records_a_second": round(summary.records / seconds),
        "megabytes_a_second": round(summary.bytes / 1e6 / seconds, 1),
        "records_a_cpu_second": round(summary.records / cpu),
        "peak_memory_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def main() -> None:
    """One line of JSON a size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("consumers", type=int, nargs="*", default=SIZES)
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--fault-rate", type=float, default=0.01)
    parser.add_argument("--here", action="store_true", help="measure one size in this process")
    options = parser.parse_args()
    for consumers in options.consumers:
        if options.here:
            world = Options(consumers, options.months, seed=1, fault_rate=options.fault_rate)
            sys.stdout.write(json.dumps(measure(world)) + "\n")
            continue
        command = [sys.executable, "-m", "benchmarks.simulator", str(consumers), "--here"]
        command += ["--months", str(options.months), "--fault-rate", str(options.fault_rate)]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
