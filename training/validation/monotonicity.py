"""Monotonicity: the declared directions of risk verified on the model, and how it answers to its main features."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, MaxNLocator

from features.analysis.style import COLOURS
from scoring.calibration import probability
from training.errors import BrokenMonotonicity
from training.monotonicity import VerifiedDirection, verify_directions
from training.report.drawing import WIDE, in_percent
from training.report.section import Column, Finding, Picture, Section, Table
from training.report.shown import counted
from training.validation.evidence import Evidence

__all__ = ["monotonicity_section", "response"]

_Values = npt.NDArray[np.float64]
_SWEPT: Final = 500
_AVERAGED: Final = 200
_POINTS: Final = 25
_PICTURED: Final = 9
_COLUMNS = (
    Column("feature", "Feature"),
    Column("meaning", "Meaning"),
    Column("direction", "Risk, when it grows"),
    Column("trees", "Trees", "count"),
    Column("verified", "Verified"),
)
_WORDS: Final = {1: "rises", -1: "falls"}


def monotonicity_section(evidence: Evidence) -> Section:
    """Every declared direction with its verification, and the response to the main features."""
    directions = [int(evidence.features.catalogue[name].direction) for name in evidence.people.features]
    verified, broken = _verify(evidence, directions)
    declared = len(verified) + len(broken)
    rows = [
        *((name, evidence.features.catalogue[name].meaning, _WORDS[direction], None, f"no: {told}")
          for name, direction, told in broken),
        *((each.feature, evidence.features.catalogue[each.feature].meaning, _WORDS[each.direction], each.trees,
           "in every tree" if each.by == "every tree" else "by sweeps of the model")
          for each in verified if each.trees),
    ]  # fmt: skip
    unused = sum(not each.trees for each in verified)
    return Section(
        "monotonicity",
        "Monotonicity",
        (
            "Where the catalogue declares a direction of risk, the model may not turn against it for anybody, "
            "everything else being equal. This is verified on the fitted trees themselves: every tree is a set of "
            "boxes, of which no higher one may have the lower value. A missing value has no place in the order.",
            f"Of {counted(len(directions))} features {counted(declared)} have a declared direction; "
            f"{counted(unused)} of those are not used by any tree.",
        ),
        tables=(Table("directions", "Declared directions of the features in use", _COLUMNS, tuple(rows)),),
        pictures=_pictures(evidence, directions),
        findings=(
            Finding(
                "directions_kept",
                not broken if declared else None,
                f"{counted(len(broken))} of {counted(declared)} declared directions are broken."
                if declared
                else "No feature has a declared direction.",
                "none",
                "requirement of the feature catalogue",
            ),
        ),
    )


def response(evidence: Evidence, column: int) -> tuple[_Values, _Values]:
    """Mean default probability of a part of the test sample as one feature runs through its range.

    The partial dependence of J. Friedman (2001): everybody gets each value in turn, the rest staying as it is.

    Returns
    -------
    values, default_probability : ndarray of shape (points,)
        Up to 25 values at even quantiles of the feature; both empty where it is always missing.
    """
    people = evidence.people.values[evidence.sample_of(evidence.samples.test, _AVERAGED, salt=2)]
    seen = evidence.people.values[evidence.samples.development, column]
    seen = seen[~np.isnan(seen)]
    if not seen.size:
        return np.empty(0), np.empty(0)
    grid = np.unique(np.quantile(seen, np.linspace(0.01, 0.99, _POINTS)))
    moved = np.repeat(people[None], len(grid), axis=0)
    moved[:, :, column] = grid[:, None]
    margins = evidence.bundle.model.margin(moved.reshape(-1, people.shape[1]))
    chance = probability(evidence.bundle.calibration.log_odds(margins))
    return grid, chance.reshape(len(grid), -1).mean(axis=1)


def _verify(
    evidence: Evidence, directions: list[int]
) -> tuple[tuple[VerifiedDirection, ...], list[tuple[str, int, str]]]:
    """The directions that are kept, and those that are broken with what was found."""
    booster, features = evidence.bundle.model.booster, evidence.people.features
    rows = evidence.people.values[evidence.sample_of(evidence.samples.test, _SWEPT, salt=3)]
    try:
        return verify_directions(booster, features, directions, rows), []
    except BrokenMonotonicity:
        kept, broken = list[VerifiedDirection](), list[tuple[str, int, str]]()
    for place, direction in enumerate(directions):
        alone = [direction if each == place else 0 for each in range(len(directions))]
        try:
            kept.extend(verify_directions(booster, features, alone, rows))
        except BrokenMonotonicity as error:
            broken.append((features[place], direction, str(error).partition(", by ")[2].partition(";")[0]))
    return tuple(kept), broken


def _pictures(evidence: Evidence, directions: list[int]) -> tuple[Picture, ...]:
    columns = evidence.main_columns[:_PICTURED]
    curves = [(column, *response(evidence, column)) for column in columns]
    curves = [curve for curve in curves if len(curve[1]) > 1]
    if not curves:
        return ()
    features = evidence.people.features

    def paint(figure: Figure) -> None:
        rows = -(-len(curves) // 3)
        panels = figure.subplots(rows, 3, sharey=True, squeeze=False).ravel()
        for panel, (column, values, chance) in zip(panels, curves, strict=False):
            colour = COLOURS["good"] if directions[column] else COLOURS["muted"]
            panel.plot(values, chance, color=colour, linewidth=2)
            panel.plot(values, np.full(len(values), 0.0), "|", color=colour, markersize=5, alpha=0.6, clip_on=False)
            arrow = {1: " ↑", -1: " ↓", 0: ""}[directions[column]]
            panel.set_title(features[column] + arrow, fontsize=8.5, color=COLOURS["ink"], loc="left")
            panel.set_ylim(0)
            panel.tick_params(labelsize=8)
            panel.xaxis.set_major_locator(MaxNLocator(3))
            panel.xaxis.set_major_formatter(EngFormatter(sep=""))
            in_percent(panel.yaxis)
        for panel in panels[len(curves) :]:
            panel.set_axis_off()
        figure.supylabel("mean default probability", fontsize=9, color=COLOURS["muted"])

    told = "; ".join(f"{features[column]}: from {chance[0]:.3f} to {chance[-1]:.3f}" for column, _, chance in curves)
    height = 0.4 + 1.9 * -(-len(curves) // 3)
    return (Picture("responses", "Response to the main features", told, paint, (WIDE, height),
                    "Mean default probability of test consumers when one feature alone is moved through its range "
                    "(partial dependence), strokes at the values tried. Arrows: the declared direction of risk; grey: "
                    "none is declared."),)  # fmt: skip
