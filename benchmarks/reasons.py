"""What reasons cost: a score with four reasons, the same by shap's explainer, and a table of people.

``python -m benchmarks.reasons [--rows N]``

People are drawn at random under the names of the bureau portfolio's features; the model has the size of a
champion's: 300 trees of 8 leaves. One thread. The limits are those of the quality that is asked for.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from features.sets import feature_set
from scoring.baselines import representatives
from scoring.bundle import Bundle
from scoring.calibration import Calibration
from scoring.model import Model
from scoring.policy import shipped_book
from scoring.scale import ScoreScale
from scoring.scorer import Scorer
from training.baselines import draw_baselines
from training.boosting import BoostingParameters, fit_booster

__all__ = ["bundle_for", "main", "people"]

_Values = npt.NDArray[np.float64]

PORTFOLIO, ON = "bureau", date(2026, 6, 30)


def people(rows: int, seed: int = 1) -> tuple[_Values, npt.NDArray[np.bool_]]:
    """Made-up vectors of the portfolio's features, a tenth of their values missing, and outcomes."""
    random = np.random.default_rng(seed)
    features = feature_set(PORTFOLIO)
    names = features.permitted("us")
    values = random.gamma(2.0, 1.0, (rows, len(names)))
    values[random.random(values.shape) < 0.1] = np.nan
    directions = np.array([features.catalogue[name].direction for name in names])
    weights = directions * np.random.default_rng(0).gamma(0.3, 0.25, len(names))
    margin = np.nansum((values - 2.0) * weights, axis=1) - 2.2
    return values, random.random(rows) < 1.0 / (1.0 + np.exp(-margin))


def bundle_for(trees: int, leaves: int, depth: int) -> Bundle:
    """A bundle of a given size, with 500 applicants in each baseline."""
    features = feature_set(PORTFOLIO)
    names = features.permitted("us")
    values, is_bad = people(20_000)
    directions = [features.catalogue[name].direction for name in names]
    parameters = BoostingParameters(trees, num_leaves=leaves, max_depth=depth, feature_fraction=0.2, lambda_l2=20.0)
    model = Model(fit_booster(values, is_bad, names, directions, parameters, 1).model_to_string(), names)
    calibration, scale, policies = Calibration(), ScoreScale(), shipped_book(PORTFOLIO)
    drawn = draw_baselines(model, calibration, scale, policies.in_force(ON, "us"), values, seed=1)
    return Bundle(
        model_version=f"{PORTFOLIO}-1",
        portfolio=PORTFOLIO,
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
    parser = argparse.ArgumentParser(description="What reasons cost.")
    parser.add_argument("--rows", type=int, default=20_000, help="people in the table that is explained whole")
    rows = parser.parse_args().rows
    _say("| what | figure | limit |", "|---|---|---|")
    bundle = bundle_for(300, 8, 4)
    scorer = Scorer(bundle)
    values = people(max(rows, 1_000), seed=2)[0]
    _say(f"| tables made for 500 + 500 applicants | {1e3 * _cpu(lambda: scorer.explainer.game):.0f} ms once | |")
    _one_by_one(scorer, values)
    _beside_shap(scorer, values)
    seconds = _cpu(lambda: _in_blocks(scorer, values[:rows]))
    _say(f"| {rows:,} people, everybody explained and told | {rows / seconds:,.0f} a second | 1,700 |")
    _say(f"| a million at that rate | {1e6 * seconds / rows / 60:.1f} minutes | 10 |")
    largest = Scorer(bundle_for(110, 31, 8))
    _say(f"| 110 trees of 31 leaves: tables made | {1e3 * _cpu(lambda: largest.explainer.game):.0f} ms once | |")
    _one_by_one(largest, values, "110 trees of 31 leaves: ")


def _one_by_one(scorer: Scorer, values: _Values, of: str = "") -> None:
    """One person at a time: the score alone, the contributions alone, and all that is told."""
    stages: dict[str, tuple[Callable[[_Values], Any], str]] = {
        "score, no reasons": (lambda row: scorer.score_vectors(row, "none"), ""),
        "contributions against both baselines": (scorer.explainer.game.contributions, ""),
        "score, four reasons and key factors, told": (lambda row: scorer.score_vectors(row, "all"), "1 ms"),
    }
    for name, (stage, limit) in stages.items():
        times = _times(stage, values[:1_000])
        p50, p99 = 1e3 * np.quantile(times, [0.5, 0.99])
        _say(f"| {of}{name} | p50 {p50:.3f} ms, p99 {p99:.3f} ms | {limit} |")


def _beside_shap(scorer: Scorer, values: _Values) -> None:
    """The same background of one baseline, for shap as for the game; shap explains features, not groups."""
    import shap

    bundle = scorer.bundle
    background = representatives(bundle.model.forest, bundle.baselines.near_cut_off)
    masker = shap.maskers.Independent(background, max_samples=len(background))
    explainer = shap.TreeExplainer(bundle.model.booster, masker, model_output="raw")
    theirs = float(np.median(_times(lambda row: explainer.shap_values(row, check_additivity=False), values[:20])))
    ours = float(np.median(_times(scorer.explainer.game.contributions, values[:1_000])))
    path = float(np.median(_times(bundle.model.contributions, values[:200])))
    _say(
        f"| shap, interventional, {len(background)} applicants, one person | {1e3 * theirs:.1f} ms: "
        f"{theirs / ours:,.0f} times as long as both baselines here | 10 times |",
        f"| LightGBM’s path-dependent TreeSHAP, one person | {1e3 * path:.2f} ms: {path / ours:.1f} times as long | |",
    )


def _in_blocks(scorer: Scorer, values: _Values) -> None:
    """As a batch does it: so many at a time, nothing kept."""
    for start in range(0, len(values), 2_000):
        scorer.score_vectors(values[start : start + 2_000], "all")


def _times(stage: Callable[[_Values], Any], values: _Values) -> list[float]:
    """Seconds of each person, after a first one that is not counted."""
    stage(values[:1])
    times = []
    for row in range(len(values)):
        start = time.perf_counter()
        stage(values[row : row + 1])
        times.append(time.perf_counter() - start)
    return times


def _cpu(stage: Callable[[], Any]) -> float:
    """Seconds of processor time."""
    start = time.process_time()
    stage()
    return time.process_time() - start


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
