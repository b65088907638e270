"""Features computed from other features, by one definition for a table and for one consumer.

An expression is one operation on features. Missing values are NaN; each operation says when its
result is missing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Difference", "Expression", "Maximum", "Mean", "Minimum", "Product", "Ratio", "Spread", "Sum"]

_Values = npt.NDArray[np.float64]


class Expression(ABC):
    """Something that can be computed from a vector of features."""

    @property
    @abstractmethod
    def operands(self) -> frozenset[str]:
        """Names of the features it is computed from."""

    @property
    @abstractmethod
    def null_means(self) -> str:
        """What a missing value says."""

    @abstractmethod
    def __call__(self, values: Mapping[str, _Values]) -> _Values:
        """Its values; every operand an array of equal length, missing values NaN."""


@dataclass(frozen=True)
class Ratio(Expression):
    """One feature by another; missing when the divisor is zero."""

    numerator: str
    denominator: str

    @property
    def operands(self) -> frozenset[str]:
        """Names of the features it is computed from."""
        return frozenset({self.numerator, self.denominator})

    @property
    def null_means(self) -> str:
        """What a missing value says."""
        return "a value it is computed from is missing, or the divisor is zero"

    def __call__(self, values: Mapping[str, _Values]) -> _Values:
        """Its values.

        Examples
        --------
        >>> Ratio("a", "b")({"a": np.array([1.0, 1.0]), "b": np.array([4.0, 0.0])}).tolist()
        [0.25, nan]
        """
        divisor = values[self.denominator]
        ratio: _Values = values[self.numerator] / np.where(divisor == 0, np.nan, divisor)
        return ratio


@dataclass(frozen=True)
class Difference(Expression):
    """One feature less another."""

    minuend: str
    subtrahend: str

    @property
    def operands(self) -> frozenset[str]:
        """Names of the features it is computed from."""
        return frozenset({self.minuend, self.subtrahend})

    @property
    def null_means(self) -> str:
        """What a missing value says."""
        return "a value it is computed from is missing"

    def __call__(self, values: Mapping[str, _Values]) -> _Values:
        """Its values."""
        return values[self.minuend] - values[self.subtrahend]


@dataclass(frozen=True)
class _Pooled(Expression):
    """An operation over several features that leaves out the missing ones; missing when all are."""

    names: tuple[str, ...]

    @property
    def operands(self) -> frozenset[str]:
        """Names of the features it is computed from."""
        return frozenset(self.names)

    @property
    def null_means(self) -> str:
        """What a missing value says."""
        return "all values it is computed from are missing"

    def _stacked(self, values: Mapping[str, _Values]) -> _Values:
        return np.stack([values[name] for name in self.names])


def _mean(stacked: _Values) -> _Values:
    """Mean over the first axis of what is not NaN; NaN where all are."""
    count = (~np.isnan(stacked)).sum(axis=0)
    mean: _Values = np.nansum(stacked, axis=0) / np.where(count == 0, np.nan, count)
    return mean


class Mean(_Pooled):
    """Mean of those features that are not missing."""

    def __call__(self, values: Mapping[str, _Values]) -> _Values:
        """Its values.

        Examples
        --------
        >>> Mean(("a", "b"))({"a": np.array([1.0, np.nan]), "b": np.array([2.0, np.nan])}).tolist()
        [1.5, nan]
        """
        return _mean(self._stacked(values))


class Minimum(_Pooled):
    """Smallest of those features that are not missing."""

    def __call__(self, values: Mapping[str, _Values]) -> _Values:
        """Its values."""
        least: _Values = np.fmin.reduce(self._stacked(values))
        return least


class Maximum(_Pooled):
    """Largest of those features that are not missing."""

    def __call__(self, values: Mapping[str, _Values]) -> _Values:
        """Its values."""
        most: _Values = np.fmax.reduce(self._stacked(values))
        return most


class Spread(_Pooled):
    """Standard deviation (population) of those features that are not missing."""

    def __call__(self, values: Mapping[str, _Values]) -> _Values:
        """Its values."""
        stacked = self._stacked(values)
        return np.sqrt(_mean((stacked - _mean(stacked)) ** 2))


class Product(_Pooled):
    """Product of the features, a missing one counted as one half, the middle of a score from 0 to 1."""

    def __call__(self, values: Mapping[str, _Values]) -> _Values:
        """Its values.

        Examples
        --------
        >>> Product(("a", "b"))({"a": np.array([0.5, np.nan]), "b": np.array([np.nan, np.nan])}).tolist()
        [0.25, nan]
        """
        stacked = self._stacked(values)
        missing = np.isnan(stacked)
        product: _Values = np.where(missing.all(axis=0), np.nan, np.prod(np.where(missing, 0.5, stacked), axis=0))
        return product


class Sum(_Pooled):
    """Sum of the features, a missing one counted as zero; missing when all are."""

    def __call__(self, values: Mapping[str, _Values]) -> _Values:
        """Its values.

        Examples
        --------
        >>> Sum(("a", "b"))({"a": np.array([1.0, np.nan]), "b": np.array([np.nan, np.nan])}).tolist()
        [1.0, nan]
        """
        stacked = self._stacked(values)
        total: _Values = np.where(np.isnan(stacked).all(axis=0), np.nan, np.nansum(stacked, axis=0))
        return total
