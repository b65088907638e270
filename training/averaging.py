"""Several boosters as one: the mean of the best trials of a tuning, where a small table cannot tell them apart.

On a few thousand rows the best of many trials is the best by chance. The mean of some good ones ranks people better
than the one that is ahead on the folds (L. Breiman, Bagging predictors, 1996, has the reason: what each learnt by
chance evens out). A sum of trees is a booster, so the mean is one too: the trees of all, the values of their leaves
divided by the number of boosters. It is a plain LightGBM model: scored and explained like any, at the cost of the sum
of its parts; and a direction that all of them keep, it keeps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from training.boosting import BoostingParameters, fit_booster

__all__ = ["averaged", "fit_average"]

_TREE: Final = re.compile(r"^Tree=\d+\n(.+?)\n\n", re.MULTILINE | re.DOTALL)
_VALUES: Final = re.compile(r"^(leaf_value|internal_value|shrinkage)=(.+)$", re.MULTILINE)
_SIZES: Final = re.compile(r"^tree_sizes=.*\n", re.MULTILINE)
_AFTER: Final = "end of trees"


def fit_average(
    values: npt.NDArray[np.float64],
    is_bad: npt.NDArray[np.bool_],
    features: Sequence[str],
    directions: Sequence[int],
    parameters: Sequence[BoostingParameters],
    seed: int,
) -> lgb.Booster:
    """Fit a booster by each of some parameters, and average them.

    Parameters
    ----------
    values, is_bad, features, directions, seed
        As in :func:`training.boosting.fit_booster`.
    parameters : sequence of BoostingParameters
        Of each booster; at least one.
    """
    return averaged([fit_booster(values, is_bad, features, directions, each, seed) for each in parameters])


def averaged(boosters: Sequence[lgb.Booster]) -> lgb.Booster:
    """The booster whose margin is the mean margin of others.

    Parameters
    ----------
    boosters : sequence of lightgbm.Booster
        At least one, all of the same features. A single one is given back as it is.

    Notes
    -----
    LightGBM has no public way to join boosters, but documents that a model is its text. The sizes of the trees in its
    head are left out: without them it reads the trees one by one, and writes them anew.
    """
    if len(boosters) == 1:
        return boosters[0]
    texts = [booster.model_to_string(num_iteration=-1) for booster in boosters]
    head, foot = texts[0][: texts[0].index("Tree=")], texts[0][texts[0].index(_AFTER) :]
    trees = [tree for text in texts for tree in _divided(text, len(boosters))]
    joined = "".join(f"Tree={place}\n{tree}\n\n\n" for place, tree in enumerate(trees))
    return lgb.Booster(model_str=_SIZES.sub("", head) + joined + foot)


def _divided(text: str, by: int) -> Iterator[str]:
    """The trees of a model with the values of their leaves, and of their inner nodes, divided."""

    def divide(line: re.Match[str]) -> str:
        return f"{line[1]}={' '.join(repr(float(value) / by) for value in line[2].split())}"

    return (_VALUES.sub(divide, tree[1]) for tree in _TREE.finditer(text))
