"""The main job end to end: a portfolio's files in, a champion and its evidence out."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from bureau.home import Home
from bureau.portfolios.portfolio import Portfolio
from features.sets import feature_set
from scoring.bundle import save_bundle
from scoring.champion import set_champion
from tradeline.console import Stages
from tradeline.prepare import Prepared, prepare
from training.evidence import build_report, summarise
from training.population import labelled_spine, population
from training.registry import Registry, RunRecord
from training.report import write_report
from training.train import Options, train

__all__ = ["RunResult", "run_portfolio"]


@dataclass(frozen=True)
class RunResult:
    """What a run leaves behind.

    Parameters
    ----------
    summary : dict of str to object
        The figures, as in ``summary.json``.
    folder : Path
        Folder of the run: ``summary.json`` and ``report.html``.
    prepared : Prepared
        The portfolio in the history and in Feast.
    """

    summary: dict[str, object]
    folder: Path
    prepared: Prepared


def run_portfolio(
    home: Home,
    portfolio: Portfolio,
    data: Path,
    *,
    options: Options,
    wanted: Iterable[str] = (),
    stages: Stages,
    memory_limit: str = "3GB",
) -> RunResult:
    """The whole way: deliveries, history, features, training, registry, bundle, report.

    Parameters
    ----------
    home : Home
        The home.
    portfolio : Portfolio
        The portfolio.
    data : Path
        Its file or folder.
    options : Options
        How to train.
    wanted : iterable of str
        Features to train on; all permitted ones of the portfolio by default.
    stages : Stages
        Shows and times the stages.
    memory_limit : str
        What DuckDB may use.

    Raises
    ------
    ProhibitedFeature
        If a wanted feature may not be used, before anything is done.
    DeliveryRefused
        If a file cannot be taken in.
    UnfitPopulation
        If no model can be trained from it.
    """
    features = feature_set(portfolio.name)
    names = tuple(dict.fromkeys(wanted)) or features.names
    features.require(names, options.jurisdiction)
    prepared = prepare(home, portfolio, data, labelled=True, stages=stages, memory_limit=memory_limit)
    with stages.stage("training set"):
        spine = labelled_spine(prepared.history, prepared.observation)
        people = population(prepared.repository, features, spine, names)
    registry = Registry(home.mlflow)
    version = f"{portfolio.name}-{registry.next_version(portfolio.name)}"
    folder = _fresh(home.runs / version)
    with stages.stage("training") as stage:
        trained = train(
            people,
            features,
            model_version=version,
            observed_on=portfolio.observed_on,
            options=options,
            journal=folder / "tuning.journal",
            step=stage,
        )
    bundle_folder = save_bundle(trained.bundle, _fresh(home.bundles / version))
    summary = summarise(trained, people)
    with stages.stage("report and registry"):
        report = build_report(trained, people, features, prepared.loaded.receipts, summary, options.seed)
        write_report(report, folder / "report.html")
        record = RunRecord(
            parameters=dict(report.parameters) | {"trials": options.trials},
            metrics={name: float(value) for name, value in summary.items() if isinstance(value, int | float)},
            tags={
                "feature_service": features.service,
                "feature_fingerprint": trained.bundle.feature_fingerprint,
                "delivery_id": prepared.observation.delivery_id,
                "policy": trained.bundle.policy.version,
            },
            artifacts=(bundle_folder, folder / "report.html"),
            example=_example_rows(prepared, spine),
        )
        summary["mlflow_run_id"] = registry.record(portfolio.name, trained.bundle, bundle_folder, record)
    set_champion(home.bundles, portfolio.name, version)
    summary["ignored_columns"] = prepared.loaded.ignored_columns
    summary["stage_seconds"] = dict(stages.seconds)
    (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    _point_latest(home.runs, folder)
    return RunResult(summary, folder, prepared)


def _fresh(folder: Path) -> Path:
    """An empty folder; what an interrupted run left there, of a version never registered, is removed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _example_rows(prepared: Prepared, spine: pd.DataFrame) -> pd.DataFrame:
    frame = prepared.repository.training_frame(prepared.features, spine[["consumer_id", "event_timestamp"]].head(5))
    return frame[list(prepared.features.counted)].astype(np.float64)


def _point_latest(runs: Path, folder: Path) -> None:
    """Let ``runs/latest`` point to a run, without a moment in which it points nowhere."""
    link = runs / f".latest-{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(folder.name, target_is_directory=True)
    link.replace(runs / "latest")
