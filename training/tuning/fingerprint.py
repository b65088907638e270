"""What a tuning is recognised by: everything that its trials depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np

from training.tuning.folds import Fold
from training.tuning.space import Space
from training.tuning.trials import Extra

__all__ = ["fingerprint", "key"]


def fingerprint(
    folds: Sequence[Fold],
    features: Sequence[str],
    directions: Sequence[int],
    *,
    seed: int,
    space: Space,
    droppable: Mapping[str, tuple[int, ...]],
    extra: Extra | None,
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    """Names and values; two tunings with the same ones have the same trials.

    The versions of LightGBM and Optuna are among them: another may fit or propose otherwise.

    Parameters
    ----------
    folds, features, directions, seed, space, droppable, extra
        The tuning's.
    settings : mapping
        What else its trials depend on.
    """
    return {
        "folds": _hash_folds(folds),
        "features": list(features),
        "directions": list(directions),
        "seed": seed,
        "space": _short(asdict(space)),
        "droppable": {name: list(columns) for name, columns in droppable.items()},
        "extra": None if extra is None else [extra.name, extra.direction],
        "settings": dict(settings),
        "versions": {name: version(name) for name in ("lightgbm", "optuna")},
    }


def key(parts: Mapping[str, Any]) -> str:
    """One short text for a fingerprint."""
    return _short(parts)


def _short(parts: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def _hash_folds(folds: Sequence[Fold]) -> str:
    digest = hashlib.sha256()
    for fold in folds:
        for values in vars(fold).values():
            digest.update(b"none" if values is None else f"{values.shape}{values.dtype}".encode())
            if values is not None:
                digest.update(np.ascontiguousarray(values).data)
    return digest.hexdigest()[:32]
