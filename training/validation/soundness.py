"""Conceptual soundness: why this kind of model, why these features, and whether they point the way they should."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

import numpy as np
from scipy.stats import spearmanr

from features.reasons import REASONS
from scoring.bundle import Bundle
from training.report.section import Cell, Column, Finding, Section, Table
from training.report.shown import counted, decimal
from training.validation.evidence import Evidence
from training.validation.peer_models import information_value

__all__ = ["soundness_section"]

_PEOPLE: Final = 20_000
_MAIN: Final = 25
_SURE: Final = 0.02
"""A rank correlation of at least this size counts as pointing somewhere."""

_ARROWS: Final = {1: "up", -1: "down", 0: "–"}
_COLUMNS = (
    Column("feature", "Feature"),
    Column("meaning", "Meaning"),
    Column("reason", "Reason"),
    Column("direction", "Declared"),
    Column("correlation", "Rank correlation", "signed", 3),
    Column("information_value", "Information value", "figure", 3),
    Column("missing", "Missing", "share"),
)
_PARAMETERS = (Column("parameter", "Parameter"), Column("value", "Value"))


def soundness_section(evidence: Evidence) -> Section:
    """The method, its parameters, and the main features with declared and observed direction."""
    rows = evidence.sample_of(evidence.samples.development, _PEOPLE, salt=12)
    table = tuple(_row(evidence, column, rows) for column in evidence.main_columns[:_MAIN])
    against = [row for row in table if _is_against(row)]
    catalogue, bundle = evidence.features.catalogue, evidence.bundle
    codes = {catalogue[name].reason for name in evidence.people.features}
    return Section(
        "soundness",
        "Conceptual soundness",
        (
            "The model is a sum of shallow decision trees (gradient boosting, LightGBM) on the log-odds of going bad. "
            "Such models find bends and interactions that a scorecard needs to be told, take missing values as they "
            "are, and can be bound to declared directions of risk. Their explanations are exact. What speaks against "
            "them, that nobody can read them whole, is met here by verified directions, responses and benchmarks.",
            f"Every feature comes from the catalogue with its meaning, its lineage, its permitted use and one reason: "
            f"{counted(len(evidence.people.features))} features under {counted(len(codes))} reasons. What the law "
            f"forbids in {bundle.jurisdiction.upper()} is refused by the catalogue before a model is trained.",
            f"A straight line through the log-odds (slope {decimal(bundle.calibration.slope)}, intercept "
            f"{decimal(bundle.calibration.intercept)}), fitted on predictions for people whom the trees had not seen, "
            f"makes probabilities of them. A score of {bundle.scale.base_score} stands at odds of "
            f"{bundle.scale.base_odds:g} to 1, and {bundle.scale.points_to_double:g} points double them.",
            _tuned_text(evidence),
        ),
        tables=(
            Table("features", "The main features", _COLUMNS, table,
                  "Rank correlation (Spearman) of the feature with the outcome, alone. A declared direction holds "
                  "everything else being equal, so that a feature may point the other way alone."),
            Table("parameters", "Parameters", _PARAMETERS, _parameter_rows(evidence)),
        ),
        findings=(
            Finding(
                "reasons_complete",
                all(catalogue[name].reason in REASONS for name in evidence.people.features),
                "Every feature counts towards a reason that can be told.",
                "no feature without a reason",
                "requirement AA-05",
            ),
            Finding(
                "directions_sensible",
                len(against) <= len(table) // 10,
                f"Of the {counted(len(table))} main features, {counted(len(against))} point against their declared "
                f"direction when looked at alone{': ' + ', '.join(str(row[0]) for row in against) if against else ''}.",
                "at most a tenth of them",
                "own standard",
            ),
        ),
    )  # fmt: skip


def _row(evidence: Evidence, column: int, rows: np.ndarray) -> tuple[Cell, ...]:
    name = evidence.people.features[column]
    item = evidence.features.catalogue[name]
    values, is_bad = evidence.people.values[rows, column], evidence.people.is_bad[rows]
    known = ~np.isnan(values)
    varies = known.sum() > 1 and np.ptp(values[known]) > 0 and 0 < is_bad[known].sum() < known.sum()
    correlation = float(spearmanr(values[known], is_bad[known]).statistic) if varies else None
    return (name, item.meaning, REASONS[item.reason].statement, _ARROWS[item.direction], correlation,
            information_value(values, is_bad), float((~known).mean()))  # fmt: skip


def _is_against(row: tuple[Cell, ...]) -> bool:
    declared, correlation = {"up": 1, "down": -1}.get(str(row[3]), 0), row[4]
    return isinstance(correlation, float) and declared * correlation < -_SURE


def _tuned_text(evidence: Evidence) -> str:
    if evidence.tuned is None:
        return "The parameters were given; no tuning is part of the evidence."
    pruned = sum(trial.pruned for trial in evidence.tuned.trials)
    return (
        f"Parameters were chosen among {counted(len(evidence.tuned.trials))} trials ({counted(pruned)} stopped early) "
        "on folds of the development sample, for discrimination first and then for the cost of an explanation; the "
        f"chosen one had a mean AUC of {decimal(evidence.tuned.chosen.auc)} over its folds."
    )


def _parameter_rows(evidence: Evidence) -> tuple[tuple[str, str], ...]:
    bundle: Bundle = evidence.bundle
    shown = asdict(evidence.parameters) | {
        "calibration_slope": bundle.calibration.slope,
        "calibration_intercept": bundle.calibration.intercept,
        "base_score": bundle.scale.base_score,
        "base_odds": bundle.scale.base_odds,
        "points_to_double": bundle.scale.points_to_double,
        "feature_fingerprint": bundle.feature_fingerprint,
        "seed": evidence.seed,
    }
    return tuple((name, f"{value:.6g}" if isinstance(value, float) else str(value)) for name, value in shown.items())
