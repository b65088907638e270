"""Choosing among trials: the front of those that none beats, and the champion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from training.errors import TrainingError
from training.tuning.trials import Trial

__all__ = ["champion", "front"]


def front(trials: Sequence[Trial], extra: Literal["minimize", "maximize"] | None = None) -> tuple[Trial, ...]:
    """Trials that no other beats in one objective while equal or better in the rest, the highest AUC first.

    Parameters
    ----------
    trials : sequence of Trial
        Those that were pruned are left out.
    extra : {"minimize", "maximize"}, optional
        Direction of the third objective, if there is one.
    """
    judged = [trial for trial in trials if not trial.pruned]
    losses = np.array([_losses(trial, extra) for trial in judged])
    kept = []
    for trial, loss in zip(judged, losses, strict=True):
        no_worse = (losses <= loss).all(axis=1)
        if not (no_worse & (losses < loss).any(axis=1)).any():
            kept.append(trial)
    return tuple(sorted(kept, key=lambda trial: (-trial.auc, trial.cost, trial.number)))


def _losses(trial: Trial, extra: Literal["minimize", "maximize"] | None) -> tuple[float, ...]:
    if extra is None:
        return -trial.auc, trial.cost
    if trial.extra is None:
        msg = f"Trial {trial.number} has no third objective: give `extra` only to a tuning that measured one."
        raise TrainingError(msg)
    return -trial.auc, trial.cost, trial.extra if extra == "minimize" else -trial.extra


def champion(trials: Sequence[Trial], tolerance: float) -> Trial:
    """The trial that is cheapest to explain among those whose AUC is about the highest.

    Parameters
    ----------
    trials : sequence of Trial
        Those that were pruned are left out.
    tolerance : float
        How far below the highest AUC.
    """
    judged = [trial for trial in trials if not trial.pruned]
    least = max(trial.auc for trial in judged) - tolerance
    return min((trial for trial in judged if trial.auc >= least), key=lambda t: (t.cost, -t.auc, t.number))
