"""The scorer: from the features of people to scores, decisions and reasons.

The score comes from the margin alone; contributions, which cost a hundred times as much, are
computed for those who are told reasons.
"""

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

_Values = npt.NDArray[np.float64]


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

    def score(self, counted: Mapping[str, _Values]) -> list[Scored]:
        """Score many people.

        Parameters
        ----------
        counted : mapping of str to ndarray of shape (rows,)
            The portfolio's counted features by name; missing values NaN.
        """
        return self.score_vectors(matrix(self.bundle.features, counted, self.bundle.model.features))

    def score_one(self, counted: Mapping[str, float]) -> Scored:
        """Score one person; the same numbers as :meth:`score` gives."""
        return self.score({name: np.array([value], dtype=np.float64) for name, value in counted.items()})[0]

    def score_vectors(self, values: _Values) -> list[Scored]:
        """Score people by their vectors.

        Parameters
        ----------
        values : ndarray of shape (rows, features)
            The model's features in its order; missing values NaN.
        """
        bundle = self.bundle
        log_odds = bundle.calibration.log_odds(bundle.model.margin(values))
        scores = bundle.scale.to_score(log_odds).tolist()
        decisions = [bundle.policy.decide(score) for score in scores]
        told = [row for row, decision in enumerate(decisions) if decision != "approve"]
        reasons = dict(zip(told, self._reasons(values[told]), strict=True)) if told else {}
        return [
            Scored(chance, score, decision, reasons.get(row, ()))
            for row, (chance, score, decision) in enumerate(
                zip(probability(log_odds).tolist(), scores, decisions, strict=True)
            )
        ]

    def _reasons(self, values: _Values) -> list[tuple[ReasonWeight, ...]]:
        """What weighed against each."""
        bundle = self.bundle
        contributions, _ = bundle.model.contributions(values)
        by_reason = bundle.attribution.by_reason(contributions) * bundle.calibration.slope
        return [bundle.attribution.against(weights) for weights in by_reason.tolist()]
