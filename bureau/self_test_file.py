"""A file of self-test attributes: a column with the consumer's reference, and one an attribute; CSV or Parquet."""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from bureau.errors import SelfTestError

__all__ = ["MOST_VALUES", "SelfTestFile", "band", "read_self_test_file"]

MOST_VALUES: Final = 40
"""An attribute with more values than this makes no groups."""

_LONGEST: Final = 80
_NO_BANDS: Final[Mapping[str, Sequence[float]]] = MappingProxyType({})
_NO_NAMES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType({})


@dataclass(frozen=True)
class SelfTestFile:
    """What a file tells.

    Parameters
    ----------
    name : str
        Name of the file.
    attributes : tuple of str
        The attributes, in small letters.
    values : mapping of str to mapping of str to str
        Reference to attribute to value; what is empty is left out.
    """

    name: str
    attributes: tuple[str, ...]
    values: Mapping[str, Mapping[str, str]]


def band(value: str, edges: Sequence[float]) -> str:
    """The band in which a number lies, its lower edge included.

    Raises
    ------
    ValueError
        If the value is no number.

    Examples
    --------
    >>> [band(age, [25, 62]) for age in ("24", "25", "61.9", "62")]
    ['under 25', '25 to under 62', '25 to under 62', '62 or over']
    """
    place = bisect_right(edges, float(value))
    if place == 0:
        return f"under {edges[0]:g}"
    if place == len(edges):
        return f"{edges[-1]:g} or over"
    return f"{edges[place - 1]:g} to under {edges[place]:g}"


def read_self_test_file(
    path: Path,
    *,
    reference: str | None = None,
    attributes: Sequence[str] = (),
    bands: Mapping[str, Sequence[float]] = _NO_BANDS,
    names: Mapping[str, Mapping[str, str]] = _NO_NAMES,
) -> SelfTestFile:
    """Read the attributes of a file.

    Parameters
    ----------
    path : Path
        A Parquet file (by its suffix), or CSV in UTF-8 with a header.
    reference : str, optional
        The column with the consumer's reference; by default the first.
    attributes : sequence of str
        The columns to take; by default all others.
    bands : mapping of str to sequence of float
        Columns of numbers to the rising edges of bands.
    names : mapping of str to mapping of str to str
        Columns to what stands for their codes; other codes stay.

    Raises
    ------
    SelfTestError
        If a column is missing or named twice, nothing is an attribute, a reference stands twice with
        different values, an attribute has too many values to make groups, or a column has none of a code that is
        named and others that are not: its codes mean something else. No value is told.
    """
    columns, rows = _read(path)
    wanted = _wanted(path.name, columns, reference, attributes, (*bands, *names))
    key = columns.index(reference or columns[0])
    told: dict[str, dict[str, str]] = {}
    codes: dict[str, set[str]] = {column: set() for column in names}
    for line, row in enumerate(rows, 2):
        if len(row) != len(columns):
            raise SelfTestError(f"{path.name}, line {line}: {len(row)} fields, but {len(columns)} columns; mend it")
        if not row[key]:
            raise SelfTestError(f"{path.name}, line {line}: the reference in {columns[key]} is empty; fill it")
        values = {
            name: _value(path.name, line, columns[at], row[at], bands, names) for name, at in wanted.items() if row[at]
        }
        for column, found in codes.items():
            found.add(row[columns.index(column)])
        if told.setdefault(row[key], values) != values:
            raise SelfTestError(f"{path.name}, line {line}: its reference stood before with other values; leave one")
    _require_groups(path.name, tuple(wanted), told.values())
    _require_codes(path.name, codes, names)
    return SelfTestFile(path.name, tuple(wanted), told)


def _wanted(
    file: str, columns: Sequence[str], reference: str | None, attributes: Sequence[str], others: Sequence[str]
) -> dict[str, int]:
    """Attribute, in small letters, to the number of its column."""
    for name in (*([reference] if reference else []), *attributes, *others):
        if name not in columns:
            raise SelfTestError(f"{file}: there is no column {name}; it has {', '.join(columns)}")
    key = reference or columns[0]
    chosen = attributes or [name for name in columns if name != key]
    wanted = {name.strip().lower(): columns.index(name) for name in chosen}
    if not wanted or key in chosen or len(wanted) < len(chosen) or len(set(columns)) < len(columns):
        raise SelfTestError(
            f"{file}: attributes are columns of different names beside the reference ({key}); "
            "name the columns with --reference and --attribute"
        )
    return wanted


def _value(
    file: str,
    line: int,
    column: str,
    text: str,
    bands: Mapping[str, Sequence[float]],
    names: Mapping[str, Mapping[str, str]],
) -> str:
    if column in bands:
        try:
            return band(text, bands[column])
        except ValueError:
            raise SelfTestError(f"{file}, line {line}: {column} is no number, which bands need; mend it") from None
    value = names.get(column, {}).get(text, text)
    if len(value) > _LONGEST or not value.isprintable():
        raise SelfTestError(f"{file}, line {line}: {column} is no name of a group; at most {_LONGEST} plain characters")
    return value


def _require_groups(file: str, attributes: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
    found: dict[str, set[str]] = {name: set() for name in attributes}
    for row in rows:
        for name, value in row.items():
            found[name].add(value)
            if len(found[name]) > MOST_VALUES:
                raise SelfTestError(
                    f"{file}: {name} has more than {MOST_VALUES} values, too many for groups; put a number into "
                    "bands with --band, or leave the column out with --attribute"
                )


def _require_codes(file: str, codes: Mapping[str, set[str]], names: Mapping[str, Mapping[str, str]]) -> None:
    for column, named in names.items():
        if set(named) - codes[column] and codes[column] - {""} - set(named):
            raise SelfTestError(
                f"{file}: {column} has none of a code that is named, and others that are not; look up what its codes "
                "mean, and name them as they are"
            )


def _read(path: Path) -> tuple[list[str], Iterator[list[str]]]:
    if path.suffix.lower() == ".parquet":
        return _read_parquet(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            rows = [[field.strip() for field in row] for row in csv.reader(file, strict=True) if row]
        except (csv.Error, UnicodeDecodeError):
            raise SelfTestError(f"{path.name}: not readable as CSV in UTF-8; write it so, or as .parquet") from None
    if not rows:
        raise SelfTestError(f"{path.name}: the file is empty; a header with the names of the columns comes first")
    return rows[0], iter(rows[1:])


def _read_parquet(path: Path) -> tuple[list[str], Iterator[list[str]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except pa.ArrowInvalid:
        raise SelfTestError(f"{path.name}: not readable as Parquet; write it again, or as CSV") from None
    columns = [["" if each is None else str(each).strip() for each in column.to_pylist()] for column in table.columns]
    return list(table.column_names), (list(row) for row in zip(*columns, strict=True))
