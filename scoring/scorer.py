"""The scorer: from the features of people to scores, decisions and reasons.

The score comes from the margin alone; contributions are computed for those who are told why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from features.vectors import matrix
from scoring.bundle import Bundle
from scoring.calibration import probability
from scoring.explainer import Explainer
from scoring.policy import Decision, Policy
from scoring.reasons import Explanation, ToldReason

__all__ = ["Explained", "Scored", "Scorer"]

Explained = Literal["all", "not approved", "none"]
"""Who is explained."""

_Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scored:
    """What the model says of one person.

    Parameters
    ----------
    default_probability : float
        Calibrated probability of default.
    log_odds : float
        Calibrated log-odds of bad.
    credit_score : int
        The same on the score's scale.
    decision : {'approve', 'refer', 'decline'}
        What the policy that it was scored under does at that score.
    explanation : Explanation, optional
        Why; None where it was not asked for.
    """

    default_probability: float
    log_odds: float
    credit_score: int
    decision: Decision
    explanation: Explanation | None

    @property
    def reasons(self) -> tuple[ToldReason, ...]:
        """What weighed against the person, most first, at most four; empty when approved."""
        return () if self.explanation is None or self.decision == "approve" else self.explanation.against


class Scorer:
    """Scores people with a bundle.

    Parameters
    ----------
    bundle : Bundle
        The bundle.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._elsewhere: dict[int, Explainer] = {}

    @cached_property
    def explainer(self) -> Explainer:
        """What explains; its tables are made when it is first asked."""
        return Explainer(self.bundle)

    def explainer_at(self, cut_off: int) -> Explainer:
        """What explains where people are approved from this score on."""
        if cut_off not in self.bundle.elsewhere:
            return self.explainer
        if cut_off not in self._elsewhere:
            self._elsewhere[cut_off] = Explainer(self.bundle.at(cut_off))
        return self._elsewhere[cut_off]

    def score(
        self, counted: Mapping[str, _Values], explain: Explained = "not approved", policy: Policy | None = None
    ) -> list[Scored]:
        """Score many people.

        Parameters
        ----------
        counted : mapping of str to ndarray of shape (rows,)
            The portfolio's counted features by name; missing values NaN.
        explain : {"all", "not approved", "none"}
            Who is explained.
        policy : Policy, optional
            The policy that decides, by default the bundle's own: decisions are its, and reasons are taken against
            applicants just above its cut-off.
        """
        return self.score_vectors(matrix(self.bundle.features, counted, self.bundle.model.features), explain, policy)

    def score_one(
        self, counted: Mapping[str, float], explain: Explained = "not approved", policy: Policy | None = None
    ) -> Scored:
        """Score one person; the same numbers as :meth:`score` gives."""
        columns = np.array([*counted.values()], dtype=np.float64)[:, np.newaxis]
        return self.score(dict(zip(counted, columns, strict=True)), explain, policy)[0]

    def score_vectors(
        self, values: _Values, explain: Explained = "not approved", policy: Policy | None = None
    ) -> list[Scored]:
        """Score people by their vectors.

        Parameters
        ----------
        values : ndarray of shape (rows, features)
            The model's features in its order; missing values NaN.
        explain : {"all", "not approved", "none"}
            Who is explained.
        policy : Policy, optional
            As for :meth:`score`.
        """
        bundle = self.bundle
        deciding = policy or bundle.policy
        log_odds = bundle.calibration.log_odds(bundle.model.margin(values))
        scores = bundle.scale.to_score(log_odds).tolist()
        decisions = [deciding.decide(score) for score in scores]
        told = [
            row
            for row, decision in enumerate(decisions)
            if explain == "all" or (explain == "not approved" and decision != "approve")
        ]
        explained: dict[int, Explanation] = {}
        if told:
            explanations = self.explainer_at(deciding.refer_below).explain(values[told])
            explained = dict(zip(told, explanations, strict=True))
        return [
            Scored(chance, exact, score, decision, explained.get(row))
            for row, (chance, exact, score, decision) in enumerate(
                zip(probability(log_odds).tolist(), log_odds.tolist(), scores, decisions, strict=True)
            )
        ]
