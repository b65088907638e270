"""What the pictures of a report share: sizes, axes, and how a picture becomes SVG or PNG."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from features.analysis.style import COLOURS
from training.pictures import draw, draw_png
from training.report.section import Picture

__all__ = ["NARROW", "WIDE", "in_percent", "labelled_rows", "square", "step", "to_png", "to_svg"]

NARROW: Final = 5.1
"""Width in inches of a picture that stands beside another."""

WIDE: Final = 10.4
"""Width in inches of a picture that fills the page."""

_COORDINATES: Final = re.compile(r'\b(?:d|x|y|transform|points|width|height|clip-path)="[^"]*"')
_DIGITS: Final = re.compile(r"(\.\d\d)\d+")


def square(figure: Figure, most: float) -> Axes:
    """Axes from 0 to the same end with its diagonal, at the same place in every picture."""
    figure.set_layout_engine("none")
    axes = figure.add_axes((0.142, 0.105, 0.815, 0.865), xlim=(0, most), ylim=(0, most))
    axes.plot([0, most], [0, most], color=COLOURS["muted"], linewidth=1, linestyle=(0, (4, 3)))
    return axes


def step(span: float, most: int, steps: Sequence[float]) -> float:
    """The smallest step that divides a span into at most so many parts, else the largest."""
    return next((each for each in steps if span / each <= most), steps[-1])


def in_percent(*axes: Axis, every: float | None = None) -> None:
    """Label axes in per cent."""
    for axis in axes:
        if every is not None:
            axis.set_major_locator(MultipleLocator(every))
        axis.set_major_formatter(FuncFormatter(lambda share, _: f"{round(100 * share, 6):g}\N{NO-BREAK SPACE}%"))


def labelled_rows(axes: Axes, names: Sequence[str]) -> npt.NDArray[np.intp]:
    """Rows of a horizontal picture from the top down, named at the left; gives their places."""
    places = np.arange(len(names))
    axes.set_yticks(places, names, color=COLOURS["ink"])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.yaxis.grid(visible=False)
    axes.spines["left"].set_visible(False)
    return places


def to_svg(picture: Picture, prefix: str) -> str:
    """A picture as an SVG element whose identifiers start with the prefix."""
    name = f"{prefix}-{picture.key.replace('_', '-')}"
    return draw(name, picture.title, picture.told, picture.size, picture.paint, finish=_shorter)


def _shorter(drawn: str) -> str:
    """Coordinates with two digits after the point: a hundredth of a point is not seen."""
    return _COORDINATES.sub(lambda found: _DIGITS.sub(r"\1", found.group()), drawn)


def to_png(picture: Picture) -> bytes:
    """A picture as a PNG for paper."""
    return draw_png(picture.size, picture.paint)
