"""Discrimination: how well the model tells good from bad, on people it has and has not seen."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Final

from matplotlib.figure import Figure
from scipy.stats import norm

from features.analysis.style import COLOURS
from training.report.drawing import NARROW, in_percent, square
from training.report.groups import Group, Roc, groups_by, observe, roc
from training.report.resampling import Draws, bootstrap
from training.report.section import Column, Finding, Interval, Picture, Section, Table
from training.report.shown import decimal, ranged, shared, signed
from training.validation.criteria import SOURCES
from training.validation.evidence import TEST, Evidence, Judged
from training.validation.lines import LINES

__all__ = ["auc_fall_p", "discrimination_section", "rate_fall_p"]

_TENTHS: Final = 10
"""Groups of nearly equal size by predicted risk, over which the rate of bad must not fall."""

_COLUMNS = (
    Column("sample", "Sample"),
    Column("consumers", "Rows", "count"),
    Column("bad", "Bad", "count"),
    Column("auc", "AUC", "figure"),
    Column("auc_interval", "95 % interval", "figure"),
    Column("gini", "Gini", "figure"),
    Column("gini_interval", "95 % interval", "figure"),
    Column("ks", "KS", "figure"),
    Column("ks_interval", "95 % interval", "figure"),
)


def discrimination_section(evidence: Evidence) -> Section:
    """AUC, Gini and KS of each sample with intervals, and how they hold up."""
    drawn = {
        part.name: bootstrap([part.log_odds], part.is_bad, draws=evidence.draws, seed=evidence.seed)
        for part in evidence.judged
    }
    told = "out of fold" if evidence.out_of_fold_log_odds is not None else "as fitted, and therefore too favourable"
    return Section(
        "discrimination",
        "Discrimination",
        (
            "The AUC is the chance that a consumer who went bad is put at a higher risk than one who did not; "
            "the Gini coefficient is 2 × AUC − 1. KS is the largest distance, over all cut-offs, between the share "
            "of the bad and the share of the good held back.",
            f"Development figures are {told}; nobody in the test and out-of-time samples was seen by tuning, "
            f"calibration or fit. Intervals come from {evidence.draws} stratified bootstrap draws.",
        ),
        tables=(
            Table(
                "samples",
                "Discrimination by sample",
                _COLUMNS,
                tuple(_row(part, drawn[part.name]) for part in evidence.judged),
            ),
        ),
        pictures=_pictures(evidence),
        findings=_findings(evidence, drawn),
        figures={
            f"{figure}_{name.replace('-', '_')}": value
            for name, each in drawn.items()
            for figure, value in (
                ("auc", float(each.point_auc[0])),
                ("gini", float(2 * each.point_auc[0] - 1)),
                ("ks", float(each.point_ks[0])),
            )
        },
    )


def auc_fall_p(before: float, now: float, standard_error: float) -> float:
    """Chance of an AUC this low or lower if discrimination had not fallen: 1 - Φ((before - now) / s).

    One-sided, with the earlier AUC taken as known; European Central Bank, Instructions for reporting the
    validation results of internal models (2019), section 2.6.2.

    Examples
    --------
    >>> round(auc_fall_p(0.80, 0.78, 0.0122), 3)
    0.051
    """
    if standard_error == 0:  # all draws tell everybody apart, or nobody
        return 1.0 if now >= before else 0.0
    return float(norm.sf((before - now) / standard_error))


def rate_fall_p(lower: Group, higher: Group) -> float:
    """Chance of a bad rate this far below that of a group of lower risk, if the rates were the same.

    One-sided test of two proportions with the pooled rate r: z = (r₁ - r₂) / √(r (1 - r) (1/n₁ + 1/n₂)).

    Parameters
    ----------
    lower, higher : Group
        The group of lower and of higher predicted risk; each with at least one consumer.

    Examples
    --------
    >>> round(rate_fall_p(Group("", 100, 30, 0.2), Group("", 100, 20, 0.3)), 3)
    0.051
    """
    count = lower.count + higher.count
    rate = (lower.bad + higher.bad) / count
    if rate in {0.0, 1.0}:  # nobody differs
        return 1.0
    error = math.sqrt(rate * (1 - rate) * (1 / lower.count + 1 / higher.count))
    return float(norm.sf((lower.bad_rate - higher.bad_rate) / error))


def _row(part: Judged, drawn: Draws) -> tuple[str | int | float | Interval, ...]:
    auc, ks, interval = float(drawn.point_auc[0]), float(drawn.point_ks[0]), drawn.auc_interval()
    gini = Interval(2 * interval.low - 1, 2 * interval.high - 1)
    bad = int(part.is_bad.sum())
    return part.name.capitalize(), len(part), bad, auc, interval, 2 * auc - 1, gini, ks, drawn.ks_interval()


def _findings(evidence: Evidence, drawn: dict[str, Draws]) -> tuple[Finding, ...]:
    criteria = evidence.criteria
    findings = []
    for part in evidence.judged[1:]:
        each, key = drawn[part.name], part.key
        auc, interval = float(each.point_auc[0]), each.auc_interval()
        findings.append(
            Finding(
                f"auc_{key}",
                interval.low >= criteria.least_auc if int(part.is_bad.sum()) >= criteria.least_bads else None,
                f"The AUC on the {part.name} sample is {decimal(auc)} ({ranged(interval)}).",
                f"lower end of the interval at least {criteria.least_auc:g}, with {criteria.least_bads} bads or more",
                SOURCES["least_auc"],
            )
        )
        findings.append(_rank_order(part, evidence))
        before = float(drawn[evidence.development.name].point_auc[0])
        chance = auc_fall_p(before, auc, float(each.auc[0].std(ddof=1)))
        fell = before - auc > criteria.most_auc_fall
        findings.append(
            Finding(
                f"auc_fall_{key}",
                None if evidence.out_of_fold_log_odds is None else not fell,
                f"From development to {part.name} the AUC changes by {signed(auc - before)}; if nothing had changed, "
                f"one as low would be seen with a chance of {decimal(chance, 3)}.",
                f"a fall of at most {criteria.most_auc_fall:g} from the out-of-fold AUC of development",
                SOURCES["most_auc_fall"],
            )
        )
    if evidence.out_of_time is None:
        findings.append(Finding("auc_out_of_time", None,
                                "There is no out-of-time sample: all are observed at the same dates.",
                                "an out-of-time sample"))  # fmt: skip
    return tuple(findings)


def _rank_order(part: Judged, evidence: Evidence) -> Finding:
    """Whether the observed rate of bad rises with the predicted risk, over its tenths."""
    criteria, chance = evidence.criteria, part.default_probability
    groups = [observe(str(n), part.is_bad[rows]) for n, rows in enumerate(groups_by(chance, _TENTHS), 1)]
    pairs = list(pairwise(groups))
    falls = [lower.bad_rate > higher.bad_rate for lower, higher in pairs]
    least, lower, higher = min(
        ((rate_fall_p(*pair), *pair) for pair in pairs), key=lambda each: each[0], default=(1.0, groups[0], groups[0])
    )
    worst = (
        f" The least likely by chance is from group {lower.name} ({shared(lower.bad_rate, 2)}) to {higher.name} "
        f"({shared(higher.bad_rate, 2)}): p {decimal(least, 4)}."
        if any(falls)
        else ""
    )
    return Finding(
        f"rank_order_{part.key}",
        least >= criteria.least_p / len(pairs) if pairs and int(part.is_bad.sum()) >= criteria.least_bads else None,
        f"Over {len(groups)} groups of rising predicted risk in the {part.name} sample the rate of bad falls in "
        f"{sum(falls)} of {len(pairs)} steps.{worst}",
        f"no fall beyond chance: one-sided z-test of two proportions for each neighbouring pair, p at least "
        f"{criteria.least_p:g} divided by the {len(pairs)} pairs",
        f"{SOURCES['least_p']}, Bonferroni’s correction",
    )


def _pictures(evidence: Evidence) -> tuple[Picture, ...]:
    shown = [(part.name, roc(part.is_bad, part.default_probability)) for part in evidence.judged[1:]]
    return tuple(_curve(name, curve) for name, curve in shown if curve is not None)


def _curve(name: str, curve: Roc) -> Picture:
    """The receiver operating characteristic, its area and the point of the largest distance."""
    x, y = float(curve.share_of_good[curve.ks_point]), float(curve.share_of_bad[curve.ks_point])
    colour, _ = LINES[name]

    def paint(figure: Figure) -> None:
        axes = square(figure, 1.0)
        good, bad = curve.thinned()
        axes.fill_between(good, bad, good, color=colour, alpha=0.1, linewidth=0)
        axes.plot(good, bad, color=colour, linewidth=2.2, clip_on=False)
        axes.plot([x, x], [x, y], color=COLOURS["ink"], linewidth=1.4, marker="o", markersize=4.5, clip_on=False)
        axes.annotate(f"KS {curve.ks:.3f}", (x, (x + y) / 2), (8, 0), textcoords="offset points",
                      color=COLOURS["ink"], va="center", fontsize=11)  # fmt: skip
        axes.text(0.97, 0.06, f"AUC {curve.auc:.3f}", ha="right", fontsize=15, color=colour, weight="bold")
        in_percent(axes.xaxis, axes.yaxis, every=0.2)
        axes.set_xlabel("share of the good held back")
        axes.set_ylabel("share of the bad held back")

    return Picture(
        f"roc_{name.replace('-', '_')}",
        f"ROC curve, {name}",
        f"AUC {curve.auc:.3f}; KS {curve.ks:.3f}",
        paint,
        (NARROW, NARROW),
        f"{name.capitalize()} sample. Each point is a cut-off: how many of the bad it would hold back, and how many "
        "of the good with them. The dashed line is chance."
        + (" The model has not seen these people." if name == TEST else ""),
    )
