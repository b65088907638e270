"""notebooks/reasons.ipynb runs from top to bottom, here with fewer people than a reader sees."""

from __future__ import annotations

from pathlib import Path

from run_notebook import run_notebook

SMALLER = {"sample(4_000": "sample(1_500", "trials=3": "trials=1"}


def test_it_runs(tmp_path: Path) -> None:
    run_notebook("reasons", tmp_path, SMALLER)
