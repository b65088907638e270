"""The picture of a match weight: a waterfall from two records at random to the pair."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from features.analysis.style import COLOURS
from tradeline.identity_words import COMPARED, bits, step_words, verdict
from training.pictures import draw

if TYPE_CHECKING:
    from bureau.identity.pair_evidence import Evidence

__all__ = ["draw_waterfall"]

_WIDE: Final = 10.4
_SETTINGS: Final[Mapping[str, Any]] = {"axes.spines.left": False}


def draw_waterfall(evidence: Evidence) -> str:
    """How the match weight of a pair comes about, and where it stands to the thresholds.

    Parameters
    ----------
    evidence : Evidence
        The pair, with its steps; nothing personal of it is drawn.
    """
    steps = evidence.steps
    path = np.append(0.0, np.cumsum([step.weight for step in steps]))
    end = float(path[-1])
    names = [f"{COMPARED[step.comparison]}\n{step_words(step)}" for step in steps]
    names.append("Match weight")

    def paint(figure: Figure) -> None:
        shown = np.r_[path, evidence.link_at, evidence.review_at]
        room = float(np.ptp(shown))
        limits = (float(shown.min()) - 0.1 * room, float(shown.max()) + 0.1 * room)
        axes = figure.add_subplot(xlim=limits, ylim=(len(names) - 0.4, -0.6))
        _draw_thresholds(axes, evidence, limits)
        for row, step in enumerate(steps):
            _draw_step(axes, row, float(path[row]), step.weight)
        last = len(names) - 1
        axes.plot([end, end], [last - 0.69, last], color=COLOURS["muted"], linewidth=0.8)
        axes.plot(end, last, "D", color=COLOURS["ink"], markersize=7)
        axes.annotate(bits(end), (end, last), (10, 0), textcoords="offset points", va="center", weight="bold")
        axes.set_yticks(range(len(names)), names, color=COLOURS["ink"], linespacing=1.35)
        axes.yaxis.grid(visible=False)
        axes.xaxis.set_major_locator(MaxNLocator(9, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: bits(at, 0)))
        axes.set_xlabel("bits: to the right for one person, to the left for two")

    told = f"{verdict(evidence)}; match weight {bits(end)} bits: " + "; ".join(
        f"{COMPARED[step.comparison]}, {step_words(step)}: {bits(step.weight)}" for step in steps
    )
    title = f"Match weight of the references {evidence.left} and {evidence.right}"
    return draw("waterfall", title, told, (_WIDE, 1.1 + 0.52 * len(names)), paint, settings=_SETTINGS)


def _draw_thresholds(axes: Axes, evidence: Evidence, limits: tuple[float, float]) -> None:
    """The doubtful weights as a band, with what lies on each side of it."""
    low, high = evidence.review_at, evidence.link_at
    axes.axvspan(low, high, color=COLOURS["line"], alpha=0.55, linewidth=0)
    for at, text, away, side in ((low, "two persons", -5, "right"), (high, "linked", 5, "left")):
        axes.axvline(at, color=COLOURS["muted"], linewidth=0.9, linestyle=(0, (4, 3)))
        axes.annotate(text, (at, 1), (away, 5), xycoords=("data", "axes fraction"), textcoords="offset points", ha=side,
                      va="bottom", color=COLOURS["muted"], fontsize=8.5)  # fmt: skip
    if (high - low) / (limits[1] - limits[0]) >= 0.07:
        axes.annotate("in doubt", ((low + high) / 2, 1), (0, 5), xycoords=("data", "axes fraction"), ha="center",
                      textcoords="offset points", va="bottom", color=COLOURS["ink"], fontsize=8.5)  # fmt: skip


def _draw_step(axes: Axes, row: int, start: float, weight: float) -> None:
    colour = COLOURS["good"] if weight > 0 else COLOURS["bad"] if weight < 0 else COLOURS["muted"]
    if row:
        axes.plot([start, start], [row - 0.69, row - 0.31], color=COLOURS["muted"], linewidth=0.8)
    if weight:
        axes.barh(row, weight, left=start, height=0.62, color=colour, linewidth=0)
    else:
        axes.plot([start, start], [row - 0.31, row + 0.31], color=colour, linewidth=1.6)
    away, side = (5, "left") if weight >= 0 else (-5, "right")
    axes.annotate(bits(weight), (start + weight, row), (away, 0), textcoords="offset points",
                  va="center", ha=side, color=colour, fontsize=9)  # fmt: skip
