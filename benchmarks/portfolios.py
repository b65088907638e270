"""How well the estimator tells good from bad on the portfolios, beside a plain LightGBM on the same rows and folds.

    python -m benchmarks.portfolios taiwan home-credit [--repeats 5] [--trials 50] [--nested]

The features are the portfolio's own, which say nothing of sex, gender, marital or family status, children or age (of
education, only those of Home Credit). Parameters are tuned once, on folds of another
seed; then everybody is judged out of fold, once for each draw of five folds. With ``--nested`` each fold is judged
by a model that was tuned without it, too. The peer is what a data scientist tries first: LightGBM with eight leaves,
200 trees at a learning rate of 0.05, nothing tuned, without directions. One JSON line a portfolio.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import roc_auc_score

from benchmarks.data import data_folder
from bureau.home import open_home
from bureau.portfolios.home_credit import HomeCredit
from bureau.portfolios.taiwan import Taiwan, packaged_table
from features.sets import FeatureSet, feature_set
from tradeline.console import Stages
from tradeline.prepare import prepare
from training import CreditRiskModel
from training.crossfit import FOLDS, Rows, out_of_fold_margins
from training.population import Population, labelled_spine, population
from training.splits import splits

__all__ = ["PORTFOLIOS", "load_people"]

_Values = npt.NDArray[np.float64]

PORTFOLIOS: Final = {"taiwan": Taiwan, "home-credit": HomeCredit}
TARGETS: Final = {"taiwan": 0.7875, "home-credit": 0.760}
_PLAIN: Final = {"objective": "binary", "num_leaves": 8, "learning_rate": 0.05, "num_threads": 2, "verbosity": -1}
_PLAIN_ROUNDS: Final = 200
_JUDGING_SEED: Final = 2026


def load_people(name: str, home: Path) -> tuple[Population, FeatureSet]:
    """Take a portfolio into a new home, and its labelled population out of it."""
    portfolio = PORTFOLIOS[name]()
    data = packaged_table() if name == "taiwan" else data_folder() / "home_credit_sample"
    stages = Stages(quiet=True)
    prepared = prepare(open_home(home, create=True), portfolio, data, labelled=True, stages=stages, memory_limit="3GB")
    features = feature_set(name)
    spine = labelled_spine(prepared.history, prepared.observation)
    return population(prepared.repository, features, spine, features.names), features


def estimator(people: Population, features: FeatureSet, options: argparse.Namespace) -> CreditRiskModel:
    """The estimator with the catalogue's directions, on a matrix that is numbers already."""
    directions = {name: features.catalogue[name].direction for name in people.features}
    return CreditRiskModel(
        directions=directions, special_codes=None, n_trials=options.trials, n_processes=options.processes,
        random_state=options.seed, verbose=True,
    )  # fmt: skip


def judged_once_tuned(
    people: Population, features: FeatureSet, options: argparse.Namespace
) -> tuple[list[float], dict[str, object]]:
    """AUC of everybody out of fold for each draw of the folds, with parameters tuned on all."""
    model = estimator(people, features, options).fit(table(people), people.is_bad)
    directions = model.encoder_.directions(model.directions or {})
    areas = []
    for repeat in range(options.repeats):
        margins = out_of_fold_margins(
            Rows(people.values, people.is_bad), people.features, directions, model.averaged_,
            count=FOLDS, seed=_JUDGING_SEED + repeat, processes=options.processes,
        )  # fmt: skip
        areas.append(float(roc_auc_score(people.is_bad, margins)))
    return areas, {"tuning_auc": round(model.tuned_.chosen.auc, 5), "parameters": repr(model.parameters_)}


def judged_nested(
    people: Population, features: FeatureSet, options: argparse.Namespace
) -> tuple[list[float], dict[str, object]]:
    """The same with a tuning inside each fold."""
    frame, areas = table(people), []
    for repeat in range(options.repeats):
        log_odds = np.empty(len(people))
        for fit_on, judge in splits(people.is_bad, FOLDS, _JUDGING_SEED + repeat):
            model = estimator(people, features, options).fit(frame.iloc[fit_on], people.is_bad[fit_on])
            log_odds[judge] = model.decision_function(frame.iloc[judge])
        areas.append(float(roc_auc_score(people.is_bad, log_odds)))
    return areas, {}


def plain(people: Population, repeats: int) -> list[float]:
    """AUC of the peer out of fold, on the same folds."""
    areas = []
    for repeat in range(repeats):
        chance = np.empty(len(people))
        for fit_on, judge in splits(people.is_bad, FOLDS, _JUDGING_SEED + repeat):
            data = lgb.Dataset(people.values[fit_on], people.is_bad[fit_on].astype(float))
            booster = lgb.train(_PLAIN | {"seed": _JUDGING_SEED}, data, num_boost_round=_PLAIN_ROUNDS)
            chance[judge] = booster.predict(people.values[judge])
        areas.append(float(roc_auc_score(people.is_bad, chance)))
    return areas


def table(people: Population) -> pd.DataFrame:
    """The features as a frame."""
    return pd.DataFrame(people.values, columns=list(people.features))


def measure(name: str, options: argparse.Namespace) -> dict[str, object]:
    """The figures of one portfolio."""
    with tempfile.TemporaryDirectory() as scratch:
        people, features = load_people(name, Path(scratch) / "home")
    begun = time.perf_counter()
    ours, more = (judged_nested if options.nested else judged_once_tuned)(people, features, options)
    seconds = time.perf_counter() - begun
    peer = plain(people, options.repeats)
    return {
        "portfolio": name,
        "people": len(people),
        "features": len(people.features),
        "nested": options.nested,
        "auc": round(float(np.mean(ours)), 5),
        "auc_by_repeat": [round(area, 5) for area in ours],
        "target": TARGETS[name],
        "plain_auc": round(float(np.mean(peer)), 5),
        "auc_ahead": round(float(np.mean(np.subtract(ours, peer))), 5),
        "seconds": round(seconds, 1),
    } | more


def main() -> None:
    """Measure each portfolio and print one JSON line for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("portfolios", nargs="*", default=[*PORTFOLIOS])
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--nested", action="store_true")
    options = parser.parse_args()
    for name in options.portfolios:
        sys.stdout.write(json.dumps(measure(name, options)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
