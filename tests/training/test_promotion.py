"""Who may make which model the champion, and that a promotion that was cut short is finished."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from made_models import made_bundle, made_counted
from made_signers import signer_in

from bureau.home import Home, open_home
from bureau.signers import trusted_signers
from bureau.signing import Signer
from scoring.bundle import save_bundle
from scoring.bundle_folder import bundle_signature
from scoring.champion import champion_folder, named_champion, set_champion
from scoring.errors import BundleRefused, ChampionRefused
from scoring.promotion_log import Promotion
from training.errors import PromotionRefused, RecordDamaged
from training.promotion import Promoted, champion_of, promote, promotion_log, promotions, settle
from training.registry import Registry, RunRecord
from training.validation_record import FOLDER, Found, read_validation, sign_validation

AT = datetime.fromisoformat("2026-01-31")
GOOD = (Found("discrimination.auc", True, "AUC 0.78"), Found("fairness.air", None, "no attributes"))
BAD = (*GOOD, Found("stability.psi", False, "PSI 0.4"))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two registered models of ada's, a validator val, and the service gates; not to be changed."""
    home = open_home(tmp_path_factory.mktemp("promotion") / "home", create=True)
    counted = made_counted()
    registry = Registry(home.mlflow)
    for number in (1, 2):
        bundle = made_bundle(counted, f"taiwan-{number}", number)
        folder = save_bundle(bundle, home.bundles / bundle.model_version, signer_in(home.signers))
        record = RunRecord({}, {}, {}, (), pd.DataFrame(counted).head(2))
        registry.record("taiwan", bundle, folder, record)
    signer_in(home.signers, "val", "validator")
    signer_in(home.signers, "both", "developer", "validator")
    signer_in(home.signers, "gates", "service")
    return home.root


@dataclass(frozen=True)
class Bench:
    """A home of a test's own, and what is done in it."""

    home: Home

    def signer(self, name: str) -> Signer:
        return signer_in(self.home.signers, name)

    def validate(self, version: str = "taiwan-1", by: str = "val", findings: tuple[Found, ...] = GOOD) -> Path:
        folder = self.home.runs / version / FOLDER
        (folder / "tables").mkdir(parents=True, exist_ok=True)
        (folder / "report.html").write_text("<p>report</p>")
        (folder / "tables" / "figures.csv").write_text("a,b\n1,2\n")
        sign_validation(folder, self.home.bundles / version, findings, self.signer(by), validated_at=AT)
        return folder

    def promote(self, version: str = "taiwan-1", by: str = "val", why: str = "better", **how: str) -> Promoted:
        return promote(self.home, version, signer=self.signer(by), why=why, at=AT, **how)  # type: ignore[arg-type]

    @property
    def champion(self) -> tuple[str | None, str | None]:
        """By the pointer, and by MLflow."""
        return named_champion(self.home.bundles, "taiwan"), Registry(self.home.mlflow).champion("taiwan")


@pytest.fixture
def bench(filled: Path, tmp_path: Path) -> Bench:
    return Bench(open_home(Path(shutil.copytree(filled, tmp_path / "home", symlinks=True))))


# -- the way it goes ------------------------------------------------------------------------------


def test_a_validated_model_becomes_the_champion(bench: Bench) -> None:
    folder = bench.validate()
    assert champion_of(bench.home, "taiwan") is None
    done = bench.promote()
    assert bench.champion == ("taiwan-1", "taiwan-1")
    champion = champion_of(bench.home, "taiwan")
    assert champion is not None
    assert champion.model_version == "taiwan-1"
    (entry,) = promotion_log(bench.home).entries()
    assert entry == done.promotion
    assert (entry.before, entry.after, entry.by, entry.why) == (None, "taiwan-1", "val", "better")
    record = read_validation(folder, trusted_signers(bench.home.signers))
    assert entry.validation == {
        "sha256": record.sha256,
        "validator": "val",
        "by_person": True,
        "report_sha256": record.files["report.html"],
        "failed": [],
    }
    assert done.head == json.loads((bench.home.bundles / "promotions.head").read_text())["sha256"]


def test_and_is_followed_by_another(bench: Bench) -> None:
    bench.validate()
    bench.promote()
    bench.validate("taiwan-2", findings=BAD)
    bench.promote("taiwan-2", despite="the shift is understood")
    assert bench.champion == ("taiwan-2", "taiwan-2")
    last = promotion_log(bench.home).entries()[-1]
    assert (last.before, last.after, last.despite) == ("taiwan-1", "taiwan-2", "the shift is understood")
    assert last.validation["failed"] == ["stability.psi"]


def test_back_to_an_earlier_model(bench: Bench) -> None:
    for version in ("taiwan-1", "taiwan-2", "taiwan-1"):
        bench.validate(version)
        bench.promote(version)
    assert bench.champion == ("taiwan-1", "taiwan-1")
    assert len(promotion_log(bench.home).entries()) == 3


def test_a_service_promotes_what_went_through_its_gates(bench: Bench) -> None:
    bench.validate(by="gates", findings=(*GOOD, Found("gates.parity", True, "the same offline and online")))
    done = bench.promote(by="gates")
    assert done.promotion.validation["by_person"] is False


def test_a_service_promotes_nothing_else(bench: Bench) -> None:
    bench.validate(by="gates")
    with pytest.raises(PromotionRefused, match="gates is a service and promotes what has gone through the gates alone"):
        bench.promote(by="gates")


def test_promotions_are_told_unless_the_log_is_gone(bench: Bench) -> None:
    assert promotions(bench.home) == ()
    bench.validate()
    done = bench.promote()
    assert promotions(bench.home) == (done.promotion,)
    for path in bench.home.bundles.glob("promotions.*"):
        path.unlink()
    with pytest.raises(ChampionRefused, match="names taiwan-1, and the promotion log knows no promotion of taiwan"):
        promotions(bench.home)


# -- refused --------------------------------------------------------------------------------------


def _not_validated(bench: Bench) -> None:
    pass


def _by_the_developer(bench: Bench) -> None:
    signer_in(bench.home.signers, "zoe", "developer", "validator")
    shutil.rmtree(bench.home.bundles / "taiwan-1")
    save_bundle(made_bundle(made_counted(), "taiwan-1", 1), bench.home.bundles / "taiwan-1", bench.signer("zoe"))
    bench.validate(by="zoe")


def _by_the_developers_key_under_another_name(bench: Bench) -> None:
    key = (bench.home.signers / "ada.pem").read_bytes()
    public = json.loads((bench.home.signers / "ada.pub").read_text())
    (bench.home.signers / "alias.pem").write_bytes(key)
    (bench.home.signers / "alias.pub").write_text(json.dumps(public | {"roles": ["validator"]}))
    bench.validate(by="alias")


def _by_no_validator(bench: Bench) -> None:
    signer_in(bench.home.signers, "dev", "developer")
    bench.validate(by="dev")


def _by_a_stranger(bench: Bench) -> None:
    folder = bench.validate()
    stranger = Signer("eve", Ed25519PrivateKey.generate())
    sign_validation(folder, bench.home.bundles / "taiwan-1", GOOD, stranger, validated_at=AT)


def _of_another_model(bench: Bench) -> None:
    shutil.copytree(bench.validate("taiwan-2"), bench.home.runs / "taiwan-1" / FOLDER)


def _of_other_bytes(bench: Bench) -> None:
    bench.validate()
    shutil.rmtree(bench.home.bundles / "taiwan-1")
    changed = made_bundle(made_counted(), "taiwan-1", 7)
    save_bundle(changed, bench.home.bundles / "taiwan-1", bench.signer("ada"))


def _with_a_failed_finding(bench: Bench) -> None:
    bench.validate(findings=BAD)


def _with_a_changed_report(bench: Bench) -> None:
    (bench.validate() / "report.html").write_text("<p>a better report</p>")


def _with_an_added_file(bench: Bench) -> None:
    (bench.validate() / "tables" / "more.csv").write_text("a\n")


def _without_a_table(bench: Bench) -> None:
    (bench.validate() / "tables" / "figures.csv").unlink()


def _with_changed_findings(bench: Bench) -> None:
    path = bench.validate(findings=BAD) / "validation.json"
    path.write_text(path.read_text().replace("false", "true"))


def _by_a_service(bench: Bench) -> None:
    bench.validate(by="gates")


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (_not_validated, "no signed validation is here; make one with `tradeline validate`"),
        (_by_the_developer, "zoe developed it and cannot validate it"),
        (_by_the_developers_key_under_another_name, "alias developed it and cannot validate it"),
        (_by_no_validator, "may sign as developer, and this validation needs validator or service"),
        (_by_a_stranger, "eve: signed this validation and is no trusted signer here"),
        (_of_another_model, r"its validation is of other bytes \(taiwan-2"),
        (_of_other_bytes, r"its validation is of other bytes \(taiwan-1"),
        (_with_a_failed_finding, r"1 findings of its validation failed \(stability\.psi\)"),
        (_with_a_changed_report, r"report\.html: was changed since it was signed"),
        (_with_an_added_file, r"more\.csv: was added since it was signed"),
        (_without_a_table, r"figures\.csv: is missing since it was signed"),
        (_with_changed_findings, "the signature of val does not fit this validation"),
        (_by_a_service, "no person has reviewed it, gates is a service"),
    ],
)
def test_what_is_not_independently_validated_is_refused(
    bench: Bench, prepare: Callable[[Bench], None], message: str
) -> None:
    prepare(bench)
    with pytest.raises((PromotionRefused, RecordDamaged), match=message):
        bench.promote()
    assert bench.champion == (None, None)
    assert promotion_log(bench.home).entries() == ()


@pytest.mark.parametrize("why", ["", "  "])
def test_a_reason_is_given(bench: Bench, why: str) -> None:
    bench.validate()
    with pytest.raises(PromotionRefused, match="no reason is given; say with --why"):
        bench.promote(why=why)


def test_an_empty_reason_in_spite_of_a_failure_is_none(bench: Bench) -> None:
    bench.validate(findings=BAD)
    with pytest.raises(PromotionRefused, match="say with --despite why"):
        bench.promote(despite=" ")


def test_a_changed_bundle_is_refused(bench: Bench) -> None:
    bench.validate()
    (bench.home.bundles / "taiwan-1" / "scale.json").write_text("{}")
    with pytest.raises(BundleRefused, match=r"scale\.json was changed"):
        bench.promote()


def test_the_promoter_is_known(bench: Bench) -> None:
    bench.validate()
    stranger = Signer("val", Ed25519PrivateKey.generate())
    with pytest.raises(PromotionRefused, match="val: no signer of this home"):
        promote(bench.home, "taiwan-1", signer=stranger, why="mine", at=AT)


def test_the_champion_is_not_promoted_again(bench: Bench) -> None:
    bench.validate()
    bench.promote()
    with pytest.raises(PromotionRefused, match="already the champion of taiwan"):
        bench.promote()


# -- the log decides ------------------------------------------------------------------------------


def test_a_pointer_that_no_promotion_set_is_refused(bench: Bench) -> None:
    set_champion(bench.home.bundles, "taiwan", "taiwan-1")
    with pytest.raises(ChampionRefused, match="names taiwan-1, and the promotion log knows no promotion of taiwan"):
        settle(bench.home, "taiwan")
    bench.validate("taiwan-2")
    with pytest.raises(ChampionRefused, match="knows no promotion of taiwan"):
        bench.promote("taiwan-2")


def test_a_champion_of_an_older_format_gives_way(bench: Bench) -> None:
    old = bench.home.bundles / "taiwan-0"
    old.mkdir()
    (old / "bundle.json").write_text("{}")
    (bench.home.bundles / "champion-taiwan").write_text("taiwan-0\n")
    assert champion_of(bench.home, "taiwan") is None
    bench.validate()
    assert bench.promote().promotion.before == "taiwan-0"


def test_a_pointer_that_was_moved_by_hand_is_refused(bench: Bench) -> None:
    for version in ("taiwan-1", "taiwan-2", "taiwan-1"):
        bench.validate(version)
        bench.promote(version)
    shutil.copytree(bench.home.bundles / "taiwan-2", bench.home.bundles / "taiwan-3")
    (bench.home.bundles / "champion-taiwan").write_text("taiwan-3\n")
    with pytest.raises(ChampionRefused, match="champion-taiwan names taiwan-3, the promotion log ends at taiwan-1"):
        settle(bench.home, "taiwan")


def test_a_damaged_log_stops_everything(bench: Bench) -> None:
    bench.validate()
    bench.promote()
    bench.validate("taiwan-2")
    log = promotion_log(bench.home)
    log.path.write_bytes(log.path.read_bytes().replace(b"better", b"worser"))
    with pytest.raises(ChampionRefused, match="line 1 was changed"):
        bench.promote("taiwan-2")
    assert bench.champion == ("taiwan-1", "taiwan-1")


# -- killed between the steps ---------------------------------------------------------------------


def _logged(bench: Bench) -> None:
    """The log has a second promotion, and nothing follows it yet."""
    bench.validate()
    bench.promote()
    _, manifest = bundle_signature(bench.home.bundles / "taiwan-2")
    after = Promotion("2026-02-01T00:00:00Z", "taiwan", "taiwan-1", "taiwan-2", "val", "better", manifest)
    promotion_log(bench.home).append(after, bench.signer("val"))


def test_killed_after_the_log(bench: Bench) -> None:
    _logged(bench)
    assert bench.champion == ("taiwan-1", "taiwan-1")
    decides = champion_folder(bench.home.bundles, "taiwan", trusted_signers(bench.home.signers))
    assert decides.name == "taiwan-2"  # before anybody settles it
    last = settle(bench.home, "taiwan")
    assert last is not None
    assert last.after == "taiwan-2"
    assert bench.champion == ("taiwan-2", "taiwan-2")


def test_killed_after_the_pointer(bench: Bench) -> None:
    _logged(bench)
    set_champion(bench.home.bundles, "taiwan", "taiwan-2")
    assert bench.champion == ("taiwan-2", "taiwan-1")
    settle(bench.home, "taiwan")
    assert bench.champion == ("taiwan-2", "taiwan-2")


def test_the_next_promotion_finishes_the_one_before(bench: Bench) -> None:
    _logged(bench)
    assert bench.promote("taiwan-1").promotion.before == "taiwan-2"
    assert bench.champion == ("taiwan-1", "taiwan-1")
    assert [each.after for each in promotion_log(bench.home).entries()] == ["taiwan-1", "taiwan-2", "taiwan-1"]
