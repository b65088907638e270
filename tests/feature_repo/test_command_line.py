"""Feast's own command line on `feature_repo/`, the home named by TRADELINE_HOME."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from feature_repo.repository import Repository
from features.sets import FEATURE_SETS

ROOT = Path(__file__).resolve().parents[2]
FEAST = Path(sys.executable).with_name("feast")


def feast(*arguments: str, home: Path | None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "TRADELINE_HOME"}
    if home is not None:
        environment["TRADELINE_HOME"] = str(home)
    return subprocess.run(
        [str(FEAST), "-c", str(ROOT / "feature_repo"), *arguments],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home to which `feast apply` was done."""
    home = tmp_path_factory.mktemp("home with a space")
    applied = feast("apply", home=home)
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert "Deploying infrastructure for card_months" in applied.stdout
    return home


def test_everything_of_the_catalogue_is_registered(home: Path) -> None:
    store = Repository(home / "feast", home / "features").store
    assert {service.name for service in store.list_feature_services()} == {
        each.service for each in FEATURE_SETS.values()
    }
    views = {view for features in FEATURE_SETS.values() for view in features.views}
    assert {view.name for view in store.list_feature_views()} == views
    assert {entity.name for entity in store.list_entities()} >= {"consumer"}
    folders = {str(view.batch_source.path) for view in store.list_feature_views()}
    assert all(folder.startswith(str(home / "features")) for folder in folders)


def test_command_line_and_python_register_the_same(home: Path) -> None:
    by_command = Repository(home / "feast", home / "features").store
    ours = Repository(home / "other", home / "features")
    for features in FEATURE_SETS.values():
        ours.apply(features)
    for view in ours.store.list_feature_views():
        assert by_command.get_feature_view(view.name) == view
    for service in ours.store.list_feature_services():
        assert by_command.get_feature_service(service.name) == service


def test_home_that_is_not_named_is_refused_and_leaves_nothing() -> None:
    refused = feast("apply", home=None)
    assert refused.returncode != 0
    assert "set TRADELINE_HOME to the absolute path of the home" in refused.stdout + refused.stderr
    assert not [path for path in (ROOT / "feature_repo").iterdir() if "$" in path.name]
