"""The file that names the champion."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scoring.champion import champion_folder, set_champion
from scoring.errors import ScoringError


@pytest.fixture
def bundles(tmp_path: Path) -> Path:
    for version in ("taiwan-1", "home-credit-1", "home-credit-2"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "manifest.json").write_text("{}")
    return tmp_path


def test_champion_is_the_one_that_was_named(bundles: Path) -> None:
    pointer = set_champion(bundles, "home-credit", "home-credit-1")
    assert pointer.read_text() == "home-credit-1\n"
    assert champion_folder(bundles, "home-credit") == bundles / "home-credit-1"
    set_champion(bundles, "home-credit", "home-credit-2")
    assert champion_folder(bundles, "home-credit") == bundles / "home-credit-2"
    assert {path.name for path in bundles.iterdir() if path.is_file()} == {"champion-home-credit"}


def test_without_a_portfolio_it_is_the_one_named_last(bundles: Path) -> None:
    for portfolio, seconds in (("home-credit", 2000), ("taiwan", 1000)):
        os.utime(set_champion(bundles, portfolio, f"{portfolio}-1"), (seconds, seconds))
    assert champion_folder(bundles, None) == bundles / "home-credit-1"
    os.utime(bundles / "champion-taiwan", (3000, 3000))
    assert champion_folder(bundles, None) == bundles / "taiwan-1"


def test_no_champion(bundles: Path, tmp_path: Path) -> None:
    with pytest.raises(ScoringError, match="no champion is here; train and promote one with `tradeline run`"):
        champion_folder(bundles, None)
    with pytest.raises(ScoringError, match="no champion for taiwan is here"):
        champion_folder(bundles, "taiwan")
    with pytest.raises(ScoringError, match="no champion is here"):
        champion_folder(tmp_path / "absent", None)


@pytest.mark.parametrize("content", ["", "home-credit-9", "../home-credit-1", "a/b", "\0"])
def test_champion_that_is_not_there(bundles: Path, content: str) -> None:
    (bundles / "champion-home-credit").write_text(content)
    with pytest.raises(ScoringError, match="names a bundle that is not in its folder"):
        champion_folder(bundles, "home-credit")


def test_only_a_bundle_becomes_champion(bundles: Path) -> None:
    with pytest.raises(ScoringError, match="no bundle home-credit-9 is here"):
        set_champion(bundles, "home-credit", "home-credit-9")
    with pytest.raises(ScoringError, match="not the name of a portfolio"):
        set_champion(bundles, "../x", "home-credit-1")
    with pytest.raises(ScoringError, match="not the name of a version"):
        set_champion(bundles, "home-credit", "../home-credit-1")
