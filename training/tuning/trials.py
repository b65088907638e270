"""What a tuning is told, and what it says: the budget, the trials, the chosen one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from training.boosting import BoostingParameters

__all__ = ["Budget", "Extra", "Progress", "Trial", "Tuned"]


@dataclass(frozen=True)
class Budget:
    """When to stop. All but `trials` is looked at between rounds only.

    Parameters
    ----------
    trials : int
        The most trials, at least one.
    seconds : float, optional
        Begin no round after so many; the first round is judged in any case.
    patience : int, optional
        Begin no round if none of the last so many trials became the chosen one.
    """

    trials: int = 50
    seconds: float | None = None
    patience: int | None = None


@dataclass(frozen=True)
class Extra:
    """A third objective.

    Parameters
    ----------
    name : str
        What it is; part of what a stored tuning is recognised by.
    function : callable
        Given the margins (log-odds before calibration) of the rows to judge of each fold, in the order of the
        folds, the figure. It goes to other processes: a function of a module, or a dataclass with ``__call__``.
    direction : {"minimize", "maximize"}
        Which figures are better.
    """

    name: str
    function: Callable[[Sequence[npt.NDArray[np.float64]]], float]
    direction: Literal["minimize", "maximize"] = "maximize"


@dataclass(frozen=True)
class Trial:
    """One set of parameters, and how it did.

    Parameters
    ----------
    number : int
        Counted from 0, in the order in which they were proposed.
    parameters : BoostingParameters
        With the number of trees at which the mean curve of the folds was highest.
    auc : float
        Mean over the folds that were judged.
    auc_by_fold : tuple of float
        All folds, or the first ones if it was pruned.
    cost : float
        Explanation cost, mean over the folds; see :func:`training.explanation_cost.explanation_cost`.
    extra : float or None
        The third objective, if there is one and the trial was not pruned.
    pruned : bool
        Whether it was given up before its last fold.
    dropped : tuple of str
        Names of the groups of columns it did without.
    """

    number: int
    parameters: BoostingParameters
    auc: float
    auc_by_fold: tuple[float, ...]
    cost: float
    extra: float | None = None
    pruned: bool = False
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tuned:
    """The outcome of a tuning.

    Parameters
    ----------
    chosen : Trial
        The champion.
    trials : tuple of Trial
        All, in the order of their numbers.
    front : tuple of Trial
        Those that no other beats in one objective and equals in the rest, from the highest AUC down.
    cost_cap : float or None
        No trial costs more to explain.
    tolerance : float
        The chosen one has the lowest cost of those whose AUC is no more than this below the highest.
    """

    chosen: Trial
    trials: tuple[Trial, ...]
    front: tuple[Trial, ...]
    cost_cap: float | None
    tolerance: float

    @property
    def parameters(self) -> BoostingParameters:
        """Parameters of the chosen trial, with the number of trees."""
        return self.chosen.parameters

    @property
    def dropped(self) -> tuple[str, ...]:
        """Names of the groups of columns that the chosen trial did without."""
        return self.chosen.dropped


@dataclass(frozen=True)
class Progress:
    """How far a tuning has come.

    Parameters
    ----------
    done, total : int
        Trials judged, and the most that the budget allows.
    auc, cost : float
        Of the best trial so far.
    seconds : float
        Since the tuning began.
    """

    done: int
    total: int
    auc: float
    cost: float
    seconds: float
