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
from scoring.champion import (
    champion_folder,
    champion_version,
    named_champion,
    pointer_doubts,
    promoted_version,
    set_champion,
)
from scoring.errors import BundleRefused, ChampionRefused, ScoringError
from scoring.promotion_log import Promotion, PromotionLog

VERSIONS = ("taiwan-1", "home-credit-1", "home-credit-2", "home-credit-3")


@pytest.fixture
def bundles(tmp_path: Path) -> Path:
    for version in VERSIONS:
        write_folder(tmp_path / "bundles" / version, version, {}, signer_in(tmp_path / "keys" / "signers"))
    return tmp_path / "bundles"


def champion(bundles: Path, portfolio: str | None = "home-credit") -> str:
    return champion_folder(bundles, portfolio, trusted_signers(bundles.parent / "keys" / "signers")).name


def entries(bundles: Path) -> tuple[Promotion, ...]:
    return PromotionLog(bundles, trusted_signers(bundles.parent / "keys" / "signers")).entries()


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


def test_without_a_portfolio_it_is_that_of_the_last_promotion(bundles: Path) -> None:
    promote(bundles, "home-credit-1", "taiwan-1")
    (bundles / "champion-home-credit").touch()
    (bundles / "champion-foo.bak").write_text("taiwan-1\n")
    assert champion(bundles, None) == "taiwan-1"
    (bundles / "champion-taiwan").unlink()  # as if cut short
    assert champion(bundles, None) == "taiwan-1"


def test_without_a_log_it_is_the_one_named_last(bundles: Path) -> None:
    """A home from before there was a log; its bundle tells why it does not load."""
    for seconds, version in ((1000, "taiwan-0"), (2000, "home-credit-0")):
        (bundles / version).mkdir()
        pointer = bundles / f"champion-{version[:-2]}"
        pointer.write_text(f"{version}\n")
        os.utime(pointer, (seconds, seconds))
    assert champion(bundles, None) == "home-credit-0"


def test_no_champion(bundles: Path) -> None:
    with pytest.raises(ScoringError, match="no champion is here; train and promote one with `tradeline run`"):
        champion(bundles, None)
    with pytest.raises(ScoringError, match="no champion for taiwan is here"):
        champion(bundles, "taiwan")
    with pytest.raises(ScoringError, match="no champion is here"):
        champion(bundles / "absent", None)


@pytest.mark.parametrize("content", ["", "../home-credit-1", "a/b", "\0"])
def test_a_file_that_names_no_version(bundles: Path, content: str) -> None:
    point_to(bundles, content)
    with pytest.raises(ScoringError, match=r"names a bundle that is not in its folder, .* or remove that file"):
        champion(bundles)
    (bundles / "champion-home-credit").unlink()
    promote(bundles, "home-credit-1")
    point_to(bundles, content)
    with pytest.raises(ChampionRefused, match="names no version, the promotion log ends at home-credit-1; write"):
        champion(bundles)


def test_a_file_that_is_none(bundles: Path) -> None:
    promote(bundles, "home-credit-1")
    (bundles / "champion-home-credit").unlink()
    (bundles / "champion-home-credit").mkdir()
    with pytest.raises(ScoringError, match=r"champion-home-credit: cannot be read \(Is a directory\)"):
        champion(bundles)


def test_a_champion_whose_bundle_is_gone(bundles: Path) -> None:
    promote(bundles, "home-credit-1")
    shutil.rmtree(bundles / "home-credit-1")
    with pytest.raises(ChampionRefused, match="home-credit-1: the bundle of the champion is not here; restore it"):
        champion(bundles)
    assert promoted_version(bundles, "home-credit", entries(bundles)[-1]) == "home-credit-1"  # so another can follow


def test_the_bundle_before_may_be_gone(bundles: Path) -> None:
    promote(bundles, "home-credit-1", "home-credit-2")
    point_to(bundles, "home-credit-1")
    shutil.rmtree(bundles / "home-credit-1")
    assert champion(bundles) == "home-credit-2"


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
    with pytest.raises(ChampionRefused, match=r"promotions\.head: was changed, or its signer is none"):
        champion_version(bundles, "home-credit", trusted_signers(bundles.parent / "keys" / "signers"))


def test_files_that_differ_from_the_log_are_told(bundles: Path) -> None:
    promote(bundles, "taiwan-1", "home-credit-1", "home-credit-2")
    assert pointer_doubts(bundles, entries(bundles)) == ()
    (bundles / "champion-foo.bak").write_text("taiwan-1\n")
    (bundles / "champion-taiwan").unlink()
    point_to(bundles, "home-credit-1")
    stray, before, missing = pointer_doubts(bundles, entries(bundles))
    assert "champion-foo.bak names taiwan-1, and the promotion log knows no promotion of foo.bak" in stray
    assert before == (
        "champion-home-credit names home-credit-1, the promotion log ends at home-credit-2, which decides; the next "
        "promotion writes it anew"
    )
    assert "champion-taiwan names none, the promotion log ends at taiwan-1" in missing
    (bundles / "champion-home-credit").unlink()
    assert "names none, the promotion log ends at home-credit-2; write home-credit-2 into" in pointer_doubts(
        bundles, entries(bundles)
    )[1]  # fmt: skip
