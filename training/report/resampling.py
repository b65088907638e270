"""Intervals by the stratified bootstrap: good and bad consumers are drawn anew apart, many times.

Each draw is a vector of counts, how often every consumer was drawn (B. Efron and R. Tibshirani, An Introduction
to the Bootstrap, 1993, chapter 6), so that one ranking of the people serves all draws, and several models are
compared on the same draws (paired). Intervals are the 2.5 and 97.5 per cent points of the draws.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.report.section import Interval

__all__ = ["Draws", "Ranking", "bootstrap", "interval_of", "rank"]

_Values = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Ranking:
    """People by rising prediction.

    Parameters
    ----------
    order : ndarray of shape (n,)
        Rows, lowest prediction first.
    starts : ndarray
        Where each group of equal predictions begins in that order.
    is_bad : ndarray of shape (n,)
        Outcomes in that order.
    """

    order: npt.NDArray[np.intp]
    starts: npt.NDArray[np.intp]
    is_bad: _Flags

    def measure(self, counts: _Values) -> tuple[float, float]:
        """AUC and KS when every person counts so often.

        Parameters
        ----------
        counts : ndarray of shape (n,)
            In the order of the rows, not of the ranking; good and bad people are among them.
        """
        ordered = counts[self.order]
        bad, good = ordered * self.is_bad, ordered * ~self.is_bad
        if len(self.starts) < len(self.order):
            bad, good = np.add.reduceat(bad, self.starts), np.add.reduceat(good, self.starts)
        good_up_to, bad_up_to = np.cumsum(good), np.cumsum(bad)
        goods, bads = good_up_to[-1], bad_up_to[-1]
        auc = float((bad * (good_up_to - good / 2)).sum()) / float(goods * bads)
        return auc, max(float((good_up_to / goods - bad_up_to / bads).max()), 0.0)


def rank(predicted: _Values, is_bad: _Flags) -> Ranking:
    """Rank people by a prediction that grows with risk."""
    order = np.argsort(predicted, kind="stable")
    ordered = predicted[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    return Ranking(order, starts, is_bad[order])


@dataclass(frozen=True, eq=False)
class Draws:
    """AUC and KS of some models on the same draws.

    Parameters
    ----------
    auc, ks : ndarray of shape (models, draws)
        By model and draw.
    point_auc, point_ks : ndarray of shape (models,)
        On the people themselves.
    """

    auc: _Values
    ks: _Values
    point_auc: _Values
    point_ks: _Values

    def auc_interval(self, model: int = 0) -> Interval:
        """Interval of a model's AUC."""
        return interval_of(self.auc[model])

    def ks_interval(self, model: int = 0) -> Interval:
        """Interval of a model's KS."""
        return interval_of(self.ks[model])

    def difference(self, model: int, other: int) -> tuple[float, Interval]:
        """By how much the AUC of a model is above another's, and its interval."""
        point = float(self.point_auc[model] - self.point_auc[other])
        return point, interval_of(self.auc[model] - self.auc[other])


def bootstrap(predictions: Sequence[_Values], is_bad: _Flags, *, draws: int, seed: int) -> Draws:
    """AUC and KS of models on the people, and on draws of them.

    Parameters
    ----------
    predictions : sequence of ndarray of shape (n,)
        What each model predicts: anything that grows with risk.
    is_bad : ndarray of shape (n,)
        Outcomes.
    draws : int
        How many draws.
    seed : int
        Seed of the draws.

    Raises
    ------
    ValueError
        If there are only good or only bad people.
    """
    if is_bad.all() or not is_bad.any():
        raise ValueError("a bootstrap of the AUC needs both good and bad people; draw a larger sample")
    rankings = [rank(predicted, is_bad) for predicted in predictions]
    points = np.array([ranking.measure(np.ones(len(is_bad))) for ranking in rankings])
    drawn = np.array([[ranking.measure(counts) for ranking in rankings] for counts in _counts(is_bad, draws, seed)])
    return Draws(drawn[:, :, 0].T, drawn[:, :, 1].T, points[:, 0], points[:, 1])


def interval_of(drawn: _Values, level: float = 0.95) -> Interval:
    """The middle part of drawn values; unknown where one of them is.

    Examples
    --------
    >>> interval_of(np.arange(5.0), 0.5)
    Interval(low=1.0, high=3.0)
    """
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def _counts(is_bad: _Flags, draws: int, seed: int) -> Iterator[_Values]:
    """How often each person is drawn, a draw at a time: what is at hand then stays in the processor's cache."""
    random = np.random.default_rng(seed)
    strata = [np.flatnonzero(is_bad), np.flatnonzero(~is_bad)]
    counts = np.empty(len(is_bad))
    for _ in range(draws):
        for rows in strata:
            counts[rows] = np.bincount(random.integers(0, len(rows), len(rows)), minlength=len(rows))
        yield counts
