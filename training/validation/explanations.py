"""Explanations: what moves predictions, one person's in full, and whether the reasons told can be relied on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from features.reasons import REASONS
from scoring.calibration import probability
from scoring.reasons import MAX_REASONS
from training.explanation_cost import explanation_cost
from training.report.section import Column, Finding, Section, Table
from training.report.shown import counted, decimal, shared
from training.validation.criteria import SOURCES
from training.validation.evidence import Evidence
from training.validation.explained_example import example_of, example_picture
from training.validation.reliability import Flips, Reliability, kept_share, told_reasons

__all__ = ["explanations_section"]

_Values = npt.NDArray[np.float64]

_MAIN: Final = 20
_EXACT: Final = 1e-6
_FEATURES: Final = (
    Column("rank", "Rank", "count"),
    Column("feature", "Feature"),
    Column("meaning", "Meaning"),
    Column("contribution", "Contribution", "figure", 3),
    Column("reason_code", "Code"),
    Column("reason", "Reason"),
)
_REASONS: Final = (
    Column("reason_code", "Code"),
    Column("reason", "Reason"),
    Column("contribution", "Contribution", "figure", 3),
    Column("told_first", "Told first", "share"),
    Column("told", "Told at all", "share"),
)
_EXAMPLE: Final = (Column("reason", "Reason"), Column("contribution", "Contribution to the log-odds", "signed", 3))
_STABILITY: Final = (
    Column("change", "Change"),
    Column("kept", "Reasons kept", "share"),
    Column("first", "First reason kept", "share"),
)


def explanations_section(evidence: Evidence) -> Section:
    """Weights of features and reasons, an example, and what shows that the reasons told hold."""
    reliability = Reliability(evidence)
    example = example_of(reliability)
    cost = explanation_cost(evidence.bundle.model.booster)
    stability = {key: (title, *_kept(reliability.near, now)) for key, title, now in _again(reliability)}
    flips, agreement = reliability.flips(), reliability.agreement()
    return Section(
        "explanations",
        "Explanations",
        (
            "Contributions are exact Shapley values on the calibrated log-odds of bad, with the reasons as players: a "
            "coalition takes the features of its reasons from the person and all others from applicants of a "
            "baseline, so that features that mean the same thing neither split nor double a reason. At most "
            f"{MAX_REASONS} reasons are told, those that raised the risk most beside applicants just above the "
            f"cut-off. Of those told to people not approved, {shared(agreement)} are also among the first "
            f"{MAX_REASONS} beside all applicants.",
            *_on_baseline(evidence),
            f"The depths of the leaves squared sum to {counted(cost)}; the time of an explanation grows with that sum, "
            "and does not depend on the number of applicants in the baselines.",
            f"The picture takes {example.consumer} apart: default probability "
            f"{shared(float(probability(example.log_odds)))}, credit score {example.credit_score}, decision "
            f"{example.decision}." + (f" Told: {'. '.join(example.told)}." if example.told else ""),
        ),
        tables=(
            _feature_table(evidence),
            _reason_table(reliability),
            Table("stability", "Are the reasons told the same?", _STABILITY, tuple(stability.values())),
            Table("example", f"All reasons of {example.consumer}", _EXAMPLE,
                  ((example.start, example.base), *example.weights)),
        ),
        pictures=(example_picture(example),),
        findings=(
            *_exact(reliability),
            _faithful(flips, evidence.criteria.least_flip_ratio),
            *_stable(evidence, {key: kept for key, (_, kept, _) in stability.items()}),
            _directed(reliability),
        ),
        figures={
            "explanation_cost": cost,
            "baselines_agree": agreement,
            "flips_named": flips.named if flips else float("nan"),
            "flips_others": flips.others if flips else float("nan"),
            **{f"reasons_kept_{key}": kept for key, (_, kept, _) in stability.items()},
        },
    )  # fmt: skip


def _on_baseline(evidence: Evidence) -> Iterator[str]:
    baselines = evidence.bundle.baselines
    if baselines.near_cut_off_of == "safest":
        yield (
            "Too few of the development sample are approved to speak for the approved: the applicants of the lowest "
            "risk stand in for those just above the cut-off."
        )
    yield (
        f"The baselines hold {counted(len(baselines.near_cut_off))} and {counted(len(baselines.all_applicants))} "
        "applicants of the development sample; of each is kept only between which of the model’s thresholds its "
        "features lie."
    )


def _again(reliability: Reliability) -> Iterator[tuple[str, str, _Values]]:
    """The ways in which the reasons are asked for again."""
    yield "noise", "Noise of 0.05 spreads in all features", reliability.disturbed()
    yield "baseline", "Other applicants near the cut-off", reliability.drawn_again()
    yield "retrained", "Fitted again, other seed", reliability.fitted_again()


def _kept(before: _Values, now: _Values) -> tuple[float, float]:
    return kept_share(before, now), float((before.argmax(axis=1) == now.argmax(axis=1)).mean())


def _exact(reliability: Reliability) -> Iterator[Finding]:
    error = reliability.error
    yield Finding("exact", error <= _EXACT,
                  f"Contributions and base miss the log-odds by {decimal(error, 9)} at most.", f"at most {_EXACT:g}",
                  "requirement AA-20")  # fmt: skip
    tried = reliability.brute_force_error()
    if tried is None:
        yield Finding("brute_force", None, "The first tree alone has more reasons than can be tried in all coalitions.")
        return
    distance, trees, players = tried
    yield Finding("brute_force", distance <= _EXACT,
                  f"On its first {trees} trees, with {players} reasons, all coalitions tried one by one give the same "
                  f"contributions to {decimal(distance, 9)}.", f"at most {_EXACT:g}", "requirement AA-21")  # fmt: skip


def _faithful(flips: Flips | None, least: float) -> Finding:
    threshold, source = f"at least {least:g} times as many", f"requirement AA-23; level: {SOURCES['least_flip_ratio']}"
    if flips is None:
        return Finding("faithful", None, "Nobody in the sample was not approved.", threshold, source)
    return Finding(
        "faithful",
        flips.named >= least * flips.others and flips.named > 0,
        f"With the reasons told as they are near the cut-off, {shared(flips.named)} of {flips.people} people not "
        f"approved would be approved; with as many other reasons, {shared(flips.others)}.",
        threshold,
        source,
    )


def _stable(evidence: Evidence, kept: dict[str, float]) -> Iterator[Finding]:
    least = evidence.criteria.least_reasons_kept
    asked, source = f"at least {shared(least, 0)}", f"requirement AA-23; level: {SOURCES['least_reasons_kept']}"
    yield Finding("reasons_kept", kept["noise"] >= least,
                  f"When features are disturbed a little, {shared(kept['noise'])} of the reasons told stay.",
                  asked, source)  # fmt: skip
    yield Finding("reasons_kept_baseline", kept["baseline"] >= least,
                  f"Beside other applicants near the cut-off, {shared(kept['baseline'])} of the reasons told stay.",
                  asked, source)  # fmt: skip


def _directed(reliability: Reliability) -> Finding:
    wrong, told = reliability.against_direction()
    return Finding(
        "directed",
        wrong == 0 if told else None,
        f"{counted(wrong)} of {counted(told)} reasons told by a feature with a declared direction name a value that is "
        "safer than what applicants typically show.",
        "none",
        "own standard: a reason must not speak against itself",
    )


def _reason_table(reliability: Reliability) -> Table:
    codes, weights = reliability.evidence.bundle.reason_codes, reliability.near
    told = told_reasons(weights) & reliability.refused[:, None]
    people = max(int(reliability.refused.sum()), 1)
    first = told & (weights == weights.max(axis=1, keepdims=True))
    sizes = np.abs(weights).mean(axis=0)
    rows = tuple(
        (codes[n], REASONS[codes[n]].statement, float(sizes[n]), float(first[:, n].sum() / people),
         float(told[:, n].sum() / people))
        for n in np.argsort(-sizes, kind="stable")
    )  # fmt: skip
    return Table("reasons", "Reasons", _REASONS, rows,
                 "Mean size of the contribution; share of those not approved who are told the reason.")  # fmt: skip


def _feature_table(evidence: Evidence) -> Table:
    rows = []
    for rank, column in enumerate(evidence.main_columns[:_MAIN], start=1):
        name = evidence.people.features[column]
        item = evidence.features.catalogue[name]
        weight = float(evidence.weights[column])
        rows.append((rank, name, item.meaning, weight, item.reason, REASONS[item.reason].statement))
    shown = f"the {len(rows)} largest of {len(evidence.main_columns)}" if len(rows) < len(evidence.main_columns) else ""
    note = "Mean size of each feature’s contribution to the log-odds of bad, over development."
    return Table("features", f"What moves the predictions{f': {shown}' if shown else ''}", _FEATURES, tuple(rows), note)
