"""MLflow: one run a training, the registered model, and its aliases ``challenger`` and ``champion``.

The logged model is a small pyfunc around the bundle that answers with probabilities; the bundle
itself, which the service loads without MLflow, is among the run's artifacts. MLflow reports nothing
about its use: its telemetry is off from the first call on.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import mlflow
import pandas as pd
from mlflow.entities import Metric, Param, RunTag
from mlflow.environment_variables import (
    MLFLOW_DISABLE_TELEMETRY,
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR,
    MLFLOW_SKIP_PIP_REQUIREMENTS_CHECK,
)
from mlflow.models import infer_signature
from mlflow.telemetry import set_telemetry_client
from mlflow.tracking import MlflowClient
from mlflow.utils.file_utils import local_file_uri_to_path

from features.vectors import matrix
from scoring.bundle import Bundle, load_bundle
from scoring.calibration import probability
from training.errors import RecordDamaged

__all__ = ["CHALLENGER", "CHAMPION", "BundleModel", "Registry", "RunRecord"]

CHALLENGER: Final = "challenger"
"""Alias of the model that was trained last, until it is promoted."""

CHAMPION: Final = "champion"
"""Alias of the model in use; :mod:`training.promotion` alone moves it."""

_BUNDLE: Final = "model_version"
_LONGEST_PARAM: Final = 500
_LONGEST_TAG: Final = 5_000
_REQUIREMENTS: Final = ("tradeline", "lightgbm", "numpy", "pandas")


class BundleModel(mlflow.pyfunc.PythonModel):
    """The bundle as MLflow serves it: features in, default probabilities out."""

    def load_context(self, context: Any) -> None:
        """Load the bundle from the model's artifacts."""
        self.bundle = load_bundle(Path(context.artifacts["bundle"]))

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> pd.Series:  # noqa: ARG002
        """Default probability of each row of counted features."""
        counted = {name: model_input[name].to_numpy(dtype=float) for name in self.bundle.features.counted}
        values = matrix(self.bundle.features, counted, self.bundle.model.features)
        log_odds = self.bundle.calibration.log_odds(self.bundle.model.margin(values))
        return pd.Series(probability(log_odds), index=model_input.index, name="default_probability")


@dataclass(frozen=True)
class RunRecord:
    """What a training run leaves in MLflow.

    Parameters
    ----------
    parameters : mapping of str to object
        Parameters.
    metrics : mapping of str to float
        Figures.
    tags : mapping of str to str
        Fingerprints and versions.
    artifacts : tuple of Path
        Files and folders to keep with the run.
    pictures : mapping of str to str
        SVG elements by name.
    example : DataFrame
        A few rows of counted features, for the model's signature.
    """

    parameters: Mapping[str, object]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    artifacts: tuple[Path, ...]
    example: pd.DataFrame
    pictures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Registry:
    """MLflow in one home.

    Parameters
    ----------
    folder : Path
        Where its SQLite database and artifacts are.
    """

    folder: Path

    @property
    def uri(self) -> str:
        """MLflow's tracking and registry address."""
        return f"sqlite:///{self.folder / 'mlflow.db'}"

    def next_version(self, name: str) -> int:
        """The version number that the next registered model of this name will have."""
        with self._client() as client:
            versions = client.search_model_versions(f"name = '{name}'")
            return 1 + max((int(item.version) for item in versions), default=0)

    def record(self, name: str, bundle: Bundle, bundle_folder: Path, record: RunRecord) -> str:
        """Log a run, register its model and make it the challenger; the run's id.

        Whatever it records of numbers and words goes in one call: one for each would take twenty times as long.
        """
        with (
            self._client() as client,
            mlflow.start_run(experiment_id=self._experiment(client, name), run_name=bundle.model_version) as run,
        ):
            run_id = str(run.info.run_id)
            moment = int(run.info.start_time)
            client.log_batch(
                run_id,
                metrics=[Metric(key, float(value), moment, 0) for key, value in record.metrics.items()],
                params=[Param(key, str(value)[:_LONGEST_PARAM]) for key, value in record.parameters.items()],
                tags=[RunTag(key, str(value)[:_LONGEST_TAG]) for key, value in record.tags.items()],
            )
            for path in record.artifacts:
                if path.is_dir():
                    mlflow.log_artifacts(str(path), artifact_path=path.name)
                else:
                    mlflow.log_artifact(str(path))
            for key, picture in record.pictures.items():
                mlflow.log_text(picture, f"pictures/{key}.svg")
            info = mlflow.pyfunc.log_model(
                name="model",
                python_model=BundleModel(),
                artifacts={"bundle": str(bundle_folder)},
                signature=infer_signature(record.example, pd.Series([0.5], name="default_probability")),
                pip_requirements=[f"{package}=={version(package)}" for package in _REQUIREMENTS],
            )
            if not client.search_registered_models(f"name = '{name}'"):
                client.create_registered_model(name)
            tags = {_BUNDLE: bundle.model_version}
            registered = client.create_model_version(name, info.model_uri, run_id, tags, model_id=info.model_id)
            client.set_registered_model_alias(name, CHALLENGER, registered.version)
            return run_id

    def add_evidence(self, name: str, model_version: str, folder: Path) -> None:
        """Add the files of a validation to the run that the model came from.

        They are put beside the run's other files in this folder. MLflow would put them where the run was first
        recorded: for a copied or moved folder, somewhere else.

        Raises
        ------
        RecordDamaged
            If no such model is registered.
        """
        with self._client() as client:
            run_id = self._registered(client, name, model_version).run_id
        shutil.copytree(folder, self._artifacts / run_id / "artifacts" / folder.name, dirs_exist_ok=True)

    def promote(self, name: str, model_version: str) -> None:
        """Let the alias ``champion`` point to a registered model, and ``challenger`` to it no more.

        Raises
        ------
        RecordDamaged
            If no such model is registered.
        """
        with self._client() as client:
            registered = self._registered(client, name, model_version)
            client.set_registered_model_alias(name, CHAMPION, registered.version)
            if CHALLENGER in registered.aliases:
                client.delete_registered_model_alias(name, CHALLENGER)

    def champion(self, name: str) -> str | None:
        """Version of the bundle that the alias ``champion`` points to; None where there is none."""
        with self._client() as client:
            for each in client.search_model_versions(f"name = '{name}'"):
                known = client.get_model_version(name, each.version)
                if CHAMPION in known.aliases:
                    return str(known.tags.get(_BUNDLE, ""))
            return None

    def _registered(self, client: MlflowClient, name: str, model_version: str) -> Any:
        """MLflow's entry of a bundle."""
        found = [
            item for item in client.search_model_versions(f"name = '{name}'") if item.tags.get(_BUNDLE) == model_version
        ]
        if not found:
            raise RecordDamaged(f"{model_version}: not registered in {self.folder}; restore that folder or train again")
        return client.get_model_version(name, found[0].version)

    @property
    def _artifacts(self) -> Path:
        """Where the files of the runs are."""
        return self.folder / "artifacts"

    def _experiment(self, client: MlflowClient, name: str) -> str:
        """The experiment whose files go into this folder.

        MLflow writes an experiment's place down once, as a full path, and never changes it. Where the folder was
        copied or moved, the experiment found still points to the former place: it keeps its runs under another name.
        """
        found = client.get_experiment_by_name(name)
        if found is not None:
            if Path(local_file_uri_to_path(found.artifact_location)).resolve() == self._artifacts.resolve():
                return str(found.experiment_id)
            client.rename_experiment(found.experiment_id, f"{name} (experiment {found.experiment_id}, before a move)")
        return str(client.create_experiment(name, artifact_location=self._artifacts.as_uri()))

    @contextmanager
    def _client(self) -> Iterator[MlflowClient]:
        """A client of this registry; MLflow's global address is put back afterwards."""
        self.folder.mkdir(parents=True, exist_ok=True)
        before = mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else ""
        mlflow.set_tracking_uri(self.uri)
        try:
            with _quiet():
                yield MlflowClient(self.uri, self.uri)
        finally:
            mlflow.set_tracking_uri(before)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep MLflow's and Alembic's progress talk out of the console, and MLflow's telemetry off."""
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR.set(False)
    MLFLOW_DISABLE_TELEMETRY.set(True)
    MLFLOW_SKIP_PIP_REQUIREMENTS_CHECK.set(True)  # the requirements are given; asking pip takes half a minute
    set_telemetry_client()
    loggers = [logging.getLogger(name) for name in ("mlflow", "alembic")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
