"""Decisions: whom the policy would approve, refer and decline, and how it went with them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from features.analysis.style import COLOURS
from training.report.drawing import WIDE, in_percent, step
from training.report.groups import Group, groups_by, observe
from training.report.section import Column, Interval, Picture, Section, Table
from training.report.shown import shared
from training.validation.evidence import Evidence

__all__ = ["bands_of", "decisions_section"]

_BANDS = (
    Column("decision", "Decision"),
    Column("credit_score", "Credit score"),
    Column("consumers", "Rows", "count"),
    Column("share", "Share", "share"),
    Column("bad", "Bad", "count"),
    Column("bad_rate", "Bad rate", "share", 2),
    Column("interval", "95 % interval", "share", 2),
    Column("predicted", "Predicted", "share", 2),
)
_DECILES = (
    Column("decile", "Decile", "count"),
    Column("credit_score", "Credit score"),
    Column("consumers", "Rows", "count"),
    Column("bad", "Bad", "count"),
    Column("bad_rate", "Bad rate", "share", 2),
    Column("predicted", "Predicted", "share", 2),
    Column("bad_up_to_here", "Bad up to here", "share"),
)


def decisions_section(evidence: Evidence) -> Section:
    """What the policy does on the latest sample."""
    part, policy = evidence.latest, evidence.bundle.policy
    scores, chance = evidence.credit_score[part.rows], part.default_probability
    bands = bands_of(evidence)
    between = _range(policy.decline_below, policy.refer_below - 1) if policy.decline_below < policy.refer_below else "–"
    ranges = (f"below {policy.decline_below}", between, f"{policy.refer_below} and above")
    everybody = observe("all", part.is_bad, chance)
    rows = [
        (band.name.capitalize(), scored, band.count, band.count / len(part), band.bad, band.bad_rate,
         Interval(*band.interval), band.mean_default_probability)
        for scored, band in zip((*ranges, ""), (*bands, everybody), strict=True)
    ]  # fmt: skip
    approved = bands[-1]
    return Section(
        "decisions",
        "Scores and decisions",
        (
            f"Under policy {policy.version}, applicants are declined below {policy.decline_below}, referred to a "
            f"person below {policy.refer_below}, and approved from there. Of the {part.name} sample it would approve "
            f"{shared(approved.count / len(part))}, of whom {shared(approved.bad_rate)} went bad.",
            "“Bad up to here” is the share of all who went bad that a cut-off above the decile would hold back. "
            "Consumers with the same score stand in the same decile.",
        ),
        tables=(
            Table("bands", f"Decisions, {part.name} sample", _BANDS, tuple(rows)),
            Table("deciles", f"Bad rate by score decile, {part.name} sample, lowest scores first", _DECILES,
                  _decile_rows(scores, part.is_bad, chance)),
        ),
        pictures=(_picture(scores, part.is_bad, (policy.decline_below, policy.refer_below), bands),),
        figures={"approval_rate": approved.count / len(part), "approved_bad_rate": approved.bad_rate},
    )  # fmt: skip


def bands_of(evidence: Evidence) -> tuple[Group, Group, Group]:
    """Who of the latest sample would be declined, referred and approved."""
    part, policy = evidence.latest, evidence.bundle.policy
    scores, chance = evidence.credit_score[part.rows], part.default_probability
    declined, approved = scores < policy.decline_below, scores >= policy.refer_below
    return (
        observe("declined", part.is_bad[declined], chance[declined]),
        observe("referred", part.is_bad[~declined & ~approved], chance[~declined & ~approved]),
        observe("approved", part.is_bad[approved], chance[approved]),
    )


def _decile_rows(
    scores: npt.NDArray[np.int64], is_bad: npt.NDArray[np.bool_], chance: npt.NDArray[np.float64]
) -> tuple[tuple[str | int | float, ...], ...]:
    groups = groups_by(scores, 10)
    captured = np.cumsum([is_bad[rows].sum() for rows in groups]) / is_bad.sum()
    return tuple(
        (number, _range(int(scores[rows].min()), int(scores[rows].max())), len(rows), int(is_bad[rows].sum()),
         float(is_bad[rows].mean()), float(chance[rows].mean()), float(so_far))
        for number, (rows, so_far) in enumerate(zip(groups, captured, strict=True), 1)
    )  # fmt: skip


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}–{high}"


def _picture(
    scores: npt.NDArray[np.int64],
    is_bad: npt.NDArray[np.bool_],
    cut_offs: tuple[int, int],
    bands: tuple[Group, Group, Group],
) -> Picture:
    """Distribution of the credit score of good and bad, with the cut-offs."""
    lowest = min(int(np.quantile(scores, 0.0005)), cut_offs[0] - 8)
    highest = max(int(np.quantile(scores, 0.9995)), cut_offs[1] + 8)
    width = int(step(highest - lowest, 75, (1, 2, 5, 10)))
    edges = np.arange(lowest // width * width, highest + 2 * width, width) - 0.5

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot(xlim=(edges[0], edges[-1]))
        for name, chosen in (("good", ~is_bad), ("bad", is_bad)):
            held = np.clip(scores[chosen], edges[0] + 0.5, edges[-1] - 0.5)
            share = np.histogram(held, edges)[0] / max(int(chosen.sum()), 1)
            axes.stairs(share, edges, fill=True, color=COLOURS[name], alpha=0.22, linewidth=0)
            label = f"{name} ({int(chosen.sum()):,})"
            axes.stairs(share, edges, color=COLOURS[name], linewidth=1.6, label=label, baseline=None)
        _mark_bands(axes, (float(edges[0]), float(edges[-1])), cut_offs, bands)
        axes.set_ylim(0)
        axes.legend(loc="upper right", labelcolor="linecolor", handlelength=1.4)
        axes.xaxis.grid(visible=False)
        in_percent(axes.yaxis)
        axes.set_xlabel("credit score")
        axes.set_ylabel(f"share of each, per {'point' if width == 1 else f'{width} points'}")

    told = "; ".join(f"{band.name}: {band.count:,}, of whom {shared(band.bad_rate)} went bad" for band in bands)
    return Picture("scores", "Credit scores of good and bad", told, paint, (WIDE, 4.1),
                   "Good and bad are each drawn to the same total, so that their shapes compare. "
                   "Dashed lines: the cut-offs.")  # fmt: skip


def _mark_bands(axes: Axes, limits: tuple[float, float], cut_offs: tuple[int, int], bands: tuple[Group, ...]) -> None:
    """Lines at the cut-offs; above and between them, where there is room, who is there."""
    inner = [cut - 0.5 for cut in cut_offs]
    total = sum(band.count for band in bands)
    for cut in sorted(set(inner)):
        axes.axvline(cut, color=COLOURS["ink"], linewidth=1.1, linestyle=(0, (4, 3)))
        axes.annotate(f"{cut + 0.5:.0f}", (cut, 1), (4, -3), xycoords=("data", "axes fraction"),
                      textcoords="offset points", va="top", fontsize=8.5)  # fmt: skip
    edges = [limits[0], *inner, limits[1]]
    for band, left, right in zip(bands, edges, edges[1:], strict=False):
        if (right - left) / (limits[1] - limits[0]) >= 0.085:
            axes.annotate(
                f"{band.name}\n{shared(band.count / total)}\n({shared(band.bad_rate)} bad)",
                ((left + right) / 2, 1), (0, 6), xycoords=("data", "axes fraction"), textcoords="offset points",
                ha="center", va="bottom", linespacing=1.4,
            )  # fmt: skip
