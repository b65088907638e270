"""Pictures for reports: inline SVG that reads on light and dark pages, or PNG for paper; same figures, same bytes.

Text stays text, and every colour is a CSS variable with the light page's colour as its fallback, so
that the page decides and a picture cut out of it still looks right.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from html import escape
from types import MappingProxyType
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from features.analysis.style import COLOURS

__all__ = ["draw", "draw_png", "percent"]

_SETTINGS: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "tradeline",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana"],
    "font.size": 9.5,
    "text.color": COLOURS["ink"],
    "text.parse_math": False,
    "axes.edgecolor": COLOURS["muted"],
    "axes.labelcolor": COLOURS["muted"],
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": COLOURS["line"],
    "grid.linewidth": 0.8,
    "xtick.color": COLOURS["muted"],
    "ytick.color": COLOURS["muted"],
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
}


def percent(share: float, digits: int = 1) -> str:
    """A share in per cent with a no-break space; a dash when it is not known.

    Examples
    --------
    >>> percent(0.2212).replace(chr(160), " "), percent(float("nan"))
    ('22.1 %', '–')
    """
    return f"{100 * share:.{digits}f}\N{NO-BREAK SPACE}%" if np.isfinite(share) else "–"


def draw(
    name: str,
    title: str,
    told: str,
    size: tuple[float, float],
    paint: Callable[[Figure], None],
    *,
    colours: Mapping[str, str] = COLOURS,
    settings: Mapping[Any, Any] = MappingProxyType({}),
    finish: Callable[[str], str] = str,
) -> str:
    """A picture as an SVG element.

    Parameters
    ----------
    name : str
        What its identifiers start with.
    title, told : str
        What it shows, in few words and in full, for those who cannot see it.
    size : tuple of float
        Width and height in inches.
    paint : callable
        Draws it into a figure.
    colours : mapping of str to str
        CSS variable to its colour on a light page.
    settings : mapping
        Matplotlib's settings, where they differ from the report's.
    finish : callable
        Changes the SVG before its identifiers get their name.
    """
    text = io.StringIO()
    with _painted(size, paint, settings) as figure:
        figure.savefig(text, format="svg", metadata={"Date": None})
    drawn = text.getvalue()
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn[drawn.index("<svg") :], flags=re.DOTALL)
    drawn = finish(drawn)
    drawn = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", drawn)
    for variable, colour in colours.items():
        drawn = drawn.replace(colour, f"var(--{variable}, {colour})")
    label = f'<svg role="img" aria-labelledby="{name}-title {name}-told"'
    head = f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-told">{escape(told)}</desc>'
    opening, _, rest = drawn.partition(">")
    return opening.replace("<svg", label, 1) + ">" + head + rest


def draw_png(size: tuple[float, float], paint: Callable[[Figure], None], dots_per_inch: int = 150) -> bytes:
    """The same picture as a PNG on white, of 64 colours, for paper.

    Parameters
    ----------
    size : tuple of float
        Width and height in inches.
    paint : callable
        Draws it into a figure.
    dots_per_inch : int
        Its resolution.
    """
    raw, written = io.BytesIO(), io.BytesIO()
    with _painted(size, paint, {}) as figure:
        figure.patch.set(alpha=1.0, facecolor="white")
        figure.dpi = dots_per_inch
        figure.savefig(raw, format="rgba", dpi=dots_per_inch)
        shape = figure.canvas.get_width_height()
    drawn = Image.frombytes("RGBA", shape, raw.getvalue()).convert("RGB")
    drawn.quantize(64, dither=Image.Dither.NONE).save(written, "PNG")
    return written.getvalue()


@contextmanager
def _painted(
    size: tuple[float, float], paint: Callable[[Figure], None], settings: Mapping[Any, Any]
) -> Iterator[Figure]:
    """The figure, painted under the report's settings, and under those as long as it is at hand."""
    with mpl.rc_context(), warnings.catch_warnings():
        # Scripts that DejaVu lacks are drawn by the reader's own fonts.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        mpl.rcdefaults()
        mpl.rcParams.update({**_SETTINGS, **settings})
        figure = Figure(figsize=size, layout="constrained")
        figure.patch.set_alpha(0.0)
        paint(figure)
        for axes in figure.axes:
            axes.patch.set_alpha(0.0)
        yield figure
