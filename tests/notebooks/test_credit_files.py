"""notebooks/credit_files.ipynb runs from top to bottom, here with fewer people than a reader sees."""

from __future__ import annotations

from pathlib import Path

from run_notebook import run_notebook

SMALLER = {"consumers=400": "consumers=200", "months=5": "months=3"}


def test_it_runs(tmp_path: Path) -> None:
    run_notebook("credit_files", tmp_path, SMALLER)
