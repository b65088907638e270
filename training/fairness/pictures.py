"""Pictures of fairness: impact ratios by cut-off, scores of the groups, proxies, and the front of alternatives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from features.analysis.style import COLOURS
from training.fairness.alternatives import Alternatives
from training.fairness.groups import key_of
from training.fairness.impact import FOUR_FIFTHS, Impact
from training.fairness.proxies import Proxies
from training.report.drawing import NARROW, WIDE, labelled_rows
from training.report.section import Picture

__all__ = ["draw_front", "draw_impact", "draw_proxies"]

_GROUP_COLOURS: Final = (COLOURS["good"], COLOURS["bad"], "#009e73", "#8a6bb1", "#a07800", "#56738f")
"""One a group, in order, from the same palette."""

_LEAST_APPROVED: Final = 0.02
_MOST_SHOWN: Final = 1.6
_MOST_FEATURES: Final = 12


def draw_impact(impacts: Sequence[Impact], cut_offs: Mapping[str, int]) -> Picture:
    """Adverse impact ratio of each group by cut-off, with its 95 % band and the line of four fifths.

    Parameters
    ----------
    impacts : sequence of Impact
        Groups of one attribute that are large enough, at least one.
    cut_offs : mapping of str to int
        The policy's cut-offs by what they are for.
    """
    first = impacts[0]
    reached = (first.reference_rate >= _LEAST_APPROVED) & (first.reference_rate <= 0.999)
    shown = reached if reached.any() else np.ones(len(first.cut_offs), dtype=bool)

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        scores = first.cut_offs[shown]
        for number, each in enumerate(impacts):
            colour = _GROUP_COLOURS[number % len(_GROUP_COLOURS)]
            high = np.minimum(np.nan_to_num(each.high[shown], nan=1.0), 2 * _MOST_SHOWN)
            axes.fill_between(scores, each.low[shown], high, color=colour, alpha=0.15, linewidth=0, step="mid")
            label = f"{each.group} ({each.count:,}) against {each.reference} ({each.reference_count:,})"
            axes.plot(scores, each.ratio[shown], color=colour, linewidth=2, drawstyle="steps-mid", label=label)
        axes.axhline(1.0, color=COLOURS["muted"], linewidth=0.9)
        axes.axhline(FOUR_FIFTHS, color=COLOURS["ink"], linewidth=1.1, linestyle=(0, (4, 3)))
        axes.annotate("four fifths", (0, FOUR_FIFTHS), (4, 3), xycoords=("axes fraction", "data"),
                      textcoords="offset points", fontsize=8.5)  # fmt: skip
        for name, at in cut_offs.items():
            axes.axvline(at, color=COLOURS["muted"], linewidth=1, linestyle=(0, (1, 2)))
            axes.annotate(f"{name} {at}", (at, 1), (4, -4), xycoords=("data", "axes fraction"),
                          textcoords="offset points", va="top", rotation=90, fontsize=8.5,
                          color=COLOURS["muted"])  # fmt: skip
        lowest = min(float(np.nanmin(each.low[shown])) for each in impacts)
        highest = max(
            float(np.nanmax(np.where(np.isfinite(each.ratio[shown]), each.ratio[shown], 1.0))) for each in impacts
        )
        axes.set_ylim(max(0.0, min(0.7, lowest - 0.03)), min(max(1.12, highest + 0.06), _MOST_SHOWN))
        axes.set_xlim(float(scores[0]), float(scores[-1]) + (0.5 if len(scores) == 1 else 0))
        axes.legend(loc="lower left", labelcolor="linecolor", handlelength=1.4)
        axes.set_xlabel("cut-off: credit score from which applicants are approved")
        axes.set_ylabel("adverse impact ratio")

    told = "; ".join(
        f"{each.group}: lowest ratio {np.nanmin(each.ratio[shown]):.2f}, highest {np.nanmax(each.ratio[shown]):.2f}"
        for each in impacts
    )
    title = f"Adverse impact ratio by cut-off: {first.attribute}"
    return Picture(f"impact_{key_of(first.attribute)}", title, told, paint,
                   (WIDE, 3.9), "Bands: Koopman's 95 % interval at each cut-off.")  # fmt: skip


def draw_proxies(found: Proxies) -> Picture:
    """AUC with which each feature by itself, and all together, tell the group."""
    top = sorted(found.features, key=lambda each: (-each.auc, each.feature))[:_MOST_FEATURES]
    names = ["all features together", *(each.feature for each in top)]
    values = [found.joint_auc, *(each.auc for each in top)]
    proxies = [False, *(each.is_proxy for each in top)]

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        places = labelled_rows(axes, [name if len(name) <= 32 else f"{name[:31]}…" for name in names])
        colours = [COLOURS["ink"], *(COLOURS["bad"] if each else COLOURS["good"] for each in proxies[1:])]
        axes.hlines(places, 0.5, values, color=colours, linewidth=2.2)
        axes.scatter(values, places, color=colours, s=34, zorder=3)
        axes.axvline(0.5, color=COLOURS["muted"], linewidth=1)
        axes.axvline(found.single_by_chance, color=COLOURS["muted"], linewidth=1, linestyle=(0, (4, 3)))
        axes.annotate("chance", (found.single_by_chance, 1), (3, 2), xycoords=("data", "axes fraction"),
                      textcoords="offset points", color=COLOURS["muted"], fontsize=8.5)  # fmt: skip
        axes.set_xlim(min(0.49, *values) - 0.005, max(0.62, *values) + 0.02)
        axes.set_xlabel(f"AUC with which {found.group} is told from {found.reference}")

    told = "; ".join(f"{name} {value:.3f}" for name, value in zip(names, values, strict=True))
    key = f"proxies_{key_of(found.attribute, found.group)}"
    return Picture(key, f"What features tell of {found.attribute}: {found.group}", told, paint,
                   (NARROW, 0.28 * len(names) + 1.1), "Vermilion: a proxy by the stated rule.")  # fmt: skip


def draw_front(found: Alternatives) -> Picture:
    """Accuracy against impact ratio of all candidates; the front, the baseline and the choice are marked."""
    auc = np.array([each.auc for each in found.candidates])
    ratio = np.array([each.impact_ratio for each in found.candidates])
    reduced = np.array([bool(each.dropped) for each in found.candidates])

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        for chosen, colour, label in (
            (~reduced, COLOURS["muted"], "all features"),
            (reduced, COLOURS["good"], "without proxies"),
        ):
            if chosen.any():
                axes.scatter(auc[chosen], ratio[chosen], s=22, color=colour, alpha=0.6, linewidth=0, label=label)
        axes.plot([each.auc for each in found.front], [each.impact_ratio for each in found.front], color=COLOURS["ink"],
                  linewidth=1.2, drawstyle="steps-pre", zorder=1)  # fmt: skip
        least = found.baseline.auc - found.rule.tolerance
        axes.axvline(least, color=COLOURS["ink"], linewidth=1, linestyle=(0, (1, 2)))
        axes.annotate("tolerance", (least, 0), (-4, 4), xycoords=("data", "axes fraction"), textcoords="offset points",
                      rotation=90, ha="right", va="bottom", fontsize=8.5, color=COLOURS["muted"])  # fmt: skip
        _mark(axes, found)
        _room(axes, auc, ratio)
        axes.legend(loc="upper right", bbox_to_anchor=(1, 1.1), ncols=2, handletextpad=0.2)
        axes.set_xlabel("AUC, mean of the folds")
        axes.set_ylabel(f"lowest impact ratio, {found.rule.approval_rate:.0%} approved")

    told = (
        f"{len(found.candidates)} candidates; baseline AUC {found.baseline.auc:.4f} and ratio "
        f"{found.baseline.impact_ratio:.3f}; chosen AUC {found.chosen.auc:.4f} and ratio "
        f"{found.chosen.impact_ratio:.3f}"
    )
    return Picture("alternatives", "Less discriminatory alternatives", told, paint, (WIDE, 3.9),
                   "The line joins candidates that no other beats; right and up is better.")  # fmt: skip


def _mark(axes: Axes, found: Alternatives) -> None:
    same = found.baseline == found.chosen
    marks = [("baseline and choice" if same else "baseline", found.baseline, COLOURS["bad"], "s")]
    if not same:
        marks.append(("chosen", found.chosen, COLOURS["good"], "D"))
    for name, each, colour, shape in marks:
        axes.scatter([each.auc], [each.impact_ratio], s=80, marker=shape, facecolor="none", edgecolor=colour,
                     linewidth=2, zorder=4)  # fmt: skip
        axes.annotate(name, (each.auc, each.impact_ratio), (-9, -4), textcoords="offset points", ha="right", va="top",
                      color=colour, weight="bold")  # fmt: skip
    if axes.get_ylim()[0] < FOUR_FIFTHS:
        axes.axhline(FOUR_FIFTHS, color=COLOURS["ink"], linewidth=1, linestyle=(0, (4, 3)))


def _room(axes: Axes, auc: npt.NDArray[np.float64], ratio: npt.NDArray[np.float64]) -> None:
    """Most candidates in view: a trial that failed altogether would press the others together."""
    low = max(float(auc.min()), float(np.median(auc)) - 3 * float(auc.max() - np.median(auc)) - 0.01)
    wide, tall = max(float(auc.max()) - low, 1e-3), max(float(np.ptp(ratio)), 1e-2)
    axes.set_xlim(low - 0.1 * wide, float(auc.max()) + 0.05 * wide)
    axes.set_ylim(float(ratio.min()) - 0.12 * tall, float(ratio.max()) + 0.08 * tall)
