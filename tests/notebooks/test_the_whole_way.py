"""notebooks/the_whole_way.ipynb runs from top to bottom, here with fewer people than a reader sees."""

from __future__ import annotations

from pathlib import Path

from run_notebook import run_notebook

SMALLER = {"head(8_000)": "head(2_500)"}


def test_it_runs(tmp_path: Path) -> None:
    run_notebook("the_whole_way", tmp_path, SMALLER)
