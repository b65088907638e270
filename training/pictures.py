"""The report's pictures: inline SVG that reads on light and dark pages, the same bytes for the same figures.

Text stays text, and every colour is a CSS variable with the light page's colour as its fallback, so
that the page decides and a picture cut out of it still looks right.
"""

from __future__ import annotations

import io
import re
import textwrap
import warnings
from collections.abc import Callable, Mapping, Sequence
from html import escape
from types import MappingProxyType
from typing import Any, Final

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from scoring.calibration import probability
from training.observed import Group, Roc

__all__ = ["COLOURS", "draw", "draw_calibration", "draw_reasons", "draw_roc", "draw_scores", "percent"]

COLOURS: Final = {
    "ink": "#1f2a35",
    "muted": "#5c6976",
    "line": "#d8dfe6",
    "good": "#0072b2",
    "bad": "#c75100",
}
"""Colours of a light page by the name of their CSS variable; blue and vermilion differ for every eye."""

_WIDE: Final = 10.4
_NARROW: Final = 5.1
_MOST_POINTS: Final = 300
_CHANCES: Final = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4,
    0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999,
)  # fmt: skip
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


def draw_roc(curve: Roc) -> str:
    """The receiver operating characteristic, its area and the point of the largest distance."""
    x, y = float(curve.share_of_good[curve.ks_point]), float(curve.share_of_bad[curve.ks_point])

    def paint(figure: Figure) -> None:
        axes = _square(figure, 1.0)
        good, bad = _thinned(curve)
        axes.fill_between(good, bad, good, color=COLOURS["good"], alpha=0.1, linewidth=0)
        axes.plot(good, bad, color=COLOURS["good"], linewidth=2.2, clip_on=False)
        axes.plot([x, x], [x, y], color=COLOURS["bad"], linewidth=1.6, marker="o", markersize=4.5, clip_on=False)
        axes.annotate(f"KS {curve.ks:.3f}", (x, (x + y) / 2), (8, 0), textcoords="offset points", color=COLOURS["bad"],
                      va="center", fontsize=11)  # fmt: skip
        axes.text(0.97, 0.06, f"AUC {curve.auc:.3f}", ha="right", fontsize=15, color=COLOURS["good"], weight="bold")
        _in_percent(axes.xaxis, axes.yaxis, step=0.2)
        axes.set_xlabel("share of the good held back")
        axes.set_ylabel("share of the bad held back")

    told = f"AUC {curve.auc:.3f}; KS {curve.ks:.3f} at a default probability of {percent(curve.ks_default_probability)}"
    return draw("roc", "ROC curve", told, (_NARROW, _NARROW), paint)


def draw_calibration(groups: Sequence[Group], error: float) -> str:
    """Observed rate of bad of each group against the mean that was predicted for it."""
    predicted = np.array([group.mean_default_probability for group in groups])
    observed = np.array([group.bad_rate for group in groups])
    low, high = np.array([group.interval for group in groups]).T

    def paint(figure: Figure) -> None:
        most = min(1.0, max(float(high.max()), float(predicted.max())) * 1.06)
        axes = _square(figure, most)
        axes.vlines(predicted, low, high, color=COLOURS["good"], linewidth=2.2, alpha=0.45, clip_on=False)
        axes.plot(predicted, observed, "o", color=COLOURS["good"], markersize=6, clip_on=False)
        axes.text(0.97, 0.06, f"ECE {error:.4f}", transform=axes.transAxes, ha="right", fontsize=15,
                  color=COLOURS["good"], weight="bold")  # fmt: skip
        _in_percent(axes.xaxis, axes.yaxis, step=_step(most, 6, (0.01, 0.02, 0.05, 0.1, 0.2)))
        axes.set_xlabel("mean default probability predicted")
        axes.set_ylabel("share that went bad")

    told = f"{len(groups)} groups from lowest to highest risk; expected calibration error {error:.4f}: " + "; ".join(
        f"predicted {percent(group.mean_default_probability)}, observed {percent(group.bad_rate)}" for group in groups
    )
    return draw("calibration", "Calibration", told, (_NARROW, _NARROW), paint)


def draw_scores(
    credit_score: npt.NDArray[np.int64],
    is_bad: npt.NDArray[np.bool_],
    cut_offs: tuple[int, int],
    bands: Sequence[Group],
) -> str:
    """Distribution of the credit score of good and bad, with the cut-offs.

    Parameters
    ----------
    credit_score, is_bad : ndarray of shape (rows,)
        Score and outcome of each consumer.
    cut_offs : tuple of int
        Declined below the first, referred below the second.
    bands : sequence of Group
        Who is declined, referred and approved, in this order.
    """
    lowest = min(int(np.quantile(credit_score, 0.0005)), cut_offs[0] - 8)
    highest = max(int(np.quantile(credit_score, 0.9995)), cut_offs[1] + 8)
    width = int(_step(highest - lowest, 75, (1, 2, 5, 10)))
    edges = np.arange(lowest // width * width, highest + 2 * width, width) - 0.5

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot(xlim=(edges[0], edges[-1]))
        for name, chosen in (("good", ~is_bad), ("bad", is_bad)):
            held = np.clip(credit_score[chosen], edges[0] + 0.5, edges[-1] - 0.5)
            share = np.histogram(held, edges)[0] / max(int(chosen.sum()), 1)
            axes.stairs(share, edges, fill=True, color=COLOURS[name], alpha=0.22, linewidth=0)
            label = f"{name} ({int(chosen.sum()):,})"
            axes.stairs(share, edges, color=COLOURS[name], linewidth=1.6, label=label, baseline=None)
        _mark_bands(axes, (float(edges[0]), float(edges[-1])), cut_offs, bands)
        axes.set_ylim(0)
        axes.legend(loc="upper right", labelcolor="linecolor", handlelength=1.4)
        axes.xaxis.grid(visible=False)
        _in_percent(axes.yaxis)
        axes.set_xlabel("credit score")
        points = "point" if width == 1 else f"{width} points"
        axes.set_ylabel(f"share of each, per {points}")

    told = "; ".join(
        f"{band.name}: {band.count:,} consumers, of whom {percent(band.bad_rate)} went bad" for band in bands
    )
    return draw("scores", "Credit scores of good and bad", told, (_WIDE, 4.1), paint)


def draw_reasons(base: float, steps: Sequence[tuple[str, float]], consumer: str) -> str:
    """How reasons lead from the average to one consumer's default probability.

    Parameters
    ----------
    base : float
        Log-odds to start from.
    steps : sequence of (str, float)
        Statement and contribution to the log-odds of each, from top to bottom.
    consumer : str
        Who it is, without a reference.
    """
    path = base + np.append(0.0, np.cumsum([weight for _, weight in steps]))
    names = ["Average of all consumers in training", *(name for name, _ in steps), consumer[:1].upper() + consumer[1:]]

    def paint(figure: Figure) -> None:
        room = max(float(np.ptp(path)), 0.5)
        limits = (float(path.min()) - 0.13 * room, float(path.max()) + 0.13 * room)
        axes = figure.add_subplot(xlim=limits, ylim=(len(names) - 0.4, -0.6))
        for row, (_, weight) in enumerate(steps, start=1):
            _draw_step(axes, row, float(path[row - 1]), weight)
        for row, at in ((0, base), (len(names) - 1, float(path[-1]))):
            axes.plot(at, row, "D", color=COLOURS["ink"], markersize=7)
            chance = percent(float(probability(at)))
            axes.annotate(chance, (at, row), (9, 0), textcoords="offset points", va="center", weight="bold")
        axes.plot([path[-1]] * 2, [len(names) - 1.69, len(names) - 1], color=COLOURS["muted"], linewidth=0.8)
        axes.set_yticks(range(len(names)), [_wrapped(name) for name in names], color=COLOURS["ink"])
        axes.yaxis.grid(visible=False)
        axes.spines["left"].set_visible(False)
        _chance_axis(axes, limits)

    told = f"from {percent(float(probability(base)))} to {percent(float(probability(path[-1])))}: " + "; ".join(
        f"{name} {weight:+.2f}" for name, weight in steps
    )
    return draw("reasons", "From the average to one consumer", told, (_WIDE, 1.4 + 0.4 * len(names)), paint)


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


def _square(figure: Figure, most: float) -> Axes:
    """Axes from 0 to the same end with its diagonal, at the same place in every picture."""
    figure.set_layout_engine("none")
    axes = figure.add_axes((0.142, 0.105, 0.815, 0.865), xlim=(0, most), ylim=(0, most))
    axes.plot([0, most], [0, most], color=COLOURS["muted"], linewidth=1, linestyle=(0, (4, 3)))
    return axes


def _thinned(curve: Roc) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Points of the curve at even steps along it; the eye sees no difference."""
    if len(curve.share_of_bad) <= _MOST_POINTS:
        return curve.share_of_good, curve.share_of_bad
    way = curve.share_of_good + curve.share_of_bad
    steps = np.union1d(np.linspace(0, 2, _MOST_POINTS), way[curve.ks_point])
    return np.interp(steps, way, curve.share_of_good), np.interp(steps, way, curve.share_of_bad)


def _step(span: float, most: int, steps: Sequence[float]) -> float:
    """The smallest step that divides a span into at most so many parts, else the largest."""
    return next((step for step in steps if span / step <= most), steps[-1])


def _in_percent(*axes: Axis, step: float | None = None) -> None:
    for axis in axes:
        if step is not None:
            axis.set_major_locator(MultipleLocator(step))
        axis.set_major_formatter(FuncFormatter(lambda share, _: f"{round(100 * share, 6):g}\N{NO-BREAK SPACE}%"))


def _mark_bands(axes: Axes, limits: tuple[float, float], cut_offs: tuple[int, int], bands: Sequence[Group]) -> None:
    """Lines at the cut-offs; above and between them, where there is room, who is there."""
    inner = [cut - 0.5 for cut in cut_offs]
    total = sum(band.count for band in bands)
    edges = [limits[0], *inner, limits[1]]
    for cut in sorted(set(inner)):
        axes.axvline(cut, color=COLOURS["ink"], linewidth=1.1, linestyle=(0, (4, 3)))
        axes.annotate(f"{cut + 0.5:.0f}", (cut, 1), (4, -3), xycoords=("data", "axes fraction"),
                      textcoords="offset points", va="top", fontsize=8.5)  # fmt: skip
    for band, left, right in zip(bands, edges, edges[1:], strict=False):
        if (right - left) / (limits[1] - limits[0]) >= 0.085:
            axes.annotate(
                f"{band.name}\n{percent(band.count / total)}\n({percent(band.bad_rate)} bad)",
                ((left + right) / 2, 1), (0, 6), xycoords=("data", "axes fraction"), textcoords="offset points",
                ha="center", va="bottom", linespacing=1.4,
            )  # fmt: skip


def _draw_step(axes: Axes, row: int, start: float, weight: float) -> None:
    colour = COLOURS["bad"] if weight > 0 else COLOURS["good"]
    axes.barh(row, weight, left=start, height=0.62, color=colour, linewidth=0)
    axes.plot([start, start], [row - (1 if row == 1 else 0.69), row - 0.31], color=COLOURS["muted"], linewidth=0.8)
    end, away, side = (start + weight, 5, "left") if weight > 0 else (start + weight, -5, "right")
    axes.annotate(f"{weight:+.2f}".replace("-", "\N{MINUS SIGN}"), (end, row), (away, 0), textcoords="offset points",
                  va="center", ha=side, color=colour, fontsize=9)  # fmt: skip


def _chance_axis(axes: Axes, limits: tuple[float, float]) -> None:
    """Default probability below, log-odds above."""
    shown: list[tuple[float, str]] = []
    for chance in _CHANCES:
        place = float(np.log(chance / (1 - chance)))
        apart = place - max(shown[-1][0] if shown else -np.inf, limits[0] - 0.06 * (limits[1] - limits[0]))
        if place < limits[1] and apart > 0.075 * (limits[1] - limits[0]):
            shown.append((place, f"{100 * chance:g}\N{NO-BREAK SPACE}%"))
    axes.set_xticks([place for place, _ in shown], [text for _, text in shown])
    axes.set_xlabel("default probability")
    above = axes.secondary_xaxis("top")
    above.set_xlabel("log-odds of bad")
    above.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.1f}".replace("-", "\N{MINUS SIGN}")))


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text, 46, max_lines=2, placeholder=" …"))
