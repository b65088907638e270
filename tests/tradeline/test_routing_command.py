"""``tradeline routing`` as people use it, in a home with a champion and another model."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from made_champion import make_champion
from made_models import made_bundle, made_counted
from made_signers import signer_in

from bureau.home import open_home
from scoring.bundle import save_bundle
from training.validation_record import FOLDER, Found, sign_validation


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two validated models, of which the first is the champion; the tests go on from one another."""
    home = open_home(tmp_path_factory.mktemp("routing") / "home", create=True)
    home.bundles.mkdir(exist_ok=True)
    val = signer_in(home.signers, "val", "validator")
    for number in (1, 2):
        bundle = made_bundle(made_counted(), f"taiwan-{number}", number)
        folder = save_bundle(bundle, home.bundles / bundle.model_version, signer_in(home.signers))
        validation = home.runs / bundle.model_version / FOLDER
        validation.mkdir(parents=True)
        (validation / "report.html").write_text("<p>report</p>")
        found = (Found("discrimination.auc", True, "AUC 0.78"),)
        sign_validation(validation, folder, found, val, validated_at=datetime.fromisoformat("2026-01-31"))
    make_champion(home.root, "taiwan-1")
    return home.root


def test_the_champion_decides_alone_at_first(command: Any, home: Path) -> None:
    shown = command("routing", "--home", home)
    assert (shown.code, shown.out.splitlines()) == (0, ["taiwan: champion taiwan-1"])


def test_a_shadow_is_set_and_shown(command: Any, home: Path) -> None:
    done = command("routing", "shadow", "taiwan-2", "--as", "val", "--why", "watch it", "--home", home)
    assert done.code == 0, done.err
    shown = command("routing", "show", "taiwan", "--home", home).out
    assert "shadow     taiwan-2 is scored and never shown" in shown
    assert "by val: watch it" in shown


def test_a_challenger_gets_a_share(command: Any, home: Path) -> None:
    done = command(
        "routing", "challenge", "taiwan-2", "--share", 0.1, "--as", "val", "--why", "try", "--home", home, "--json"
    )
    assert done.code == 0, done.err
    (challenger,) = done.json["challengers"]
    assert (challenger["version"], challenger["share"], done.json["shadows"]) == ("taiwan-2", 0.1, [])
    assert "decides for 10.0% of the people" in command("routing", "--home", home).out


def test_what_does_not_go_is_told_in_one_line(command: Any, home: Path) -> None:
    for options, told in (
        (("challenge", "taiwan-2", "--share", 0.9), "at most one half"),
        (("challenge", "taiwan-1", "--share", 0.1), "taiwan-1: is the champion of taiwan"),
        (("shadow", "taiwan-9"), "no bundle is here"),
        (("clear", "taiwan", "--version", "taiwan-9"), "taiwan-9: neither a challenger nor a shadow"),
    ):
        refused = command("routing", *options, "--as", "val", "--why", "try", "--home", home)
        assert (refused.code, told in refused.err, refused.err.count("\n")) == (1, True, 1)


def test_all_are_taken_out(command: Any, home: Path) -> None:
    done = command("routing", "clear", "taiwan", "--as", "val", "--why", "enough", "--home", home, "--json")
    assert (done.code, done.json["challengers"]) == (0, [])
    assert "challenger" not in command("routing", "--home", home).out


def test_every_change_is_in_the_audit_log(command: Any, home: Path) -> None:
    entries = command("audit", "show", "--kind", "routing changed", "--home", home, "--json").json
    told = [(each["subject"], each["details"]["challengers"], each["details"]["shadows"]) for each in entries]
    assert sorted(told) == [("taiwan", 0, 0), ("taiwan", 0, 1), ("taiwan", 1, 0)]
