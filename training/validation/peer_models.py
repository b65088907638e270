"""Models to be held against: an optimally binned scorecard, LightGBM as it comes, the model without its directions.

Each is fitted on the development sample alone and gives log-odds of bad for anybody.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from dataclasses import replace
from typing import Final

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from features.analysis.bins import quantile_bins
from training.boosting import BoostingParameters, fit_booster

__all__ = ["information_value", "plain_boosting", "scorecard", "unbound_boosting"]

_Values = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]

_CHARACTERISTICS: Final = 40
_LEAST_VALUE: Final = 0.005
_PEOPLE: Final = 30_000
_TRENDS: Final = {1: "ascending", -1: "descending", 0: "auto_asc_desc"}


def information_value(values: _Values, is_bad: _Flags) -> float:
    """How much a feature alone tells: the sum over 20 bins and missing of (g - b) ln(g / b).

    With g and b the shares of the good and the bad in a bin (N. Siddiqi, Intelligent Credit Scoring, 2nd ed. 2017,
    chapter 6). An empty cell counts half a person.
    """
    bins = quantile_bins(values, 20)
    good, bad = bins.count(values[~is_bad]), bins.count(values[is_bad])
    used = good + bad > 0
    g, b = (np.maximum(counts[used], 0.5) / counts.sum() for counts in (good, bad))
    return float(((g - b) * np.log(g / b)).sum())


def scorecard(
    values: _Values, is_bad: _Flags, directions: tuple[int, ...], judged: _Values, *, seed: int
) -> tuple[_Values, int]:
    """Log-odds by a scorecard: weights of evidence of optimal bins (optbinning), then a logistic regression.

    The characteristics are the 40 features of the highest information value; declared directions bind the bins.

    Parameters
    ----------
    values, is_bad : ndarray
        Development sample; beyond 30,000 people a part of it, drawn by the seed.
    directions : tuple of int
        Declared direction of each feature.
    judged : ndarray of shape (n, features)
        Whom to score.
    seed : int
        Seed of that draw.

    Returns
    -------
    log_odds : ndarray of shape (n,)
    characteristics : int
        How many features it uses.
    """
    from optbinning import BinningProcess
    from sklearn.linear_model import LogisticRegression

    rows = np.sort(np.random.default_rng((seed, 6)).permutation(len(values))[:_PEOPLE])
    values, is_bad = values[rows], is_bad[rows]
    worth = np.array([information_value(values[:, column], is_bad) for column in range(values.shape[1])])
    chosen = [int(column) for column in np.argsort(-worth, kind="stable")[:_CHARACTERISTICS]]
    chosen = [column for column in chosen if worth[column] >= _LEAST_VALUE and np.ptp(_present(values[:, column])) > 0]
    if not chosen:
        return np.zeros(len(judged)), 0
    names = [f"x{column}" for column in chosen]
    bound = {name: {"monotonic_trend": _TRENDS[directions[column]]} for name, column in zip(names, chosen, strict=True)}
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        process = BinningProcess(names, binning_fit_params=bound)
        process.fit(values[:, chosen], is_bad.astype(np.int64))
        known, asked = (
            np.asarray(process.transform(part[:, chosen], metric="woe", metric_missing="empirical"), dtype=np.float64)
            for part in (values, judged)
        )
    spread = known.std(axis=0)
    kept = spread > 0
    regression = LogisticRegression(max_iter=1000, tol=1e-6).fit(known[:, kept], is_bad)
    log_odds: _Values = regression.decision_function(asked[:, kept])
    return log_odds, int(kept.sum())


def plain_boosting(values: _Values, is_bad: _Flags, judged: _Values, *, seed: int) -> _Values:
    """Log-odds by LightGBM with its own defaults: 100 trees of 31 leaves, no directions, nothing tuned."""
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1, "deterministic": True, "force_row_wise": True}
    data = lgb.Dataset(values, is_bad.astype(np.float64), params={"verbosity": -1})
    booster = lgb.train(settings | {"seed": seed}, data, num_boost_round=100)
    log_odds: _Values = booster.predict(judged, raw_score=True, num_threads=1)
    return log_odds


def unbound_boosting(
    values: _Values, is_bad: _Flags, judged: _Values, parameters: BoostingParameters, *, seed: int
) -> _Values:
    """Log-odds by the model's own parameters and seed without directions; `path_smooth` stays off, as with them."""
    names = [f"x{column}" for column in range(values.shape[1])]
    freed = replace(parameters, path_smooth=0.0)
    booster = fit_booster(values, is_bad, names, (0,) * len(names), freed, seed)
    log_odds: _Values = booster.predict(judged, raw_score=True, num_threads=1)
    return log_odds


def _present(column: _Values) -> _Values:
    present = column[~np.isnan(column)]
    return present if present.size else np.zeros(1)
