"""The model in service: a LightGBM booster on one thread, and its trees as arrays.

Contributions of single features are TreeSHAP values on the margin (S. Lundberg et al., From local
explanations to global understanding with explainable AI for trees, 2020), path-dependent. They say what
a model draws on; reasons come from the game of groups (:mod:`scoring.group_game`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from scoring.trees import Forest, forest_of

__all__ = ["Model"]

_Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Model:
    """A trained booster.

    Parameters
    ----------
    text : str
        The booster in LightGBM's text format.
    features : tuple of str
        Names of its features, in its order.
    """

    text: str
    features: tuple[str, ...]

    @cached_property
    def booster(self) -> lgb.Booster:
        """The booster itself."""
        return lgb.Booster(model_str=self.text)

    @cached_property
    def forest(self) -> Forest:
        """Its trees.

        Raises
        ------
        NotExplainable
            If they are of a kind whose reasons cannot be told exactly.
        """
        return forest_of(self.text)

    def margin(self, matrix: _Values) -> _Values:
        """Log-odds of bad before calibration; `matrix` has one column a feature."""
        margin: _Values = self.booster.predict(matrix, raw_score=True, num_threads=1)
        return margin

    def contributions(self, matrix: _Values) -> tuple[_Values, _Values]:
        """Contribution of each feature to the margin, and the base; they add up to the margin.

        Returns
        -------
        contributions : ndarray of shape (rows, features)
        base : ndarray of shape (rows,)
        """
        both: _Values = self.booster.predict(matrix, pred_contrib=True, num_threads=1)
        return both[:, :-1], both[:, -1]
