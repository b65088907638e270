"""Judging the trials of a round in several processes.

The matrices reach the workers through files that are mapped into memory (joblib's, which it removes). A
worker keeps its binned folds from one trial to the next, and writes each judged fold to the storage itself,
so that a parent that is killed loses nothing that a worker has finished.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import warnings
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from types import TracebackType
from typing import Any

from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import BrokenProcessPool
from optuna.storages import BaseStorage

from training.errors import TuningError
from training.tuning.curves import Curve
from training.tuning.evaluation import Evaluation, Task, Workbench
from training.tuning.folds import Fold
from training.tuning.record import write_fold
from training.tuning.storage import open_storage
from training.tuning.trials import Extra

__all__ = ["Desk", "Workers"]


@dataclass(frozen=True, eq=False)
class Desk:
    """What a worker needs to set up its bench.

    Parameters
    ----------
    key : str
        Fingerprint of the rest.
    folds, features, directions, seed, cost_cap, most_trees, extra
        As :class:`~training.tuning.evaluation.Workbench` takes them.
    """

    key: str
    folds: tuple[Fold, ...]
    features: tuple[str, ...]
    directions: tuple[int, ...]
    seed: int
    cost_cap: float | None
    most_trees: int
    extra: Extra | None

    def bench(self) -> Workbench:
        """A bench of this desk."""
        return Workbench(
            self.folds, self.features, self.directions,
            seed=self.seed, cost_cap=self.cost_cap, most_trees=self.most_trees, extra=self.extra,
        )  # fmt: skip


class Workers(AbstractContextManager["Workers"]):
    """So many processes, or this one if there is but one.

    Parameters
    ----------
    desk : Desk
        The tuning.
    processes : int
        How many. Inside another pool's process, or beside the main thread, it is always this process.
    storage : optuna.storages.BaseStorage
        The storage as this process opened it.
    where : str, Path or None
        Where the others open it; None if they cannot.
    """

    def __init__(self, desk: Desk, processes: int, storage: BaseStorage, where: str | Path | None) -> None:
        self._desk = desk
        self._storage = storage
        self._where = where
        alone = processes == 1 or not _may_start_processes()
        self._bench = desk.bench() if alone else None
        # Every array is mapped, however small, and every task handed out by itself.
        self._pool: Any = None if alone else Parallel(
            processes, backend="loky", return_as="generator_unordered", batch_size=1, pre_dispatch="all", max_nbytes=0
        )  # fmt: skip

    def __enter__(self) -> Workers:
        if self._pool is not None:
            self._pool.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.__exit__(kind, error, trace)

    def judge(self, tasks: Sequence[tuple[int, Task]]) -> Generator[Evaluation]:
        """Judge trials; each outcome as it is ready.

        Parameters
        ----------
        tasks : sequence of (int, Task)
            Key of the trial in the storage, and the trial. Those that take long had better come first.

        Raises
        ------
        TuningError
            A process was killed.
        """
        if self._bench is not None:
            for trial_id, task in tasks:
                yield self._bench.judge(task, partial(write_fold, self._storage, trial_id))
            return
        judged = self._pool(
            delayed(_judge)(self._desk, task, trial_id, self._where, os.getpid()) for trial_id, task in tasks
        )
        try:
            for evaluation in judged:  # noqa: UP028 - `yield from` would close it before the warnings are off
                yield evaluation
        except BrokenProcessPool as error:
            msg = (
                "A process of the tuning was killed, perhaps because memory ran out: tune again with the same storage "
                "and nothing that was judged is judged again; use fewer processes if memory is short."
            )
            raise TuningError(msg) from error
        finally:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # joblib's, that trials are cancelled when this one is closed early
                judged.close()


def _may_start_processes() -> bool:
    return multiprocessing.parent_process() is None and threading.current_thread() is threading.main_thread()


def _judge(desk: Desk, task: Task, trial_id: int, where: str | Path | None, parent: int) -> Evaluation:
    """In a worker."""

    def report(place: int, curve: Curve) -> None:
        if where is not None:
            write_fold(_kept_storage(where), trial_id, place, curve)
        _end_without(parent)

    _end_without(parent)
    return _kept_bench(desk).judge(task, report)


def _end_without(parent: int) -> None:
    """End this process if the one that started it was killed: nobody waits for what it would find."""
    if os.getppid() != parent:
        os._exit(1)


_benches: dict[str, Workbench] = {}
"""The bench of the tuning at which this worker was last; it is kept because binning costs more than a trial."""


def _kept_bench(desk: Desk) -> Workbench:
    if desk.key not in _benches:
        _benches.clear()
        _benches[desk.key] = desk.bench()
    return _benches[desk.key]


@lru_cache(maxsize=1)
def _kept_storage(where: str | Path) -> BaseStorage:
    return open_storage(where)
