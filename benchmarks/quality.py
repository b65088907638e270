"""How well the models tell good from bad, beside a plain LightGBM on the same rows and the same folds.

For each draw of the folds, both are judged out of fold. The peer is what a data scientist tries first:
LightGBM with eight leaves, 200 trees at a learning rate of 0.05 and nothing tuned, without constraints
and without calibration.

    python -m benchmarks.quality taiwan home-credit

One JSON line a portfolio: mean AUC with its standard error over the draws, their difference pair by
pair, and the expected calibration error of the first draw.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from benchmarks.data import data_folder
from bureau.home import open_home
from bureau.portfolios.home_credit import HomeCredit
from bureau.portfolios.taiwan import Taiwan, packaged_table
from features.sets import FeatureSet, feature_set
from scoring.calibration import probability
from tradeline.console import Stages
from tradeline.prepare import prepare
from training.crossfit import FOLDS, folds
from training.figures import expected_calibration_error
from training.population import Population, labelled_spine, population
from training.train import Options, Trained, train

PORTFOLIOS = {"taiwan": Taiwan, "home-credit": HomeCredit}
PLAIN = {"objective": "binary", "num_leaves": 8, "learning_rate": 0.05, "num_threads": 2, "verbosity": -1}
PLAIN_ROUNDS = 200


def load_people(name: str, data: Path, home: Path) -> tuple[Population, FeatureSet]:
    """Take a portfolio into a new home, and its labelled population out of it."""
    portfolio = PORTFOLIOS[name]()
    stages = Stages(quiet=True)
    prepared = prepare(open_home(home, create=True), portfolio, data, labelled=True, stages=stages, memory_limit="3GB")
    features = feature_set(name)
    spine = labelled_spine(prepared.history, prepared.observation)
    return population(prepared.repository, features, spine, features.names), features


def plain_probabilities(people: Population, seed: int) -> npt.NDArray[np.float64]:
    """Default probability of everybody by the peer, out of fold, on the folds that this seed draws."""
    chance = np.empty(len(people))
    for fit_on, judge in folds(people.is_bad, FOLDS, seed):
        data = lgb.Dataset(people.values[fit_on], people.is_bad[fit_on].astype(float))
        booster = lgb.train(PLAIN | {"seed": seed}, data, num_boost_round=PLAIN_ROUNDS)
        chance[judge] = booster.predict(people.values[judge])
    return chance


def measure(name: str, data: Path, options: Options) -> dict[str, object]:
    """Train ours, train the peer on the same folds, and compare."""
    with tempfile.TemporaryDirectory() as scratch:
        people, features = load_people(name, data, Path(scratch) / "home")
        started = time.perf_counter()
        trained = train(
            people, features, model_version=f"{name}-benchmark", observed_on=PORTFOLIOS[name]().observed_on,
            options=options, journal=Path(scratch) / "journal",
        )  # fmt: skip
        seconds = time.perf_counter() - started
    plain = [plain_probabilities(people, options.seed + repeat) for repeat in range(len(trained.auc_by_repeat))]
    return compare(people, trained, plain) | {"portfolio": name, "training_seconds": round(seconds, 1)}


def compare(people: Population, trained: Trained, plain: list[npt.NDArray[np.float64]]) -> dict[str, object]:
    """The figures of both, draw by draw."""
    ours = np.array(trained.auc_by_repeat)
    peers = np.array([roc_auc_score(people.is_bad, chance) for chance in plain])
    chance = np.random.default_rng(0)
    truth = trained.default_probability
    perfect = [expected_calibration_error(truth, chance.random(len(truth)) < truth) for _ in range(200)]
    return {
        "people": len(people),
        "features": len(people.features),
        "draws": len(ours),
        "auc": round(float(ours.mean()), 5),
        "auc_standard_error": _standard_error(ours),
        "plain_auc": round(float(peers.mean()), 5),
        "plain_auc_standard_error": _standard_error(peers),
        "auc_ahead": round(float((ours - peers).mean()), 5),
        "auc_ahead_standard_error": _standard_error(ours - peers),
        "expected_calibration_error": round(trained.figures.expected_calibration_error, 5),
        "plain_expected_calibration_error": round(expected_calibration_error(plain[0], people.is_bad), 5),
        "perfect_expected_calibration_error": [round(float(np.quantile(perfect, q)), 5) for q in (0.05, 0.95)],
        "mean_log_loss": round(_log_loss(probability(trained.log_odds), people.is_bad), 5),
        "plain_mean_log_loss": round(_log_loss(plain[0], people.is_bad), 5),
    }


def _standard_error(figures: npt.NDArray[np.float64]) -> float | None:
    return round(float(figures.std(ddof=1) / np.sqrt(len(figures))), 5) if len(figures) > 1 else None


def _log_loss(chance: npt.NDArray[np.float64], is_bad: npt.NDArray[np.bool_]) -> float:
    return float(-np.log(np.where(is_bad, chance, 1 - chance)).mean())


def main() -> None:
    """Measure each portfolio and print one JSON line for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("portfolios", nargs="*", default=[*PORTFOLIOS])
    parser.add_argument("--trials", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--processes", type=int, default=2)
    told = parser.parse_args()
    options = Options(trials=told.trials, seed=told.seed, processes=told.processes, repeats=told.repeats)
    for name in told.portfolios:
        data = packaged_table() if name == "taiwan" else data_folder() / "home_credit_sample"
        sys.stdout.write(json.dumps(measure(name, data, options)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
