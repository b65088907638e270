"""From a table to a matrix of floats, and back from its columns to those of the table.

What is learnt here looks at no outcome: kinds of columns, categories, special codes. The one step that
does, the risk of a category, is :mod:`training.risk_encoding`, which is fitted within each fold.

A column of the table becomes

- a number: itself, NaN where it is missing or a special code; an indicator for each code; and one
  for missing where a direction or a code makes its place among the numbers wrong;
- an ordered category: its rank, NaN for an unseen category;
- a category of up to ``few`` values: an indicator each (none for an unseen category);
- a category of more: its risk, the average for an unseen one.

Indicators that agree on all rows are merged: one furnisher without a file is missing in all its columns.
A contribution of a merged indicator is shared evenly by its columns. A column that is constant or all
missing stays, and contributes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.days import Measure, measure_of
from training.errors import UnfitArgument
from training.limits import told
from training.special_codes import Declared, declared_codes, find_codes
from training.table import Kind, kind_of, numbers, texts

__all__ = ["FEW_CATEGORIES", "Encoder", "SourceColumn"]

FEW_CATEGORIES: Final = 20
"""Up to this many categories are indicators, more are encoded by their risk."""

_Values = npt.NDArray[np.float64]
_CODE_MISSING: Final = float("nan")


@dataclass(frozen=True)
class SourceColumn:
    """A column of the table.

    Parameters
    ----------
    name : str
        Its name.
    kind : {"number", "rank", "category"}
        What is in it.
    codes : tuple of float
        Special codes of a number.
    categories : tuple of str
        Categories, in order if it is ordered.
    measure : {"number", "date", "duration"}
        What a number is: a date given for a number would score as its days do.
    """

    name: str
    kind: Kind
    codes: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    measure: Measure = "number"


@dataclass(frozen=True)
class _Indicator:
    """One where any of some (column, value) pairs holds; NaN stands for missing, categories for their place."""

    name: str
    cases: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Encoder:
    """How a table becomes a matrix.

    Parameters
    ----------
    columns : tuple of SourceColumn
        The columns of the table.
    main : tuple of int
        Which of them have a column of the matrix to themselves, in order: numbers, ranks and categories
        encoded by their risk.
    indicators : tuple
        The columns of the matrix after those.
    """

    columns: tuple[SourceColumn, ...]
    main: tuple[int, ...]
    indicators: tuple[_Indicator, ...]

    @classmethod
    def learn(
        cls,
        frame: pd.DataFrame,
        *,
        special_codes: Literal["auto"] | Declared | None = "auto",
        directions: Mapping[str, int] | None = None,
        few: int = FEW_CATEGORIES,
    ) -> Encoder:
        """Learn from a table, without outcomes.

        Parameters
        ----------
        frame : DataFrame
            The table.
        special_codes : "auto", mapping or None
            Found by the rule of :mod:`training.special_codes`, declared by column, or none at all: then
            the matrix is the table itself, as long as there are no categories.
        directions : mapping, optional
            Declared direction of risk by column: 1, -1 or 0.
        few : int
            Up to so many categories are indicators.

        Raises
        ------
        UnfitTable, UnfitArgument
            If a column cannot be read, or codes cannot be declared for it.
        """
        columns = _source_columns(frame, special_codes)
        main = tuple(
            place for place, column in enumerate(columns) if column.kind != "category" or len(column.categories) > few
        )
        wanted = _wanted_indicators(columns, main, directions or {}, missing=special_codes is not None)
        places = [_places(frame.iloc[:, place], column) for place, column in enumerate(columns)]
        return cls(columns, main, _merged(wanted, places))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns of the matrix."""
        return (*(self.columns[place].name for place in self.main), *(each.name for each in self.indicators))

    @property
    def origins(self) -> tuple[tuple[int, ...], ...]:
        """For each column of the matrix, the places of the columns of the table that it comes from."""
        merged = tuple(tuple(dict.fromkeys(place for place, _ in each.cases)) for each in self.indicators)
        return (*((place,) for place in self.main), *merged)

    @property
    def risk_columns(self) -> tuple[int, ...]:
        """Places in the matrix of the categories encoded by their risk."""
        return tuple(at for at, place in enumerate(self.main) if self.columns[place].kind == "category")

    @property
    def risk_sizes(self) -> tuple[int, ...]:
        """How many categories each of those has."""
        return tuple(len(self.columns[self.main[at]].categories) for at in self.risk_columns)

    def directions(self, declared: Mapping[str, int]) -> tuple[int, ...]:
        """The direction of each column of the matrix: an indicator has none.

        Raises
        ------
        UnfitArgument
            If one is declared for a column that is not there or a category, or is not -1, 0 or 1.
        """
        kinds = {column.name: column.kind for column in self.columns}
        for name, direction in declared.items():
            if name not in kinds:
                raise UnfitArgument(f"a direction is given for {name!r}, which is no column; correct the name")
            if direction not in (-1, 0, 1):
                raise UnfitArgument(f"direction {told(direction)} of {name!r} is none of -1, 0 and 1; give one of them")
            if direction and kinds[name] == "category":
                raise UnfitArgument(
                    f"a direction is given for {name!r}, whose categories have no order; make it an ordered "
                    "category, or leave the direction out"
                )
        main = (int(declared.get(self.columns[place].name, 0)) for place in self.main)
        return (*main, *(0 for _ in self.indicators))

    def apply(self, frame: pd.DataFrame) -> _Values:
        """The matrix of a table with the same columns in the same order.

        Returns
        -------
        ndarray of shape (n, columns of the matrix)
            Categories encoded by their risk are the places of categories still, NaN for an unseen one.

        Raises
        ------
        UnfitTable
            If a column of numbers, dates or durations holds something else.
        """
        places = [_places(frame.iloc[:, place], column) for place, column in enumerate(self.columns)]
        matrix = np.empty((len(frame), len(self.main) + len(self.indicators)))
        for at, place in enumerate(self.main):
            matrix[:, at] = _without(places[place], self.columns[place].codes)
        for at, indicator in enumerate(self.indicators, start=len(self.main)):
            matrix[:, at] = _flags(indicator, places)
        return matrix

    def by_source(self, contributions: _Values) -> _Values:
        """Contributions of the matrix's columns summed by column of the table.

        Parameters
        ----------
        contributions : ndarray of shape (n, columns of the matrix)

        Returns
        -------
        ndarray of shape (n, columns of the table)
        """
        summed = np.zeros((len(contributions), len(self.columns)))
        for at, places in enumerate(self.origins):
            for place in places:
                summed[:, place] += contributions[:, at] / len(places)
        return summed


def _source_columns(frame: pd.DataFrame, special_codes: Literal["auto"] | Declared | None) -> tuple[SourceColumn, ...]:
    names = [str(name) for name in frame.columns]
    kinds = [kind_of(frame.iloc[:, place]) for place in range(len(names))]
    declared: dict[str, tuple[float, ...]] = {}
    if isinstance(special_codes, Mapping):
        declared = declared_codes(
            special_codes, [name for name, kind in zip(names, kinds, strict=True) if kind == "number"]
        )
    elif special_codes is not None and str(special_codes) != "auto":
        raise UnfitArgument(
            f"special_codes {told(special_codes)} is none of 'auto', None and a mapping from column to codes; give one"
        )
    columns = []
    for place, (name, kind) in enumerate(zip(names, kinds, strict=True)):
        column = frame.iloc[:, place]
        if kind == "number":
            codes = find_codes(numbers(column)) if special_codes == "auto" else declared.get(name, ())
            columns.append(SourceColumn(name, kind, codes=codes, measure=measure_of(column)))
        elif kind == "rank":
            order = texts(column.cat.categories.to_series())
            columns.append(SourceColumn(name, kind, categories=tuple(order)))
        else:
            columns.append(SourceColumn(name, kind, categories=tuple(sorted(set(texts(column))))))
    return tuple(columns)


def _wanted_indicators(
    columns: Sequence[SourceColumn], main: Sequence[int], directions: Mapping[str, int], *, missing: bool
) -> list[_Indicator]:
    wanted = []
    for place, column in enumerate(columns):
        if place not in main:
            wanted += [
                _Indicator(f"{column.name} = {category or 'missing'}", ((place, float(at)),))
                for at, category in enumerate(column.categories)
            ]
        wanted += [_Indicator(f"{column.name} = {code:g}", ((place, code),)) for code in column.codes]
        if missing and column.kind != "category" and (column.codes or directions.get(column.name)):
            wanted.append(_Indicator(f"{column.name} missing", ((place, _CODE_MISSING),)))
    return wanted


def _merged(wanted: Sequence[_Indicator], places: Sequence[_Values]) -> tuple[_Indicator, ...]:
    """Those that are not the same for all rows, with those that agree made one."""
    groups: dict[bytes, list[_Indicator]] = {}
    for indicator in wanted:
        flags = _flags(indicator, places)
        if flags.any() and not flags.all():
            groups.setdefault(np.packbits(flags).tobytes(), []).append(indicator)
    return tuple(
        _Indicator(_name(group), tuple(case for indicator in group for case in indicator.cases))
        for group in groups.values()
    )


def _name(group: Sequence[_Indicator]) -> str:
    return group[0].name if len(group) == 1 else f"{group[0].name} and {len(group) - 1} more"


def _flags(indicator: _Indicator, places: Sequence[_Values]) -> npt.NDArray[np.bool_]:
    flags = np.zeros(len(places[0]), dtype=bool)
    for place, value in indicator.cases:
        flags |= np.isnan(places[place]) if np.isnan(value) else places[place] == value
    return flags


def _places(column: pd.Series, source: SourceColumn) -> _Values:
    """Numbers as they are, categories by their place, NaN for missing numbers and unseen categories."""
    if source.kind == "number":
        return numbers(column, source.measure)
    place_of = {category: float(at) for at, category in enumerate(source.categories)}
    at, categories = pd.factorize(texts(column))
    known = np.array([place_of.get(category, np.nan) for category in categories], dtype=np.float64)
    return known[at]


def _without(values: _Values, codes: tuple[float, ...]) -> _Values:
    return np.where(np.isin(values, codes), np.nan, values) if codes else values
