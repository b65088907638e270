"""A copy of a home, made by another process."""

from __future__ import annotations

import subprocess
from pathlib import Path

__all__ = ["copied_home"]


def copied_home(root: Path, to: Path) -> Path:
    """Copy a home folder; `to` must not be there yet.

    Were its files opened and closed here, this process would lose the locks that its open stores have on them
    (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """
    to.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", str(root), str(to)], check=True)
    return to
