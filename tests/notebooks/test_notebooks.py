"""Every notebook is run by a test, in a file of its own, since the tests of a file run one after the other."""

from __future__ import annotations

from pathlib import Path

from run_notebook import NOTEBOOKS


def test_every_notebook_is_run() -> None:
    notebooks = {path.stem for path in NOTEBOOKS.glob("*.ipynb")}
    tests = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")} - {"notebooks"}
    assert notebooks == tests
