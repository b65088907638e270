"""The spread of a feature's values as a picture in SVG, for the page of features."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["spread_picture"]

_Values = npt.NDArray[np.float64]

_WIDTH: Final = 320
_HEIGHT: Final = 110
_BASE: Final = 90
_BARS: Final = 24


def spread_picture(values: _Values, expected: tuple[float, float]) -> str:
    """A histogram with a caption: how many are missing, where the values lie, how many are unexpected.

    Values beyond the first and the last hundredth stand in the outermost bars.

    Parameters
    ----------
    values : ndarray
        The values; missing ones NaN.
    expected : tuple of float
        Between what values they are expected.

    Examples
    --------
    >>> picture = spread_picture(np.array([0.0, 1.0, 1.0, np.nan]), (0.0, 1.0))
    >>> picture.count("<rect"), "25 % missing" in picture
    (2, True)
    """
    told = values[~np.isnan(values)]
    missing = 1 - len(told) / len(values) if len(values) else 1.0
    caption = f"{len(values):,} rows, {missing:.0%} missing".replace("%", " %")
    if not len(told):
        return f"<figure><figcaption>{caption}</figcaption></figure>"
    outside = int(((told < expected[0]) | (told > expected[1])).sum())
    least, middle, largest = float(told.min()), float(np.median(told)), float(told.max())
    caption += (
        f"; least {least:,.6g}, median {middle:,.6g}, largest {largest:,.6g}; {outside} outside the expected range"
    )
    heights, low, high = _bars(told)
    return (
        f'<figure><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="spread of the values">'
        f"{''.join(_drawn(heights))}"
        f'<line class="axis" x1="0" y1="{_BASE}" x2="{_WIDTH}" y2="{_BASE}"/>'
        f'<text x="0" y="{_BASE + 14}">{low:,.4g}</text>'
        f'<text x="{_WIDTH}" y="{_BASE + 14}" text-anchor="end">{high:,.4g}</text></svg>'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _bars(told: _Values) -> tuple[_Values, float, float]:
    """Heights from 0 to 1, and the values at both ends."""
    different = np.unique(told)
    if len(different) <= _BARS and bool((different == np.round(different)).all()):
        low, high = float(different[0]), float(different[-1])
        if high - low < _BARS:  # a bar for each whole number
            counts = np.bincount((told - low).astype(np.int64), minlength=int(high - low) + 1)
            return counts / counts.max(), low, high
    low, high = (float(end) for end in np.quantile(told, (0.01, 0.99)))
    if low == high:
        low, high = float(different[0]), float(different[-1])
    counts, _ = np.histogram(np.clip(told, low, high), bins=_BARS, range=(low, high))
    return counts / counts.max(), low, high


def _drawn(heights: _Values) -> list[str]:
    step = _WIDTH / len(heights)
    return [
        f'<rect class="bar" x="{place * step + 1:.1f}" y="{_BASE - height * (_BASE - 5):.1f}" '
        f'width="{step - 2:.1f}" height="{height * (_BASE - 5):.1f}"/>'
        for place, height in enumerate(heights)
        if height > 0
    ]
