"""A column that is the outcome under another name, and one that comes so near to it that somebody should look."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from training.errors import UnfitTable

__all__ = ["NearOutcome", "refuse_outcome_among_columns", "warn_of_near_outcome"]

_ROWS_A_VALUE: Final = 20
"""A column of as many rows for each of its values is judged value by value."""

_FEWEST_ROWS: Final = 1000
"""In so many rows no single honest column parts good from bad."""

_NEAR: Final = 0.98
"""Area under the curve from which a single column is not believed: no credit score that is known comes near it."""


class NearOutcome(UserWarning):
    """One column alone nearly tells the outcome."""


def refuse_outcome_among_columns(
    values: npt.NDArray[np.float64], is_bad: npt.NDArray[np.bool_], names: Sequence[str]
) -> None:
    """Refuse columns that tell good from bad without one error.

    Missing counts as a value. A column of two values is refused if each is found with one outcome only, in 40 rows
    or more; any other column, in 1,000 rows or more, if that holds for all its values and there are 20 rows a value,
    or if one threshold parts the outcomes. A column that is there for one outcome and missing for the other (the
    date of a default, what was recovered) is refused in 40 rows or more, whatever its values.

    Parameters
    ----------
    values : ndarray of shape (n, columns)
        Numbers; categories as numbers.
    is_bad : ndarray of shape (n,)
        The outcome, of both kinds.
    names : sequence of str
        Names of the columns.

    Raises
    ------
    UnfitTable
        At the first such column.
    """
    for place, name in enumerate(names):
        column = values[:, place]
        if _is_pure(column, is_bad) or _is_pure(_absent(column), is_bad) or _is_parted(column, is_bad):
            raise UnfitTable(
                f"column {name!r} alone tells the two classes apart without an error: it is the outcome under another "
                "name, or was recorded after it; leave it out"
            )


def warn_of_near_outcome(values: npt.NDArray[np.float64], is_bad: npt.NDArray[np.bool_], names: Sequence[str]) -> None:
    """Warn of columns that tell good from bad nearly without an error, in 1,000 rows or more.

    Such a column is most often recorded after the outcome; it may be honest, so it is not refused. The parameters
    are those of :func:`refuse_outcome_among_columns`; missing values rank below all others.

    Warns
    -----
    NearOutcome
        For each column whose area under the curve is 0.98 or more, in either direction.
    """
    if len(is_bad) < _FEWEST_ROWS:
        return
    for place, name in enumerate(names):
        area = _area(np.nan_to_num(values[:, place], nan=-np.inf), is_bad)
        if max(area, 1 - area) >= _NEAR:
            warnings.warn(
                f"column {name!r} alone has an area under the curve of {max(area, 1 - area):.3f}; make sure that it "
                "was known at the observation, or leave it out",
                NearOutcome,
                stacklevel=4,
            )


def _area(column: npt.NDArray[np.float64], is_bad: npt.NDArray[np.bool_]) -> float:
    """Area under the curve, from the ranks (the Mann-Whitney statistic)."""
    bad = int(is_bad.sum())
    ranks = float(rankdata(column)[is_bad].sum())
    return (ranks - bad * (bad + 1) / 2) / (bad * (len(column) - bad))


def _absent(column: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.isnan(column).astype(np.float64)


def _is_pure(column: npt.NDArray[np.float64], is_bad: npt.NDArray[np.bool_]) -> bool:
    codes, _ = pd.factorize(column, use_na_sentinel=False)
    count = int(codes.max()) + 1
    if count * _ROWS_A_VALUE > len(column) or (count > 2 and len(column) < _FEWEST_ROWS):
        return False
    bads = np.bincount(codes, weights=is_bad, minlength=count)
    return bool(((bads == 0) | (bads == np.bincount(codes, minlength=count))).all())


def _is_parted(column: npt.NDArray[np.float64], is_bad: npt.NDArray[np.bool_]) -> bool:
    if len(column) < _FEWEST_ROWS or np.isnan(column).any():
        return False
    bad, good = column[is_bad], column[~is_bad]
    return bool(bad.min() > good.max() or bad.max() < good.min())
