"""Which models a home has."""

from __future__ import annotations

import re
from typing import Final

from bureau.home import Home
from training.errors import UnknownVersion

__all__ = ["require_version"]

_NAMED: Final = 5


def require_version(home: Home, version: str) -> None:
    """Require that a home has the bundle of a version.

    Raises
    ------
    UnknownVersion
        If it has not; the error names the newest that it has.
    """
    known = {path.name for path in home.bundles.glob("[!.]*") if path.is_dir()}
    if version in known:
        return
    if not known:
        raise UnknownVersion(f"{version}: no model was trained here; train one with `tradeline train`")
    named = sorted(known, key=_by_number, reverse=True)[:_NAMED]
    there = ", ".join(named) + (f" and {len(known) - len(named)} more" if len(known) > len(named) else "")
    raise UnknownVersion(f"{version}: no model of this home is called so; there are {there}")


def _by_number(version: str) -> tuple[int, str]:
    """The tenth comes after the ninth."""
    number = re.search(r"\d+$", version)
    return (int(number[0]) if number else 0, version)
