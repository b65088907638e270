"""notebooks/features.ipynb runs from top to bottom, here with fewer people than a reader sees."""

from __future__ import annotations

from pathlib import Path

from run_notebook import run_notebook

SMALLER = {"consumers=1500": "consumers=700", '{"harbour-bank", "beacon-card"}': '{"beacon-card"}'}


def test_it_runs(tmp_path: Path) -> None:
    run_notebook("features", tmp_path, SMALLER)
