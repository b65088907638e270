"""Fitting one booster: shallow trees, one thread, the catalogue's directions of risk as constraints.

Trees are kept shallow because the cost of an explanation grows with the sum of squared leaf depths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

__all__ = ["BoostingParameters", "fit_booster"]

_Values = npt.NDArray[np.float64]

_FIXED: Final = {
    "objective": "binary",
    "verbosity": -1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "bagging_freq": 1,
    "max_bin": 127,
    "monotone_constraints_method": "basic",
}


@dataclass(frozen=True)
class BoostingParameters:
    """What is tuned.

    Parameters
    ----------
    rounds : int
        Number of trees.
    learning_rate, feature_fraction, bagging_fraction, lambda_l2 : float
        As LightGBM names them.
    num_leaves, max_depth, min_data_in_leaf : int
        As LightGBM names them.
    """

    rounds: int = 300
    learning_rate: float = 0.04
    num_leaves: int = 8
    max_depth: int = 4
    min_data_in_leaf: int = 50
    feature_fraction: float = 0.25
    bagging_fraction: float = 0.8
    lambda_l2: float = 20.0


def fit_booster(
    values: _Values,
    is_bad: npt.NDArray[np.bool_],
    features: Sequence[str],
    directions: Sequence[int],
    parameters: BoostingParameters,
    seed: int,
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
    """
    settings = {key: value for key, value in asdict(parameters).items() if key != "rounds"}
    settings |= _FIXED | {"seed": seed, "monotone_constraints": list(directions)}
    data = lgb.Dataset(
        values,
        is_bad.astype(np.float64),
        feature_name=list(features),
        params={"max_bin": _FIXED["max_bin"], "verbosity": -1},
    )
    return lgb.train(settings, data, num_boost_round=parameters.rounds)
