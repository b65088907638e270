"""A drift as a section: tables, pictures and a finding for each alarm."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.figure import Figure

from features.analysis.style import COLOURS
from training.drift.drift import Drift
from training.drift.estimated import Estimated
from training.drift.performance import Performance
from training.report.drawing import NARROW, in_percent, labelled_rows
from training.report.section import Cell, Column, Finding, Interval, Picture, Section, Table

__all__ = ["drift_section"]

_MOST_FEATURES: Final = 15
_Z: Final = 1.959963984540054

_PERFORMANCE: Final = (
    Column("population", "Population"),
    Column("count", "People", "count"),
    Column("expected_bad_rate", "Bad rate expected", "share", 2),
    Column("bad_rate", "observed", "share", 2),
    Column("expected_auc", "AUC expected", "figure"),
    Column("expected_auc_interval", "would spread over", "figure"),
    Column("auc", "AUC observed", "figure"),
    Column("auc_interval", "95 % interval", "figure"),
    Column("in_the_large", "Calibration in the large", "signed", 3),
    Column("slope", "Slope", "figure", 3),
)
_SHIFTS: Final = (
    Column("feature", "Feature"),
    Column("psi", "PSI", "figure", 3),
    Column("by_chance", "by chance up to", "figure", 3),
    Column("mean_before", "Mean in development", "figure", 3),
    Column("mean_after", "now", "figure", 3),
    Column("missing_before", "Missing in development", "share"),
    Column("missing_after", "now", "share"),
)
_GRADES: Final = (
    Column("grade", "Grade"),
    Column("share_before", "Development", "share"),
    Column("share_now", "Now", "share"),
)
_ALARMS: Final = (Column("what", "What"), Column("level", "Level"), Column("found", "Found"))


def drift_section(drift: Drift, *, subject: str) -> Section:
    """Everything about a drift.

    Parameters
    ----------
    drift : Drift
        What has changed.
    subject : str
        Model and populations, in a sentence.
    """
    return Section(
        "drift",
        "Drift of the model",
        (
            subject,
            "The expected figures are those that calibrated probabilities promise; they move with who the people are, "
            "and cannot see that the same people go bad more often. That shows in matured outcomes alone.",
        ),
        tables=(
            Table(
                "alarms",
                "What was looked at",
                _ALARMS,
                tuple((each.key.replace("_", " "), each.level, each.text) for each in drift.alarms),
            ),
            Table(
                "performance",
                "Performance, expected and observed",
                _PERFORMANCE,
                (
                    _performance("development", drift.expected_before, drift.before),
                    _performance("now", drift.expected_now, None),
                    *(
                        (_performance("matured outcomes", drift.expected_matured, drift.now),)
                        if drift.expected_matured is not None
                        else ()
                    ),
                ),
            ),
            _shifts(drift),
            Table(
                "grades",
                "Distribution over grades",
                _GRADES,
                tuple(zip(drift.grades.names, drift.grades.shares_before, drift.grades.shares_now, strict=True)),
                f"Concentration (Herfindahl index of the ECB) {drift.grades.before:.3f} in development, "
                f"{drift.grades.now:.3f} now.",
            ),
        ),
        pictures=(_shift_picture(drift), _grade_picture(drift)),
        findings=tuple(
            Finding(
                each.key,
                None if each.level == "not assessed" else each.level != "alarm",
                each.text,
                source="thresholds",
            )
            for each in drift.alarms
        ),
        figures={each.key: each.value for each in drift.alarms if np.isfinite(each.value)},
    )


def _performance(name: str, expected: Estimated, found: Performance | None) -> tuple[Cell, ...]:
    spread = Interval(expected.auc - _Z * expected.auc_error, expected.auc + _Z * expected.auc_error)
    head = (name, expected.count, expected.bad_rate)
    if found is None:
        return (*head, None, expected.auc, spread, None, None, None, None)
    interval = Interval(found.auc - _Z * found.auc_error, found.auc + _Z * found.auc_error)
    return (*head, found.observed, expected.auc, spread, found.auc, interval, found.in_the_large, found.slope)


def _shifts(drift: Drift) -> Table:
    rows = [("score (log-odds)", drift.score), *((str(name), row) for name, row in drift.shifts.iterrows())]
    names = [column.name for column in _SHIFTS[1:]]
    return Table(
        "shifts",
        "Shift of score and features, the largest first",
        _SHIFTS,
        tuple((label, *(float(row[name]) for name in names)) for label, row in rows),
        _told_growing(drift),
    )


def _told_growing(drift: Drift) -> str:
    if not drift.growing:
        return ""
    names = [str(name) for name in drift.shifts.index if name in drift.growing]
    return (
        "These count over more months than the record told of in development, so that they have grown with it, be the "
        f"people the same; they are watched and raise no alarm: {', '.join(names)}."
    )


def _shift_picture(drift: Drift) -> Picture:
    top = drift.shifts.head(_MOST_FEATURES)
    names = ["score", *map(str, top.index)]
    values = np.array([float(drift.score["psi"]), *top["psi"]])
    chance = np.array([float(drift.score["by_chance"]), *top["by_chance"]])
    watch, alarm = drift.thresholds.watch_psi, drift.thresholds.alarm_psi

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        places = labelled_rows(axes, [name if len(name) <= 34 else f"{name[:33]}…" for name in names])
        colours = [
            COLOURS["bad"] if value > max(watch, limit) else COLOURS["good"]
            for value, limit in zip(values, chance, strict=True)
        ]
        axes.barh(places, values, height=0.6, color=colours, linewidth=0)
        axes.plot(chance, places, "|", color=COLOURS["ink"], markersize=11, markeredgewidth=1.3)
        for at in (watch, alarm):
            axes.axvline(at, color=COLOURS["muted"], linewidth=1, linestyle=(0, (4, 3)))
            axes.annotate(f"{at:g}", (at, 1), (3, 2), xycoords=("data", "axes fraction"), textcoords="offset points",
                          color=COLOURS["muted"], fontsize=8.5)  # fmt: skip
        axes.set_xlim(0, max(1.15 * alarm, 1.05 * float(values.max())))
        axes.set_xlabel("population stability index")

    told = "; ".join(f"{name} {value:.3f}" for name, value in zip(names, values, strict=True))
    return Picture("shifts", "Shift of score and features", told, paint, (NARROW, 0.28 * len(names) + 1.1),
                   "Strokes: what chance alone reaches once in twenty times.")  # fmt: skip


def _grade_picture(drift: Drift) -> Picture:
    grades = drift.grades

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        places = np.arange(len(grades.names))
        axes.bar(places - 0.2, grades.shares_before, 0.38, color=COLOURS["muted"], alpha=0.55, label="development")
        axes.bar(places + 0.2, grades.shares_now, 0.38, color=COLOURS["good"], label="now")
        axes.set_xticks(places, grades.names)
        axes.xaxis.grid(visible=False)
        in_percent(axes.yaxis)
        axes.legend(loc="upper right")
        axes.set_xlabel("grade, the best first")
        axes.set_ylabel("share of people")

    told = "; ".join(
        f"{name}: {before:.1%} in development, {now:.1%} now"
        for name, before, now in zip(grades.names, grades.shares_before, grades.shares_now, strict=True)
    )
    return Picture("grades", "Distribution over grades", told, paint, (NARROW, 3.6))
