"""Baselines: the applicants that a person is compared with when reasons are told.

Two are accepted for principal reasons (12 CFR 1002 Supplement I, comment 9(b)(2)-5: those whose score was at
or slightly above the cut-off, or all applicants; requirements AA-09), and both are kept. What is kept of
each applicant is only between which of the model's thresholds each feature lies: the model cannot tell more,
so that reasons are the same to the last bit, and the bundle holds nobody's values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final, Literal
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
import numpy.typing as npt

from scoring.trees import Forest

__all__ = [
    "MISSING",
    "Baselines",
    "Intervals",
    "ReferenceGroup",
    "arrays_of",
    "as_npz",
    "intervals_between",
    "intervals_of",
    "representatives",
]

Intervals = npt.NDArray[np.uint16]
"""Number of the interval in which a value lies, counted from 0 between a feature's limits."""

ReferenceGroup = Literal["approved", "safest"]
"""Whom the near baseline is drawn from: the approved, or, where too few are, those of the lowest risk."""

_Values = npt.NDArray[np.float64]

MISSING: Final = int(np.iinfo(np.uint16).max)
"""Stands for the interval of a missing value."""


@dataclass(frozen=True, eq=False)
class Baselines:
    """Two sets of applicants, coarsened to what the model can tell apart.

    Parameters
    ----------
    near_cut_off : ndarray of shape (rows, features)
        Applicants just above the cut-off.
    all_applicants : ndarray of shape (rows, features)
        Applicants drawn from all of them.
    near_cut_off_of : {"approved", "safest"}
        Whom the first are drawn from.

    Raises
    ------
    ValueError
        If one is empty, or they are of different features.
    """

    near_cut_off: Intervals
    all_applicants: Intervals
    near_cut_off_of: ReferenceGroup = "approved"

    def __post_init__(self) -> None:
        shapes = (self.near_cut_off.shape, self.all_applicants.shape)
        if any(len(shape) != 2 or not shape[0] for shape in shapes) or shapes[0][1] != shapes[1][1]:
            raise ValueError(f"baselines of shapes {shapes[0]} and {shapes[1]}: rows of the same features are needed")
        if self.near_cut_off_of not in ("approved", "safest"):
            raise ValueError(f"near_cut_off_of {self.near_cut_off_of!r} is neither 'approved' nor 'safest'")

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Baselines)
            and self.near_cut_off_of == other.near_cut_off_of
            and np.array_equal(self.near_cut_off, other.near_cut_off)
            and np.array_equal(self.all_applicants, other.all_applicants)
        )

    __hash__ = None  # type: ignore[assignment]

    def content(self) -> bytes:
        """As a file holds it (``.npz``); the same baselines give the same bytes."""
        return as_npz(
            {
                "near_cut_off": self.near_cut_off,
                "all_applicants": self.all_applicants,
                "near_cut_off_of": np.array(self.near_cut_off_of),
            }
        )

    @classmethod
    def of(cls, content: bytes) -> Baselines:
        """The baselines that a file holds.

        Raises
        ------
        KeyError, ValueError
            If it holds none.
        """
        arrays = arrays_of(content)
        near, everybody = (arrays[name].astype(np.uint16) for name in ("near_cut_off", "all_applicants"))
        return cls(near, everybody, str(arrays["near_cut_off_of"]))  # type: ignore[arg-type]  # is checked

    def values(self, forest: Forest) -> tuple[_Values, _Values]:
        """Values that stand for both: near the cut-off, and all applicants.

        Raises
        ------
        ValueError
            If they do not fit the trees.
        """
        return representatives(forest, self.near_cut_off), representatives(forest, self.all_applicants)


def as_npz(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Arrays as a file holds them (``.npz``); the same arrays give the same bytes."""
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as packed:
        for name, array in arrays.items():
            written = BytesIO()
            np.save(written, array, allow_pickle=False)
            packed.writestr(ZipInfo(f"{name}.npy"), written.getvalue(), ZIP_DEFLATED)  # of no date
    return file.getvalue()


def arrays_of(content: bytes) -> dict[str, npt.NDArray[Any]]:
    """The arrays that a file holds, by name.

    Raises
    ------
    ValueError
        If it holds none, or is damaged.
    """
    try:
        with np.load(BytesIO(content), allow_pickle=False) as arrays:
            return dict(arrays)
    except Exception as error:  # of a damaged file zip, deflate and NumPy raise whatever they meet
        raise ValueError(f"no file of arrays: {type(error).__name__}") from error


def intervals_of(forest: Forest, values: _Values) -> Intervals:
    """Between which of the trees' limits each value lies.

    A feature that no tree reads has one interval, whether missing or not.

    Parameters
    ----------
    forest : Forest
        The trees.
    values : ndarray of shape (rows, features)
        The features; missing values NaN.
    """
    intervals = np.zeros(values.shape, dtype=np.uint16)
    for column, limits in enumerate(forest.limits):
        if len(limits):
            intervals[:, column] = intervals_between(limits, values[:, column])
    return intervals


def intervals_between(limits: _Values, values: _Values) -> Intervals:
    """Between which limits of one feature each of its values lies; :data:`MISSING` where it is missing."""
    return np.where(np.isnan(values), MISSING, np.searchsorted(limits, values, side="left")).astype(np.uint16)


def representatives(forest: Forest, intervals: Intervals) -> _Values:
    """Values that meet the same conditions as those that the intervals were made of.

    An interval is represented by its upper limit, the last one by the next number above its lower one.

    Raises
    ------
    ValueError
        If an interval is none of the trees'.
    """
    if intervals.shape[1:] != (forest.n_features,):
        raise ValueError(f"intervals of {intervals.shape[1:]} features for trees of {forest.n_features}")
    values = np.zeros(intervals.shape, dtype=np.float64)
    for column, limits in enumerate(forest.limits):
        own = intervals[:, column]
        missing = own == MISSING
        if int(np.where(missing, 0, own).max(initial=0)) > len(limits):
            raise ValueError(f"feature {column}: an interval beyond the {len(limits) + 1} that the trees tell apart")
        if len(limits):
            upper = np.append(limits, np.nextafter(limits[-1], np.inf))
            values[:, column] = np.where(missing, np.nan, upper[np.where(missing, 0, own)])
    return values
