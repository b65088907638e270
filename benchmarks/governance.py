"""What governance costs a run: everything MLflow records of it, and what is kept and signed beside it.

    python -m benchmarks.governance

A model of a made-up population of card holders is trained once. Then its record, its bundle, MLflow's
run with the registered model, the evidence of a validation and the promotion are timed, several times
over, in a home that was used before; the first time, in which MLflow makes its database and is
imported, stands apart.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from bureau.home import Home, open_home
from features.sets import feature_set
from features.vectors import matrix
from scoring.bundle import save_bundle
from tradeline.services import GATES, TRAINER, service_signer
from training.population import Population
from training.promotion import promote
from training.samples import Samples, draw_samples
from training.train import Options, Trained, train
from training.training_record import TrainingRecord, plain_tuned, write_record
from training.validation_record import sign_validation

_PORTFOLIO: Final = "taiwan"
_LIMIT_SECONDS: Final = 15.0
_AT: Final = datetime.fromisoformat("2026-01-31")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=30_000)
    parser.add_argument("--trials", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    told = parser.parse_args()
    people = _people(told.people)
    samples = draw_samples(people, test_share=0.2, seed=1)
    options = Options(trials=told.trials, processes=1)
    trained = train(people, samples, feature_set(_PORTFOLIO), model_version="taiwan-1", options=options)
    with tempfile.TemporaryDirectory() as folder:
        home = open_home(Path(folder) / "home", create=True)
        rows = [_run(home, number, people, samples, trained) for number in range(1, told.runs + 2)]
    _print(rows)


def _people(count: int) -> Population:
    """Card holders with all features of the portfolio, and an outcome that follows from some of them."""
    features = feature_set(_PORTFOLIO)
    rng = np.random.default_rng(1)
    counted = {name: rng.normal(1.0, 1.0, count) for name in features.counted}
    values = matrix(features, counted, features.names)
    risk = np.nansum(values[:, ::9], axis=1)
    is_bad = rng.random(count) < 1 / (1 + np.exp(2.0 - 0.3 * (risk - risk.mean())))
    observed_at = np.full(count, np.datetime64("2005-09-30", "us"))
    return Population(np.arange(count), observed_at, values, features.names, is_bad)


def _run(
    home: Home, number: int, people: Population, samples: Samples, trained: Trained
) -> dict[str, tuple[float, float]]:
    """Seconds, and CPU seconds, of each step of one run."""
    from training.registry import Registry, RunRecord
    from training.tuning.picture import front_as_svg

    version = f"{_PORTFOLIO}-{number}"
    bundle = replace(trained.bundle, model_version=version)
    folder = home.runs / version
    folder.mkdir(parents=True)
    evidence = _evidence(folder)
    features = feature_set(_PORTFOLIO)
    example = pd.DataFrame(np.zeros((5, len(features.counted))), columns=list(features.counted))
    pictures = {} if trained.tuned is None else {"tuning": front_as_svg(trained.tuned)}
    training = {"data_fingerprint": bundle.origin.data_fingerprint, "tuning": plain_tuned(trained.tuned)}
    registry = Registry(home.mlflow)
    steps: dict[str, Callable[[], object]] = {
        "population, trials": lambda: write_record(folder, TrainingRecord(people, samples, trained.log_odds, training)),
        "bundle, signed": lambda: save_bundle(bundle, home.bundles / version, service_signer(home, TRAINER)),
        "MLflow: version": lambda: registry.next_version(_PORTFOLIO),
        "MLflow: run and model": lambda: registry.record(
            _PORTFOLIO,
            bundle,
            home.bundles / version,
            RunRecord(
                parameters=dict(bundle.origin.parameters),
                metrics={f"figure_{place}": float(place) for place in range(100)},
                tags={"data_fingerprint": bundle.origin.data_fingerprint},
                artifacts=(home.bundles / version, folder / "training.json"),
                pictures=pictures,
                example=example,
            ),
        ),
        "validation, signed": lambda: sign_validation(
            evidence, home.bundles / version, (), service_signer(home, GATES), validated_at=_AT
        ),
        "MLflow: evidence": lambda: registry.add_evidence(_PORTFOLIO, version, evidence),
        "promotion, with MLflow's alias": lambda: promote(
            home, version, signer=service_signer(home, GATES), why="measured", at=_AT
        ),
    }
    seconds = {}
    for name, step in steps.items():
        begun = (time.perf_counter(), time.process_time())
        step()
        seconds[name] = (time.perf_counter() - begun[0], time.process_time() - begun[1])
    return seconds


def _evidence(folder: Path) -> Path:
    """As many files, and as large, as a validation leaves."""
    evidence = folder / "validation"
    (evidence / "tables").mkdir(parents=True)
    for name, size in (("report.html", 900_000), ("report.pdf", 1_500_000), ("figures.json", 20_000)):
        (evidence / name).write_bytes(b"x" * size)
    for place in range(40):
        (evidence / "tables" / f"{place}.csv").write_bytes(b"x" * 4_000)
    return evidence


def _print(rows: list[dict[str, tuple[float, float]]]) -> None:
    sums = {"MLflow in all": "MLflow", "everything": ""}
    for row in rows:
        told = {name: [value for step, value in row.items() if part in step] for name, part in sums.items()}
        row |= {name: (sum(wall for wall, _ in each), sum(cpu for _, cpu in each)) for name, each in told.items()}
    sys.stdout.write(f"{'':<32}{'first run':>20}{'later runs, median':>24}\n{'step':<32}")
    sys.stdout.write(f"{'seconds':>10}{'CPU':>10}{'seconds':>14}{'CPU':>10}\n")
    for name in rows[0]:
        later = [statistics.median(row[name][kind] for row in rows[1:]) for kind in (0, 1)]
        first = rows[0][name]
        sys.stdout.write(f"{name:<32}{first[0]:>10.2f}{first[1]:>10.2f}{later[0]:>14.2f}{later[1]:>10.2f}\n")
    most = max(row["MLflow in all"][0] for row in rows)
    verdict = "within" if most <= _LIMIT_SECONDS else "ABOVE"
    sys.stdout.write(f"MLflow's part took at most {most:.1f} s, {verdict} the limit of {_LIMIT_SECONDS:.0f} s a run\n")


if __name__ == "__main__":
    main()
