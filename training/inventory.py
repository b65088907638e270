"""The model inventory: who answers for a portfolio's model, what hangs on it, and what it may not be used for.

``runs/inventory.json``, one entry a portfolio, replaced whole. SR 26-2 / OCC 2026-13 ask for an owner, a
materiality and use limits of every model; a validation reads them here, and fails where they are missing.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from scoring.whole_file import write_whole
from training.errors import RecordDamaged
from training.validation.use import IntendedUse

__all__ = ["intended_use", "read_inventory", "state_use"]


def read_inventory(path: Path) -> dict[str, dict[str, Any]]:
    """What was stated, by portfolio; nothing where nothing was.

    Raises
    ------
    RecordDamaged
        If the file cannot be read.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (ValueError, OSError) as error:
        raise RecordDamaged(f"{path}: no inventory can be read from it ({type(error).__name__}); restore it") from None
    if not isinstance(found, dict) or not all(isinstance(entry, dict) for entry in found.values()):
        raise RecordDamaged(f"{path}: holds no entry a portfolio; restore it")
    return found


def intended_use(path: Path, portfolio: str) -> IntendedUse:
    """The intended use of a portfolio's model; what was not stated says so."""
    entry = read_inventory(path).get(portfolio, {})
    try:
        return replace(IntendedUse(), **{**entry, "limits": tuple(entry.get("limits", IntendedUse().limits))})
    except TypeError:
        raise RecordDamaged(f"{path}: the entry of {portfolio} holds what no entry has; state it again") from None


def state_use(path: Path, portfolio: str, use: IntendedUse) -> None:
    """Keep the intended use of a portfolio's model; its developer is told by the model itself."""
    entry = {name: value for name, value in asdict(use).items() if name != "developer"}
    inventory = read_inventory(path) | {portfolio: entry | {"limits": list(use.limits)}}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (json.dumps(inventory, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode())
