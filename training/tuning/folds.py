"""A fold: rows on which to fit, and other rows on which to judge."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

__all__ = ["Fold"]

_Values = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Fold:
    """Numeric matrices of one split; the columns are the same in all folds of a tuning.

    Parameters
    ----------
    fit_values, judge_values : ndarray of shape (rows, features)
        Missing values NaN.
    fit_is_bad, judge_is_bad : ndarray of shape (rows,)
        The outcome.
    fit_weights, judge_weights : ndarray of shape (rows,), optional
        How much each row counts.
    """

    fit_values: _Values
    fit_is_bad: _Flags
    judge_values: _Values
    judge_is_bad: _Flags
    fit_weights: _Values | None = None
    judge_weights: _Values | None = None

    def without(self, columns: tuple[int, ...]) -> Fold:
        """The same fold with zero all over some columns: LightGBM takes no account of a constant column.

        A booster fitted on it is the one that the other columns alone would give.
        """
        if not columns:
            return self
        return replace(
            self, fit_values=_zeroed(self.fit_values, columns), judge_values=_zeroed(self.judge_values, columns)
        )


def _zeroed(values: _Values, columns: tuple[int, ...]) -> _Values:
    zeroed = np.array(values)
    zeroed[:, list(columns)] = 0.0
    return zeroed
