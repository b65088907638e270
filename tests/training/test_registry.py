"""MLflow, really: run, registered model, alias, and a model that answers with the scorer's probabilities."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import mlflow
import numpy as np
import pandas as pd
import pytest
from made_signers import signer_in
from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from scoring.bundle import Bundle, load_bundle, save_bundle
from scoring.scorer import Scorer
from training.errors import RecordDamaged
from training.population import labelled_spine, population
from training.registry import CHALLENGER, CHAMPION, Registry, RunRecord
from training.samples import draw_samples
from training.train import Options, train

if TYPE_CHECKING:
    from conftest import Bank


@dataclass(frozen=True)
class Recorded:
    """A bundle recorded twice, and what was fed into it."""

    registry: Registry
    bundle: Bundle
    frame: pd.DataFrame
    run_ids: tuple[str, str]
    saved: Path
    record: RunRecord
    versions: tuple[int, int, int]
    working_directory: Path
    printed: str

    @property
    def client(self) -> MlflowClient:
        return MlflowClient(self.registry.uri, self.registry.uri)

    @property
    def run(self) -> Run:
        return self.client.get_run(self.run_ids[1])


@pytest.fixture(scope="module")
def recorded(bank: Bank, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    folder = tmp_path_factory.mktemp("recorded")
    spine = labelled_spine(bank.history, bank.observation)
    people = population(bank.repository, bank.features, spine, bank.features.names)
    samples = draw_samples(people, test_share=0.2, seed=3)
    options = Options(trials=1, processes=1)
    trained = train(people, samples, bank.features, model_version="taiwan-1", options=options)
    saved = save_bundle(trained.bundle, folder / "taiwan-1", signer_in(folder / "signers"))
    page = folder / "report.html"
    page.write_text("<p>report</p>")
    frame = bank.repository.training_frame(bank.features, spine[["consumer_id", "event_timestamp"]])
    frame = frame[list(bank.features.counted)].astype(float)
    record = RunRecord(
        parameters={"rounds": 300, "seed": 3},
        metrics={"auc": 0.75, "ks": 0.4},
        tags={"delivery_id": bank.observation.delivery_id},
        artifacts=(saved, page),
        pictures={"tuning": "<svg/>"},
        example=frame.head(5),
    )
    registry = Registry(folder / "mlflow")
    here = folder / "here"
    here.mkdir()
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stderr(printed), redirect_stdout(printed):
        patch.chdir(here)
        first = registry.next_version("taiwan")
        one = registry.record("taiwan", trained.bundle, saved, record)
        second = registry.next_version("taiwan")
        newer = replace(trained.bundle, model_version="taiwan-2")
        other = registry.record("taiwan", newer, saved, record)
        versions = (first, second, registry.next_version("taiwan"))
    return Recorded(registry, trained.bundle, frame, (one, other), saved, record, versions, here, printed.getvalue())


def test_version_numbers_count_up(recorded: Recorded) -> None:
    assert recorded.versions == (1, 2, 3)
    assert recorded.registry.next_version("another") == 1


def test_run_keeps_parameters_metrics_and_tags(recorded: Recorded) -> None:
    data = recorded.run.data
    assert recorded.run.info.status == "FINISHED"
    assert recorded.run.info.run_name == "taiwan-2"
    assert data.params == {"rounds": "300", "seed": "3"}
    assert data.metrics == {"auc": 0.75, "ks": 0.4}
    assert "delivery_id" in data.tags


def test_run_keeps_the_bundle_and_the_report(recorded: Recorded, tmp_path: Path) -> None:
    run_id = recorded.run_ids[1]
    assert {item.path for item in recorded.client.list_artifacts(run_id)} >= {"taiwan-1", "report.html", "pictures"}
    copied = Path(recorded.client.download_artifacts(run_id, "taiwan-1", str(tmp_path)))
    assert load_bundle(copied) == recorded.bundle


def test_the_newest_version_is_challenger_and_none_is_champion(recorded: Recorded) -> None:
    version = recorded.client.get_model_version_by_alias("taiwan", CHALLENGER)
    assert int(version.version) == 2
    assert version.run_id == recorded.run_ids[1]
    assert (CHALLENGER, CHAMPION) == ("challenger", "champion")
    assert recorded.registry.champion("taiwan") is None
    assert recorded.registry.champion("another") is None


def test_promotion_moves_the_alias(recorded: Recorded, tmp_path: Path) -> None:
    registry = Registry(Path(shutil.copytree(recorded.registry.folder, tmp_path / "mlflow")))
    registry.promote("taiwan", "taiwan-1")
    assert registry.champion("taiwan") == "taiwan-1"
    registry.promote("taiwan", "taiwan-2")
    assert registry.champion("taiwan") == "taiwan-2"
    client = MlflowClient(registry.uri, registry.uri)
    assert client.get_registered_model("taiwan").aliases == {CHAMPION: 2}
    with pytest.raises(RecordDamaged, match="taiwan-9: not registered in"):
        registry.promote("taiwan", "taiwan-9")


def test_evidence_is_added_to_the_run_of_its_model(recorded: Recorded, tmp_path: Path) -> None:
    (tmp_path / "validation").mkdir()
    (tmp_path / "validation" / "report.html").write_text("<p>validated</p>")
    recorded.registry.add_evidence("taiwan", "taiwan-1", tmp_path / "validation")
    assert "validation" in {item.path for item in recorded.client.list_artifacts(recorded.run_ids[0])}
    assert "validation" not in {item.path for item in recorded.client.list_artifacts(recorded.run_ids[1])}


def test_a_copied_folder_keeps_its_new_files_to_itself(recorded: Recorded, tmp_path: Path) -> None:
    former = recorded.registry.folder
    before = sorted(former.rglob("*"))
    copied = Registry(Path(shutil.copytree(former, tmp_path / "mlflow")))
    (tmp_path / "validation").mkdir()
    (tmp_path / "validation" / "late.html").write_text("<p>validated</p>")
    bundle = replace(recorded.bundle, model_version="taiwan-3")
    runs = [copied.record("taiwan", bundle, recorded.saved, recorded.record) for _ in range(2)]
    copied.add_evidence("taiwan", "taiwan-2", tmp_path / "validation")
    assert sorted(former.rglob("*")) == before
    client = MlflowClient(copied.uri, copied.uri)
    place = (copied.folder / "artifacts").as_uri()
    for run_id in runs:
        assert client.get_run(run_id).info.artifact_uri == f"{place}/{run_id}/artifacts"
        assert (copied.folder / "artifacts" / run_id / "artifacts" / "report.html").is_file()
    newest = client.get_model_version_by_alias("taiwan", CHALLENGER)
    assert client.get_model_version_download_uri("taiwan", newest.version).startswith(place)
    assert (copied.folder / "artifacts" / recorded.run_ids[1] / "artifacts" / "validation" / "late.html").is_file()
    names = {each.name for each in client.search_experiments()}
    assert names == {"Default", "taiwan", "taiwan (experiment 1, before a move)"}


@pytest.fixture
def served(recorded: Recorded) -> Iterator[mlflow.pyfunc.PyFuncModel]:
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(recorded.registry.uri)
    yield mlflow.pyfunc.load_model(f"models:/taiwan@{CHALLENGER}")
    mlflow.set_tracking_uri(before)


def test_model_gives_the_probabilities_of_the_scorer(recorded: Recorded, served: mlflow.pyfunc.PyFuncModel) -> None:
    columns = {name: column.to_numpy() for name, column in recorded.frame.items()}
    expected = [item.default_probability for item in Scorer(recorded.bundle).score(columns)]  # type: ignore[arg-type]
    assert np.asarray(served.predict(recorded.frame)).tolist() == expected


def test_model_passes_its_own_signature(recorded: Recorded, served: mlflow.pyfunc.PyFuncModel) -> None:
    assert served.metadata.get_input_schema().input_names() == list(recorded.frame.columns)
    with pytest.raises(mlflow.exceptions.MlflowException, match="missing inputs"):
        served.predict(recorded.frame.drop(columns=recorded.frame.columns[0]))


def test_everything_lies_in_the_folder(recorded: Recorded) -> None:
    assert list(recorded.working_directory.iterdir()) == []
    assert (recorded.registry.folder / "mlflow.db").is_file()
    assert recorded.run.info.artifact_uri.startswith((recorded.registry.folder / "artifacts").as_uri())


def test_nothing_is_printed(recorded: Recorded) -> None:
    assert recorded.printed == ""


def test_telemetry_is_off_and_nothing_is_left_behind(recorded: Recorded, tmp_path: Path) -> None:
    script = (
        "import sys, pathlib, threading; from training.registry import Registry; import mlflow; "
        "assert Registry(pathlib.Path(sys.argv[1])).next_version('taiwan') == 3; "
        "from mlflow.telemetry import get_telemetry_client; assert get_telemetry_client() is None; "
        "assert not mlflow.is_tracking_uri_set(); "
        "assert not [t.name for t in threading.enumerate() if 'elemetry' in t.name]"
    )
    here = tmp_path / "here"
    here.mkdir()
    told = ("MLFLOW_", "PYTEST", "DO_NOT_TRACK", "CI")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(told)}
    done = subprocess.run(
        [sys.executable, "-c", script, str(recorded.registry.folder)],
        env=environment | {"HOME": str(tmp_path)}, cwd=here, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout + done.stderr == ""
    assert list(here.iterdir()) == []


def test_the_address_of_mlflow_is_put_back(recorded: Recorded) -> None:
    before = mlflow.get_tracking_uri()
    recorded.registry.next_version("taiwan")
    assert mlflow.get_tracking_uri() == before
    assert mlflow.active_run() is None
