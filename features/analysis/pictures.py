"""Pictures of a feature: over time, against an outcome, its stability. Functions from tables to figures."""

from __future__ import annotations

import textwrap
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from features.analysis.style import COLOURS, Picture, painted, percent_axis

__all__ = ["draw_against_outcome", "draw_over_time", "draw_stability"]

_WIDE: Final = 8.4
_MOST_TICKS: Final = 12
_LEGEND_PAD: Final = 24.0
"""Points between plot and title, with a legend in between."""
_SLIGHT, _CONSIDERABLE = 0.1, 0.25


def draw_over_time(spread: pd.DataFrame, name: str, meaning: str, unit: str) -> Picture:
    """Median and quantiles of a feature by month, and below them the share that is missing.

    Parameters
    ----------
    spread : DataFrame
        From :func:`features.analysis.over_time.spread_by_month`.
    name, meaning, unit : str
        Of the feature.
    """
    months = [str(month) for month in spread.index]
    places = np.arange(len(months))

    def paint(figure: Figure) -> None:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
        above.fill_between(places, spread["p05"], spread["p95"], color=COLOURS["good"], alpha=0.13, linewidth=0,
                           label="5 % to 95 %")  # fmt: skip
        above.fill_between(places, spread["p25"], spread["p75"], color=COLOURS["good"], alpha=0.28, linewidth=0,
                           label="25 % to 75 %")  # fmt: skip
        above.plot(places, spread["median"], color=COLOURS["good"], linewidth=2.2, marker="o", markersize=4,
                   label="median")  # fmt: skip
        above.plot(places, spread["mean"], color=COLOURS["bad"], linewidth=1.4, linestyle=(0, (4, 2)), label="mean")
        _head(figure, above, name, meaning, pad=_LEGEND_PAD)
        above.set_ylabel(unit)
        _legend(above)
        below.bar(places, spread["missing"], color=COLOURS["muted"], width=0.6)
        below.set_ylim(0, max(0.01, min(1.0, 1.25 * float(spread["missing"].max()))))
        below.set_ylabel("missing")
        below.yaxis.set_major_locator(MaxNLocator(3))
        percent_axis(below)
        _months_below(below, months)

    return painted((_WIDE, 4.4), paint)


def draw_against_outcome(table: pd.DataFrame, name: str, meaning: str, unit: str) -> Picture:
    """Bad rate of each bin with its 95 % interval, over the share of people in it.

    Parameters
    ----------
    table : DataFrame
        From :func:`features.analysis.information.woe_table`.
    name, meaning, unit : str
        Of the feature.
    """
    places = np.arange(len(table))
    overall = float(table["bad"].sum() / table["count"].sum())
    below_rate, above_rate = table["bad_rate"] - table["low"], table["high"] - table["bad_rate"]

    def paint(figure: Figure) -> None:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
        above.axhline(overall, color=COLOURS["muted"], linewidth=1, linestyle=(0, (4, 3)))
        above.annotate(f"all: {100 * overall:.1f}\N{NO-BREAK SPACE}%", (1, overall), (4, 0),
                       xycoords=("axes fraction", "data"), textcoords="offset points", va="center",
                       color=COLOURS["muted"], fontsize=8.5)  # fmt: skip
        above.errorbar(places, table["bad_rate"], yerr=[below_rate.clip(lower=0), above_rate.clip(lower=0)],
                       fmt="o", color=COLOURS["bad"], ecolor=COLOURS["bad"], elinewidth=1.6, capsize=3,
                       markersize=6)  # fmt: skip
        above.set_ylim(0, min(1.0, 1.08 * float(table["high"].max())))
        _head(figure, above, f"{name}: information value {table['iv'].sum():.3f}", meaning)
        above.set_ylabel("bad rate")
        percent_axis(above)
        below.bar(places, table["share"], color=COLOURS["good"], width=0.6)
        below.set_ylabel("people")
        percent_axis(below)
        below.yaxis.set_major_locator(MaxNLocator(3))
        slant = len(table) > 5
        below.set_xticks(places, [str(label) for label in table["bin"]], rotation=25 if slant else 0,
                         ha="right" if slant else "center")  # fmt: skip
        below.set_xlabel(unit)

    return painted((_WIDE, 4.8), paint)


def draw_stability(table: pd.DataFrame, name: str, meaning: str) -> Picture:
    """The population stability index of each month against the base month.

    Parameters
    ----------
    table : DataFrame
        From :func:`features.analysis.shift.psi_by_month`.
    name, meaning : str
        Of the feature.
    """
    months = [str(month) for month in table.index]
    places = np.arange(len(months))
    values = table["psi"].to_numpy(np.float64)
    most = max(1.15 * float(np.nanmax(values, initial=0.0)), 0.3)

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        shifted = values >= _CONSIDERABLE
        axes.vlines(places, 0, values, color=np.where(shifted, COLOURS["bad"], COLOURS["good"]).tolist(), linewidth=2)
        for some, colour, marker in ((shifted, "bad", "D"), (~shifted, "good", "o")):
            if not some.any():
                continue  # an empty line that is not clipped would be given room in the corner
            axes.plot(places[some], values[some], marker, color=COLOURS[colour], markersize=6, clip_on=False)
        axes.plot(places, table["by_chance"], color=COLOURS["muted"], linewidth=1.2, linestyle=(0, (1, 2)),
                  label="exceeded once in 20 times by chance")  # fmt: skip
        for bound, word in ((_SLIGHT, "slight shift"), (_CONSIDERABLE, "considerable shift")):
            axes.axhline(bound, color=COLOURS["ink"], linewidth=0.9, linestyle=(0, (4, 3)))
            if bound > 0.05 * most:
                axes.annotate(word, (1, bound), (-3, 3), xycoords=("axes fraction", "data"), textcoords="offset points",
                          ha="right", fontsize=8.5)  # fmt: skip
        axes.set_ylim(0, most)
        _head(figure, axes, name, meaning, pad=_LEGEND_PAD)
        axes.set_ylabel("PSI against the base month")
        _legend(axes)
        _months_below(axes, months)

    return painted((_WIDE, 3.4), paint)


def _months_below(axes: Axes, months: list[str]) -> None:
    step = max(1, -(-len(months) // _MOST_TICKS))
    axes.set_xticks(range(0, len(months), step), months[::step])
    axes.set_xlim(-0.6, len(months) - 0.4)


def _legend(axes: Axes) -> None:
    """The legend between title and plot, where no data lie."""
    axes.legend(loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=4, borderaxespad=0.2, handlelength=1.6)


def _head(figure: Figure, axes: Axes, name: str, meaning: str, *, pad: float = 6.0) -> None:
    """The name in bold, and below it what the feature is, in two lines at most."""
    figure.suptitle(name, x=0.01, ha="left", fontsize=10.5, weight="bold")
    lines = textwrap.wrap(meaning, 105, max_lines=2, placeholder=" …")
    axes.set_title("\n".join(lines), pad=pad)
