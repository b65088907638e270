"""From a training to what is shown of it: the summary and the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final

import numpy as np

from bureau.delivery import Receipt
from features.reasons import REASONS
from features.sets import FeatureSet
from scoring.bundle import Bundle
from scoring.scorer import Scorer
from training.population import Population
from training.report import Example, FeatureWeight, Report
from training.train import Trained

__all__ = ["build_report", "summarise"]

_EXPLAINED_ROWS: Final = 2_000


def summarise(trained: Trained, people: Population) -> dict[str, object]:
    """The figures of a run, as they stand in ``summary.json``."""
    error = trained.auc_standard_error
    return {
        "portfolio": trained.bundle.portfolio,
        "model_version": trained.bundle.model_version,
        "n_train": len(people),
        "n_bad": int(people.is_bad.sum()),
        **{name: round(value, 6) for name, value in asdict(trained.figures).items()},
        "auc_repeats": len(trained.auc_by_repeat),
        "auc_repeats_mean": round(float(np.mean(trained.auc_by_repeat)), 6),
        "auc_standard_error": None if error is None else round(error, 6),
        "n_features": len(people.features),
        "features_used": list(people.features),
        "observed_on": trained.bundle.trained_on.isoformat(),
        "jurisdiction": trained.bundle.jurisdiction,
    }


def build_report(
    trained: Trained,
    people: Population,
    features: FeatureSet,
    receipts: Sequence[Receipt],
    summary: Mapping[str, object],
    seed: int,
) -> Report:
    """Everything the report shows."""
    bundle = trained.bundle
    return Report(
        portfolio=bundle.portfolio,
        title=f"Training report {bundle.model_version}",
        summary={name: value for name, value in summary.items() if name not in ("features_used", "stage_seconds")},
        is_bad=people.is_bad,
        default_probability=trained.default_probability,
        credit_score=bundle.scale.to_score(trained.log_odds),
        refer_below=bundle.policy.refer_below,
        decline_below=bundle.policy.decline_below,
        features=_weights(bundle, people.sample(_EXPLAINED_ROWS, seed), features),
        deliveries=tuple(_delivery(receipt) for receipt in receipts),
        example=_example(trained, people),
        parameters=asdict(trained.parameters) | {"seed": seed},
        notes=_NOTES,
    )


_NOTES: Final = (
    "The figures are pooled out of fold over 5 stratified folds; booster and calibrator are fitted inside each fold.",
    "Tuning chose its parameters on other folds of the same people, which makes the figures slightly favourable.",
    "Contributions are taken against all applicants (path-dependent TreeSHAP on the log-odds).",
    "The outcome is as the furnisher defines it; people without an outcome are not in the figures.",
    "Cut-offs are examples; a lender sets its own.",
)


_EXAMPLE_TITLES: Final = {
    "decline": "one declined applicant",
    "refer": "one referred applicant",
    "approve": "the riskiest applicant",
}


def _weights(bundle: Bundle, people: Population, features: FeatureSet) -> tuple[FeatureWeight, ...]:
    """Mean absolute contribution of each feature to the calibrated log-odds, largest first."""
    contributions, _ = bundle.model.contributions(people.values)
    means = np.abs(contributions).mean(axis=0) * bundle.calibration.slope
    weights = [
        FeatureWeight(name, item.meaning, item.reason, REASONS[item.reason].statement, float(mean))
        for name, mean in zip(people.features, means, strict=True)
        for item in (features.catalogue[name],)
    ]
    return tuple(sorted(weights, key=lambda weight: -weight.mean_contribution))


def _delivery(receipt: Receipt) -> dict[str, object]:
    shown = asdict(receipt)
    return {
        name: shown[name]
        for name in ("file", "furnisher_id", "contract", "read", "accepted", "quarantined", "duplicate", "rules")
    }


def _example(trained: Trained, people: Population) -> Example:
    """One person that the final model declines, in the middle of those; else the riskiest one."""
    bundle = trained.bundle
    log_odds = bundle.calibration.log_odds(bundle.model.margin(people.values))
    order = np.argsort(log_odds, kind="stable")
    declined = int((bundle.scale.to_score(log_odds) < bundle.policy.decline_below).sum())
    row = order[-max(1, (declined + 1) // 2)]
    contributions, base = bundle.model.contributions(people.values[[row]])
    by_reason = bundle.attribution.by_reason(contributions)[0] * bundle.calibration.slope
    scored = Scorer(bundle).score_vectors(people.values[[row]])[0]
    return Example(
        consumer=_EXAMPLE_TITLES[scored.decision],
        default_probability=scored.default_probability,
        credit_score=scored.credit_score,
        decision=scored.decision,
        base_log_odds=float(bundle.calibration.log_odds(base[0])),
        weights=tuple(
            (REASONS[code].statement, float(weight))
            for code, weight in zip(bundle.attribution.codes, by_reason, strict=True)
        ),
    )
