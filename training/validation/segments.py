"""Segments: whether the model holds in every part of the population, thin files among them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from features.analysis.style import COLOURS
from features.declaration import Feature
from training.report.calibrated import in_the_large, jeffreys_p
from training.report.drawing import WIDE, labelled_rows
from training.report.groups import Group, observe
from training.report.resampling import bootstrap
from training.report.section import Cell, Column, Finding, Interval, Picture, Section, Table
from training.report.shown import counted, decimal, ranged
from training.validation.criteria import SOURCES
from training.validation.evidence import Evidence

__all__ = ["file_thickness", "segments_section"]

_FILE: Final = "Thickness of the credit file"
_THICKNESS: Final = (
    "A file is thin or thick by how much was delivered about the person: of the model’s features, those are counted "
    "that are missing only where nothing was delivered. Other missing values may be an answer (no late month, nothing "
    "open) and say nothing of the file."
)
_NO_THICKNESS: Final = (
    "It is not divided by the thickness of the file: none of the model’s features shows that more was delivered about "
    "one person than about another."
)
_MOST: Final = 15
"""Segments of a division that are shown; smaller ones are taken together."""

_COLUMNS = (
    Column("segment", "Segment"),
    Column("consumers", "Rows", "count"),
    Column("share", "Share", "share"),
    Column("bad", "Bad", "count"),
    Column("bad_rate", "Bad rate", "share", 2),
    Column("predicted", "Predicted", "share", 2),
    Column("in_the_large", "In the large", "signed", 3),
    Column("jeffreys_p", "Jeffreys’ p", "figure", 3),
    Column("auc", "AUC", "figure"),
    Column("interval", "95 % interval", "figure"),
)


def segments_section(evidence: Evidence) -> Section:
    """Size, bad rate, calibration and discrimination of every segment."""
    divisions = {_FILE: file_thickness(evidence), **evidence.segments}
    parts = {name: _parts(evidence, name, groups) for name, groups in divisions.items()}
    segments = [segment for division in parts.values() for segment in division]
    return Section(
        "segments",
        "Segments",
        (
            f"The {evidence.latest.name} sample in parts. {_THICKNESS if parts[_FILE] else _NO_THICKNESS}"
            + ("" if evidence.segments else " The evidence carries no segments of its own.")
            + " “In the large” is the shift of the log-odds that would make the segment’s mean true; Jeffreys’ p is "
            "small where its risk is underestimated.",
        ),
        tables=tuple(
            Table(_key(name), name.replace("_", " ").capitalize(), _COLUMNS, tuple(segment.row for segment in division))
            for name, division in parts.items()
            if division
        ),
        pictures=(_picture(segments),) if segments else (),
        findings=_findings(evidence, segments),
    )


def file_thickness(evidence: Evidence) -> npt.NDArray[Any]:
    """Thin, middling or thick: by thirds, in the development sample, of the number of features that were delivered.

    Only features are counted whose missing value says that nothing was delivered: those with a value of their own
    (zero, for counts) where records were delivered and none counts. Where there are none, or all people have them
    all, every file is thick.
    """
    items = [evidence.features.catalogue[name] for name in evidence.people.features]
    delivered = [isinstance(item, Feature) and item.empty is not None for item in items]
    known = (~np.isnan(evidence.people.values[:, delivered])).sum(axis=1)
    low, high = np.quantile(known[evidence.samples.development], [1 / 3, 2 / 3], method="inverted_cdf")
    low, high = min(low, known.max() - 1), min(high, known.max() - 1)  # whoever is known in full is not thin
    return np.where(known <= low, "thin file", np.where(known <= high, "middling file", "thick file"))


def _key(name: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name.lower())


@dataclass(frozen=True)
class _Segment:
    """One segment of the latest sample."""

    division: str
    group: Group
    share: float
    shift: float | None
    jeffreys_p: float
    auc: float | None
    interval: Interval | None

    @property
    def row(self) -> tuple[Cell, ...]:
        group = self.group
        return (group.name, group.count, self.share, group.bad, group.bad_rate, group.mean_default_probability,
                self.shift, self.jeffreys_p, self.auc, self.interval)  # fmt: skip

    @property
    def title(self) -> str:
        return f"{self.division}: {self.group.name}"


def _parts(evidence: Evidence, name: str, groups: npt.NDArray[Any]) -> list[_Segment]:
    """The segments of a division, largest first; none where it does not divide."""
    mine = groups[evidence.latest.rows].astype(str)
    names, counts = np.unique(mine, return_counts=True)
    if len(names) < 2:
        return []
    shown = names[np.argsort(-counts, kind="stable")][:_MOST]
    masks = {str(each): mine == each for each in shown}
    if len(names) > _MOST:
        masks[f"{len(names) - _MOST} smaller ones"] = ~np.isin(mine, shown)
    return [_segment(evidence, name, each, rows) for each, rows in masks.items()]


def _segment(evidence: Evidence, division: str, name: str, rows: npt.NDArray[np.bool_]) -> _Segment:
    part = evidence.latest
    is_bad, log_odds = part.is_bad[rows], part.log_odds[rows]
    group = observe(name, is_bad, part.default_probability[rows])
    p = jeffreys_p(group.bad, group.count, group.mean_default_probability)
    share = group.count / len(part)
    if not 0 < group.bad < group.count:
        return _Segment(division, group, share, None, p, None, None)
    drawn = bootstrap([log_odds], is_bad, draws=evidence.draws, seed=evidence.seed)
    shift, _ = in_the_large(log_odds, is_bad)
    return _Segment(division, group, share, shift, p, float(drawn.point_auc[0]), drawn.auc_interval())


def _findings(evidence: Evidence, segments: list[_Segment]) -> tuple[Finding, ...]:
    criteria = evidence.criteria
    judged = [
        (each, each.auc, each.interval)
        for each in segments
        if each.auc is not None and each.interval is not None and each.group.bad >= criteria.least_segment_bads
    ]
    if not judged:
        text = "No segment has enough bad consumers to be judged." if segments else "There are no segments to judge."
        return (Finding("segments", None, text,
                        f"{criteria.least_segment_bads} bads", SOURCES["least_segment_bads"]),)  # fmt: skip
    worst, auc, interval = min(judged, key=lambda each: each[1])
    least = min((each for each, _, _ in judged), key=lambda each: each.jeffreys_p)
    return (
        Finding(
            "segment_auc",
            auc >= criteria.least_segment_auc,
            f"The lowest AUC of {counted(len(judged))} segments is {decimal(auc)} ({ranged(interval)}), of "
            f"{worst.title}.",
            f"at least {criteria.least_segment_auc:g} in every segment with {criteria.least_segment_bads} bads or more",
            SOURCES["least_segment_auc"],
        ),
        Finding(
            "segment_calibration",
            least.jeffreys_p >= criteria.least_p / len(judged),
            f"The lowest of Jeffreys’ p is {decimal(least.jeffreys_p, 4)}, of {least.title}.",
            f"at least {criteria.least_p:g} divided by the {counted(len(judged))} segments judged",
            f"requirement MR-04; {SOURCES['least_p']}, Bonferroni’s correction",
        ),
    )


def _picture(segments: list[_Segment]) -> Picture:
    """AUC of each segment with its interval."""
    known = [(each, each.auc, each.interval) for each in segments if each.auc is not None and each.interval is not None]

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        places = labelled_rows(axes, [each.group.name for each, _, _ in known])
        axes.hlines(places, [end.low for *_, end in known], [end.high for *_, end in known], color=COLOURS["good"],
                    linewidth=5, alpha=0.3)  # fmt: skip
        axes.plot([auc for _, auc, _ in known], places, "o", color=COLOURS["good"], markersize=6)
        for place, ((before, *_), (each, *_)) in enumerate(pairwise(known), start=1):
            if each.division != before.division:
                axes.axhline(place - 0.5, color=COLOURS["muted"], linewidth=0.6)
        axes.set_xlabel("AUC, with its 95 % interval")

    told = "; ".join(f"{each.title}: {auc:.3f}" for each, auc, _ in known)
    return Picture("auc", "Discrimination by segment", told, paint, (WIDE, 1.0 + 0.34 * len(known)))
