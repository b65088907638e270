"""Fingerprints: which data, which code and which packages a model comes from."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from training.population import Population
from training.samples import Samples

__all__ = ["PACKAGES", "code_version", "data_fingerprint", "environment", "file_sha256"]

PACKAGES: Final = ("lightgbm", "numpy", "optuna", "pandas", "scikit-learn")
"""The packages whose versions may change what a training brings."""

_CODE: Final = ("features", "scoring", "training")
"""Our packages that decide what a model becomes."""


def data_fingerprint(people: Population, samples: Samples) -> str:
    """SHA-256 over who, when, with what features and outcome, in which sample.

    It speaks of values, not of a file's bytes: the same population read again has the same one. All
    kinds of missing are one.
    """
    digest = hashlib.sha256(json.dumps([list(people.features), len(people)]).encode())
    values = np.where(np.isnan(people.values), np.nan, people.values)
    arrays: Iterable[npt.NDArray[Any]] = (
        people.consumer_ids.astype("<i8"),
        people.observed_at.astype("datetime64[us]").astype("<i8"),
        values.astype("<f8"),
        people.is_bad.astype("u1"),
    )
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    for rows in (samples.development, samples.test, samples.out_of_time):
        digest.update(len(rows).to_bytes(8, "little") + rows.astype("<i8").tobytes())
    return digest.hexdigest()


@cache
def code_version() -> str:
    """Version of the installed code, with a digest of the modules that decide what a model becomes."""
    digest = hashlib.sha256()
    for package in _CODE:
        spec = find_spec(package)
        folder = Path(next(iter(spec.submodule_search_locations or ()))) if spec is not None else Path()
        for path in sorted(folder.rglob("*.py")):
            digest.update(f"{package}/{path.relative_to(folder).as_posix()}\n".encode() + path.read_bytes())
    return f"{version('tradeline')}+{digest.hexdigest()[:16]}"


def environment() -> dict[str, str]:
    """Versions of Python and of the packages that fit a model."""
    return {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}


def file_sha256(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
