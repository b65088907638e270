"""Challengers and shadows: who may decide beside the champion, and who may only be scored."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from made_champion import make_champion
from made_models import made_bundle, made_counted
from made_signers import signer_in

from bureau.home import Home, open_home
from bureau.signers import trusted_signers
from bureau.signing import Signer
from scoring.bundle import save_bundle
from scoring.bundle_folder import bundle_signature
from scoring.errors import BundleRefused, RoutingRefused
from scoring.routing import Routing, load_routing
from training.challenge import challenge, clear, shadow
from training.errors import PromotionRefused, RecordDamaged
from training.validation_record import FOLDER, Found, sign_validation

Do = Callable[["Bench"], object]

AT = datetime.fromisoformat("2026-01-31")
GOOD = (Found("discrimination.auc", True, "AUC 0.78"),)
BAD = (Found("stability.psi", False, "PSI 0.4"),)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with three models of ada's, of which the first is the champion; not to be changed."""
    home = open_home(tmp_path_factory.mktemp("challenge") / "home", create=True)
    home.bundles.mkdir(exist_ok=True)
    for number in (1, 2, 3):
        bundle = made_bundle(made_counted(), f"taiwan-{number}", number)
        save_bundle(bundle, home.bundles / bundle.model_version, signer_in(home.signers))
    make_champion(home.root, "taiwan-1")
    signer_in(home.signers, "val", "validator")
    signer_in(home.signers, "eve", "developer")
    return home.root


@dataclass(frozen=True)
class Bench:
    """A home of a test's own, and what is done in it."""

    home: Home

    def signer(self, name: str = "val") -> Signer:
        return signer_in(self.home.signers, name)

    def validate(self, version: str, findings: tuple[Found, ...] = GOOD, by: str = "val") -> None:
        folder = self.home.runs / version / FOLDER
        folder.mkdir(parents=True)
        (folder / "report.html").write_text("<p>report</p>")
        sign_validation(folder, self.home.bundles / version, findings, self.signer(by), validated_at=AT)

    def challenge(self, version: str, share: float, why: str = "try it", **how: str) -> Routing:
        return challenge(self.home, version, share, signer=self.signer(), why=why, at=AT, **how)

    def shadow(self, version: str) -> Routing:
        return shadow(self.home, version, signer=self.signer(), why="watch it", at=AT)

    @property
    def routing(self) -> Routing:
        return load_routing(self.home.bundles, "taiwan", trusted_signers(self.home.signers))


@pytest.fixture
def bench(filled: Path, tmp_path: Path) -> Bench:
    return Bench(open_home(Path(shutil.copytree(filled, tmp_path / "home", symlinks=True))))


def told(routing: Routing) -> tuple[dict[str, float], list[str]]:
    return {each.version: each.share for each in routing.challengers}, [each.version for each in routing.shadows]


def test_a_validated_model_decides_for_a_share(bench: Bench) -> None:
    bench.validate("taiwan-2")
    done = bench.challenge("taiwan-2", 0.1)
    assert bench.routing == done
    assert told(done) == ({"taiwan-2": 0.1}, [])
    assert (done.by, done.why, done.at) == ("val", "try it", "2026-01-31T00:00:00Z")
    assert done.challengers[0].manifest_sha256 == bundle_signature(bench.home.bundles / "taiwan-2")[1]


def test_people_keep_their_model_when_shares_change(bench: Bench) -> None:
    bench.validate("taiwan-2")
    first = bench.challenge("taiwan-2", 0.2)
    second = bench.challenge("taiwan-2", 0.4)
    assert second.salt == first.salt != Routing("taiwan").salt
    people = [str(number) for number in range(300)]
    assert {who for who in people if first.route(who)} < {who for who in people if second.route(who)}


def test_a_shadow_needs_a_trusted_bundle_alone(bench: Bench) -> None:
    assert told(bench.shadow("taiwan-2")) == ({}, ["taiwan-2"])
    assert told(bench.shadow("taiwan-3")) == ({}, ["taiwan-2", "taiwan-3"])


def test_a_model_changes_its_part(bench: Bench) -> None:
    bench.shadow("taiwan-2")
    bench.validate("taiwan-2")
    assert told(bench.challenge("taiwan-2", 0.1)) == ({"taiwan-2": 0.1}, [])
    assert told(bench.shadow("taiwan-2")) == ({}, ["taiwan-2"])


def test_models_are_taken_out(bench: Bench) -> None:
    bench.shadow("taiwan-2")
    bench.shadow("taiwan-3")
    one = clear(bench.home, "taiwan", "taiwan-2", signer=bench.signer(), why="enough", at=AT)
    assert told(one) == ({}, ["taiwan-3"])
    rest = clear(bench.home, "taiwan", signer=bench.signer(), why="enough", at=AT)
    assert told(rest) == told(bench.routing) == ({}, [])


def test_who_became_the_champion_is_not_beside_it(bench: Bench) -> None:
    bench.shadow("taiwan-2")
    make_champion(bench.home.root, "taiwan-2")
    assert told(bench.shadow("taiwan-3")) == ({}, ["taiwan-3"])


def challenge_after(findings: tuple[Found, ...] = GOOD, by: str = "val", share: float = 0.1, why: str = "try it") -> Do:
    def do(bench: Bench) -> None:
        signer_in(bench.home.signers, "both", "developer", "validator")
        bench.validate("taiwan-2", findings, by)
        bench.challenge("taiwan-2", share, why)

    return do


def clear_unknown(bench: Bench) -> None:
    clear(bench.home, "taiwan", "taiwan-3", signer=bench.signer(), why="enough", at=AT)


REFUSED: list[tuple[str, Do, type[Exception], str]] = [
    ("not validated", lambda bench: bench.challenge("taiwan-2", 0.1), RecordDamaged, "taiwan-2.*validat"),
    ("findings failed", challenge_after(BAD), PromotionRefused, "taiwan-2: 1 findings of its validation failed"),
    ("by no validator", challenge_after(by="ada"), RecordDamaged, "ada"),
    ("no reason", challenge_after(why=" "), PromotionRefused, "taiwan-2: no reason is given"),
    ("too much", challenge_after(share=0.6), RoutingRefused, "60.0% of the people"),
    ("the champion", lambda bench: bench.shadow("taiwan-1"), PromotionRefused, "taiwan-1: is the champion of taiwan"),
    ("no bundle", lambda bench: bench.shadow("taiwan-9"), BundleRefused, "no bundle is here"),
    ("not routed", clear_unknown, PromotionRefused, "taiwan-3: neither a challenger nor a shadow of taiwan"),
]


@pytest.mark.parametrize("case", range(len(REFUSED)), ids=lambda case: REFUSED[case][0])
def test_is_refused(bench: Bench, case: int) -> None:
    _, do, error, match = REFUSED[case]
    with pytest.raises(error, match=match):
        do(bench)
    assert told(bench.routing) == ({}, [])


def test_failed_findings_are_overridden_with_a_reason(bench: Bench) -> None:
    bench.validate("taiwan-2", BAD)
    assert told(bench.challenge("taiwan-2", 0.1, despite="watched closely"))[0] == {"taiwan-2": 0.1}


def test_nothing_is_set_beside_no_champion(bench: Bench) -> None:
    for path in (*bench.home.bundles.glob("champion-*"), *bench.home.bundles.glob("promotions.*")):
        path.unlink()
    with pytest.raises(PromotionRefused, match="taiwan: no champion is here to set a model beside"):
        bench.shadow("taiwan-2")


def test_a_routing_that_was_changed_is_not_built_upon(bench: Bench) -> None:
    bench.shadow("taiwan-2")
    path = bench.home.bundles / "routing-taiwan.json"
    path.write_text(path.read_text().replace("watch it", "hide it"))
    with pytest.raises(RoutingRefused, match=r"routing-taiwan\.json"):
        bench.shadow("taiwan-3")
