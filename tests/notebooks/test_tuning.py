"""notebooks/tuning.ipynb runs from top to bottom."""

from __future__ import annotations

from pathlib import Path

from run_notebook import run_notebook


def test_it_runs(tmp_path: Path) -> None:
    run_notebook("tuning", tmp_path)
