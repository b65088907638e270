"""What it costs to find what would change a decision: every set of up to three actions at every step.

``python -m benchmarks.recourse [--people N]``

Applicants are drawn at random under the names of each portfolio's features; the model has the size of a champion's:
300 trees of 8 leaves. One thread, whose own time is counted, whatever else the machine does. Asked for are those who
are not approved; that what is found is the smallest there is, the tests show by brute force.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from datetime import date

import numpy as np
import numpy.typing as npt

from features.sets import FEATURE_SETS, feature_set
from features.vectors import matrix
from scoring.bundle import Bundle
from scoring.calibration import Calibration
from scoring.model import Model
from scoring.policy import Circumstances, shipped_book
from scoring.recourse import Recourse, find_recourse
from scoring.scale import ScoreScale
from scoring.scorer import Scorer
from training.baselines import draw_baselines
from training.boosting import BoostingParameters, fit_booster

__all__ = ["applicants", "bundle_of", "main"]

_Values = npt.NDArray[np.float64]

ON = date(2026, 6, 30)


def applicants(portfolio: str, rows: int, seed: int) -> dict[str, _Values]:
    """Made-up counted features, a tenth of the values missing."""
    random = np.random.default_rng(seed)
    names = feature_set(portfolio).counted
    values = random.gamma(2.0, 1.0, (len(names), rows))
    values[random.random(values.shape) < 0.1] = np.nan
    return dict(zip(names, values, strict=True))


def bundle_of(portfolio: str) -> Bundle:
    """A bundle of a champion's size, with 500 applicants in each baseline."""
    features = feature_set(portfolio)
    names = features.permitted("us")
    values = matrix(features, applicants(portfolio, 10_000, 1), names)
    directions = [features.catalogue[name].direction for name in names]
    random = np.random.default_rng(0)
    weights = np.array(directions) * random.gamma(0.3, 0.25, len(names))
    margin = np.nansum(np.clip(values - 2.0, -2.0, 6.0) * weights, axis=1) - 2.5
    is_bad = random.random(len(values)) < 1.0 / (1.0 + np.exp(-margin))
    parameters = BoostingParameters(300, num_leaves=8, max_depth=4, feature_fraction=0.2, lambda_l2=20.0)
    model = Model(fit_booster(values, is_bad, names, directions, parameters, 1).model_to_string(), names)
    calibration, scale, policies = Calibration(), ScoreScale(), shipped_book(portfolio)
    drawn = draw_baselines(model, calibration, scale, policies.in_force(ON, "us"), values, seed=1)
    return Bundle(
        model_version=f"{portfolio}-1",
        portfolio=portfolio,
        jurisdiction="us",
        trained_on=ON,
        model=model,
        calibration=calibration,
        scale=scale,
        policies=policies,
        feature_fingerprint=features.catalogue.fingerprint(names),
        baselines=drawn.baselines,
        typical=drawn.typical,
    )


def main() -> None:
    """Print the figures as a Markdown table."""
    parser = argparse.ArgumentParser(description="What it costs to find what would change a decision.")
    parser.add_argument(
        "--people", type=int, default=300, help="refused applicants of each portfolio who are asked for"
    )
    asked = parser.parse_args()
    out = sys.stdout
    out.write("| portfolio | one action | two | three | none | p50 | p99 |\n|---|---|---|---|---|---|---|\n")
    for portfolio in sorted(FEATURE_SETS):
        bundle = bundle_of(portfolio)
        scorer, policy, circumstances = Scorer(bundle), bundle.policy, Circumstances(features_age_days=1)
        counted = applicants(portfolio, 50 * asked.people, 2)
        scores = [scored.credit_score for scored in scorer.score(counted, "none")]
        refused = [row for row, score in enumerate(scores) if policy.decide(score) != "approve"][: asked.people + 5]
        sizes: Counter[int] = Counter()
        seconds = []
        for row in refused:
            person = {name: float(values[row]) for name, values in counted.items()}
            ruling = policy.rule(circumstances, scores[row])
            start = time.thread_time()
            found = find_recourse(scorer, person, policy, ruling, circumstances)
            seconds.append(time.thread_time() - start)
            sizes[len(found.changes) if isinstance(found, Recourse) else 0] += 1
        p50, p99 = np.quantile(seconds[5:], (0.5, 0.99)) * 1000  # the first few warm up
        told = " | ".join(f"{sizes[size]:,}" for size in (1, 2, 3, 0))
        out.write(f"| `{portfolio}` | {told} | {p50:.1f} ms | {p99:.1f} ms |\n")


if __name__ == "__main__":
    main()
