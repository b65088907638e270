"""Categories as numbers: the share of bads of each, shrunk towards the share of all.

A tree splits this number as it splits any other, with constraints and exact contributions. The shrinkage is
that of D. Micci-Barreca, A preprocessing scheme for high-cardinality categorical attributes (2001), with
a fixed weight. Rows that a booster is fitted on are encoded out of fold: what a row says about itself
must not be in its own number, or rare categories look certain; nor what other rows of the same person say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from training.splits import fewest_of_a_class, splits

__all__ = ["RiskEncoding"]

_PRIOR_ROWS: Final = 20.0
"""So many rows of the average are added to each category."""

_FOLDS: Final = 5

_Values = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class RiskEncoding:
    """What each category of some columns is worth.

    Parameters
    ----------
    columns : tuple of int
        Places of the columns of categories in a matrix.
    risks : tuple of ndarray
        For each of them the number of each category, and last that of an unseen one: the share of all.
    """

    columns: tuple[int, ...]
    risks: tuple[_Values, ...]

    @classmethod
    def learn(cls, values: _Values, is_bad: _Flags, columns: tuple[int, ...], sizes: tuple[int, ...]) -> RiskEncoding:
        """Learn from rows and their outcomes.

        Parameters
        ----------
        values : ndarray of shape (n, columns)
            Places of categories (NaN for an unseen one) in the columns of categories.
        is_bad : ndarray of shape (n,)
            The outcome.
        columns : tuple of int
            Which columns hold categories.
        sizes : tuple of int
            How many categories each of them has.
        """
        average = float(is_bad.mean())
        risks = tuple(
            _shrunk(values[:, column], is_bad, size, average) for column, size in zip(columns, sizes, strict=True)
        )
        return cls(columns, risks)

    def apply(self, values: _Values) -> _Values:
        """The matrix with risks in place of categories; the one given stays as it is."""
        if not self.columns:
            return values
        encoded = values.copy()
        for column, risks in zip(self.columns, self.risks, strict=True):
            unseen = np.isnan(values[:, column])
            encoded[:, column] = risks[np.where(unseen, len(risks) - 1, values[:, column]).astype(np.intp)]
        return encoded

    def apply_out_of_fold(
        self, values: _Values, is_bad: _Flags, seed: int, groups: npt.NDArray[Any] | None = None
    ) -> _Values:
        """The rows that this was learnt from, each encoded by what the other folds say.

        Parameters
        ----------
        values, is_bad : ndarray
            The rows and outcomes as in :meth:`learn`.
        seed : int
            How the folds are drawn.
        groups : ndarray of shape (n,), optional
            Whose rows they are: all of a person's are in one fold.
        """
        folds = min(_FOLDS, fewest_of_a_class(is_bad, groups))
        if not self.columns or folds < 2:
            return self.apply(values)
        encoded = values.copy()
        sizes = tuple(len(risks) - 1 for risks in self.risks)
        for others, rows in splits(is_bad, folds, seed, groups=groups):
            encoding = RiskEncoding.learn(values[others], is_bad[others], self.columns, sizes)
            encoded[rows] = encoding.apply(values[rows])
        return encoded


def _shrunk(places: _Values, is_bad: _Flags, size: int, average: float) -> _Values:
    seen = ~np.isnan(places)
    categories = places[seen].astype(np.intp)
    rows = np.bincount(categories, minlength=size)
    bads = np.bincount(categories, weights=is_bad[seen], minlength=size)
    return np.append((bads + _PRIOR_ROWS * average) / (rows + _PRIOR_ROWS), average)
