"""The bundle: what is loaded is what was saved, and anything else is refused."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bureau.signing import Identity, Role, Signer, TrustedSigners
from features import sets
from features.catalogue import Catalogue
from features.declaration import Feature
from scoring.bundle import Bundle, Origin, load_bundle, save_bundle
from scoring.bundle_folder import FORMAT, PARTS, PURPOSE, as_json, bundle_signature
from scoring.errors import BundleRefused
from scoring.scorer import Scorer

Values = npt.NDArray[np.float64]
FILES = ("manifest.json", "signature.json", *PARTS)
FIELDS = ("developer", "format", "model_version", "sha256")


def read(folder: Path, name: str = "manifest.json") -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / name).read_text())
    return content


def rehash(folder: Path, **changes: object) -> None:
    """Make the manifest fit the parts again, as anybody can who has no key."""
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in PARTS}
    (folder / "manifest.json").write_text(json.dumps(read(folder) | {"sha256": hashes} | changes))


def forge(folder: Path, signer: Signer, **changes: object) -> None:
    """Make manifest and signature fit the parts again, as who has a key can."""
    rehash(folder, **changes)
    signature = signer.sign(PURPOSE, (folder / "manifest.json").read_bytes())
    (folder / "signature.json").write_bytes(as_json(signature.plain()))


def change(folder: Path, name: str, how: Callable[[dict[str, Any]], object]) -> None:
    content = read(folder, name)
    how(content)
    (folder / name).write_text(json.dumps(content))


def trusting(*signers: Signer, role: Role = "developer") -> TrustedSigners:
    return TrustedSigners({it.name: Identity(it.name, frozenset({role}), it.public_key) for it in signers})


@pytest.fixture(scope="module")
def stranger() -> Signer:
    return Signer("eve", Ed25519PrivateKey.from_private_bytes(bytes([7] * 32)))


# -- there and back -----------------------------------------------------------------------------


def test_round_trip(bundle: Bundle, saved: Path, counted: dict[str, Values], developer: Signer) -> None:
    for loaded in (load_bundle(saved), load_bundle(saved, trusting(developer))):
        assert loaded == bundle
        assert Scorer(loaded).score(counted) == Scorer(bundle).score(counted)


def test_the_origin_goes_with_it(bundle: Bundle, developer: Signer, tmp_path: Path) -> None:
    origin = Origin("f" * 64, "90 days late", {"rounds": 40, "seed": 3}, "0.1.0+abc", {"lightgbm": "4.7.0"})
    told = dataclasses.replace(bundle, origin=origin)
    assert load_bundle(save_bundle(told, tmp_path / told.model_version, developer)).origin == origin


def test_the_same_bundle_gives_the_same_bytes(saved: Path, tmp_path: Path, developer: Signer) -> None:
    again = save_bundle(load_bundle(saved), tmp_path / "again" / saved.name, developer)
    assert {path.name for path in again.iterdir()} == set(FILES)
    for name in FILES:
        assert (again / name).read_bytes() == (saved / name).read_bytes()


def test_it_may_be_moved(bundle: Bundle, saved: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere" / saved.name
    moved.parent.mkdir()
    assert load_bundle(saved.rename(moved)) == bundle


def test_it_may_not_be_renamed(saved: Path) -> None:
    """Else a version that nobody validated could be called by the name of another."""
    with pytest.raises(BundleRefused, match="taiwan-2: holds taiwan-1; keep each bundle in the folder of its version"):
        load_bundle(saved.rename(saved.with_name("taiwan-2")))


@pytest.mark.parametrize("more", [b"\n", b" ", b"{}"], ids=["line", "space", "object"])
def test_a_signature_with_something_beside_it_is_refused(saved: Path, developer: Signer, more: bytes) -> None:
    content = (saved / "signature.json").read_bytes()
    for changed in (content + more, more + content):
        (saved / "signature.json").write_bytes(changed)
        with pytest.raises(BundleRefused, match=r"signature\.json: (was changed|no signature); restore the bundle"):
            load_bundle(saved, trusting(developer))


def test_the_manifest_has_these_fields(saved: Path, developer: Signer) -> None:
    assert tuple(sorted(read(saved))) == FIELDS
    assert read(saved)["developer"] == developer.name
    assert tuple(sorted(read(saved)["sha256"])) == PARTS


def test_signature_and_hash_of_the_manifest(saved: Path, developer: Signer) -> None:
    signature, digest = bundle_signature(saved)
    assert (signature.signer, signature.public_key) == (developer.name, developer.public_key)
    assert digest == hashlib.sha256((saved / "manifest.json").read_bytes()).hexdigest()


def test_never_overwritten(bundle: Bundle, another_bundle: Bundle, saved: Path, developer: Signer) -> None:
    with pytest.raises(BundleRefused, match="a bundle is never changed, write a new one"):
        save_bundle(another_bundle, saved, developer)
    assert load_bundle(saved) == bundle
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_nothing_else_is_overwritten(bundle: Bundle, tmp_path: Path, developer: Signer) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BundleRefused, match="something is here already"):
        save_bundle(bundle, tmp_path / "file", developer)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_save_that_breaks_off_leaves_no_bundle(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, developer: Signer
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("scoring.bundle_folder.os.fsync", full)
        with pytest.raises(OSError, match="No space left"):
            save_bundle(bundle, tmp_path / bundle.model_version, developer)
    assert list(tmp_path.iterdir()) == []
    assert load_bundle(save_bundle(bundle, tmp_path / bundle.model_version, developer)) == bundle


def test_loads_and_scores_without_mlflow(saved: Path) -> None:
    script = (
        "import sys, pathlib; from scoring.bundle import load_bundle; from scoring.scorer import Scorer; "
        "bundle = load_bundle(pathlib.Path(sys.argv[1])); "
        "one = Scorer(bundle).score_one(dict.fromkeys(bundle.features.counted, float('nan'))); "
        "heavy = {'mlflow', 'feast', 'optuna', 'shap', 'matplotlib', 'bentoml', 'duckdb'} & set(sys.modules); "
        "sys.exit(f'imported: {heavy}' if heavy or not one.credit_score else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(saved)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# -- changed without a key ----------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("offset", [0, 0.5, 0.999])
def test_a_changed_byte_is_refused(saved: Path, name: str, offset: float) -> None:
    content = bytearray((saved / name).read_bytes())
    content[int(offset * len(content))] ^= 1
    (saved / name).write_bytes(content)
    with pytest.raises(BundleRefused, match=r"was changed|not readable|does not fit|no signature|format \D|missing"):
        load_bundle(saved)


@pytest.mark.parametrize("name", PARTS)
def test_a_changed_part_with_its_hash_is_refused_without_the_key(saved: Path, name: str) -> None:
    (saved / name).write_bytes((saved / name).read_bytes() + b"\n")
    rehash(saved)
    with pytest.raises(BundleRefused, match="the signature of ada does not fit this bundle"):
        load_bundle(saved)


@pytest.mark.parametrize("field", FIELDS)
def test_a_changed_field_of_the_manifest_is_refused(saved: Path, field: str) -> None:
    manifest = read(saved)
    value = manifest[field]
    manifest[field] = value + "x" if isinstance(value, str) else {} if isinstance(value, dict) else 1
    (saved / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleRefused, match=r"does not fit this bundle|format 1, this version reads 3"):
        load_bundle(saved)


@pytest.mark.parametrize("field", FIELDS)
def test_a_removed_field_of_the_manifest_is_refused(saved: Path, field: str) -> None:
    change(saved, "manifest.json", lambda it: it.pop(field))
    with pytest.raises(BundleRefused, match=r"does not fit this bundle|not readable as a bundle"):
        load_bundle(saved)


def test_an_added_field_is_refused(saved: Path) -> None:
    change(saved, "manifest.json", lambda it: it.update(note="approved"))
    with pytest.raises(BundleRefused, match="does not fit this bundle"):
        load_bundle(saved)


@pytest.mark.parametrize("name", PARTS)
def test_a_changed_hash_is_refused(saved: Path, name: str) -> None:
    change(saved, "manifest.json", lambda it: it["sha256"].update({name: "0" * 64}))
    with pytest.raises(BundleRefused, match="does not fit this bundle"):
        load_bundle(saved)


@pytest.mark.parametrize("name", FILES)
def test_a_part_of_another_bundle_is_refused(
    saved: Path, another_bundle: Bundle, tmp_path: Path, developer: Signer, name: str
) -> None:
    other = save_bundle(another_bundle, tmp_path / "other", developer)
    same = (other / name).read_bytes() == (saved / name).read_bytes()
    shutil.copy(other / name, saved / name)
    if same:
        load_bundle(saved)
    else:
        with pytest.raises(BundleRefused, match=r"was changed|does not fit this bundle"):
            load_bundle(saved)


@pytest.mark.parametrize("name", FILES)
def test_a_removed_file_is_refused(saved: Path, name: str) -> None:
    (saved / name).unlink()
    with pytest.raises(BundleRefused, match="no bundle is here" if name == "manifest.json" else f"{name} is missing"):
        load_bundle(saved)


@pytest.mark.parametrize("name", ["notes.txt", ".hidden", "model.txt.orig"])
def test_an_added_file_is_refused(saved: Path, name: str) -> None:
    (saved / name).write_text("approved")
    with pytest.raises(BundleRefused, match=f"{name} is no part of a bundle; remove it"):
        load_bundle(saved)


def test_an_added_folder_is_refused(saved: Path) -> None:
    (saved / "more").mkdir()
    with pytest.raises(BundleRefused, match="more is no part of a bundle"):
        load_bundle(saved)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleRefused, match=r"no bundle is here; train a model with `tradeline run`"):
        load_bundle(tmp_path / "nowhere")
    (tmp_path / "bundle.json").write_text('{"format": 1}')
    with pytest.raises(BundleRefused, match="a bundle of format 1, this version reads 3; train again"):
        load_bundle(tmp_path)


_NO_JSON = [b"", b"{", b"[]", b"7", b'"text"', b"null", b"\xff\xfe", b"[" * 100_000, b"{}"]


@pytest.mark.parametrize("content", _NO_JSON)
def test_what_is_no_manifest_is_refused(saved: Path, content: bytes) -> None:
    (saved / "manifest.json").write_bytes(content)
    with pytest.raises(BundleRefused, match="not readable as a bundle; restore it or train again"):
        load_bundle(saved)


@pytest.mark.parametrize("content", [*_NO_JSON, b'{"signer": "ada", "public_key": "AA==", "signature": 7}'])
def test_what_is_no_signature_is_refused(saved: Path, content: bytes) -> None:
    (saved / "signature.json").write_bytes(content)
    with pytest.raises(BundleRefused, match="no signature; restore the bundle or train again"):
        load_bundle(saved)


@pytest.mark.parametrize("version", [0, 1, 2, 4, "3", None, [3]])
def test_another_format_is_refused_as_such(saved: Path, version: object) -> None:
    change(saved, "manifest.json", lambda it: it.update(format=version))
    with pytest.raises(BundleRefused, match=rf"format .*this version reads {FORMAT}; train again"):
        load_bundle(saved)


# -- signed by somebody else --------------------------------------------------------------------


def test_a_stranger_signs_anew(saved: Path, developer: Signer, stranger: Signer, bundle: Bundle) -> None:
    forge(saved, stranger, developer="eve")
    assert load_bundle(saved) == bundle  # without trusted signers anybody may have signed
    with pytest.raises(BundleRefused, match="eve: signed this bundle and is no trusted signer here"):
        load_bundle(saved, trusting(developer))
    with pytest.raises(BundleRefused, match="no trusted signer here"):
        load_bundle(saved, trusting())


def test_a_stranger_signs_under_a_trusted_name(saved: Path, developer: Signer, stranger: Signer) -> None:
    forge(saved, Signer("ada", stranger.key))
    with pytest.raises(BundleRefused, match=r"ada: signed this bundle with key .*, the trusted one is"):
        load_bundle(saved, trusting(developer))


def test_the_developer_named_is_who_signed(saved: Path, stranger: Signer) -> None:
    forge(saved, stranger)
    with pytest.raises(BundleRefused, match="its developer is not who signed it"):
        load_bundle(saved)


def test_a_validator_develops_no_model(saved: Path, developer: Signer) -> None:
    with pytest.raises(BundleRefused, match="may sign as validator, and this bundle needs developer or service"):
        load_bundle(saved, trusting(developer, role="validator"))


def test_a_signature_for_something_else_does_not_fit(saved: Path, developer: Signer) -> None:
    signature = developer.sign("validation", (saved / "manifest.json").read_bytes())
    (saved / "signature.json").write_bytes(as_json(signature.plain()))
    with pytest.raises(BundleRefused, match="does not fit this bundle"):
        load_bundle(saved, trusting(developer))


# -- signed, and the parts do not belong together -----------------------------------------------


@pytest.mark.parametrize("hashes", [{}, None, [], {"../outside": "0"}, {"model.txt": "0"}])
def test_a_manifest_vouches_for_the_parts_and_nothing_else(saved: Path, developer: Signer, hashes: object) -> None:
    forge(saved, developer, sha256=hashes)
    with pytest.raises(BundleRefused, match="vouches for other parts than a bundle has"):
        load_bundle(saved)


def _swap_features(content: dict[str, Any]) -> None:
    names = content["features"]
    names[0], names[1] = names[1], names[0]


@pytest.mark.parametrize(
    ("name", "how", "message"),
    [
        ("features", lambda it: it["features"].__setitem__(0, "no_such_feature"), "no_such_feature: no feature of"),
        ("features", lambda it: it["features"].__setitem__(0, "loan_to_income"), "loan_to_income: no feature of"),
        ("features", _swap_features, "the booster's features are not those of the bundle"),
        ("features", lambda it: it["features"].pop(), "defines the features or reasons of taiwan-1 otherwise"),
        ("features", lambda it: it.update(fingerprint="0" * 16), "features or reasons of taiwan-1 otherwise"),
        ("features", lambda it: it.update(portfolio="atlantis"), "atlantis: no feature set"),
        ("features", lambda it: it.update(jurisdiction="moon"), "its parts make no model .*'moon' is not carried"),
        ("reasons", lambda it: it.update({min(it): "C99"}), "features or reasons of taiwan-1 otherwise"),
        ("reasons", lambda it: it.pop(min(it)), "features or reasons of taiwan-1 otherwise"),
        ("origin", lambda it: it.update(trained_on="yesterday"), "its parts make no model .*isoformat"),
        ("origin", lambda it: it.update(unheard_of=1), "its parts make no model .*unheard_of"),
        ("calibration", lambda it: it.update(slope=-1.0), "its parts make no model .*slope -1.0 is not positive"),
        ("calibration", lambda it: it.update(slope=None), "its parts make no model"),
        ("scale", lambda it: it.update(points_to_double=0), "its parts make no model .*points_to_double 0"),
        ("policy", lambda it: it["versions"][0]["cut_offs"].update(decline_below=9),
         "its parts make no model .*'decline_below' is not a whole number"),
        ("policy", lambda it: it["versions"][0].update(unheard_of=1), "its parts make no model .*unheard_of"),
        ("policy", lambda it: it["versions"][0].pop("effective_from"), "its parts make no model .*effective_from"),
        ("typical", lambda it: it.pop(min(it)), "its typical values are of other features than its model"),
        ("typical", lambda it: it.update({min(it): [3.0, 1.0, 0.0]}), "its parts make no model .*quartiles in order"),
        ("typical", lambda it: it.update({min(it): [3.0, None, 0.0]}), "its parts make no model .*quartiles in order"),
    ],
)  # fmt: skip
def test_parts_that_do_not_belong_together_are_refused(
    saved: Path, developer: Signer, name: str, how: Callable[[dict[str, Any]], object], message: str
) -> None:
    change(saved, f"{name}.json", how)
    forge(saved, developer)
    with pytest.raises(BundleRefused, match=message):
        load_bundle(saved)


@pytest.mark.parametrize("content", [b"", b"tree\nversion=v4\n", b"not a model", b"\xff\xfe\x00"])
def test_text_that_is_no_model_is_refused(saved: Path, developer: Signer, content: bytes) -> None:
    (saved / "model.txt").write_bytes(content)
    forge(saved, developer)
    with pytest.raises(BundleRefused, match="its parts make no model"):
        load_bundle(saved)


@pytest.mark.parametrize("content", [b"", b"[]", b"7", b"null", b"{}"])
@pytest.mark.parametrize("name", [name for name in PARTS if name.endswith(".json")])
def test_a_part_of_another_shape_is_refused(saved: Path, developer: Signer, name: str, content: bytes) -> None:
    (saved / name).write_bytes(content)
    forge(saved, developer)
    if (name, content) in {("calibration.json", b"{}"), ("scale.json", b"{}")}:
        return  # their defaults; who has the key may sign them
    with pytest.raises(
        BundleRefused, match=r"its parts make no model|features or reasons of taiwan-1 otherwise|its typical"
    ):
        load_bundle(saved)


def test_a_model_of_other_features_is_refused(saved: Path, bundle: Bundle, developer: Signer) -> None:
    renamed = bundle.model.text.replace(bundle.model.features[0], "another_name")
    (saved / "model.txt").write_text(renamed)
    forge(saved, developer)
    with pytest.raises(BundleRefused, match="the booster's features are not those of the bundle"):
        load_bundle(saved)


# -- the catalogue has changed since ------------------------------------------------------------


def _with_changed_catalogue(monkeypatch: pytest.MonkeyPatch, name: str, **changes: object) -> None:
    installed = sets.FEATURE_SETS["taiwan"]
    changed = tuple(
        dataclasses.replace(item, **changes) if item.name == name else item  # type: ignore[arg-type]
        for item in installed.catalogue.features
    )
    catalogue = Catalogue(installed.catalogue.views, changed, installed.catalogue.derived)
    monkeypatch.setitem(sets.FEATURE_SETS, "taiwan", dataclasses.replace(installed, catalogue=catalogue))


@pytest.fixture
def counted_feature(bundle: Bundle) -> Feature:
    item = bundle.features.catalogue[bundle.features.counted[0]]
    assert isinstance(item, Feature)
    return item


def test_a_changed_reason_is_refused(saved: Path, monkeypatch: pytest.MonkeyPatch, counted_feature: Feature) -> None:
    _with_changed_catalogue(monkeypatch, counted_feature.name, reason="A15")
    with pytest.raises(BundleRefused, match="catalogue defines the features or reasons of taiwan-1 otherwise"):
        load_bundle(saved)


def test_a_changed_definition_is_refused(
    saved: Path, monkeypatch: pytest.MonkeyPatch, counted_feature: Feature
) -> None:
    _with_changed_catalogue(monkeypatch, counted_feature.name, sql=f"1 + {counted_feature.sql}")
    with pytest.raises(BundleRefused, match="catalogue defines the features or reasons of taiwan-1 otherwise"):
        load_bundle(saved)


def test_a_feature_that_has_become_prohibited_is_refused(
    saved: Path, monkeypatch: pytest.MonkeyPatch, counted_feature: Feature
) -> None:
    _with_changed_catalogue(monkeypatch, counted_feature.name, reads=frozenset({"protected_attribute.sex"}))
    with pytest.raises(BundleRefused, match=f"{counted_feature.name}: prohibited in a credit decision"):
        load_bundle(saved)


def test_a_feature_that_is_gone_is_refused(
    saved: Path, monkeypatch: pytest.MonkeyPatch, counted_feature: Feature
) -> None:
    installed = sets.FEATURE_SETS["taiwan"]
    without = dataclasses.replace(installed, left_out=installed.left_out | {counted_feature.name})
    monkeypatch.setitem(sets.FEATURE_SETS, "taiwan", without)
    with pytest.raises(BundleRefused, match=f"{counted_feature.name}: no feature of taiwan"):
        load_bundle(saved)


def test_a_better_wording_of_the_meaning_is_not_refused(
    saved: Path, monkeypatch: pytest.MonkeyPatch, counted_feature: Feature, bundle: Bundle
) -> None:
    _with_changed_catalogue(monkeypatch, counted_feature.name, meaning="the same in other words")
    np.testing.assert_array_equal(load_bundle(saved).model.features, bundle.model.features)
