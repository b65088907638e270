"""The main job end to end: a portfolio's files in, a validated champion and its evidence out."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bureau.home import Home
from bureau.portfolios.portfolio import Portfolio
from scoring.calibration import probability
from tradeline.challenger import Challenger, make_challenger
from tradeline.common import now
from tradeline.console import Stages
from tradeline.gatekeeping import Judged, judge, promote_by_gates
from tradeline.populations import Gathered, gather_portfolio
from tradeline.prepare import Prepared
from tradeline.services import TRAINER, service_signer
from training.figures import figures
from training.promotion import settle
from training.train import Options
from training.training_record import write_json

__all__ = ["RunResult", "point_latest", "run_portfolio", "summarise"]

_FIRST: Final = "the first champion of this home, by `tradeline run`: a start, to be looked at by people"


@dataclass(frozen=True)
class RunResult:
    """What a run leaves behind.

    Parameters
    ----------
    summary : dict of str to object
        The figures, as in ``summary.json``.
    folder : Path
        Folder of the run: ``summary.json``, ``report.html`` and ``validation/``.
    prepared : Prepared
        The portfolio in the history and in Feast.
    """

    summary: dict[str, Any]
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
    at: datetime | None = None,
) -> RunResult:
    """The whole way: deliveries, history, features, training, validation, gates, promotion.

    The model becomes the champion if there is none, or if it passes the gates and is better than the
    champion with confidence. No person reviews it on the way; log and report say so.

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
    at : datetime, optional
        The present (UTC, naive); by default that of the clock.

    Raises
    ------
    ProhibitedFeature
        If a wanted feature may not be used, before anything is done.
    DeliveryRefused
        If a file cannot be taken in.
    UnfitPopulation
        If no model can be trained from it.
    """
    at = at or now()
    settle(home, portfolio.name)
    gathered, prepared = gather_portfolio(
        home, portfolio, data, wanted, jurisdiction=options.jurisdiction, stages=stages, memory_limit=memory_limit
    )
    signer = service_signer(home, TRAINER)
    challenger = make_challenger(home, gathered, options=options, signer=signer, stages=stages)
    point_latest(home.runs, challenger.folder)
    judged = judge(home, gathered, challenger, at=at, stages=stages, memory_limit=memory_limit)
    promoted = _promote(home, challenger.version, judged, at, stages)
    summary = summarise(gathered, challenger, judged) | {
        "promoted": promoted,
        "ignored_columns": prepared.loaded.ignored_columns,
        "stage_seconds": dict(stages.seconds),
    }
    write_json(challenger.folder / "summary.json", summary)
    return RunResult(summary, challenger.folder, prepared)


def summarise(gathered: Gathered, challenger: Challenger, judged: Judged | None = None) -> dict[str, Any]:
    """The figures of a run: ``auc`` of the development sample out of fold, ``test_auc`` of unseen people, and so on."""
    trained, samples, people = challenger.trained, challenger.samples, gathered.people
    bundle = trained.bundle
    return {
        "portfolio": bundle.portfolio,
        "model_version": challenger.version,
        "n_train": len(samples.development),
        "n_bad": int(people.is_bad[samples.development].sum()),
        **{name: round(value, 6) for name, value in asdict(trained.figures).items()},
        **_unseen_figures(gathered, challenger),
        "n_features": len(people.features),
        "features_used": list(people.features),
        "observed_on": bundle.trained_on.isoformat(),
        "jurisdiction": bundle.jurisdiction,
        "trials": 0 if trained.tuned is None else len(trained.tuned.trials),
        "data_fingerprint": bundle.origin.data_fingerprint,
        "mlflow_run_id": challenger.run_id,
    } | ({} if judged is None else _judged(judged))


def point_latest(runs: Path, folder: Path) -> None:
    """Let ``runs/latest`` point to a run, without a moment in which it points nowhere."""
    link = runs / f".latest-{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(folder.name, target_is_directory=True)
    link.replace(runs / "latest")


def _unseen_figures(gathered: Gathered, challenger: Challenger) -> dict[str, Any]:
    """Figures of the test and the out-of-time sample, each where there are good and bad people in it."""
    bundle, samples, people = challenger.trained.bundle, challenger.samples, gathered.people
    told: dict[str, Any] = {}
    for name, rows in (("test", samples.test), ("out_of_time", samples.out_of_time)):
        is_bad = people.is_bad[rows]
        told[f"n_{name}"] = len(rows)
        if is_bad.any() and not is_bad.all():
            chance = probability(bundle.calibration.log_odds(bundle.model.margin(people.values[rows])))
            told |= {f"{name}_{key}": round(value, 6) for key, value in asdict(figures(chance, is_bad)).items()}
    return told


def _judged(judged: Judged) -> dict[str, Any]:
    comparison = judged.comparison
    return {
        "outcome": judged.decision.outcome,
        "why": judged.decision.why,
        "reviewed_by_person": False,
        "gates": [asdict(gate) for gate in judged.gates],
        "champion_before": judged.champion,
        "comparison": None if comparison is None else asdict(comparison) | {"is_better": comparison.is_better},
        "failed_findings": [each.key for each in judged.validation.failed],
    }


def _promote(home: Home, version: str, judged: Judged, at: datetime, stages: Stages) -> bool:
    """Promote by the gates; the first champion in any case, or there would be nothing to look at."""
    if judged.decision.outcome == "promoted":
        promote_by_gates(home, version, judged, at=at)
        return True
    if judged.champion is None:
        stages.note(f"{version} becomes the champion although it {judged.decision.outcome}: {judged.decision.why}")
        promote_by_gates(home, version, judged, at=at, despite=f"{_FIRST}; {judged.decision.why}")
        return True
    stages.note(f"{judged.champion} stays the champion. {version}: {judged.decision.why}")
    return False
