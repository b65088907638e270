"""The scorer: from the features of people to scores, decisions and reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.vectors import matrix
from scoring.attribution import ReasonWeight
from scoring.bundle import Bundle
from scoring.calibration import probability
from scoring.policy import Decision

__all__ = ["Scored", "Scorer"]

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scored:
    """What the model says of one person.

    Parameters
    ----------
    default_probability : float
        Calibrated probability of default.
    credit_score : int
        The same on the score's scale.
    decision : {'approve', 'refer', 'decline'}
        What the policy does at that score.
    reasons : tuple of ReasonWeight
        What weighed against the person, most first, at most four; empty when approved.
    """

    default_probability: float
    credit_score: int
    decision: Decision
    reasons: tuple[ReasonWeight, ...]


class Scorer:
    """Scores people with a bundle.

    Parameters
    ----------
    bundle : Bundle
        The bundle.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle

    def score(self, counted: Mapping[str, Values]) -> list[Scored]:
        """Score many people.

        Parameters
        ----------
        counted : mapping of str to ndarray of shape (rows,)
            The portfolio's counted features by name; missing values NaN.
        """
        bundle = self.bundle
        values = matrix(bundle.features, counted, bundle.model.features)
        contributions, base = bundle.model.contributions(values)
        log_odds = bundle.calibration.log_odds(contributions.sum(axis=1) + base)
        by_reason = bundle.attribution.by_reason(contributions) * bundle.calibration.slope
        return [self.decide(float(value), weights) for value, weights in zip(log_odds, by_reason, strict=True)]

    def score_one(self, counted: Mapping[str, float]) -> Scored:
        """Score one person; the same numbers as :meth:`score` gives."""
        return self.score({name: np.array([value], dtype=np.float64) for name, value in counted.items()})[0]

    def decide(self, log_odds: float, by_reason: Values) -> Scored:
        """From calibrated log-odds, and what each reason adds to them, to a decision with its reasons."""
        score = int(self.bundle.scale.to_score(log_odds))
        decision = self.bundle.policy.decide(score)
        reasons = () if decision == "approve" else self.bundle.attribution.against(by_reason)
        return Scored(float(probability(log_odds)), score, decision, reasons)
