"""What is given to the estimator beside the table: outcomes, groups and settings, checked before anything is fitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from numbers import Integral, Real
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils import assert_all_finite, check_random_state
from sklearn.utils.validation import check_consistent_length, column_or_1d

from training.boosting import BoostingParameters
from training.errors import UnfitTable

__all__ = ["boosting_of", "groups_of", "labels_of", "require_number", "require_processes", "seed_of"]


def labels_of(y: Any) -> pd.Series[Any]:
    """The outcomes; nullable ones as NumPy holds them, so that what is predicted is what was given.

    Raises
    ------
    UnfitTable, ValueError
        If one is missing or infinite, as scikit-learn puts it.
    """
    if y is None:
        raise ValueError("requires y to be passed, but the target y is None")
    labels = pd.Series(column_or_1d(_without_mask(y), warn=True)).infer_objects()
    if labels.dtype == object and (missing := int(labels.isna().sum())):
        raise UnfitTable(f"Input y contains NaN: {missing} rows without an outcome; leave them out")
    assert_all_finite(labels.to_numpy(), input_name="y")
    return labels


def groups_of(groups: Any, frame: pd.DataFrame) -> npt.NDArray[Any] | None:
    """Whose rows they are, one for each row of a frame.

    Raises
    ------
    UnfitTable, ValueError
        If one is missing, there are more or fewer than rows, or they cannot be ordered.
    """
    if groups is None:
        return None
    checked: npt.NDArray[Any] = column_or_1d(_without_mask(groups))
    check_consistent_length(frame, checked)
    if missing := int(pd.isna(checked).sum()):
        raise UnfitTable(f"groups has {missing} missing values; say of every row whose it is")
    try:
        np.unique(checked)
    except TypeError:
        raise UnfitTable("groups has values that have no order, such as numbers and texts; make all texts") from None
    return checked


def boosting_of(parameters: BoostingParameters | Mapping[str, Any]) -> BoostingParameters:
    """Parameters of the booster that were given, the others by default.

    Raises
    ------
    UnfitTable
        If they are none, or one of them is unknown.
    """
    if isinstance(parameters, BoostingParameters):
        return parameters
    if not isinstance(parameters, Mapping):
        raise UnfitTable(f"parameters is a {type(parameters).__name__}; give BoostingParameters, or a mapping")
    known = [field.name for field in fields(BoostingParameters)]
    if unknown := [str(name) for name in parameters if name not in known]:
        raise UnfitTable(f"parameters has {', '.join(unknown)}, which is none of {', '.join(known)}; leave it out")
    return BoostingParameters(**parameters)


def require_number(name: str, value: Any, least: int, *, whole: bool = True) -> None:
    """Require that a setting is a number that is not too small.

    Raises
    ------
    UnfitTable
        If it is not.
    """
    kind = Integral if whole else Real
    if not _is(value, kind) or not value >= least:
        raise UnfitTable(f"{name} is {value!r}; give a {'whole ' if whole else ''}number, {least} or more")


def require_processes(value: Any) -> None:
    """Require that a number of processes is one, counted from the number of cores where it is below zero.

    Raises
    ------
    UnfitTable
        If it is not.
    """
    if not _is(value, Integral) or value == 0:
        raise UnfitTable(f"n_processes is {value!r}; give a whole number above zero, or -1 for one a core")


def seed_of(random_state: Any) -> int:
    """The seed that a random state stands for."""
    if isinstance(random_state, int | np.integer):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


def _is(value: Any, kind: type) -> bool:
    return isinstance(value, kind) and type(value) is not bool


def _without_mask(values: Any) -> Any:
    """Nullable values as those of the NumPy type that they stand for, unless one is missing."""
    plain = getattr(getattr(values, "dtype", None), "numpy_dtype", None)
    if plain is None or not isinstance(values, pd.Series | pd.Index | pd.api.extensions.ExtensionArray):
        return values
    missing = bool(pd.isna(values).any())
    return values.to_numpy(dtype=object if missing else plain)
