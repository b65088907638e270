"""SIGTERM ends a tuning in several processes with one line and its exit code; what was judged is kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tradeline.termination import TERMINATED, ended_by_sigterm

_SCRIPT = """
import sys, time
from pathlib import Path
from made_folds import DIRECTIONS, FEATURES, made_folds
from tradeline.termination import ended_by_sigterm
from training.tuning import Budget, tune

def tell(progress):
    if progress.done == 2:
        print("hanging", flush=True)
        time.sleep(600)

with ended_by_sigterm("do it again"):
    tune(made_folds(), FEATURES, DIRECTIONS, budget=Budget(8), seed=1, processes=2, cost_cap=500.0,
         storage=Path(sys.argv[1]), progress=tell)
"""


def test_one_line_and_nothing_else(tmp_path: Path) -> None:
    folders = os.pathsep.join(str(Path(__file__).parents[up] / name) for up, name in ((1, "support"), (2, "")))
    process = subprocess.Popen(
        [sys.executable, "-c", _SCRIPT, str(tmp_path / "journal")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": folders},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"hanging\n"
    process.terminate()
    _, err = process.communicate()  # ends with the last process that holds the pipe: workers and joblib's tracker, too
    assert err.decode() == "terminated; do it again\n"
    assert process.returncode == TERMINATED == 143
    assert b"user_attr" in (tmp_path / "journal").read_bytes()


def test_the_former_handler_is_back_afterwards() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with ended_by_sigterm(""):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
