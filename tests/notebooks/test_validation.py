"""notebooks/validation.ipynb runs from top to bottom, here with fewer people than a reader sees."""

from __future__ import annotations

from pathlib import Path

from run_notebook import run_notebook

SMALLER = {"sample(4_000": "sample(1_200", "trials=2": "trials=1", "draws=100": "draws=20"}


def test_it_runs(tmp_path: Path) -> None:
    run_notebook("validation", tmp_path, SMALLER)
