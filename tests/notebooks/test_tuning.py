"""notebooks/tuning.ipynb runs from top to bottom, here with fewer people than a reader sees."""

from __future__ import annotations

from pathlib import Path

from run_notebook import run_notebook

SMALLER = {"sample(9_000": "sample(3_000", "test_size=3_000": "test_size=1_000", "n_trials=6": "n_trials=3"}


def test_it_runs(tmp_path: Path) -> None:
    run_notebook("tuning", tmp_path, SMALLER)
