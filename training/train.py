"""Training a portfolio's model on the development sample, and putting together its bundle.

The test and the out-of-time sample are seen by no part of it: the model that is validated on them
is the model that serves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from features.sets import FeatureSet
from scoring.bundle import Bundle, Origin
from scoring.calibration import probability
from scoring.model import Model
from scoring.policy import PolicyBook, shipped_book
from training.baselines import draw_baselines, draw_elsewhere
from training.boosting import BoostingParameters
from training.figures import Figures, figures
from training.fingerprints import code_version, data_fingerprint, environment
from training.model import CreditRiskModel
from training.population import Population
from training.samples import Samples

if TYPE_CHECKING:
    from training.tuning import Progress, Tuned

__all__ = ["Options", "Trained", "train"]


@dataclass(frozen=True)
class Options:
    """How to train.

    Parameters
    ----------
    trials : int
        The most trials of the tuning.
    seconds : float, optional
        Begin no round of trials after so many; the model then depends on the machine's speed.
    seed : int
        Same seed, trials and data, same model.
    processes : int
        How many fits at a time; the model does not depend on it.
    test_share : float
        Share of the consumers who are held back for the test sample.
    jurisdiction : str
        Whose rules the features must be permitted under.

    Raises
    ------
    ValueError
        If there are to be no trials, processes, seconds or test sample.
    """

    trials: int = 50
    seconds: float | None = None
    seed: int = 2026
    processes: int = 2
    test_share: float = 0.2
    jurisdiction: str = "us"

    def __post_init__(self) -> None:
        for name in ("trials", "processes"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} {getattr(self, name)!r}: at least 1 is needed")
        if self.seconds is not None and not self.seconds > 0:
            raise ValueError(f"seconds {self.seconds!r}: more than 0 are needed")
        if not 0 < self.test_share < 1:
            raise ValueError(f"test_share {self.test_share!r} is not between 0 and 1; a fifth is usual")

    def plain(self) -> dict[str, Any]:
        """What decides about the model, as JSON holds it."""
        return {name: value for name, value in asdict(self).items() if name != "processes"}


@dataclass(frozen=True, eq=False)
class Trained:
    """What training brought.

    Parameters
    ----------
    bundle : Bundle
        The bundle, fitted on the development sample.
    parameters : BoostingParameters
        Parameters of its booster.
    tuned : Tuned, optional
        The tuning; None where the sample was too small for one.
    log_odds : ndarray of shape (development,)
        Calibrated log-odds of the development sample, each by boosters fitted on other folds.
    figures : Figures
        Figures over those.
    """

    bundle: Bundle
    parameters: BoostingParameters
    tuned: Tuned | None
    log_odds: npt.NDArray[np.float64]
    figures: Figures

    @property
    def default_probability(self) -> npt.NDArray[np.float64]:
        """Default probability of the development sample, out of fold."""
        return probability(self.log_odds)


def train(
    people: Population,
    samples: Samples,
    features: FeatureSet,
    *,
    model_version: str,
    options: Options,
    label: str = "",
    policies: PolicyBook | None = None,
    storage: str | Path | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Trained:
    """Tune, calibrate and fit on the development sample.

    Parameters
    ----------
    people : Population
        Everybody; only the development sample is looked at.
    samples : Samples
        Who is in which sample.
    features : FeatureSet
        The portfolio's features; their declared directions of risk bind the model.
    model_version : str
        Version of the model to be.
    options : Options
        How to train.
    label : str
        What bad means, in words.
    policies : PolicyBook, optional
        Versions of the portfolio's policy, which go into the bundle; by default those that are shipped.
    storage : Path or str, optional
        Where the trials are kept: a journal file, or the URL of a database; in memory by default.
        A tuning that was broken off goes on from there.
    progress : callable, optional
        Told of the tuning's progress, from this process.

    Raises
    ------
    ProhibitedFeature
        If the population has a feature that may not be used.
    UnknownFeature
        If it has one that the portfolio does not.
    UnfitTable
        If no model can be fitted on the development sample.
    PolicyRefused
        If no policy is in force where and when it was last observed.
    """
    features.require(people.features, options.jurisdiction)
    development = people.take(samples.development)
    model = CreditRiskModel(
        directions={name: features.catalogue[name].direction for name in people.features},
        special_codes=None,
        bad_label=True,
        n_trials=options.trials,
        n_averaged=1,  # what is signed has one set of parameters
        max_seconds=options.seconds,
        n_processes=options.processes,
        storage=storage,
        random_state=options.seed,
        verbose=progress or False,
    ).fit(development.frame(), development.is_bad, groups=development.consumer_ids)
    last_observed: date = development.observed_at.max().astype("datetime64[D]").item()
    book = policies or shipped_book(features.portfolio)
    served = Model(model.booster_.model_to_string(), people.features)
    scoring, policy = (served, model.calibration_, model.scale_), book.in_force(last_observed, options.jurisdiction)
    drawn = draw_baselines(*scoring, policy, development.values, seed=options.seed)
    bundle = Bundle(
        model_version=model_version,
        portfolio=features.portfolio,
        jurisdiction=options.jurisdiction,
        trained_on=last_observed,
        model=served,
        calibration=model.calibration_,
        scale=model.scale_,
        policies=book,
        feature_fingerprint=features.catalogue.fingerprint(people.features),
        baselines=drawn.baselines,
        typical=drawn.typical,
        elsewhere=draw_elsewhere(
            *scoring, book, policy, drawn, development.values, since=last_observed, seed=options.seed
        ),
        origin=Origin(
            data_fingerprint=data_fingerprint(people, samples),
            label=label,
            parameters=asdict(model.parameters_) | options.plain(),
            code_version=code_version(),
            environment=environment(),
        ),
    )
    log_odds = model.out_of_fold_log_odds_
    judged = figures(probability(log_odds), development.is_bad)
    return Trained(bundle, model.parameters_, model.tuned_, log_odds, judged)
