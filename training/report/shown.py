"""How values are written for people: sensible digits, separators in counts, a dash for nothing."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from training.report.section import Cell, Column, Interval, Kind

__all__ = ["clean", "counted", "decimal", "ranged", "shared", "shown", "signed"]

_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_DASH: Final = "–"
_DECIMALS: Final[dict[Kind, int]] = {"share": 1, "figure": 4, "signed": 4, "text": 4, "count": 0}


def clean(text: str) -> str:
    """Text without control characters and halves of characters, which neither a page nor paper can show."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def counted(value: float) -> str:
    """A whole number with separators.

    Examples
    --------
    >>> counted(12345), counted(float("nan"))
    ('12,345', '–')
    """
    return _minus(f"{round(value):,}") if np.isfinite(value) else _DASH


def decimal(value: float, decimals: int = 4) -> str:
    """A number with so many digits after the point; very small ones in powers of ten.

    Examples
    --------
    >>> decimal(0.78912), decimal(12345.678, 2), decimal(0.0000012), decimal(0.0), decimal(float("nan"))
    ('0.7891', '12,345.68', '1.2e−06', '0.0000', '–')
    """
    if not np.isfinite(value):
        return _DASH
    if value and abs(value) < 0.5 * 10.0**-decimals:
        return _minus(f"{value:.2g}")
    return _minus(f"{value:,.{decimals}f}")


def signed(value: float, decimals: int = 4) -> str:
    """A number with its sign.

    Examples
    --------
    >>> signed(0.25, 2), signed(-0.25, 2)
    ('+0.25', '−0.25')
    """
    return _minus(f"{value:+,.{decimals}f}") if np.isfinite(value) else _DASH


def shared(value: float, decimals: int = 1) -> str:
    """A share in per cent, with a no-break space.

    Examples
    --------
    >>> shared(0.2212).replace(chr(160), " "), shared(float("nan"))
    ('22.1 %', '–')
    """
    return f"{_minus(f'{100 * value:.{decimals}f}')}\N{NO-BREAK SPACE}%" if np.isfinite(value) else _DASH


def ranged(interval: Interval, decimals: int = 4) -> str:
    """An interval.

    Examples
    --------
    >>> ranged(Interval(0.1, 0.25), 2).replace(chr(160), " ")
    '0.10 to 0.25'
    """
    return shown(interval, Column("", "", "figure", decimals))


def shown(cell: Cell, column: Column) -> str:
    """A value of a table as its column is shown."""
    if isinstance(cell, Interval):
        if not cell.is_known:
            return _DASH
        low = shown(cell.low, column).removesuffix("\N{NO-BREAK SPACE}%")
        return f"{low}\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}{shown(cell.high, column)}"
    if cell is None:
        return _DASH
    if isinstance(cell, str):
        return cell
    decimals = _DECIMALS[column.kind] if column.decimals is None else column.decimals
    if column.kind == "share":
        return shared(float(cell), decimals)
    if column.kind == "signed":
        return signed(float(cell), decimals)
    if column.kind == "count" or isinstance(cell, int | np.integer):
        return counted(float(cell))
    return decimal(float(cell), decimals)


def _minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")
