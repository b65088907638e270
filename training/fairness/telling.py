"""How much one feature, and all together, tell which of two groups somebody belongs to.

Everything is cross-fitted: what is learned from some of the people is judged on others, so that a feature that
tells nothing has an AUC of 0.5, whatever its shape, and not a little more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
from scipy.stats import chi2, norm, rankdata

from features.analysis.bins import quantile_bins

__all__ = ["Joint", "area", "chance_area", "information", "single_area", "told_jointly"]

_Values = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]

_BINS: Final = 10
_FOLDS: Final = 5
_TREES: Final = 100
_MOST_PERMUTED: Final = 20
_SETTINGS: Final[dict[str, Any]] = {
    "objective": "binary",
    "learning_rate": 0.1,
    "num_leaves": 8,
    "min_data_in_leaf": 20,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}


def area(scores: _Values, in_group: _Flags) -> float:
    """Area under the curve of scores that are higher for the group: Mann-Whitney's U over its maximum.

    Examples
    --------
    >>> area(np.array([1.0, 2.0, 2.0, 3.0]), np.array([False, True, False, True]))
    0.875
    """
    n = int(in_group.sum())
    m = len(in_group) - n
    return float((rankdata(scores)[in_group].sum() - n * (n + 1) / 2) / (n * m))


def chance_area(count: int, reference_count: int, *, tests: int = 1, level: float = 0.95) -> float:
    """The AUC that scores which tell nothing exceed in one of twenty cases, or the largest of several does.

    Under that hypothesis an AUC has the mean 1/2 and the variance (n + m + 1) / (12 n m) (H. B. Mann and D. R.
    Whitney, Annals of Mathematical Statistics 18, 1947); ties lower it. Several tests: Bonferroni.

    Parameters
    ----------
    count, reference_count : int
        n and m, the people of both groups.
    tests : int
        How many features are looked at.
    level : float
        One less the chance that one exceeds it.
    """
    spread = np.sqrt((count + reference_count + 1) / (12 * count * reference_count))
    return float(0.5 + norm.ppf(1 - (1 - level) / tests) * spread)


def single_area(values: _Values, in_group: _Flags, *, seed: int) -> float:
    """Cross-fitted AUC of one feature, whatever its shape; missing values are a value of their own.

    The feature is put into about ten quantile bins; one half of the people says how many of each bin are of the
    group, the other half is ranked by that, and the other way round. The mean of both areas is given.
    """
    places = quantile_bins(values, _BINS).place(values)
    half = _parts(in_group, 2, seed) == 0
    areas = []
    for fit in (half, ~half):
        size = int(places.max()) + 1
        told = np.bincount(places[fit], minlength=size)
        of_group = np.bincount(places[fit & in_group], minlength=size)
        share = (of_group + in_group.mean()) / (told + 1.0)
        areas.append(area(share[places[~fit]], in_group[~fit]))
    return float(np.mean(areas))


def information(values: _Values, in_group: _Flags, *, tests: int = 1) -> tuple[float, float]:
    """Share of what there is to know of the group that a feature's bins tell, and what chance would.

    Mutual information of bin and group over the entropy of the group (the uncertainty coefficient). By chance,
    2 n times the mutual information in nats is about chi-squared with one degree of freedom less than there are
    bins (the likelihood-ratio test of independence); given is its 95 per cent point, Bonferroni's for several.

    Returns
    -------
    told, by_chance : float
        Shares from 0 to 1.
    """
    places = quantile_bins(values, _BINS).place(values)
    table = np.stack([np.bincount(places[~in_group], minlength=places.max() + 1),
                      np.bincount(places[in_group], minlength=places.max() + 1)]).astype(np.float64)  # fmt: skip
    table = table[:, table.sum(axis=0) > 0]
    whole = table.sum()
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / whole
    filled = table > 0
    mutual = float((table[filled] * np.log(table[filled] / expected[filled])).sum() / whole)
    share = float(in_group.mean())
    entropy = -(share * np.log(share) + (1 - share) * np.log(1 - share))
    freedom = table.shape[1] - 1
    chance = float(chi2.ppf(1 - 0.05 / tests, freedom)) / (2 * whole) if freedom else 0.0
    return max(float(mutual / entropy), 0.0), float(chance / entropy)


@dataclass(frozen=True, eq=False)
class Joint:
    """What all features tell together.

    Parameters
    ----------
    auc : float
        Mean of the folds' AUC.
    auc_by_fold : tuple of float
        Each.
    contribution : ndarray of shape (features,)
        Share of each feature in the mean size of contributions (TreeSHAP) on people not fitted on; sums to 1.
    lost : ndarray of shape (features,)
        AUC lost when the feature's values are exchanged among people not fitted on; NaN for features that
        contribute too little to be looked at.
    lost_error : ndarray of shape (features,)
        Standard error of that over the folds.
    """

    auc: float
    auc_by_fold: tuple[float, ...]
    contribution: _Values
    lost: _Values
    lost_error: _Values


def told_jointly(values: _Values, in_group: _Flags, *, seed: int) -> Joint:
    """Cross-validated boosted trees that tell the group from all features.

    Parameters
    ----------
    values : ndarray of shape (n, features)
        Missing values NaN.
    in_group : ndarray of shape (n,)
        Who belongs to the group.
    seed : int
        Of folds, trees and exchanges.
    """
    part = _parts(in_group, _FOLDS, seed)
    boosters, areas, sizes = [], [], np.zeros(values.shape[1])
    for fold in range(_FOLDS):
        fit, judge = part != fold, part == fold
        booster = lgb.train(
            _SETTINGS | {"seed": seed}, lgb.Dataset(values[fit], in_group[fit].astype(np.float64)), _TREES
        )
        boosters.append(booster)
        areas.append(area(booster.predict(values[judge], num_threads=1), in_group[judge]))
        sizes += np.abs(booster.predict(values[judge], pred_contrib=True, num_threads=1))[:, :-1].sum(axis=0)
    contribution = sizes / sizes.sum() if sizes.sum() else sizes
    lost, error = _lost_when_exchanged(values, in_group, part, boosters, areas, contribution, seed)
    return Joint(float(np.mean(areas)), tuple(areas), contribution, lost, error)


def _lost_when_exchanged(
    values: _Values,
    in_group: _Flags,
    part: npt.NDArray[np.intp],
    boosters: list[lgb.Booster],
    areas: list[float],
    contribution: _Values,
    seed: int,
) -> tuple[_Values, _Values]:
    """Of the features that contribute most (L. Breiman, Random Forests, 2001, section 10), with standard errors."""
    lost, error = np.full((2, values.shape[1]), np.nan)
    random = np.random.default_rng(seed)
    for column in np.argsort(-contribution, kind="stable")[:_MOST_PERMUTED]:
        falls = []
        for fold, booster in enumerate(boosters):
            judge = part == fold
            exchanged = values[judge].copy()
            random.shuffle(exchanged[:, column])
            falls.append(areas[fold] - area(booster.predict(exchanged, num_threads=1), in_group[judge]))
        lost[column], error[column] = np.mean(falls), np.std(falls, ddof=1) / np.sqrt(len(falls))
    return lost, error


def _parts(in_group: _Flags, count: int, seed: int) -> npt.NDArray[np.intp]:
    """A part for each person, both groups spread evenly over the parts."""
    random = np.random.default_rng(seed)
    part = np.empty(len(in_group), dtype=np.intp)
    for rows in (np.flatnonzero(in_group), np.flatnonzero(~in_group)):
        part[random.permutation(rows)] = np.arange(len(rows)) % count
    return part
