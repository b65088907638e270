"""Fitting one booster: one thread, reproducible to the byte, declared directions of risk as constraints.

Directions are kept by LightGBM's `basic` method: the only one of its three that cannot be violated. Bins
are counted once a data set, so what decides about them is fixed and not tuned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Final

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from training.limits import Limits

__all__ = ["LIMITS", "BoostingParameters", "bin_values", "booster_settings", "fit_booster"]

_Values = npt.NDArray[np.float64]

_BINS: Final[dict[str, Any]] = {
    "max_bin": 127,
    # Otherwise LightGBM drops features by the first `min_data_in_leaf` it sees, and the bins serve no other.
    "feature_pre_filter": False,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}
_FIXED: Final[dict[str, Any]] = _BINS | {
    "objective": "binary",
    "deterministic": True,
    "bagging_freq": 1,
    "monotone_constraints_method": "basic",
}


@dataclass(frozen=True)
class BoostingParameters:
    """What is tuned; the defaults do well on a few ten thousand rows.

    Parameters
    ----------
    rounds : int
        Number of trees.
    learning_rate, feature_fraction, bagging_fraction, lambda_l1, lambda_l2 : float
        As LightGBM names them. A `bagging_fraction` of 1 draws no rows.
    num_leaves, max_depth, min_data_in_leaf : int
        As LightGBM names them. Shallow trees are explained quickly.
    min_gain_to_split, path_smooth : float
        As LightGBM names them; 0 is off. With directions `path_smooth` is off in any case (:func:`booster_settings`).
    """

    rounds: int = 300
    learning_rate: float = 0.04
    num_leaves: int = 8
    max_depth: int = 4
    min_data_in_leaf: int = 50
    feature_fraction: float = 0.25
    bagging_fraction: float = 0.8
    lambda_l1: float = 0.0
    lambda_l2: float = 20.0
    min_gain_to_split: float = 0.0
    path_smooth: float = 0.0


_SHARE: Final = Limits("real", 0, 1, above=True)
_PENALTY: Final = Limits("real", 0, 1_000_000)
_LARGEST_INT: Final = 2**31 - 1

LIMITS: Final[Mapping[str, Limits]] = MappingProxyType(
    {
        "rounds": Limits("whole", 1, 100_000),
        "learning_rate": _SHARE,  # more than 1 overshoots the step that lowers the loss most
        "num_leaves": Limits("whole", 2, 131_072),
        "max_depth": Limits("whole", -1, _LARGEST_INT),
        "min_data_in_leaf": Limits("whole", 0, _LARGEST_INT),
        "feature_fraction": _SHARE,
        "bagging_fraction": _SHARE,
        "lambda_l1": _PENALTY,
        "lambda_l2": _PENALTY,
        "min_gain_to_split": _PENALTY,
        "path_smooth": _PENALTY,
    }
)
"""What each parameter may be where a person gives it: within what LightGBM 4.7 takes (its `Parameters`), and finite."""


def booster_settings(directions: Sequence[int], parameters: BoostingParameters, seed: int) -> dict[str, Any]:
    """Settings of LightGBM; the number of trees is not among them.

    Parameters
    ----------
    directions : sequence of int
        Declared direction of risk of each column: 1, -1 or 0.
    parameters : BoostingParameters
        The parameters.
    seed : int
        Seed of the draws of rows and columns.

    Notes
    -----
    LightGBM 4.7 smooths a leaf towards its parent in a way that can turn it against a direction, in one tree of some
    hundreds; so nothing is smoothed where directions are declared.
    """
    settings = {key: value for key, value in asdict(parameters).items() if key != "rounds"}
    if not any(directions):
        return settings | _FIXED | {"seed": seed}
    return settings | _FIXED | {"seed": seed, "monotone_constraints": list(directions), "path_smooth": 0.0}


def bin_values(
    values: _Values,
    is_bad: npt.NDArray[np.bool_],
    features: Sequence[str],
    *,
    weights: npt.NDArray[np.float64] | None = None,
    like: lgb.Dataset | None = None,
) -> lgb.Dataset:
    """LightGBM's binned copy of a matrix, good for boosters of any parameters.

    Parameters
    ----------
    values : ndarray of shape (n, features)
        Missing values NaN.
    is_bad : ndarray of shape (n,)
        The outcome.
    features : sequence of str
        Names of the columns.
    weights : ndarray of shape (n,), optional
        How much each row counts.
    like : lightgbm.Dataset, optional
        Take the bins of this one: for rows on which a booster is only judged.
    """
    labels = np.asarray(is_bad, dtype=np.float64)
    data = lgb.Dataset(values, labels, weight=weights, reference=like, feature_name=list(features), params=dict(_BINS))
    return data.construct()


def fit_booster(
    values: _Values,
    is_bad: npt.NDArray[np.bool_],
    features: Sequence[str],
    directions: Sequence[int],
    parameters: BoostingParameters,
    seed: int,
    *,
    weights: npt.NDArray[np.float64] | None = None,
) -> lgb.Booster:
    """Fit a booster.

    Parameters
    ----------
    values : ndarray of shape (n, features)
        Missing values NaN.
    is_bad : ndarray of shape (n,)
        The outcome.
    features : sequence of str
        Names of the columns.
    directions : sequence of int
        Declared direction of risk of each column: 1, -1 or 0.
    parameters : BoostingParameters
        The parameters.
    seed : int
        Same seed, same booster, to the byte.
    weights : ndarray of shape (n,), optional
        How much each row counts.
    """
    data = bin_values(values, is_bad, features, weights=weights)
    # LightGBM's own loop gives a booster that holds on to no data.
    return lgb.train(booster_settings(directions, parameters, seed), data, num_boost_round=parameters.rounds)
