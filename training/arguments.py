"""What is given to the estimator beside the table: outcomes, groups and settings, checked before anything is fitted."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import asdict
from math import inf
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils import assert_all_finite, check_random_state
from sklearn.utils.validation import check_consistent_length, column_or_1d

from training.bad_label import bad_label_of
from training.boosting import LIMITS, BoostingParameters
from training.errors import UnfitArgument, UnfitTable
from training.limits import Limits, require_number, told

__all__ = ["bad_label_among", "boosting_of", "directions_of", "groups_of", "labels_of", "require_settings", "seed_of"]

_SETTINGS: Final[Mapping[str, Limits]] = MappingProxyType(
    {
        "n_trials": Limits("whole", 1),
        "n_averaged": Limits("whole", 1),
        "max_seconds": Limits("real", 0, inf),
        "n_processes": Limits("whole"),
        "base_score": Limits("real"),
        "base_odds": Limits("real", 0, above=True),
        "points_to_double": Limits("real", 0, above=True),
    }
)
_KINDS_OF_NUMBERS: Final = "biuf"  # of NumPy: truth values, whole numbers with and without a sign, floats
_MAY_BE_NONE: Final = frozenset({"max_seconds", "n_processes"})
_DIRECTION: Final = Limits("real", -1, 1)
_SEED: Final = Limits("whole", 0, 2**32 - 1)


def labels_of(y: Any) -> pd.Series[Any]:
    """The outcomes; nullable ones as NumPy holds them, so that what is predicted is what was given.

    Raises
    ------
    UnfitTable, ValueError
        If one is missing or infinite, as scikit-learn puts it, or they are not all numbers, texts or truth values.
    """
    if y is None:
        raise ValueError("requires y to be passed, but the target y is None")
    labels = pd.Series(column_or_1d(_without_mask(y), warn=True)).infer_objects()
    if labels.dtype == object and (missing := int(labels.isna().sum())):
        raise UnfitTable(f"Input y contains NaN: {missing} rows without an outcome; leave them out")
    if labels.dtype.kind not in _KINDS_OF_NUMBERS and pd.api.types.infer_dtype(labels) != "string":
        types = sorted({type(label).__name__ for label in labels})
        raise UnfitTable(f"y has labels of type {', '.join(types)}; give numbers, texts or truth values, all of a type")
    assert_all_finite(labels.to_numpy(), input_name="y")
    return labels


def bad_label_among(labels: npt.NDArray[Any], wanted: Any) -> Any:
    """The label of bad: the one that is wanted, or the one that reads so where none is.

    Raises
    ------
    UnfitArgument
        If the one that is wanted is none of them.
    """
    if wanted is None:
        return bad_label_of(labels.tolist())
    if not isinstance(wanted, Hashable) or wanted not in set(labels.tolist()):
        raise UnfitArgument(f"bad_label {told(wanted)} is none of the labels in y; give one of them")
    return wanted


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
    """Parameters of the booster that were given, as plain numbers, the others by default.

    Raises
    ------
    UnfitArgument
        If they are none, one of them is unknown, or one is not within :data:`training.boosting.LIMITS`.
    """
    given = asdict(parameters) if isinstance(parameters, BoostingParameters) else parameters
    if not isinstance(given, Mapping):
        raise UnfitArgument(f"parameters is a {type(given).__name__}; give BoostingParameters, or a mapping")
    if unknown := [str(name) for name in given if name not in LIMITS]:
        raise UnfitArgument(f"parameters has {', '.join(unknown)}, which is none of {', '.join(LIMITS)}; leave it out")
    for name, value in given.items():
        require_number(f"parameters: {name}", value, LIMITS[name])
    plain: dict[str, Any] = {
        name: int(value) if LIMITS[name].kind == "whole" else float(value) for name, value in given.items()
    }
    return BoostingParameters(**plain)


def directions_of(directions: Mapping[Any, int] | None) -> dict[str, int]:
    """Directions of risk by the name of the column, which may be a number.

    Raises
    ------
    UnfitArgument
        If they are no mapping, or one of them is none of -1, 0 and 1.
    """
    if directions is None:
        return {}
    if not isinstance(directions, Mapping):
        raise UnfitArgument(
            f"directions is a {type(directions).__name__}; give a mapping from the name of a column to 1, -1 or 0"
        )
    for name, direction in directions.items():
        if not _DIRECTION.hold(direction) or direction not in (-1, 0, 1):
            raise UnfitArgument(
                f"direction {told(direction)} of {str(name)!r} is none of -1, 0 and 1; give one of them"
            )
    return {str(name): int(direction) for name, direction in directions.items()}


def require_settings(settings: Mapping[str, Any]) -> None:
    """Require that the settings of an estimator that are numbers are what they may be, and its parameters too.

    Parameters
    ----------
    settings : mapping
        All settings by name, as scikit-learn's ``get_params`` gives them.

    Raises
    ------
    UnfitArgument
        If one is not.
    """
    for name, limits in _SETTINGS.items():
        if settings[name] is not None or name not in _MAY_BE_NONE:
            require_number(name, settings[name], limits)
    if settings["n_processes"] == 0:
        raise UnfitArgument("n_processes is 0; give a whole number above zero, or -1 for one a core")
    if settings["parameters"] is not None:
        boosting_of(settings["parameters"])


def seed_of(random_state: Any) -> int:
    """The seed that a random state stands for.

    Raises
    ------
    UnfitArgument, ValueError
        If it is none, as scikit-learn puts it, or a number that is no seed of NumPy.
    """
    if isinstance(random_state, int | np.integer):
        require_number("random_state", random_state, _SEED)
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


def _without_mask(values: Any) -> Any:
    """Nullable values as those of the NumPy type that they stand for, unless one is missing."""
    plain = getattr(getattr(values, "dtype", None), "numpy_dtype", None)
    if plain is None or not isinstance(values, pd.Series | pd.Index | pd.api.extensions.ExtensionArray):
        return values
    missing = bool(pd.isna(values).any())
    return values.to_numpy(dtype=object if missing else plain)
