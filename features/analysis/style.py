"""The look of all pictures of features: one set of colours that differ for every eye, quiet axes, no frame.

A picture is an ordinary matplotlib figure that needs no ``pyplot``, and shows itself in a notebook.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

__all__ = ["COLOURS", "Picture", "painted", "percent_axis"]

COLOURS: Final = {
    "ink": "#1f2a35",
    "muted": "#5c6976",
    "line": "#d8dfe6",
    "good": "#0072b2",
    "bad": "#c75100",
}
"""Blue and vermilion of Okabe and Ito's palette, the second a shade darker, and greys; those of the report too."""

_SETTINGS: Final[dict[Any, Any]] = {
    "figure.facecolor": "white",
    "figure.dpi": 110,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.5,
    "text.color": COLOURS["ink"],
    "text.parse_math": False,
    "axes.titlesize": 9.0,
    "axes.titlecolor": COLOURS["muted"],
    "axes.titlelocation": "left",
    "axes.edgecolor": COLOURS["muted"],
    "axes.labelcolor": COLOURS["muted"],
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": COLOURS["line"],
    "grid.linewidth": 0.8,
    "xtick.color": COLOURS["muted"],
    "ytick.color": COLOURS["muted"],
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
}


class Picture(Figure):
    """A figure that a notebook shows when a cell ends with it."""

    def _repr_png_(self) -> bytes:
        drawn = io.BytesIO()
        with _styled():
            self.savefig(drawn, format="png")
        return drawn.getvalue()


def painted(size: tuple[float, float], paint: Callable[[Figure], None]) -> Picture:
    """A picture of this size (inches), drawn in the one style whatever matplotlib is set to."""
    with _styled():
        figure = Picture(figsize=size, layout="constrained")
        paint(figure)
    return figure


def percent_axis(axes: Axes) -> None:
    """Show the shares of a picture's y-axis in per cent."""
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{round(100 * share, 6):g}\N{NO-BREAK SPACE}%"))


@contextmanager
def _styled() -> Iterator[None]:
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield
