"""Units of features: what type of number each gives, and between what values it is expected.

The type is what a reader of the catalogue may rely on: ``whole`` numbers count something, a ``flag``
is 0 or 1, any other is a ``number``. In tables and stores all are 64-bit floating-point numbers, in which
whole numbers are exact up to 2**53. A value outside the expected range is not an error of the computation
but something to look at (:mod:`features.ranges`); a feature can declare a range of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

__all__ = ["UNITS", "NumberType", "Unit"]

NumberType = Literal["whole", "number", "flag"]


@dataclass(frozen=True)
class Unit:
    """A unit of features.

    Parameters
    ----------
    name : str
        Its name.
    type : {"whole", "number", "flag"}
        What kind of number a feature in it is.
    least, largest : float
        Between what its values are expected, both included.
    """

    name: str
    type: NumberType
    least: float
    largest: float


_LONG: float = 1200.0
"""A hundred years in months: nobody's credit is older."""

UNITS = MappingProxyType(
    {
        unit.name: unit
        for unit in (
            Unit("count", "whole", 0.0, 10_000.0),
            Unit("flag", "flag", 0.0, 1.0),
            Unit("level", "number", -10.0, 100.0),
            Unit("days", "number", 0.0, 36_525.0),
            Unit("months", "number", -_LONG, _LONG),
            Unit("years", "number", 0.0, 150.0),
            Unit("share", "number", -10.0, 10.0),
            Unit("score", "number", -1000.0, 1000.0),
            Unit("amount", "number", -1e9, 1e9),
        )
    }
)
"""Every unit by its name. A share can be below 0 (a change) and above 1 (a limit that was exceeded)."""
