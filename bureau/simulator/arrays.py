"""Columns of equal length that live, grow and shrink together."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Array", "Columns"]

Array: TypeAlias = npt.NDArray[Any]
"""An array of whatever kind its name says."""


class Columns:
    """Base of dataclasses all of whose fields are arrays with one entry a row."""

    def __len__(self) -> int:
        return len(getattr(self, self._names()[0]))

    def at(self, rows: Array) -> Self:
        """Some of the rows, by number or by a mask."""
        return type(self)(**{name: getattr(self, name)[rows] for name in self._names()})

    def joined(self, other: Self) -> Self:
        """These rows, then those of another."""
        return type(self)(
            **{name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in self._names()}
        )

    @classmethod
    def _names(cls) -> list[str]:
        return [field.name for field in fields(cls)]  # type: ignore[arg-type]
