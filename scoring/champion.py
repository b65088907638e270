"""The champion: which bundle decides, told by one small file for each portfolio.

``bundles/champion-<portfolio>`` holds the version of the bundle in ``bundles/<version>/``. It is
replaced whole, so that a reader sees the old champion or the new one, never half a name.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from scoring.errors import ScoringError

__all__ = ["champion_folder", "champion_version", "set_champion"]

_POINTER: Final = "champion-"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def champion_folder(bundles: Path, portfolio: str | None) -> Path:
    """The folder of the champion's bundle.

    Parameters
    ----------
    bundles : Path
        Folder of the bundles.
    portfolio : str, optional
        Whose champion; by default that of the portfolio whose champion was named last.

    Raises
    ------
    ScoringError
        If no champion was named, or its bundle is not there.
    """
    if portfolio is None:
        named = [path for path in bundles.glob(f"{_POINTER}*") if _NAME.fullmatch(path.name)]
        pointer = max(named, key=lambda path: (path.stat().st_mtime_ns, path.name), default=None)
    else:
        pointer = bundles / f"{_POINTER}{_require_name(portfolio, 'portfolio')}"
    if pointer is None or not pointer.is_file():
        whose = f" for {portfolio}" if portfolio else ""
        raise ScoringError(
            f"{bundles}: no champion{whose} is here; train and promote one with `tradeline run`, "
            "or name another home or portfolio"
        )
    version = pointer.read_text(encoding="utf-8", errors="replace").strip()
    if not _NAME.fullmatch(version) or not (bundles / version).is_dir():
        raise ScoringError(f"{pointer}: names a bundle that is not in its folder; restore it, or train again")
    return bundles / version


def champion_version(bundles: Path, portfolio: str) -> str | None:
    """Version of a portfolio's champion; None where none was named.

    Raises
    ------
    ScoringError
        If one was named and its bundle is not there.
    """
    pointer = bundles / f"{_POINTER}{_require_name(portfolio, 'portfolio')}"
    return champion_folder(bundles, portfolio).name if pointer.is_file() else None


def set_champion(bundles: Path, portfolio: str, version: str) -> Path:
    """Make a bundle the champion of its portfolio; the file that says so.

    Raises
    ------
    ScoringError
        If the bundle is not in the folder of the bundles.
    """
    pointer = bundles / f"{_POINTER}{_require_name(portfolio, 'portfolio')}"
    if not (bundles / _require_name(version, "version") / "manifest.json").is_file():
        raise ScoringError(f"{bundles}: no bundle {version} is here; save it before it becomes the champion")
    unfinished = bundles / f".{pointer.name}.unfinished"
    with unfinished.open("w", encoding="utf-8") as file:
        file.write(version + "\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(pointer)
    return pointer


def _require_name(name: str, what: str) -> str:
    if not _NAME.fullmatch(name):
        raise ScoringError(
            f"{name!r}: not the name of a {what}; letters, digits, dots, dashes and underscores make one"
        )
    return name
