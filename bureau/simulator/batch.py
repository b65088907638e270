"""The records of one delivery before they are written: how many, about whom, and how to make any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from bureau.metro2.encode import Appended
from bureau.simulator.arrays import Array
from bureau.simulator.furnishers import Feed

__all__ = ["Batch", "Records"]


@dataclass(frozen=True)
class Records:
    """Some records as columns.

    Parameters
    ----------
    columns : mapping of str to array
        The fields, in the order in which they are written; numpy or Arrow.
    appended : mapping of str to Appended
        Metro 2's segments.
    """

    columns: Mapping[str, Any]
    appended: Mapping[str, Appended] = field(default_factory=dict)

    def rows(self) -> list[dict[str, Any]]:
        """Each record by itself: field to value, and kind of segment to its fields."""
        count = next(len(values) for values in self.columns.values() if isinstance(values, np.ndarray | pa.Array))
        table = {name: _values(values, count) for name, values in self.columns.items()}
        listed = [{name: values[row] for name, values in table.items()} for row in range(count)]
        for kind, each in self.appended.items():
            fields = {name: _values(values, len(each.rows)) for name, values in each.columns.items()}
            for place, row in enumerate(each.rows.tolist()):
                listed[row][kind] = {name: values[place] for name, values in fields.items()}
        return listed


@dataclass(frozen=True)
class Batch:
    """The records of one delivery.

    Parameters
    ----------
    feed : Feed
        Whose delivery of which kind.
    month : int
        The month it speaks of.
    unit : numpy.ndarray
        For each record the number of what it tells an identity of (account, customer, case ...).
    person : numpy.ndarray
        And of the person.
    build : callable
        Gives the records of some rows, by their places in the batch.
    marks : mapping of str to numpy.ndarray
        What else is known of each row: ``tells_number`` and ``tells_employer``; whether it is
        ``plain`` (nothing begins or ends in this month); of accounts whether they are
        ``delinquent``, have just ``caught_up`` or were ``sold``, their ``use`` of a limit, what was
        ``written_off``, and the numbers ``sold_to`` and ``co``.
    order : numpy.ndarray, optional
        The numbers of a shop's orders, of which a customer has many.
    """

    feed: Feed
    month: int
    unit: Array
    person: Array
    build: Callable[[Array], Records]
    marks: Mapping[str, Array] = field(default_factory=dict)
    order: Array | None = None

    def __len__(self) -> int:
        return len(self.unit)

    def mark(self, name: str) -> Array:
        """One of the marks; false for every row where it is not known."""
        marks = self.marks.get(name)
        return np.zeros(len(self), dtype=bool) if marks is None else marks


def _values(values: Any, count: int) -> list[Any]:
    """A column as Python values; missing ones are None, and one value stands for all."""
    if isinstance(values, pa.Array | pa.ChunkedArray):
        listed: list[Any] = values.to_pylist()
        return listed
    if isinstance(values, np.ndarray):
        if values.dtype.kind == "S":
            return [value.decode() for value in values.tolist()]
        return list(values.tolist())
    return [values] * count
