"""Whether a feature stays the same: the population stability index.

With e_i and a_i the shares of the expected (base) and the actual sample that lie in bin i::

    PSI = sum over i of (a_i - e_i) * ln(a_i / e_i)

as in E. M. Lewis, *An Introduction to Credit Scoring* (1992), and N. Siddiqi, *Credit Risk Scorecards* (Wiley
2006), who reads under 0.1 as no shift, up to 0.25 as a slight one and over that as a considerable one.
The bins come from the base: its quantiles, and one bin for missing values. For given bins the two samples
may be exchanged.

**Small counts.** A bin that is empty in one sample alone counts as half a row there. Two samples of one
population do not have a PSI of zero: times ``1 / (1 / n + 1 / m)`` it is about chi-squared with one degree of
freedom less than there are bins (B. Yurdakul, J. Naranjo, *Journal of Risk Model Validation* 14, 2020). What it
exceeds once in twenty times by chance stands beside it as ``by_chance``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import chi2

from features.analysis.bins import Bins, quantile_bins
from features.analysis.over_time import months_of

__all__ = ["compare_frames", "psi", "psi_by_month", "psi_of_counts"]

_HALF: Final = 0.5
_ONCE_IN_TWENTY: Final = 0.95


def psi_of_counts(base: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> float:
    """The PSI of two samples that are counted in the same bins; NaN when one of them has no rows.

    Examples
    --------
    >>> round(psi_of_counts(np.array([50, 50]), np.array([80, 20])), 4)  # 0.3 ln 1.6 + 0.3 ln 2.5
    0.4159
    """
    if not base.sum() or not other.sum():
        return float("nan")
    some = (base > 0) | (other > 0)
    expected = np.where(base[some] > 0, base[some], _HALF) / base.sum()
    actual = np.where(other[some] > 0, other[some], _HALF) / other.sum()
    return float(np.sum((actual - expected) * np.log(actual / expected)))


def psi(base: npt.ArrayLike, other: npt.ArrayLike, bins: Bins | int = 10) -> float:
    """The PSI of a feature between two samples; missing values NaN.

    Parameters
    ----------
    base, other : array of float
        The values of both.
    bins : Bins or int
        The bins, or about how many quantile bins to make of the base.
    """
    first, second = np.asarray(base, dtype=np.float64), np.asarray(other, dtype=np.float64)
    chosen = bins if isinstance(bins, Bins) else quantile_bins(first, bins)
    return psi_of_counts(chosen.count(first), chosen.count(second))


def psi_by_month(
    values: npt.ArrayLike, when: Iterable[object], *, base: str | None = None, bins: int = 10
) -> pd.DataFrame:
    """The PSI of each month against a base month.

    Parameters
    ----------
    values : array of float
        The feature; NaN where missing.
    when : iterable of moments
        The moment of each row, its month counts (UTC); or the months, from
        :func:`features.analysis.over_time.months_of`.
    base : str, optional
        The base month as ``"2024-01"``; by default the first.
    bins : int
        About how many bins, from the base month.

    Returns
    -------
    DataFrame
        By ``month``: ``rows``, ``psi`` against the base, ``by_chance``.

    Raises
    ------
    ValueError
        If there is no row of the base month.
    """
    numbers = np.asarray(values, dtype=np.float64)
    months = when if isinstance(when, np.ndarray) and when.dtype.kind == "U" else months_of(when)
    known = sorted(set(months))
    first = known[0] if base is None and known else base
    if first not in known:
        raise ValueError(f"base month {first}: there are no rows of it; the months are {', '.join(known) or 'none'}")
    chosen = quantile_bins(numbers[months == first], bins)
    counts = {month: chosen.count(numbers[months == month]) for month in known}
    rows = [
        (month, int(n.sum()), psi_of_counts(counts[str(first)], n), _by_chance(counts[str(first)], n))
        for month, n in counts.items()
    ]
    return pd.DataFrame(rows, columns=["month", "rows", "psi", "by_chance"]).set_index("month")


def compare_frames(
    base: pd.DataFrame,
    other: pd.DataFrame,
    names: Sequence[str],
    *,
    bins: int = 10,
    progress: Callable[[str, float], None] | None = None,
) -> pd.DataFrame:
    """How each feature differs between two samples, the largest PSI first.

    Parameters
    ----------
    base, other : DataFrame
        A column a feature; missing values NaN.
    names : sequence of str
        The features, columns of both.
    bins : int
        About how many bins, from the base.
    progress : callable, optional
        Told the feature at work, and the share that is done.

    Returns
    -------
    DataFrame
        By ``feature``: ``psi``, ``by_chance``, the means of both and how much the second is larger, and
        the shares that are missing in both.
    """
    rows = []
    for number, name in enumerate(names):
        if progress is not None:
            progress(name, number / len(names))
        first, second = (frame[name].to_numpy(np.float64, na_value=np.nan) for frame in (base, other))
        chosen = quantile_bins(first, bins)
        n, m = chosen.count(first), chosen.count(second)
        before, after = _mean(first), _mean(second)
        missing = [float(np.isnan(values).mean()) if len(values) else np.nan for values in (first, second)]
        rows.append((name, psi_of_counts(n, m), _by_chance(n, m), before, after, after - before, *missing))
    columns = ["feature", "psi", "by_chance", "mean_before", "mean_after", "mean_change", "missing_before",
               "missing_after"]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(["psi", "feature"], ascending=[False, True]).set_index("feature")


def _by_chance(base: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> float:
    used = int(((base > 0) | (other > 0)).sum())
    if not base.sum() or not other.sum():
        return float("nan")
    spread = 1 / int(base.sum()) + 1 / int(other.sum())
    return float(chi2.ppf(_ONCE_IN_TWENTY, used - 1)) * spread if used > 1 else 0.0


def _mean(values: npt.NDArray[np.float64]) -> float:
    told = values[~np.isnan(values)]
    return float(told.mean()) if len(told) else float("nan")
