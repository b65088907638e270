"""Calibration: whether the default probabilities are true, in all and by grade."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import norm

from features.analysis.style import COLOURS
from training.figures import expected_calibration_error
from training.report.calibrated import Line, chance_error, fit_line, hosmer_lemeshow, in_the_large, jeffreys_p
from training.report.drawing import NARROW, WIDE, in_percent, labelled_rows, square, step
from training.report.groups import Group, groups_by, observe
from training.report.section import Column, Finding, Interval, Picture, Section, Table
from training.report.shown import decimal, ranged, shared, signed
from training.validation.criteria import SOURCES
from training.validation.evidence import DEVELOPMENT, Evidence, Judged
from training.validation.lines import LINES

__all__ = ["calibration_section"]

_SAMPLES = (
    Column("sample", "Sample"),
    Column("predicted", "Predicted", "share", 2),
    Column("observed", "Observed", "share", 2),
    Column("ece", "ECE", "figure"),
    Column("ece_by_chance", "ECE by chance", "figure"),
    Column("brier", "Brier", "figure"),
    Column("brier_skill", "Skill", "figure", 3),
    Column("in_the_large", "In the large", "signed", 3),
    Column("slope", "Slope", "figure", 3),
    Column("slope_interval", "95 % interval", "figure", 3),
    Column("hosmer_lemeshow", "Hosmer, Lemeshow", "figure", 1),
    Column("hosmer_lemeshow_p", "p", "figure", 3),
)
_GRADES = (
    Column("grade", "Grade"),
    Column("credit_score", "Credit score"),
    Column("consumers", "Rows", "count"),
    Column("share", "Share", "share"),
    Column("bad", "Bad", "count"),
    Column("predicted", "Predicted", "share", 2),
    Column("observed", "Observed", "share", 2),
    Column("interval", "95 % interval", "share", 2),
    Column("jeffreys_p", "Jeffreys’ p", "figure", 3),
)


@dataclass(frozen=True, eq=False)
class _Measured:
    part: Judged
    everybody: Group
    error: float
    by_chance: float
    brier: float
    skill: float
    large: float
    large_error: float
    line: Line
    lemeshow: float
    lemeshow_p: float


def calibration_section(evidence: Evidence) -> Section:
    """Whether probabilities are true: in the large, along their range, and by grade."""
    measured = tuple(_measure(part, evidence) for part in evidence.judged)
    return Section(
        "calibration",
        "Calibration",
        (
            "The expected calibration error (ECE) is the mean distance of predicted and observed rate over ten groups "
            "of equal size. True probabilities do not show zero either: “by chance” is the value that they would stay "
            "below 19 times in 20.",
            "Calibration in the large is the shift of the log-odds that would make the mean true (above 0: more went "
            "bad than predicted), the slope their stretch (below 1: predictions too extreme). Brier is the mean "
            "squared error of the probability; skill is its reduction against predicting the mean rate. The test of "
            "Hosmer and Lemeshow rejects any model in a large sample, however small its error: it is shown and is no "
            "finding. Judged are the size of the error, the shift, the slope and Jeffreys’ p.",
            "Jeffreys’ p is the chance that a grade’s true rate is not above what was predicted for it; a small one "
            "says that its risk is underestimated. Grades are bands of the credit score.",
        ),
        tables=(
            Table("samples", "Calibration by sample", _SAMPLES, tuple(_row(each) for each in measured)),
            *(_grade_table(part, evidence) for part in evidence.judged[1:]),
        ),
        pictures=(*(_curve(each) for each in measured[1:]), _grade_picture(evidence)),
        findings=tuple(finding for each in measured[1:] for finding in _findings(each, evidence)),
        figures={
            f"{name}_{each.part.key}": value
            for each in measured
            for name, value in (
                ("expected_calibration_error", each.error),
                ("calibration_in_the_large", each.large),
                ("calibration_slope", each.line.slope),
                ("brier", each.brier),
            )
        },
    )


def _measure(part: Judged, evidence: Evidence) -> _Measured:
    chance = part.default_probability
    everybody = observe(part.name, part.is_bad, chance)
    brier = float(((chance - part.is_bad) ** 2).mean())
    large, large_error = in_the_large(part.log_odds, part.is_bad)
    statistic, _, p = hosmer_lemeshow(chance, part.is_bad, fitted=part.name == DEVELOPMENT)
    return _Measured(
        part,
        everybody,
        expected_calibration_error(chance, part.is_bad),
        chance_error(chance, draws=evidence.draws, seed=evidence.seed)[1],
        brier,
        1 - brier / (everybody.bad_rate * (1 - everybody.bad_rate)),
        large,
        large_error,
        fit_line(part.log_odds, part.is_bad),
        statistic,
        p,
    )


def _row(each: _Measured) -> tuple[str | float | Interval, ...]:
    return (
        each.part.name.capitalize(),
        each.everybody.mean_default_probability,
        each.everybody.bad_rate,
        each.error,
        each.by_chance,
        each.brier,
        each.skill,
        each.large,
        each.line.slope,
        each.line.slope_interval,
        each.lemeshow,
        each.lemeshow_p,
    )


def _findings(each: _Measured, evidence: Evidence) -> tuple[Finding, ...]:
    criteria, part = evidence.criteria, each.part
    key = part.key
    allowed = max(criteria.most_calibration_error, each.by_chance)
    slope, interval = each.line.slope, each.line.slope_interval
    near = abs(slope - 1) <= criteria.most_slope_error or interval.low <= 1 <= interval.high
    large_p = float(2 * norm.sf(abs(each.large) / each.large_error))
    groups = [group for group in _observed(part, evidence) if group.count]
    ps = [jeffreys_p(group.bad, group.count, group.mean_default_probability) for group in groups]
    worst = groups[int(np.argmin(ps))]
    portfolio_p = jeffreys_p(each.everybody.bad, each.everybody.count, each.everybody.mean_default_probability)
    judged = each.everybody.bad >= criteria.least_bads
    level = criteria.least_p / len(groups)
    return (
        Finding(
            f"ece_{key}",
            each.error <= allowed if judged else None,
            f"The expected calibration error on the {part.name} sample is {decimal(each.error)}.",
            f"at most {criteria.most_calibration_error:g}, or what chance alone shows ({decimal(each.by_chance)})",
            SOURCES["most_calibration_error"],
        ),
        Finding(
            f"in_the_large_{key}",
            large_p >= criteria.least_p if judged else None,
            f"Predicted for the {part.name} sample: {shared(each.everybody.mean_default_probability, 2)}; observed: "
            f"{shared(each.everybody.bad_rate, 2)} (shift of the log-odds {signed(each.large, 3)}, "
            f"p {decimal(large_p, 3)}).",
            f"p of no shift at least {criteria.least_p:g}",
            SOURCES["least_p"],
        ),
        Finding(
            f"slope_{key}",
            near if judged and np.isfinite(slope) else None,
            f"The calibration slope on the {part.name} sample is {decimal(slope, 3)} ({ranged(interval, 3)}).",
            f"within {criteria.most_slope_error:g} of 1, or an interval that holds 1",
            SOURCES["most_slope_error"],
        ),
        Finding(
            f"jeffreys_{key}",
            portfolio_p >= criteria.least_p and min(ps) >= level if judged else None,
            f"Jeffreys’ p of the whole {part.name} sample is {decimal(portfolio_p, 3)}; the least of "
            f"{len(groups)} grades is {decimal(min(ps), 4)} (grade {worst.name}).",
            f"at least {criteria.least_p:g} in all, and {criteria.least_p:g} divided by the number of grades in each",
            f"requirement MR-04; {SOURCES['least_p']}, Bonferroni’s correction over grades",
        ),
    )


def _observed(part: Judged, evidence: Evidence) -> tuple[Group, ...]:
    scores = evidence.bundle.scale.to_score(part.log_odds)
    return evidence.grades.observe(scores, part.is_bad, part.default_probability)


def _grade_table(part: Judged, evidence: Evidence) -> Table:
    groups = _observed(part, evidence)
    rows = tuple(
        (
            group.name,
            scores,
            group.count,
            group.count / len(part),
            group.bad,
            group.mean_default_probability,
            group.bad_rate,
            Interval(*group.interval),
            jeffreys_p(group.bad, group.count, group.mean_default_probability) if group.count else None,
        )
        for group, scores in zip(groups, evidence.grades.ranges, strict=True)
    )
    key = part.key
    return Table(f"grades_{key}", f"Grades, {part.name} sample", _GRADES, rows)


def _curve(each: _Measured) -> Picture:
    """Observed rate of bad of ten groups against the mean that was predicted for them."""
    part, colour = each.part, LINES[each.part.name][0]
    chance = part.default_probability
    groups = [observe(str(n), part.is_bad[rows], chance[rows]) for n, rows in enumerate(groups_by(chance, 10), 1)]
    predicted = np.array([group.mean_default_probability for group in groups])
    observed = np.array([group.bad_rate for group in groups])
    low, high = np.array([group.interval for group in groups]).T

    def paint(figure: Figure) -> None:
        most = min(1.0, max(float(high.max()), float(predicted.max())) * 1.06)
        axes = square(figure, most)
        axes.vlines(predicted, low, high, color=colour, linewidth=2.2, alpha=0.45, clip_on=False)
        axes.plot(predicted, observed, "o", color=colour, markersize=6, clip_on=False)
        axes.text(0.97, 0.06, f"ECE {each.error:.4f}", transform=axes.transAxes, ha="right", fontsize=15,
                  color=colour, weight="bold")  # fmt: skip
        in_percent(axes.xaxis, axes.yaxis, every=step(most, 6, (0.01, 0.02, 0.05, 0.1, 0.2)))
        axes.set_xlabel("mean default probability predicted")
        axes.set_ylabel("share that went bad")

    told = "; ".join(f"predicted {shared(p)}, observed {shared(o)}" for p, o in zip(predicted, observed, strict=True))
    return Picture(
        f"curve_{part.key}",
        f"Calibration, {part.name}",
        f"{len(groups)} groups from lowest to highest risk: {told}",
        paint,
        (NARROW, NARROW),
        f"{part.name.capitalize()} sample, {len(groups)} groups of nearly equal size; bars are Jeffreys’ 95 % "
        "intervals. On the dashed line, what was predicted is what happened.",
    )


def _grade_picture(evidence: Evidence) -> Picture:
    """Predicted and observed rate of each grade."""
    grades = evidence.grades
    shown = [(part.name, _observed(part, evidence)) for part in evidence.judged[1:]]

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        names = [f"{name}  {scores}" for name, scores in zip(grades.names, grades.ranges, strict=True)]
        places = labelled_rows(axes, names)
        for number, (name, groups) in enumerate(shown):
            colour, at = LINES[name][0], places + (number - (len(shown) - 1) / 2) * 0.3
            low, high = np.array([group.interval for group in groups]).T
            axes.hlines(at, low, high, color=colour, linewidth=5, alpha=0.28)
            axes.plot([group.bad_rate for group in groups], at, "o", color=colour, markersize=5.5,
                      label=f"observed, {name}")  # fmt: skip
            axes.plot([group.mean_default_probability for group in groups], at, "|", color=COLOURS["ink"],
                      markersize=12, markeredgewidth=2, label="predicted" if not number else None)  # fmt: skip
        axes.set_xlim(0)
        in_percent(axes.xaxis)
        axes.set_xlabel("share that went bad")
        axes.legend(loc="upper right")

    told = "; ".join(
        f"grade {group.name}: predicted {shared(group.mean_default_probability)}, observed {shared(group.bad_rate)}"
        for group in shown[-1][1]
    )
    return Picture(
        "grades",
        "Predicted and observed rate by grade",
        told,
        paint,
        (WIDE, 1.2 + 0.42 * len(grades.names)),
        "Bands are Jeffreys’ 95 % intervals of the observed rate; the upright stroke is what was predicted.",
    )
