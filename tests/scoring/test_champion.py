"""The champion is the one that was promoted on record, whatever the file says that names it."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

import pytest
from made_champion import make_champion
from made_signers import signer_in

from bureau.signers import trusted_signers
from scoring.bundle_folder import write_folder
from scoring.champion import champion_folder, champion_version, named_champion, set_champion
from scoring.errors import BundleRefused, ChampionRefused, ScoringError

VERSIONS = ("taiwan-1", "home-credit-1", "home-credit-2", "home-credit-3")


@pytest.fixture
def bundles(tmp_path: Path) -> Path:
    for version in VERSIONS:
        write_folder(tmp_path / "bundles" / version, version, {}, signer_in(tmp_path / "keys" / "signers"))
    return tmp_path / "bundles"


def champion(bundles: Path, portfolio: str | None = "home-credit") -> str:
    return champion_folder(bundles, portfolio, trusted_signers(bundles.parent / "keys" / "signers")).name


def promote(bundles: Path, *versions: str) -> None:
    for version in versions:
        make_champion(bundles.parent, version)


def point_to(bundles: Path, version: str) -> None:
    """As anybody can who may write in the folder."""
    (bundles / "champion-home-credit").write_text(f"{version}\n")


def test_champion_is_the_one_that_was_promoted(bundles: Path) -> None:
    before = {path.name for path in bundles.iterdir()}
    assert make_champion(bundles.parent, "home-credit-1").read_text() == "home-credit-1\n"
    assert champion(bundles) == "home-credit-1"
    promote(bundles, "home-credit-2", "taiwan-1")
    assert (champion(bundles), champion(bundles, "taiwan")) == ("home-credit-2", "taiwan-1")
    assert {path.name for path in bundles.iterdir()} - before == {
        "champion-home-credit", "champion-taiwan", "promotions.head", "promotions.jsonl",
    }  # fmt: skip


def test_without_a_portfolio_it_is_the_one_named_last(bundles: Path) -> None:
    promote(bundles, "home-credit-1", "taiwan-1")
    os.utime(bundles / "champion-home-credit", (2000, 2000))
    os.utime(bundles / "champion-taiwan", (1000, 1000))
    assert champion(bundles, None) == "home-credit-1"
    os.utime(bundles / "champion-taiwan", (3000, 3000))
    assert champion(bundles, None) == "taiwan-1"


def test_no_champion(bundles: Path) -> None:
    with pytest.raises(ScoringError, match="no champion is here; train and promote one with `tradeline run`"):
        champion(bundles, None)
    with pytest.raises(ScoringError, match="no champion for taiwan is here"):
        champion(bundles, "taiwan")
    with pytest.raises(ScoringError, match="no champion is here"):
        champion(bundles / "absent", None)


@pytest.mark.parametrize("content", ["", "home-credit-9", "../home-credit-1", "a/b", "\0"])
def test_champion_that_is_not_there(bundles: Path, content: str) -> None:
    promote(bundles, "home-credit-1")
    point_to(bundles, content)
    with pytest.raises(ScoringError, match="names a bundle that is not in its folder"):
        champion(bundles)


def test_only_a_bundle_becomes_champion(bundles: Path) -> None:
    with pytest.raises(ScoringError, match="no bundle home-credit-9 is here"):
        set_champion(bundles, "home-credit", "home-credit-9")
    with pytest.raises(ScoringError, match="not the name of a portfolio"):
        set_champion(bundles, "../x", "home-credit-1")
    with pytest.raises(ScoringError, match="not the name of a version"):
        set_champion(bundles, "home-credit", "../home-credit-1")


# -- the log decides ------------------------------------------------------------------------------


def test_a_file_that_was_edited_is_refused(bundles: Path) -> None:
    promote(bundles, "home-credit-1", "home-credit-2", "home-credit-3")
    point_to(bundles, "home-credit-1")
    told = "champion-home-credit names home-credit-1, the promotion log ends at home-credit-3; write home-credit-3 into"
    with pytest.raises(ChampionRefused, match=told):
        champion(bundles)
    shutil.copytree(bundles / "home-credit-3", bundles / "home-credit-4")
    point_to(bundles, "home-credit-4")
    with pytest.raises(ChampionRefused, match="names home-credit-4, the promotion log ends at home-credit-3"):
        champion(bundles)


def test_a_file_that_no_promotion_wrote_is_refused(bundles: Path) -> None:
    promote(bundles, "taiwan-1")
    point_to(bundles, "home-credit-1")
    told = "champion-home-credit names home-credit-1, and the promotion log knows no promotion of home-credit"
    with pytest.raises(ChampionRefused, match=told):
        champion(bundles)
    for path in bundles.glob("promotions.*"):
        path.unlink()
    with pytest.raises(ChampionRefused, match="the promotion log knows no promotion of taiwan; restore the log"):
        champion(bundles, "taiwan")


def test_back_to_the_one_before_it_needs_a_promotion(bundles: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The same as a promotion that was cut short: nothing but the log tells who decides, and that it does is told."""
    promote(bundles, "home-credit-1", "home-credit-2")
    point_to(bundles, "home-credit-1")
    with caplog.at_level(logging.WARNING, "scoring.champion"):
        assert champion(bundles) == "home-credit-2"
    told = "champion-home-credit names home-credit-1, the promotion log ends at home-credit-2, which decides"
    assert caplog.messages == [told]
    assert named_champion(bundles, "home-credit") == "home-credit-1"


def test_a_first_promotion_that_was_cut_short(bundles: Path) -> None:
    make_champion(bundles.parent, "home-credit-1").unlink()
    assert champion(bundles) == "home-credit-1"
    promote(bundles, "home-credit-1", "home-credit-2")
    (bundles / "champion-home-credit").unlink()
    with pytest.raises(ChampionRefused, match="names none, the promotion log ends at home-credit-2"):
        champion(bundles)


def test_another_bundle_of_the_same_version_is_refused(bundles: Path) -> None:
    promote(bundles, "home-credit-1")
    shutil.rmtree(bundles / "home-credit-1")
    signer = signer_in(bundles.parent / "keys" / "signers")
    write_folder(bundles / "home-credit-1", "home-credit-1", {"model.txt": b"another"}, signer)
    with pytest.raises(ChampionRefused, match="another bundle than the one that was promoted"):
        champion(bundles)
    shutil.rmtree(bundles / "home-credit-1")
    (bundles / "home-credit-1").mkdir()
    with pytest.raises(BundleRefused, match=r"signature\.json is missing"):
        champion(bundles)


def test_promotions_of_nobody_who_is_trusted_count_for_nothing(bundles: Path) -> None:
    promote(bundles, "home-credit-1")
    (bundles.parent / "keys" / "signers" / "ada.pub").unlink()
    with pytest.raises(ChampionRefused, match="was changed or cannot be read"):
        champion_version(bundles, "home-credit", trusted_signers(bundles.parent / "keys" / "signers"))
