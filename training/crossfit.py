"""Judging on people the model has not seen, and calibrating on them.

What looks at outcomes is fitted on the other folds: the booster, and before it the risk of a category.
The calibration's slope and intercept are fitted on the margins out of fold by logistic regression (Platt, 1999).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import joblib
import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from scoring.calibration import Calibration, probability
from training.averaging import fit_average
from training.boosting import BoostingParameters
from training.risk_encoding import RiskEncoding
from training.splits import fewest_of_a_class, splits
from training.tuning.folds import Fold

__all__ = ["FOLDS", "Rows", "calibrate", "folds", "out_of_fold_margins"]

FOLDS: Final = 5
_UNPENALISED: Final = np.inf
_SLOPES: Final = (0.2, 5.0)
"""Bounds of a slope that can be believed; beyond them the margins tell nothing."""

_Values = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]
_Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Rows:
    """Encoded rows before the one step that looks at outcomes.

    Parameters
    ----------
    values : ndarray of shape (n, columns)
        As :meth:`training.encoding.Encoder.apply` gives them.
    is_bad : ndarray of shape (n,)
        The outcome.
    risk_columns, risk_sizes : tuple of int
        Which columns are categories to be encoded by their risk, and how many categories each has.
    groups : ndarray of shape (n,), optional
        Whose rows they are, where somebody has several: all of them are judged by boosters that saw none of them.
    """

    values: _Values
    is_bad: _Flags
    risk_columns: tuple[int, ...] = ()
    risk_sizes: tuple[int, ...] = ()
    groups: npt.NDArray[Any] | None = None

    @property
    def fewest(self) -> int:
        """How many rows there are with bad or without, whichever are fewer; of groups where there are such."""
        return fewest_of_a_class(self.is_bad, self.groups)

    def take(self, rows: _Rows) -> Rows:
        """Some of the rows."""
        groups = None if self.groups is None else self.groups[rows]
        return Rows(self.values[rows], self.is_bad[rows], self.risk_columns, self.risk_sizes, groups)

    def encoding(self) -> RiskEncoding:
        """The risks of the categories of these rows."""
        return RiskEncoding.learn(self.values, self.is_bad, self.risk_columns, self.risk_sizes)

    def fold(self, fit_on: _Rows, judge: _Rows, seed: int) -> Fold:
        """The matrices of one split; nothing of the outcomes of those judged is in them."""
        inside = self.take(fit_on)
        encoding = inside.encoding()
        return Fold(
            encoding.apply_out_of_fold(inside.values, inside.is_bad, seed, inside.groups),
            inside.is_bad,
            encoding.apply(self.values[judge]),
            self.is_bad[judge],
        )


def folds(rows: Rows, drawn: Sequence[tuple[_Rows, _Rows]], seed: int) -> Iterator[Fold]:
    """The matrices of each split, made when it is its turn."""
    return (rows.fold(fit_on, judge, seed) for fit_on, judge in drawn)


def out_of_fold_margins(
    rows: Rows,
    features: Sequence[str],
    directions: Sequence[int],
    parameters: Sequence[BoostingParameters],
    *,
    count: int,
    seed: int,
    processes: int,
) -> _Values:
    """Margin of every row by a booster fitted on the other folds.

    Parameters
    ----------
    rows : Rows
        The rows.
    features, directions : sequence
        Name and direction of each column.
    parameters : sequence of BoostingParameters
        Of the boosters that are averaged; one of them for a single booster.
    count : int
        How many folds.
    seed : int
        How the folds are drawn, and the seed of the boosters.
    processes : int
        How many boosters are fitted at a time; the margins do not depend on it.
    """
    drawn = splits(rows.is_bad, count, seed, groups=rows.groups)
    parts = joblib.Parallel(n_jobs=processes)(
        joblib.delayed(_margins)(fold, features, directions, parameters, seed) for fold in folds(rows, drawn, seed)
    )
    margins = np.empty(len(rows.is_bad))
    for (_, judge), part in zip(drawn, parts, strict=True):
        margins[judge] = part
    return margins


def _margins(
    fold: Fold, features: Sequence[str], directions: Sequence[int], parameters: Sequence[BoostingParameters], seed: int
) -> _Values:
    booster = fit_average(fold.fit_values, fold.fit_is_bad, features, directions, parameters, seed)
    margins: _Values = booster.predict(fold.judge_values, raw_score=True, num_threads=1)
    return margins


def calibrate(margins: _Values, is_bad: _Flags) -> Calibration:
    """The calibration that fits margins of people the booster has not seen.

    Where the margins tell nothing about the outcome, the slope is kept within bounds: calibration
    must not turn the order of people. The mean probability is the share of bads in any case.

    Parameters
    ----------
    margins : ndarray of shape (n,)
        Margins.
    is_bad : ndarray of shape (n,)
        The outcome; both kinds must be there.
    """
    regression = LogisticRegression(C=_UNPENALISED, tol=1e-7, max_iter=1000).fit(margins.reshape(-1, 1), is_bad)
    fitted = float(regression.coef_[0, 0])
    slope = min(max(fitted, _SLOPES[0]), _SLOPES[1])
    if slope == fitted:
        return Calibration(slope, float(regression.intercept_[0]))
    return Calibration(slope, _intercept(slope * margins, is_bad))


def _intercept(scaled: _Values, is_bad: _Flags) -> float:
    """The intercept at which the mean probability is the share of bads, by bisection."""
    low, high = -float(scaled.max()) - 50.0, -float(scaled.min()) + 50.0
    for _ in range(100):
        middle = (low + high) / 2
        if probability(scaled + middle).mean() < is_bad.mean():
            low = middle
        else:
            high = middle
    return (low + high) / 2
