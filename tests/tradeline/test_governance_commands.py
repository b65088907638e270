"""Signers, training, validation and promotion as people do them, one after the other."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from scoring.champion import named_champion


@pytest.fixture(scope="module")
def home(run_home: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a first champion; the tests of this file go on from one another in it."""
    folder = tmp_path_factory.mktemp("governance") / "home"
    return Path(shutil.copytree(run_home.root, folder, symlinks=True))


def test_signers_are_added_and_listed(command: Any, home: Path, tmp_path: Path) -> None:
    ada = command("signers", "add", "ada", "--role", "developer", "--home", home, "--json")
    assert ada.code == 0, ada.err
    key = home.parent / "val.pem"
    val = command("signers", "add", "val", "--role", "validator", "--key", key, "--home", home)
    assert val.code == 0, val.err
    assert key.is_file()
    listed = {each["name"]: each["roles"] for each in command("signers", "--home", home, "--json").json}
    assert listed == {"ada": ["developer"], "gates": ["service"], "training": ["service"], "val": ["validator"]}
    assert command("signers", "add", "ada", "--role", "validator", "--home", home).code == 1
    assert command("signers", "add", "../ada", "--role", "validator", "--home", home).code == 1
    assert command("signers", "add", "root", "--role", "service", "--home", home).code == 2
    shown = command("signers", "list", "--home", home)
    assert "val" in shown.out
    assert str(tmp_path) not in shown.out


def test_training_leaves_a_challenger(command: Any, home: Path, run_home: Any) -> None:
    done = command(
        "train", "home-credit", "--data", run_home.data, "--trials", 1, "--as", "ada", "--home", home, "--json",
        "--feature", "external_score_1", "--feature", "external_score_2", "--feature", "external_score_3",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert (done.json["model_version"], done.json["developer"]) == ("home-credit-2", "ada")
    folder = Path(done.json["folder"])
    assert {path.name for path in folder.iterdir()} >= {"population.parquet", "training.json", "summary.json"}
    assert not (folder / "validation").exists()
    people = pd.read_parquet(folder / "population.parquet")
    assert list(people.columns[:4]) == ["consumer_id", "observed_at", "is_bad", "sample"]
    assert named_champion(home / "bundles", "home-credit") == "home-credit-1"


def test_the_inventory_is_stated_and_shown(command: Any, home: Path) -> None:
    empty = command("inventory", "--home", home)
    assert (empty.code, "nothing is stated yet" in empty.out) == (0, True)
    stated = command("inventory", "home-credit", "--owner", "credit risk", "--materiality", "high", "--home", home)
    assert stated.code == 0, stated.err
    shown = command("inventory", "home-credit", "--home", home, "--json").json["home-credit"]
    assert (shown["owner"], shown["materiality"]) == ("credit risk", "high")
    assert command("inventory", "mars", "--owner", "x", "--home", home).code == 1
    assert command("inventory", "--owner", "x", "--home", home).code == 2


def test_nobody_promotes_as_a_service(command: Any, home: Path) -> None:
    refused = command("promote", "home-credit-2", "--as", "gates", "--why", "I like it", "--home", home)
    assert (refused.code, "gates: a service" in refused.err) == (1, True)


def test_what_is_not_validated_is_not_promoted(command: Any, home: Path) -> None:
    key = home.parent / "val.pem"
    refused = command("promote", "home-credit-2", "--as", "val", "--key", key, "--why", "better", "--home", home)
    assert refused.code == 1
    assert "no signed validation is here; make one with `tradeline validate`" in refused.err


def test_nobody_validates_a_model_of_their_own(command: Any, home: Path) -> None:
    refused = command("validate", "home-credit-2", "--as", "ada", "--home", home)
    assert refused.code == 1
    assert "ada: may sign as developer, not as validator" in refused.err
    assert command("signers", "add", "zoe", "--role", "developer", "--role", "validator", "--home", home).code == 0
    shutil.copy(home / "keys" / "signers" / "ada.pem", home.parent / "zoe.pem")
    mistaken = command("validate", "--as", "zoe", "--key", home.parent / "zoe.pem", "--home", home)
    assert "the private key given is not that of this signer" in mistaken.err


def test_a_validator_validates_and_promotes(command: Any, home: Path, tmp_path: Path) -> None:
    key, out = home.parent / "val.pem", tmp_path / "evidence"
    validated = command("validate", "--as", "val", "--key", key, "--out", out, "--home", home, "--json")
    assert validated.code == 0, validated.err
    assert (validated.json["model_version"], validated.json["reviewed_by_person"]) == ("home-credit-2", True)
    assert {path.name for path in out.iterdir()} == {
        "report.html", "report.pdf", "figures.json", "tables", "validation.json", "validation.sig",
    }  # fmt: skip
    assert validated.json["failed"], "a model of three features of 300 people has its failings"
    told = ("promote", "home-credit-2", "--as", "val", "--key", key, "--why", "a trial", "--home", home, "--json")
    refused = command(*told)
    assert refused.code == 1
    assert "findings of its validation failed" in refused.err
    done = command(*told, "--despite", "for the tests alone")
    assert done.code == 0, done.err
    assert named_champion(home / "bundles", "home-credit") == "home-credit-2"
    entries = command("promotions", "--home", home, "--json").json
    assert [each["after"] for each in entries] == ["home-credit-1", "home-credit-2"]
    assert entries[1]["despite"] == "for the tests alone"
    assert entries[1]["validation"]["by_person"] is True
    assert done.json["head"] in (home / "bundles" / "promotions.head").read_text()
    (home / "bundles" / "champion-home-credit").write_text("home-credit-1\n")
    shown = command("promotions", "--home", home)
    assert (shown.code, shown.out.count(" -> ")) == (1, 2)
    assert (
        "champion-home-credit names home-credit-1, the promotion log ends at home-credit-2, which decides" in shown.err
    )
    (home / "bundles" / "champion-home-credit").write_text("home-credit-2\n")
    assert command("promotions", "--home", home).code == 0


def test_the_champion_scores_if_its_signer_is_trusted(command: Any, home: Path, run_home: Any, tmp_path: Path) -> None:
    shutil.copytree(home, tmp_path / "home", symlinks=True)
    (tmp_path / "home" / "keys" / "signers" / "ada.pub").unlink()
    told = ("score", "home-credit", "--data", run_home.data, "--out", tmp_path / "scores.parquet")
    refused = command(*told, "--home", tmp_path / "home")
    assert refused.code == 1
    assert "ada: signed this bundle and is no trusted signer here" in refused.err
    done = command(*told, "--home", home)
    assert done.code == 0, done.err


def test_wrong_usage_is_told(command: Any, home: Path) -> None:
    assert command("train", "taiwan", "--trials", 0, "--home", home).code == 2
    assert command("train", "bureau", "--observe", "never", "--home", home).code in (1, 2)
    assert command("promote", "home-credit-2", "--home", home).code == 2
    assert command("validate", "home-credit-9", "--home", home).code == 1
