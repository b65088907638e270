"""Shapley values by their definition: every coalition tried, by mixing rows and predicting.

Nothing of the way in which reasons are computed in service is used here; it is what they are held against.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import comb

import numpy as np
import numpy.typing as npt

__all__ = ["brute_force"]

_Values = npt.NDArray[np.float64]


def brute_force(
    predict: Callable[[_Values], _Values], group_of: Sequence[int], person: _Values, background: _Values
) -> tuple[_Values, float]:
    """Shapley value of each group of features, and the worth of no group.

    Parameters
    ----------
    predict : callable
        From a matrix of features to a prediction a row.
    group_of : sequence of int
        Number of the group of each feature, counted from 0; every number stands for a player.
    person : ndarray of shape (features,)
        Who is explained.
    background : ndarray of shape (rows, features)
        What stands in for features of groups that a coalition does not hold.

    Returns
    -------
    values : ndarray of shape (groups,)
    base : float

    Examples
    --------
    >>> values, base = brute_force(lambda rows: rows.sum(axis=1), [0, 1], np.array([3.0, 1.0]), np.zeros((1, 2)))
    >>> values.tolist(), base
    ([3.0, 1.0], 0.0)
    """
    players = max(group_of) + 1
    held = (np.arange(2**players)[:, np.newaxis] >> np.array(group_of) & 1).astype(bool)
    mixed = np.where(held[:, np.newaxis], person, background)
    worth = predict(mixed.reshape(-1, len(person))).reshape(len(held), len(background)).mean(axis=1)
    values = np.zeros(players)
    for coalition in range(2**players):
        for player in range(players):
            if not coalition >> player & 1:
                orders = players * comb(players - 1, coalition.bit_count())
                values[player] += (worth[coalition | 1 << player] - worth[coalition]) / orders
    return values, float(worth[0])
