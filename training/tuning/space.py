"""The search space: which parameters are tried, within which bounds for data of which size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final, Literal

import numpy as np

from training.boosting import BoostingParameters

__all__ = ["Range", "Space", "space_for"]

_LARGE: Final = 20_000


@dataclass(frozen=True)
class Range:
    """Bounds of one parameter, both within.

    Parameters
    ----------
    name : str
        Of the field of :class:`~training.boosting.BoostingParameters`.
    kind : {"whole", "real"}
        Which numbers.
    low, high : float
        The bounds.
    log : bool
        Whether it is drawn on a logarithmic scale.
    """

    name: str
    kind: Literal["whole", "real"]
    low: float
    high: float
    log: bool = True


@dataclass(frozen=True)
class Space:
    """Ranges, the trials that come first, and the groups of columns that a trial may leave out.

    Parameters
    ----------
    ranges : tuple of Range
        What is drawn; what is not keeps its default.
    first : tuple of BoostingParameters
        Good defaults of different character, within the ranges.
    droppable : tuple of str
        Names of groups of columns.
    """

    ranges: tuple[Range, ...]
    first: tuple[BoostingParameters, ...]
    droppable: tuple[str, ...] = ()

    def first_draws(self) -> list[dict[str, Any]]:
        """The first trials as draws; all columns are kept in them."""
        kept = dict.fromkeys(map(_switch, self.droppable), False)
        return [{item.name: getattr(choice, item.name) for item in self.ranges} | kept for choice in self.first]

    def parameters(self, draw: Mapping[str, Any]) -> BoostingParameters:
        """The parameters of a draw."""
        known = {field.name for field in fields(BoostingParameters)}
        return replace(_NEUTRAL, **{name: value for name, value in draw.items() if name in known})

    def dropped(self, draw: Mapping[str, Any]) -> tuple[str, ...]:
        """Names of the groups that a draw leaves out."""
        return tuple(name for name in self.droppable if draw[_switch(name)])

    def switches(self) -> tuple[str, ...]:
        """Names under which it is drawn whether a group is left out."""
        return tuple(map(_switch, self.droppable))


_NEUTRAL: Final = BoostingParameters(lambda_l1=0.0, min_gain_to_split=0.0, path_smooth=0.0)


def _switch(group: str) -> str:
    return f"drop {group}"


def space_for(rows: int, columns: int, droppable: tuple[str, ...] = (), *, smooth: bool = True) -> Space:
    """The search space for a table.

    Parameters
    ----------
    rows : int
        Rows that a booster is fitted on.
    columns : int
        Features.
    droppable : tuple of str
        Names of groups of columns that a trial may leave out.
    smooth : bool
        Whether leaves may be smoothed towards their parents: not where directions are declared
        (:func:`~training.boosting.booster_settings`).
    """
    most_leaves = 31 if rows < _LARGE else 63
    ranges = (
        Range("learning_rate", "real", 0.01, 0.2),
        Range("num_leaves", "whole", 2, most_leaves),
        Range("max_depth", "whole", 2, 8, log=False),
        Range("min_data_in_leaf", "whole", max(3, rows // 500), max(20, rows // 20)),
        Range("feature_fraction", "real", max(0.05, min(1.0 / columns, 0.5)), 1.0, log=False),
        Range("bagging_fraction", "real", 0.4, 1.0, log=False),
        Range("lambda_l1", "real", 0.001, 10.0),
        Range("lambda_l2", "real", 0.1, 200.0),
        *((Range("path_smooth", "real", 0.01, 20.0),) if smooth else ()),
    )
    first = tuple(_within(choice, ranges) for choice in _first(rows, columns))
    return Space(ranges, first, droppable)


def _first(rows: int, columns: int) -> tuple[BoostingParameters, ...]:
    """Shallow trees, stumps, deep trees, and small ones that learn slowly."""
    leaf, share = int(np.clip(rows // 100, 10, 80)), float(np.clip(9.0 / columns, 0.2, 0.8))
    shallow = BoostingParameters(
        0, learning_rate=0.04, num_leaves=8, max_depth=4, min_data_in_leaf=leaf, feature_fraction=share,
        bagging_fraction=0.8, lambda_l1=0.001, lambda_l2=20.0,
    )  # fmt: skip
    return (
        shallow,
        replace(shallow, learning_rate=0.1, num_leaves=2, max_depth=2, lambda_l2=5.0),
        replace(shallow, num_leaves=20, max_depth=8, min_data_in_leaf=leaf // 2, bagging_fraction=0.6, lambda_l1=0.1),
        replace(shallow, learning_rate=0.02, num_leaves=4, max_depth=3, feature_fraction=share / 2, lambda_l2=5.0),
    )


def _within(choice: BoostingParameters, ranges: tuple[Range, ...]) -> BoostingParameters:
    held = asdict(choice)
    for item in ranges:
        value = float(np.clip(held[item.name], item.low, item.high))
        held[item.name] = round(value) if item.kind == "whole" else value
    return BoostingParameters(**held)
