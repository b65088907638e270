"""Running a notebook from top to bottom."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbclient import NotebookClient

__all__ = ["NOTEBOOKS", "run_notebook"]

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


def run_notebook(name: str, folder: Path, smaller: Mapping[str, str] | None = None) -> None:
    """Run a notebook in a folder of its own; every cell of code must end without an error.

    Parameters
    ----------
    name : str
        Its file without ``.ipynb``.
    folder : Path
        Where its kernel starts.
    smaller : Mapping[str, str], optional
        Settings of the notebook by which it takes fewer people or rounds, and what the test runs it with: the cells
        and their code are the same, the data are a part of what a reader gets. Each must stand in one place.
    """
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for setting, value in (smaller or {}).items():
        (cell,) = [cell for cell in cells if setting in cell.source]
        before, after = cell.source.split(setting)
        cell.source = before + value + after
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    client.execute()
    assert all(cell.get("execution_count") for cell in cells)
