"""What a feature tells of an outcome: weight of evidence by bin, and information value.

With g_i and b_i the shares of all good and of all bad that lie in bin i::

    WOE_i = ln(g_i / b_i)          IV = sum over i of (g_i - b_i) * WOE_i

as in N. Siddiqi, *Credit Risk Scorecards* (Wiley 2006), chapter 6; the IV is the divergence of
H. Jeffreys (*Proc. R. Soc. A* 186, 1946) between the two distributions. Missing values are a bin like any other.

**Small counts.** In a bin without any good or without any bad, half a person is added to both of its
counts (the totals stay), so that its WOE is finite. A feature that has nothing to do with the outcome
still gets an IV, the larger the fewer the bad: with k bins that are not empty about
``(k - 1) * (1 / goods + 1 / bads)``, since each term then is, to second order, a squared deviation over
its expectation. That figure stands beside every IV as ``by_chance``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import spearmanr

from features.analysis.bins import Bins, quantile_bins

__all__ = ["information_values", "strength", "woe_table"]

_STRENGTHS: Final = ((0.02, "none"), (0.1, "weak"), (0.3, "medium"), (0.5, "strong"))
_Values = npt.NDArray[np.float64]
_Counts = npt.NDArray[np.int64]

_HALF: Final = 0.5
_WILSON_Z: Final = 1.959963984540054
"""Two-sided 95 % of the normal distribution."""


def strength(information_value: float) -> str:
    """An IV in a word, at the bounds of Siddiqi (2006, chapter 6); over 0.5 it is to be looked into for a leak.

    Examples
    --------
    >>> [strength(value) for value in (0.01, 0.05, 0.2, 0.4, 0.9)]
    ['none', 'weak', 'medium', 'strong', 'suspicious']
    """
    return next((word for bound, word in _STRENGTHS if information_value < bound), "suspicious")


def woe_table(values: npt.ArrayLike, is_bad: Iterable[object], bins: Bins | int = 10) -> pd.DataFrame:
    """A row a bin that is not empty: counts, bad rate with its interval, weight of evidence, part of the IV.

    Parameters
    ----------
    values : array of float
        The feature; NaN where missing.
    is_bad : iterable of bool or missing
        The outcome; rows where it is missing (indeterminate) are left out.
    bins : Bins or int
        The bins, or about how many quantile bins to make of the values whose outcome is known.

    Returns
    -------
    DataFrame
        ``bin`` (label), ``count``, ``share``, ``good``, ``bad``, ``bad_rate``, ``low`` and ``high``
        (95 % interval of the bad rate, E. B. Wilson, *JASA* 22, 1927), ``woe``, ``iv``.

    Raises
    ------
    ValueError
        If the lengths differ, or the known outcomes are all good or all bad.

    Examples
    --------
    >>> table = woe_table([0, 0, 0, 1, 1, 1], [False, False, True, False, True, True])
    >>> table[["bin", "good", "bad"]].values.tolist()
    [['up to 0', 2, 1], ['over 0', 1, 2]]
    >>> table["woe"].round(4).tolist(), table["iv"].round(4).tolist()  # ln 2, and a third of it from each bin
    ([0.6931, -0.6931], [0.231, 0.231])
    """
    return _table(np.asarray(values, dtype=np.float64), _outcome(is_bad), bins)


def _table(values: _Values, outcome: _Values, bins: Bins | int) -> pd.DataFrame:
    known, bad = _known(values, outcome)
    chosen = bins if isinstance(bins, Bins) else quantile_bins(known, bins)
    n_bad, n_good = chosen.count(known[bad]), chosen.count(known[~bad])
    woe, value = _evidence(n_good, n_bad)
    count = n_good + n_bad
    low, high = _wilson(n_bad, count)
    table = pd.DataFrame(
        {
            "bin": chosen.labels,
            "count": count,
            "share": count / count.sum(),
            "good": n_good,
            "bad": n_bad,
            "bad_rate": n_bad / np.maximum(count, 1),
            "low": low,
            "high": high,
            "woe": woe,
            "iv": value,
        }
    )
    return table[table["count"] > 0].reset_index(drop=True)


def information_values(
    frame: pd.DataFrame,
    is_bad: Iterable[object],
    names: Sequence[str] | None = None,
    *,
    bins: int = 10,
    progress: Callable[[str, float], None] | None = None,
) -> pd.DataFrame:
    """The IV of each feature, the largest first.

    Parameters
    ----------
    frame : DataFrame
        A column a feature; missing values NaN.
    is_bad : iterable of bool or missing
        The outcome of each row.
    names : sequence of str, optional
        The features; by default all columns.
    bins : int
        About how many quantile bins.
    progress : callable, optional
        Told the feature at work, and the share that is done.

    Returns
    -------
    DataFrame
        By ``feature``: ``iv``, ``by_chance`` (what the IV would be about, had the feature nothing to do
        with the outcome), ``strength`` of what is over that, ``bins``, ``missing`` (share), and
        ``trend`` (Spearman's correlation with being bad, over the rows that have a value).
    """
    wanted = list(frame.columns if names is None else names)
    outcome = _outcome(is_bad)
    rows = []
    for number, name in enumerate(wanted):
        if progress is not None:
            progress(name, number / len(wanted))
        values = frame[name].to_numpy(np.float64, na_value=np.nan)
        table = _table(values, outcome, bins)
        good, bad, total = int(table["good"].sum()), int(table["bad"].sum()), float(table["iv"].sum())
        by_chance = (len(table) - 1) * (1 / good + 1 / bad)
        missing = table.loc[table["bin"] == "missing", "share"].sum()
        over = strength(max(total - by_chance, 0.0))
        rows.append((name, total, by_chance, over, len(table), float(missing), _trend(values, outcome)))
    columns = ["feature", "iv", "by_chance", "strength", "bins", "missing", "trend"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(["iv", "feature"], ascending=[False, True]).set_index("feature")


def _outcome(is_bad: Iterable[object]) -> _Values:
    """1 for bad, 0 for good, NaN where it is not known."""
    return pd.Series(list(is_bad), dtype="boolean").to_numpy(np.float64, na_value=np.nan)


def _known(values: _Values, outcome: _Values) -> tuple[_Values, npt.NDArray[np.bool_]]:
    """The values whose outcome is known, and which of them are bad."""
    if len(values) != len(outcome):
        raise ValueError(f"{len(values)} values and {len(outcome)} outcomes: there must be one outcome a value")
    known = ~np.isnan(outcome)
    bad = outcome[known] == 1
    if not 0 < bad.sum() < len(bad):
        raise ValueError(f"of {len(bad)} known outcomes {bad.sum()} are bad: there must be good and bad ones")
    return values[known], bad


def _evidence(good: _Counts, bad: _Counts) -> tuple[_Values, _Values]:
    """Weight of evidence and part of the IV of each bin; NaN and zero for an empty one."""
    half = np.where((good == 0) | (bad == 0), _HALF, 0.0)
    of_good, of_bad = (good + half) / good.sum(), (bad + half) / bad.sum()
    woe = np.log(of_good / of_bad)
    empty = good + bad == 0
    return np.where(empty, np.nan, woe), np.where(empty, 0.0, (of_good - of_bad) * woe)


def _wilson(bad: _Counts, count: _Counts) -> tuple[_Values, _Values]:
    n = np.maximum(count, 1)
    rate, square = bad / n, _WILSON_Z**2
    middle = (rate + square / (2 * n)) / (1 + square / n)
    half = _WILSON_Z * np.sqrt(rate * (1 - rate) / n + square / (4 * n**2)) / (1 + square / n)
    return np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)


def _trend(values: _Values, outcome: _Values) -> float:
    both = ~np.isnan(values) & ~np.isnan(outcome)
    told, bad = values[both], outcome[both]
    if len(told) < 2 or np.ptp(told) == 0 or np.ptp(bad) == 0:
        return float("nan")
    return float(spearmanr(told, bad).statistic)
