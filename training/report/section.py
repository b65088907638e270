"""What a report is made of: sections of paragraphs, findings, pictures and tables.

A section says nothing about how it is shown. The HTML page, the PDF and the data files are made from the
same values, so that none of them can say what another does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from matplotlib.figure import Figure

__all__ = ["Cell", "Column", "Finding", "Interval", "Kind", "Picture", "Section", "Table"]

Kind = Literal["text", "count", "share", "figure", "signed"]
"""How a column is shown: words, whole numbers, per cent, numbers, or numbers with their sign."""


@dataclass(frozen=True)
class Interval:
    """A confidence interval.

    Parameters
    ----------
    low, high : float
        Its ends; both NaN where there is none.
    """

    low: float
    high: float

    @property
    def is_known(self) -> bool:
        """Whether there is an interval at all."""
        return math.isfinite(self.low) and math.isfinite(self.high)


Cell = str | int | float | Interval | None
"""A value of a table; None and NaN are shown as a dash."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    name : str
        Its name in the data files, in snake_case.
    title : str
        Its heading.
    kind : Kind
        How its values are shown.
    decimals : int, optional
        Digits after the point; by default 1 for per cent, 4 for figures and signed ones.
    """

    name: str
    title: str
    kind: Kind = "text"
    decimals: int | None = None


@dataclass(frozen=True)
class Table:
    """A table.

    Parameters
    ----------
    key : str
        Its name in the section, in snake_case; also that of its data file.
    title : str
        Its heading.
    columns : tuple of Column
        Its columns.
    rows : tuple of tuple
        Its rows, one value a column.
    note : str
        What a reader must know beside it.

    Raises
    ------
    ValueError
        If a row has more or fewer values than there are columns, or a column's name stands twice.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) < len(names):
            raise ValueError(f"{self.key}: a column's name stands twice among {', '.join(names)}; rename one")
        for row in self.rows:
            if len(row) != len(names):
                raise ValueError(f"{self.key}: a row of {len(row)} values under {len(names)} columns; pass one each")


@dataclass(frozen=True)
class Picture:
    """A picture, drawn when it is shown.

    Parameters
    ----------
    key : str
        Its name in the section, in snake_case.
    title : str
        What it shows.
    told : str
        The same in full, for those who cannot see it.
    paint : callable
        Draws it into an empty figure.
    size : tuple of float
        Width and height in inches; one wider than 6 fills the page, two others stand side by side.
    caption : str
        How to read it.
    """

    key: str
    title: str
    told: str
    paint: Callable[[Figure], None]
    size: tuple[float, float]
    caption: str = ""

    @property
    def is_wide(self) -> bool:
        """Whether it fills the width of the page."""
        return self.size[0] > 6


@dataclass(frozen=True)
class Finding:
    """Something that was held against a stated threshold.

    Parameters
    ----------
    key : str
        Its name in the section, in snake_case.
    passed : bool or None
        Whether it passed; None where it could not be assessed.
    text : str
        What was found, in one sentence with its figures.
    threshold : str
        What was asked for.
    source : str
        Where the threshold comes from.
    """

    key: str
    passed: bool | None
    text: str
    threshold: str = ""
    source: str = ""

    @property
    def verdict(self) -> str:
        """``passed``, ``failed`` or ``not assessed``."""
        return "not assessed" if self.passed is None else "passed" if self.passed else "failed"


@dataclass(frozen=True)
class Section:
    """A section of a report.

    Parameters
    ----------
    key : str
        Its name, in snake_case, unique in the report.
    title : str
        Its heading.
    paragraphs : sequence of str
        What it says.
    tables, pictures, findings : sequence
        What it shows.
    points : sequence of str
        Sentences that stand as a list.
    figures : mapping of str to float
        Its headline figures by name, for the registry.
    """

    key: str
    title: str
    paragraphs: Sequence[str]
    tables: Sequence[Table] = ()
    pictures: Sequence[Picture] = ()
    findings: Sequence[Finding] = ()
    points: Sequence[str] = ()
    figures: Mapping[str, float] = field(default_factory=dict)
