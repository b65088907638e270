"""The public files, where they are there."""

from __future__ import annotations

from pathlib import Path

import pytest
from metro2_files import cfpb_files


@pytest.fixture(scope="session")
def cfpb(data_folder: Path) -> dict[str, bytes]:
    """The CFPB's files by name; what needs them is skipped where they are absent."""
    found = cfpb_files(data_folder / "metro2") if (data_folder / "metro2").is_dir() else {}
    if not found:
        pytest.skip(f"no test data: metro2 is not in {data_folder}; TRADELINE_DATA can name another folder")
    return found
