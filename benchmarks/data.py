"""Where the data for measurements lies; the same place as for the tests."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

__all__ = ["data_folder"]

_ROOT = Path(__file__).resolve().parent.parent


def data_folder() -> Path:
    """The folder with the data; TRADELINE_DATA may name another one.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    """
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    named = os.environ.get("TRADELINE_DATA")
    folder = Path(named).expanduser() if named else _ROOT / project["tool"]["tradeline"]["data-folder"]
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no data for measurements; TRADELINE_DATA can name another folder")
    return folder.resolve()
