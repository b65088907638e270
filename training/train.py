"""Training a portfolio's model: tune, judge, fit, and put together the bundle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from features.sets import FeatureSet
from scoring.bundle import Bundle
from scoring.calibration import Calibration, probability
from scoring.model import Model
from scoring.policy import policy_of
from scoring.scale import ScoreScale
from training.boosting import BoostingParameters
from training.crossfit import Recipe, fit, out_of_fold_log_odds
from training.figures import Figures, figures
from training.population import Population
from training.tuning import tune

__all__ = ["Options", "Step", "Trained", "train"]

_FEW_PEOPLE: Final = 10_000
_REPEATS_FOR_FEW: Final = 5

Step = Callable[[str, float], None]
"""Told what is being done and the share that is done, from 0 to 1."""


@dataclass(frozen=True)
class Options:
    """How to train.

    Parameters
    ----------
    trials : int
        Trials of the tuning.
    seed : int
        Same seed and data, same model.
    processes : int
        How many fits at a time.
    repeats : int, optional
        How often the folds are drawn anew for judging; by default 5 for a population under 10,000,
        where the draw matters, else 1.
    jurisdiction : str
        Whose rules the features must be permitted under.

    Raises
    ------
    ValueError
        If there are to be no trials, processes or repeats.
    """

    trials: int = 10
    seed: int = 20_26
    processes: int = 2
    repeats: int | None = None
    jurisdiction: str = "us"

    def __post_init__(self) -> None:
        for name in ("trials", "processes", "repeats"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} {value!r}: at least 1 is needed")

    def repeats_for(self, people: Population) -> int:
        """How often the folds are drawn anew for this population."""
        return self.repeats or (_REPEATS_FOR_FEW if len(people) < _FEW_PEOPLE else 1)


@dataclass(frozen=True, eq=False)
class Trained:
    """What training brought.

    Parameters
    ----------
    bundle : Bundle
        The bundle, fitted on everybody.
    parameters : BoostingParameters
        The tuned parameters.
    log_odds : ndarray of shape (n,)
        Calibrated log-odds of everybody, out of fold (first draw of the folds).
    figures : Figures
        Figures over those.
    auc_by_repeat : tuple of float
        AUC for each draw of the folds.
    """

    bundle: Bundle
    parameters: BoostingParameters
    log_odds: npt.NDArray[np.float64]
    figures: Figures
    auc_by_repeat: tuple[float, ...]

    @property
    def default_probability(self) -> npt.NDArray[np.float64]:
        """Default probability of everybody, out of fold."""
        return probability(self.log_odds)

    @property
    def auc_standard_error(self) -> float | None:
        """Standard error of the mean AUC over the draws of the folds; None for a single draw."""
        if len(self.auc_by_repeat) < 2:
            return None
        return float(np.std(self.auc_by_repeat, ddof=1) / np.sqrt(len(self.auc_by_repeat)))


def train(
    people: Population,
    features: FeatureSet,
    *,
    model_version: str,
    observed_on: date,
    options: Options,
    journal: Path,
    step: Step | None = None,
) -> Trained:
    """Tune, judge out of fold, and fit on everybody.

    Parameters
    ----------
    people : Population
        The population.
    features : FeatureSet
        The portfolio's features.
    model_version : str
        Version of the model to be.
    observed_on : date
        The population's observation date.
    options : Options
        How to train.
    journal : Path
        Where Optuna keeps its trials.
    step : callable, optional
        Told of progress.

    Raises
    ------
    ProhibitedFeature
        If the population has a feature that may not be used.
    UnknownFeature
        If it has one that the portfolio does not.
    """
    tell = step or (lambda _what, _share: None)
    features.require(people.features, options.jurisdiction)
    directions = tuple(features.catalogue[name].direction for name in people.features)
    parameters, _ = tune(
        people,
        directions,
        trials=options.trials,
        seed=options.seed,
        processes=options.processes,
        journal=journal,
        progress=lambda done, total, best: tell(f"tuning, best AUC {best:.4f}", done / total),
    )
    recipe = Recipe(directions, parameters, options.seed)
    draws = _draws(people, recipe, options, tell)
    judged = [figures(probability(log_odds), people.is_bad) for log_odds in draws]
    tell("fitting on everybody", 0.0)
    text, calibration = fit(people, recipe, options.processes)
    tell("fitting on everybody", 1.0)
    bundle = _bundle(people, features, text, calibration, model_version, observed_on, options.jurisdiction)
    return Trained(bundle, parameters, draws[0], judged[0], tuple(item.auc for item in judged))


def _draws(people: Population, recipe: Recipe, options: Options, tell: Step) -> list[npt.NDArray[np.float64]]:
    """Log-odds of everybody out of fold, for each draw of the folds."""
    draws = []
    repeats = options.repeats_for(people)
    for repeat in range(repeats):
        tell("judging out of fold", repeat / repeats)
        draws.append(out_of_fold_log_odds(people, recipe, options.seed + repeat, options.processes))
    tell("judging out of fold", 1.0)
    return draws


def _bundle(
    people: Population,
    features: FeatureSet,
    text: str,
    calibration: Calibration,
    model_version: str,
    observed_on: date,
    jurisdiction: str,
) -> Bundle:
    return Bundle(
        model_version=model_version,
        portfolio=features.portfolio,
        jurisdiction=jurisdiction,
        trained_on=observed_on,
        model=Model(text, people.features),
        calibration=calibration,
        scale=ScoreScale(),
        policy=policy_of(features.portfolio, observed_on),
        feature_fingerprint=features.catalogue.fingerprint(people.features),
    )
