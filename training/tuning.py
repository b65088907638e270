"""Tuning with Optuna: trials proposed in rounds, judged on folds of their own.

Trials of a round are proposed together, judged in parallel and told in the order of their numbers,
so that the outcome does not depend on how many processes there are. The folds have another seed
than those on which the chosen model is judged afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from sklearn.metrics import roc_auc_score
from sklearn.utils.parallel import Parallel, delayed

from training.boosting import BoostingParameters
from training.crossfit import Recipe, fit_margins, folds
from training.population import Population

__all__ = ["STUDY", "TUNING_ROWS", "Progress", "tune"]

STUDY: Final = "tuning"
"""Name of the study in the journal."""

TUNING_ROWS: Final = 30_000
"""A larger population is tuned on a random part of this size."""

_Values = npt.NDArray[np.float64]
_Rows = npt.NDArray[np.intp]

_ROUND: Final = 2
_TUNING_FOLDS: Final = 3
_FOLD_SEED_OFFSET: Final = 7919

Progress = Callable[[int, int, float], None]
"""Told the trials done, their number, and the best AUC so far."""


def tune(
    people: Population,
    directions: tuple[int, ...],
    *,
    trials: int,
    seed: int,
    processes: int,
    journal: Path,
    progress: Progress | None = None,
) -> tuple[BoostingParameters, float]:
    """The parameters with the best mean AUC over folds, and that AUC.

    Parameters
    ----------
    people : Population
        The population; a random part of it is used if it is large.
    directions : tuple of int
        Declared direction of risk of each feature.
    trials : int
        How many, at least one; the first is of defaults that did well before.
    seed : int
        Same seed, same parameters.
    processes : int
        How many fits at a time.
    journal : Path
        Optuna's journal of the trials; begun anew if it is there.
    progress : callable, optional
        Told of progress.
    """
    part = people.sample(TUNING_ROWS, seed)
    study = _new_study(journal, seed)
    study.enqueue_trial(asdict(_default(len(part))))
    splits = folds(part.is_bad, _TUNING_FOLDS, seed + _FOLD_SEED_OFFSET)
    with Parallel(n_jobs=processes) as parallel:
        for done in range(0, trials, _ROUND):
            asked = [study.ask() for _ in range(min(_ROUND, trials - done))]
            recipes = [Recipe(directions, _suggest(trial, len(part)), seed) for trial in asked]
            margins = parallel(delayed(fit_margins)(part, recipe, *split) for recipe in recipes for split in splits)
            for place, trial in enumerate(asked):
                study.tell(trial, _mean_auc(part, splits, margins[place * len(splits) : (place + 1) * len(splits)]))
            if progress is not None:
                progress(done + len(asked), trials, study.best_value)
    return BoostingParameters(**study.best_params), float(study.best_value)


def _new_study(journal: Path, seed: int) -> optuna.Study:
    """A study without trials; what a tuning that was broken off left in the journal is dropped."""
    journal.unlink(missing_ok=True)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=6, multivariate=True),
        storage=JournalStorage(JournalFileBackend(str(journal))),
        study_name=STUDY,
    )


def _mean_auc(people: Population, splits: Sequence[tuple[_Rows, _Rows]], margins: Sequence[_Values]) -> float:
    scores = [roc_auc_score(people.is_bad[judge], margin) for (_, judge), margin in zip(splits, margins, strict=True)]
    return float(np.mean(scores))


def _default(rows: int) -> BoostingParameters:
    """Defaults that did well before: more data bear larger leaves and more features a tree."""
    if rows < 15_000:
        return BoostingParameters(350, 0.03, 8, 4, 30, 0.2, 0.8, 20.0)
    return BoostingParameters(250, 0.05, 10, 5, 80, 0.4, 0.8, 20.0)


def _suggest(trial: optuna.Trial, rows: int) -> BoostingParameters:
    small = rows < 15_000
    return BoostingParameters(
        rounds=trial.suggest_int("rounds", 200, 400, step=50),
        learning_rate=trial.suggest_float("learning_rate", 0.02, 0.07, log=True),
        num_leaves=trial.suggest_int("num_leaves", 5, 12),
        max_depth=trial.suggest_int("max_depth", 3, 5),
        min_data_in_leaf=trial.suggest_int("min_data_in_leaf", 20 if small else 40, 80 if small else 200, log=True),
        feature_fraction=trial.suggest_float("feature_fraction", 0.1, 0.5),
        bagging_fraction=trial.suggest_float("bagging_fraction", 0.6, 0.95),
        lambda_l2=trial.suggest_float("lambda_l2", 3.0, 100.0, log=True),
    )
