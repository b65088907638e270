"""The model in service: a LightGBM booster on one thread, with exact contributions.

Contributions are TreeSHAP values on the margin (S. Lundberg et al., From local explanations to
global understanding with explainable AI for trees, 2020), path-dependent: a factor counts against
what the model saw in training, that is, all applicants. Together with the base they add up to the
margin, so that one call gives both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

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
