"""From a population to a challenger: trained, recorded, signed as a bundle, registered."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from bureau.home import Home
from bureau.signing import Signer
from scoring.bundle import save_bundle
from scoring.policy.book import OWN_POLICIES, policy_book
from tradeline.console import Stages
from tradeline.populations import Gathered
from training.errors import RecordDamaged
from training.fingerprints import code_version, data_fingerprint
from training.promotion import champion_of, promotion_log
from training.registry import Registry, RunRecord
from training.samples import Samples, draw_samples
from training.train import Options, Trained, train
from training.training_record import JOURNAL, TRAINING, TrainingRecord, plain_tuned, write_json, write_record

if TYPE_CHECKING:
    from training.labels import LabelCounts
    from training.tuning import Progress

__all__ = ["Challenger", "make_challenger", "samples_of"]

_BEGUN: Final = "begun.json"


@dataclass(frozen=True, eq=False)
class Challenger:
    """A model that was trained and registered.

    Parameters
    ----------
    version : str
        Its version.
    folder : Path
        Its run's folder.
    trained : Trained
        What training brought.
    samples : Samples
        Who was in which sample.
    run_id : str
        MLflow's run.
    """

    version: str
    folder: Path
    trained: Trained
    samples: Samples
    run_id: str


def samples_of(gathered: Gathered, options: Options) -> Samples:
    """The samples of a population."""
    return draw_samples(
        gathered.people,
        test_share=options.test_share,
        out_of_time_from=gathered.out_of_time_from,
        seed=options.seed,
    )


def make_challenger(
    home: Home,
    gathered: Gathered,
    *,
    options: Options,
    signer: Signer,
    storage: str | None = None,
    stages: Stages,
) -> Challenger:
    """Train a model, leave its record and its bundle, and register it as the challenger.

    A training that was cut short leaves its trials; the same training again goes on from them.

    Parameters
    ----------
    home : Home
        The home, kept to this command.
    gathered : Gathered
        The population.
    options : Options
        How to train.
    signer : Signer
        Who signs as the developer.
    storage : str, optional
        URL of the database where the trials are kept; by default a journal in the run's folder.
    stages : Stages
        Shows and times the stages.

    Raises
    ------
    UnfitPopulation, UnfitTable
        If no model can be trained.
    RecordDamaged
        If MLflow's registry is behind the models that were promoted.
    """
    features, people = gathered.features, gathered.people
    registry = Registry(home.mlflow)
    version = f"{features.portfolio}-{registry.next_version(features.portfolio)}"
    _require_unused(home, features.portfolio, version)
    samples = samples_of(gathered, options)
    folder = _begin(home.runs / version, options, data_fingerprint(people, samples))
    with stages.stage("training") as stage:
        trained = train(
            people, samples, features, model_version=version, options=options, label=gathered.label,
            storage=storage or folder / JOURNAL, progress=_teller(stage, options.seconds),
            policies=policy_book(features.portfolio, home.root / OWN_POLICIES),
        )  # fmt: skip
    champion = champion_of(home, features.portfolio)
    lacking = champion is not None and not set(champion.model.features) <= set(people.features)
    record = TrainingRecord(
        people=people,
        samples=samples,
        out_of_fold_log_odds=trained.log_odds,
        training=_training(gathered, trained, samples, options, signer),
        segments=gathered.segments,
        champion_values=(
            pd.DataFrame(gathered.values_of(champion.model.features), columns=list(champion.model.features))
            if champion is not None and lacking
            else None
        ),
    )
    with stages.stage("record and registry"):
        write_record(folder, record)
        shutil.rmtree(home.bundles / version, ignore_errors=True)  # of a training that was cut short
        bundle_folder = save_bundle(trained.bundle, home.bundles / version, signer)
        run = _run_record(gathered, trained, record, folder, bundle_folder)
        run_id = registry.record(features.portfolio, trained.bundle, bundle_folder, run)
    (folder / _BEGUN).unlink()
    return Challenger(version, folder, trained, samples, run_id)


def _require_unused(home: Home, portfolio: str, version: str) -> None:
    """A version that was promoted is never given again, even if MLflow's folder was lost."""
    used = {each.after for each in promotion_log(home).entries() if each.portfolio == portfolio}
    if version in used:
        raise RecordDamaged(
            f"{version}: was promoted before, and {home.mlflow} does not know it; restore that folder from a backup"
        )


def _begin(folder: Path, options: Options, fingerprint: str) -> Path:
    """The folder of a run; the trials of the same training stay, all else of a run that was cut short goes."""
    identity = options.plain() | {"data_fingerprint": fingerprint, "code_version": code_version()}
    begun = folder / _BEGUN
    same = begun.exists() and _read(begun) == json.loads(json.dumps(identity))
    for path in list(folder.iterdir()) if folder.exists() else []:
        if not (same and path.name == JOURNAL):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    write_json(begun, identity)
    return folder


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except ValueError:
        return None


def _teller(stage: Callable[[str, float], None], seconds: float | None) -> Callable[[Progress], None]:
    """Tell the tuning's progress as a line: trial, best AUC, cost of an explanation, time left."""

    def tell(progress: Progress) -> None:
        left = progress.seconds * (progress.total - progress.done) / max(1, progress.done)
        if seconds is not None:
            left = min(left, max(0.0, seconds - progress.seconds))
        stage(
            f"trial {progress.done} of {progress.total}, best AUC {progress.auc:.4f}, cost {progress.cost:,.0f}, "
            f"{left / 60:.0f} min {left % 60:.0f} s left",
            progress.done / max(1, progress.total),
        )

    return tell


def _training(
    gathered: Gathered, trained: Trained, samples: Samples, options: Options, signer: Signer
) -> dict[str, Any]:
    """What ``training.json`` holds."""
    bundle, people = trained.bundle, gathered.people
    counts = gathered.label_counts
    return {
        "model_version": bundle.model_version,
        "portfolio": bundle.portfolio,
        "currency": gathered.currency,
        "developer": signer.name,
        "options": options.plain(),
        "parameters": asdict(trained.parameters),
        "tuning": plain_tuned(trained.tuned),
        "features": list(people.features),
        "observed_from": str(people.observed_at.min())[:10],
        "observed_to": str(people.observed_at.max())[:10],
        "samples": {
            name: {"rows": len(rows), "bad": int(people.is_bad[rows].sum())} for name, rows in asdict(samples).items()
        },
        "figures": asdict(trained.figures),
        "label": gathered.label,
        "label_definition": None if gathered.label_definition is None else asdict(gathered.label_definition),
        "label_counts": None if counts is None else _plain_counts(counts),
        "data_fingerprint": bundle.origin.data_fingerprint,
        "feature_fingerprint": bundle.feature_fingerprint,
        "feature_service": gathered.features.service,
        "code_version": bundle.origin.code_version,
        "environment": dict(bundle.origin.environment),
        "deliveries": json.loads(json.dumps(gathered.deliveries, default=str)),
    }


def _plain_counts(counts: LabelCounts) -> list[dict[str, Any]]:
    rows = counts.by_date.astype({"observed_on": str, "rows": object}).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def _run_record(
    gathered: Gathered, trained: Trained, record: TrainingRecord, folder: Path, bundle_folder: Path
) -> RunRecord:
    """What MLflow is told."""
    bundle, training = trained.bundle, record.training
    pictures: Mapping[str, str] = {}
    if trained.tuned is not None:
        from training.tuning.picture import front_as_svg

        pictures = {"tuning": front_as_svg(trained.tuned)}
    counts = {f"n_{name}": each["rows"] for name, each in training["samples"].items()}
    chosen = {} if trained.tuned is None else {"explanation_cost": trained.tuned.chosen.cost}
    return RunRecord(
        parameters=dict(bundle.origin.parameters),
        metrics={
            **{name: float(value) for name, value in {**training["figures"], **counts, **chosen}.items()},
            "n_features": float(len(bundle.model.features)),
            "bad_rate": float(np.mean(gathered.people.is_bad)),
        },
        tags={
            "developer": training["developer"],
            "feature_service": gathered.features.service,
            "feature_fingerprint": bundle.feature_fingerprint,
            "data_fingerprint": bundle.origin.data_fingerprint,
            "code_version": bundle.origin.code_version,
            "policy": bundle.policy.version,
            "label": bundle.origin.label,
        },
        artifacts=(bundle_folder, folder / TRAINING),
        pictures=pictures,
        example=gathered.example,
    )
