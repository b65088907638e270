"""Killed at any moment, a tuning goes on from what was finished and ends in the same bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from made_folds import DIRECTIONS, FEATURES, made_folds
from optuna.trial import TrialState
from postgresql_server import new_database, postgresql_server

from training.errors import TuningError
from training.tuning import STUDY, Budget, Extra, Tuned, tune
from training.tuning.storage import open_storage

TRIALS = 14
FEW_TREES = 500.0
# What a user would run, without a guard of the main module; it hangs after some trials until it is killed.
SCRIPT = """
import sys, time
from pathlib import Path
from made_folds import DIRECTIONS, FEATURES, made_folds
from training.tuning import Budget, tune

def tell(progress):
    if progress.done == 8:
        print("hanging", flush=True)
        time.sleep(600)

where = sys.argv[1]
tune(made_folds(), FEATURES, DIRECTIONS, budget=Budget(14), seed=1, processes=2, cost_cap=500.0,
     storage=where if "://" in where else Path(where), progress=tell)
"""


def _tune(where: str | None, **options: Any) -> Tuned:
    storage = where if where is None or "://" in where else Path(where)
    return tune(
        made_folds(), FEATURES, DIRECTIONS, budget=Budget(TRIALS), seed=1, cost_cap=FEW_TREES, storage=storage,
        **options,
    )  # fmt: skip


@pytest.fixture(scope="module")
def expected() -> Tuned:
    return _tune(None)


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    with postgresql_server() as url:
        yield new_database(url, "trials")


@pytest.fixture(params=["journal", "sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql"))
    return str(tmp_path / "journal") if request.param == "journal" else f"sqlite:///{tmp_path / 'database'}"


def test_the_parent_is_killed(where: str, expected: Tuned) -> None:
    folders = os.pathsep.join(str(Path(__file__).parents[up] / name) for up, name in ((2, "support"), (3, "")))
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, where], stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": folders}
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"hanging\n"
    workers = _workers(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert len(workers) == 2
    held = _folds(where)
    # Six were told with their round; two more were judged, and what they found out is there as well.
    assert sum(len(folds) == 2 for folds in held.values()) >= 8
    assert repr(_tune(where)) == repr(expected)
    storage = open_storage(where if "://" in where else Path(where))
    states = [trial.state for trial in storage.get_all_trials(storage.get_study_id_from_name(STUDY))]
    assert states == [TrialState.PRUNED if trial.pruned else TrialState.COMPLETE for trial in expected.trials]


def _workers(parent: int) -> list[int]:
    """Processes that judge: children of the parent, but joblib's tracker of files."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(child) for child in children if b"popen_loky" in Path(f"/proc/{child}/cmdline").read_bytes()]


def _folds(where: str) -> dict[int, list[str]]:
    """Folds that the storage holds, by trial."""
    storage = open_storage(where if "://" in where else Path(where))
    trials = storage.get_all_trials(storage.get_study_id_from_name(STUDY))
    return {trial.number: sorted(trial.user_attrs) for trial in trials}


@dataclass(frozen=True)
class Deadly:
    """A third objective that kills the process which computes it for the third time."""

    folder: Path

    def __call__(self, margins: Sequence[npt.NDArray[np.float64]]) -> float:
        (self.folder / str(time.monotonic_ns())).touch()
        if len(list(self.folder.iterdir())) == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return float(margins[0].mean())


def test_a_worker_is_killed(tmp_path: Path) -> None:
    (tmp_path / "calls").mkdir()
    deadly = Extra("mean", Deadly(tmp_path / "calls"))
    with pytest.raises(TuningError, match="A process of the tuning was killed"):
        _tune(str(tmp_path / "journal"), processes=2, extra=deadly)
    assert sum(map(len, _folds(str(tmp_path / "journal")).values())) >= 6
    assert _tune(str(tmp_path / "journal"), extra=deadly) == _tune(None, extra=deadly)
    assert set(_written(tmp_path / "journal").values()) == {1}  # no fold was judged twice


def test_a_journal_cut_anywhere(tmp_path: Path, expected: Tuned) -> None:
    """A kill leaves some first part of the journal: from any such part, the same outcome."""
    assert _tune(str(tmp_path / "whole")) == expected
    written = (tmp_path / "whole").read_bytes()
    for share in (0.003, 0.3, 0.61, 0.93, 0.9999):
        part = tmp_path / f"part {share}"
        part.write_bytes(written[: int(len(written) * share)])
        assert repr(_tune(str(part))) == repr(expected)
        assert set(_written(part).values()) == {1}


def _written(journal: Path) -> Counter[tuple[int, str]]:
    """How often each fold of each trial was written down."""
    logs = open_storage(journal)._backend.read_logs(0)  # type: ignore[attr-defined]
    return Counter((log["trial_id"], *log["user_attr"]) for log in logs if "user_attr" in log and "trial_id" in log)
