"""From what Feast serves to the vectors a model reads: derived features, statements in a request.

The same functions serve a training table, a batch and one consumer, so that a feature has one
value wherever it is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from features.declaration import Feature
from features.errors import FeatureError
from features.sets import FeatureSet

__all__ = ["application_fields", "from_application", "matrix"]

_Values = npt.NDArray[np.float64]


def matrix(features: FeatureSet, counted: Mapping[str, _Values], names: Sequence[str]) -> _Values:
    """The values of the named features, derived ones included.

    Parameters
    ----------
    features : FeatureSet
        The portfolio's features.
    counted : mapping of str to array
        _Values of its counted features, arrays of one length, missing values NaN.
    names : sequence of str
        The features wanted, in order.

    Returns
    -------
    ndarray of shape (rows, len(names))
        Row-major, missing values NaN.
    """
    derived = {item.name: item.expression for item in features.derived}
    rows = len(next(iter(counted.values()), ()))
    found = np.empty((rows, len(names)), dtype=np.float64)
    for place, name in enumerate(names):
        found[:, place] = derived[name](counted) if name in derived else counted[name]
    return found


def application_fields(features: FeatureSet) -> dict[str, Feature]:
    """The fields of an application that a lender may send with a request, by their names."""
    return {
        item.stated_as: item
        for name in features.counted
        if isinstance(item := features.catalogue[name], Feature) and item.stated_as
    }


def from_application(features: FeatureSet, application: Mapping[str, float | str | None]) -> dict[str, float]:
    """Features stated in a request, by feature name.

    A word is compared without regard to case; one that is not known is missing, as is a number
    that is not finite.

    Raises
    ------
    FeatureError
        If a field is not one of an application, or is no number where one belongs; the error names
        the field, never its value.
    """
    fields = application_fields(features)
    values: dict[str, float] = {}
    for name, value in application.items():
        if name not in fields:
            raise FeatureError(f"{name}: no field of an application of {features.portfolio}")
        feature = fields[name]
        if value is None:
            values[feature.name] = float("nan")
        elif feature.levels:
            values[feature.name] = feature.levels.get(str(value).strip().lower(), float("nan"))
        else:
            values[feature.name] = _number(name, value)
    return values


def _number(name: str, value: float | str) -> float:
    if isinstance(value, str):
        raise FeatureError(f"{name}: a number is wanted, not a text")
    return float(value) if math.isfinite(value) else float("nan")
