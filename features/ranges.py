"""Whether computed values lie where their declarations expect them.

A value outside its range is a fact about the data (an amount in another unit, a month told twice), not about the
computation: it is counted here, and whoever called decides whether it stops anything. Only counts and
the ends of ranges are told, so that a report on values is no list of people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from features.catalogue import Catalogue
from features.declaration import Derived, Feature
from features.units import UNITS

__all__ = ["RangeCheck", "check_ranges", "expected_range"]


@dataclass(frozen=True)
class RangeCheck:
    """How the values of one feature lie.

    Parameters
    ----------
    feature : str
        Its name.
    expected : tuple of float
        Least and largest value that are expected, both included.
    known : int
        Number of rows that have a value.
    outside : int
        Number of those outside the range, or that are no whole number (no flag) where the unit is one.
    least, largest : float or None
        The ends of the values; None where no row has one.
    """

    feature: str
    expected: tuple[float, float]
    known: int
    outside: int
    least: float | None
    largest: float | None

    def __str__(self) -> str:
        low, high = self.expected
        return (
            f"{self.feature}: {self.outside} of {self.known} values are not what is expected ({low:g} to {high:g}); "
            f"they go from {self.least} to {self.largest}"
        )


def expected_range(item: Feature | Derived) -> tuple[float, float]:
    """Between what its values are expected: what it declares, else what its unit says.

    Raises
    ------
    ValueError
        If its unit is not declared.
    """
    if isinstance(item, Feature) and item.expected is not None:
        return item.expected
    unit = UNITS.get(item.unit)
    if unit is None:
        raise ValueError(f"{item.name}: no unit {item.unit!r}; there are {', '.join(UNITS)}")
    return unit.least, unit.largest


def check_ranges(table: pa.Table, catalogue: Catalogue, names: Iterable[str] | None = None) -> tuple[RangeCheck, ...]:
    """Look where the values of a computed table lie.

    Parameters
    ----------
    table : pyarrow.Table
        One column a feature, as :func:`features.compute.compute` gives it; other columns are passed over.
    catalogue : Catalogue
        Where the features are declared.
    names : iterable of str, optional
        The features to look at; all of the table by default.

    Returns
    -------
    tuple of RangeCheck
        One a feature, in the order of the columns (of `names`), good ones too.

    Raises
    ------
    KeyError
        If a name is no column of the table.
    """
    wanted = [name for name in table.column_names if name in catalogue] if names is None else list(names)
    return tuple(_checked(catalogue[name], table.column(name)) for name in wanted)


def _checked(item: Feature | Derived, column: pa.ChunkedArray) -> RangeCheck:
    low, high = expected_range(item)
    values = np.asarray(column.drop_null(), dtype=np.float64)
    fits = (values >= low) & (values <= high)
    if UNITS[item.unit].type != "number":
        fits &= values == np.floor(values)
    ends = (float(values.min()), float(values.max())) if len(values) else (None, None)
    return RangeCheck(item.name, (low, high), len(values), int(np.count_nonzero(~fits)), *ends)
