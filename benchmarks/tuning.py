"""What the tuning is decided by: what an explanation costs, how trials are sampled and given up, time and memory.

    python -m benchmarks.tuning [cost] [choices] [speed] [memory] [--seeds 3] [--trials 50]

`choices` compares ways to search on tables with rows left out: the area under the curve there of the model
that was chosen, beside its own on the folds, and the seconds of CPU. `speed` runs the same tuning with one
process and with two, and says from the CPU seconds of each trial how well two processes are kept busy, which
a busy machine does not disturb.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import optuna
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from benchmarks.data import data_folder
from training.boosting import BoostingParameters, fit_booster
from training.explanation_cost import explanation_cost
from training.tuning import COST_CAP, Budget, Fold, Progress, Trial, tune
from training.tuning.choice import champion
from training.tuning.curves import top
from training.tuning.evaluation import Task, Workbench
from training.tuning.plan import MOST_TREES, ROUND, TOLERANCE, Plan
from training.tuning.proposals import distributions
from training.tuning.search import search
from training.tuning.silence import silence

_FOLDS: Final = 4
_Values = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Table:
    """Rows to tune on and rows left out."""

    name: str
    values: _Values
    is_bad: _Flags
    other_values: _Values
    other_is_bad: _Flags

    def plan(self, seed: int, *, pruning: float | None = None) -> Plan:
        columns = self.values.shape[1]
        names = tuple(f"f{column}" for column in range(columns))
        return Plan(tuple(self.folds(seed)), names, (0,) * columns, seed, {}, None, COST_CAP, pruning=pruning)

    def folds(self, seed: int) -> list[Fold]:
        splitter = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
        return [
            Fold(self.values[fit], self.is_bad[fit], self.values[judge], self.is_bad[judge])
            for fit, judge in splitter.split(self.values, self.is_bad)
        ]

    def judge(self, parameters: BoostingParameters, seed: int) -> float:
        """Area under the curve of the rows left out."""
        names = [f"f{column}" for column in range(self.values.shape[1])]
        booster = fit_booster(self.values, self.is_bad, names, [0] * len(names), parameters, seed)
        margins = booster.predict(self.other_values, raw_score=True, num_threads=1)
        return float(roc_auc_score(self.other_is_bad, margins))


def additive(rows: int, seed: int) -> tuple[_Values, _Flags]:
    """Effects that add up, some of them bent, and noise columns."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 15))
    z = -1.6 + 0.6 * x[:, 0] - 0.5 * x[:, 1] + 0.4 * np.sin(2 * x[:, 2]) + 0.5 * (x[:, 3] > 1) - 0.3 * np.abs(x[:, 4])
    z += 0.3 * x[:, 5] + 0.2 * x[:, 6] + 0.15 * x[:, 7]
    return x, rng.random(rows) < 1 / (1 + np.exp(-z))


def interacting(rows: int, seed: int) -> tuple[_Values, _Flags]:
    """Effects that depend on other features."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 15))
    z = -1.6 + 0.4 * x[:, 0] + 0.8 * x[:, 1] * (x[:, 2] > 0) - 0.6 * x[:, 3] * x[:, 4] + 0.3 * x[:, 7]
    z += 0.7 * (x[:, 5] > 0) * (x[:, 6] > 0) * (x[:, 10] > 0)
    return x, rng.random(rows) < 1 / (1 + np.exp(-z))


def tables(seed: int) -> list[Table]:
    """Additive and interacting effects, and real card holders."""
    made = [
        Table(f"{draw.__name__} {rows:,}", *draw(rows, seed), *draw(20_000, seed + 1000))
        for draw, rows in ((additive, 1_500), (interacting, 3_000))
    ]
    path = data_folder() / "taiwan" / "UCI_Credit_Card.csv.gz"
    if not path.exists():
        return made
    cards = pd.read_csv(path).sample(frac=1.0, random_state=seed)
    values = cards.filter(regex="^(LIMIT|PAY_|BILL_)").to_numpy(dtype=np.float64)
    is_bad = cards["default.payment.next.month"].to_numpy() == 1
    return [*made, Table("card holders 4,000", values[:4000], is_bad[:4000], values[4000:], is_bad[4000:])]


# -- ways to search --------------------------------------------------------------------------------


def by_auc(plan: Plan, trials: int) -> Trial:
    """As :func:`training.tuning.tune` does it."""
    return search(
        plan, budget=Budget(trials), processes=1, where=None, study="s", clock=time.monotonic, progress=None
    ).chosen


def by_both(plan: Plan, trials: int) -> Trial:
    """The sampler follows AUC and cost."""
    return _with(plan, trials, lambda seed: optuna.samplers.TPESampler(seed=seed, n_startup_trials=12))


def at_random(plan: Plan, trials: int) -> Trial:
    """The sampler follows nothing."""
    return _with(plan, trials, lambda seed: optuna.samplers.RandomSampler(seed=seed))


def _with(plan: Plan, trials: int, sampler: Callable[[int], optuna.samplers.BaseSampler]) -> Trial:
    space, judged = plan.space(), list[Trial]()
    bench = Workbench(
        plan.folds, plan.features, plan.directions, seed=plan.seed, cost_cap=plan.cost_cap, most_trees=MOST_TREES
    )
    with silence():
        study = optuna.create_study(directions=["maximize", "minimize"], sampler=sampler(plan.seed))
        for draw in space.first_draws():
            study.enqueue_trial(draw)
        while len(judged) < trials:
            asked = [study.ask(distributions(space)) for _ in range(min(ROUND, trials - len(judged)))]
            for trial in asked:
                parameters = space.parameters(trial.params)
                best = top(bench.judge(Task(trial.number, parameters)).curves)
                study.tell(trial, [best.auc, best.cost])
                chosen = BoostingParameters(**vars(parameters) | {"rounds": best.rounds})
                judged.append(Trial(trial.number, chosen, best.auc, best.auc_by_fold, best.cost))
    return champion(judged, TOLERANCE)


def choices(seeds: int, trials: int) -> None:
    ways: dict[str, tuple[Callable[[Plan, int], Trial], float | None]] = {
        "AUC alone, given up below the median": (by_auc, 0.5),
        "AUC alone, none given up": (by_auc, None),
        "AUC and cost": (by_both, None),
        "at random": (at_random, None),
    }
    _say(f"\n{trials} trials, {_FOLDS} folds, means of {seeds} seeds\n")
    for place in range(len(tables(0))):
        for name, (way, pruning) in ways.items():
            rows = []
            for seed in range(1, seeds + 1):
                table = tables(seed)[place]
                began = time.process_time()
                chosen = way(table.plan(seed, pruning=pruning), trials)
                seconds = time.process_time() - began
                rows.append([table.judge(chosen.parameters, seed), chosen.auc, chosen.cost, seconds])
            left_out, on_folds, cost, seconds = np.mean(rows, axis=0)
            _say(
                f"{tables(1)[place].name:20s} {name:38s} AUC left out {left_out:.4f}  on folds {on_folds:.4f}  "
                f"cost {cost:7.0f}  {seconds:5.1f} CPU s"
            )


# -- cost, speed, memory ----------------------------------------------------------------------------


def cost() -> None:
    """Time to explain one row against the cost."""
    values, is_bad = interacting(20_000, 1)
    names = [f"f{column}" for column in range(15)]
    _say("\nexplaining one row, lowest of 300 and median\n")
    for rounds, leaves, depth in ((300, 2, 2), (500, 4, 3), (300, 8, 4), (1000, 8, 4), (300, 16, 6), (150, 31, 8)):
        parameters = BoostingParameters(rounds, 0.04, leaves, depth, 20, 0.5)
        booster = fit_booster(values, is_bad, names, [0] * 15, parameters, 1)
        seconds = [_seconds_to_explain(booster, values[:1]) for _ in range(300)]
        total = explanation_cost(booster)
        _say(
            f"{rounds:5d} trees of {leaves:2d} leaves  cost {total:8.0f}  {1e3 * min(seconds):.3f} ms  "
            f"{1e3 * float(np.median(seconds)):.3f} ms  {1e9 * min(seconds) / total:6.1f} ns each"
        )


def _seconds_to_explain(booster: lgb.Booster, row: _Values) -> float:
    began = time.perf_counter()
    booster.predict(row, pred_contrib=True, num_threads=1)
    return time.perf_counter() - began


def speed(trials: int) -> None:
    """One process against two, and how well two are kept busy."""
    values, is_bad = interacting(20_000, 1)
    table = Table("", values, is_bad, values, is_bad)
    told: list[float] = []
    walls = []
    for processes in (1, 2):
        clock = time.process_time if processes == 1 else time.monotonic
        began = time.perf_counter()
        _tune(table, trials, processes, lambda progress: told.append(progress.seconds), clock)
        walls.append(time.perf_counter() - began)
    each = np.diff([0.0, *told[:trials]])
    busy = sum(_makespan(each[first : first + ROUND]) for first in range(0, trials, ROUND))
    _say(f"\n{trials} trials on {len(is_bad):,} rows; load of the machine {os.getloadavg()[0]:.1f}\n")
    _say(f"wall time: one process {walls[0]:.1f} s, two {walls[1]:.1f} s, ratio {walls[0] / walls[1]:.2f}")
    _say(f"CPU of one {each.sum():.1f} s; two idle cores would need {busy:.1f} s, ratio {each.sum() / busy:.2f}")


def _makespan(seconds: Sequence[float]) -> float:
    """Two workers, each taking the next trial of a round when it is free."""
    free = [0.0, 0.0]
    for one in seconds:
        free[free.index(min(free))] += one
    return max(free)


def memory(trials: int) -> None:
    """Resident memory of the parent and of its workers."""
    values, is_bad = interacting(5_000, 1)
    table = Table("", values, is_bad, values, is_bad)
    _say("\ntrials, resident MB of the parent and of each worker\n")

    def show(progress: Progress) -> None:
        if progress.done % 25 == 0:
            sizes = [_resident(os.getpid()), *map(_resident, _workers())]
            _say(f"{progress.done:5d}  " + "  ".join(f"{size:6.1f}" for size in sizes))

    _tune(table, trials, 2, show, time.monotonic)


def _tune(
    table: Table, trials: int, processes: int, tell: Callable[[Progress], None], clock: Callable[[], float]
) -> None:
    names = [f"f{column}" for column in range(table.values.shape[1])]
    tune(
        table.folds(1), names, [0] * len(names), budget=Budget(trials), seed=1, processes=processes, progress=tell,
        clock=clock,
    )  # fmt: skip


def _workers() -> list[int]:
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [int(child) for child in children if b"popen_loky" in Path(f"/proc/{child}/cmdline").read_bytes()]


def _resident(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run what is named, or all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="part", help="cost, choices, speed, memory; all if none")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--trials", type=int, default=50)
    options = parser.parse_args()
    parts = options.parts or ["cost", "choices", "speed", "memory"]
    if "cost" in parts:
        cost()
    if "choices" in parts:
        choices(options.seeds, options.trials)
    if "speed" in parts:
        speed(options.trials)
    if "memory" in parts:
        memory(4 * options.trials)


if __name__ == "__main__":
    main()
