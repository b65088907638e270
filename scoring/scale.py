"""The credit score: an integer that grows by a fixed number of points when the odds double.

With G:B the odds of good to bad, score = base_score + points / ln 2 * ln((G:B) / base_odds); see
N. Siddiqi, Intelligent Credit Scoring (2nd ed., 2017), chapter "Scorecard scaling".
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["ScoreScale"]


@dataclass(frozen=True)
class ScoreScale:
    """How log-odds become a score.

    Parameters
    ----------
    base_score : int
        Score at the base odds.
    base_odds : float
        Good:bad odds at the base score.
    points_to_double : float
        Points by which the score grows when the odds double.
    lowest, highest : int
        Bounds of the score.

    Raises
    ------
    ValueError
        If the odds or the points are not positive and finite, or the bounds cross.
    """

    base_score: int = 600
    base_odds: float = 30.0
    points_to_double: float = 20.0
    lowest: int = 300
    highest: int = 850

    def __post_init__(self) -> None:
        for name in ("base_odds", "points_to_double"):
            value = getattr(self, name)
            if not 0 < value < math.inf:
                raise ValueError(f"{name} {value!r} is not positive and finite: no score can stand on such a scale")
        if self.lowest >= self.highest:
            raise ValueError(f"lowest score {self.lowest} is not below the highest {self.highest}")

    def to_score(self, log_odds_bad: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """The score of calibrated log-odds of bad, rounded to an integer within the bounds.

        Examples
        --------
        >>> scale = ScoreScale()
        >>> scale.to_score([-np.log(30), -np.log(60), -np.log(15), 100.0]).tolist()
        [600, 620, 580, 300]

        Raises
        ------
        ValueError
            If log-odds are not a number.
        """
        log_odds = np.asarray(log_odds_bad, dtype=np.float64)
        if np.isnan(log_odds).any():
            raise ValueError("log-odds that are not a number have no score; check the features and the model")
        points = self.base_score - self.points_to_double / math.log(2.0) * (log_odds + math.log(self.base_odds))
        scores: npt.NDArray[np.int64] = np.clip(np.rint(points), self.lowest, self.highest).astype(np.int64)
        return scores

    def to_probability(self, score: float) -> float:
        """The default probability at which a score stands.

        Examples
        --------
        >>> round(ScoreScale().to_probability(600), 6) == round(1 / 31, 6)
        True
        """
        odds: float = self.base_odds * 2.0 ** ((score - self.base_score) / self.points_to_double)
        return 1.0 / (1.0 + odds)
