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

from features import sets
from features.catalogue import Catalogue
from features.declaration import Feature
from scoring.bundle import FORMAT, Bundle, load_bundle, save_bundle
from scoring.errors import BundleRefused
from scoring.scorer import Scorer

Values = npt.NDArray[np.float64]
PARTS = (
    "calibration", "digest", "feature_fingerprint", "features", "format", "jurisdiction", "model_version", "policy",
    "portfolio", "reasons", "scale", "sha256", "trained_on",
)  # fmt: skip


def read(folder: Path) -> dict[str, Any]:
    description: dict[str, Any] = json.loads((folder / "bundle.json").read_text())
    return description


def write(folder: Path, description: dict[str, Any]) -> None:
    (folder / "bundle.json").write_text(json.dumps(description))


def forge(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the description as someone would who can compute its digest."""
    description = read(folder)
    change(description)
    del description["digest"]
    description["digest"] = hashlib.sha256(json.dumps(description, sort_keys=True).encode()).hexdigest()
    write(folder, description)


def replace_model(folder: Path, content: bytes) -> None:
    (folder / "model.txt").write_bytes(content)
    forge(folder, lambda it: it["sha256"].update({"model.txt": hashlib.sha256(content).hexdigest()}))


# -- there and back -----------------------------------------------------------------------------


def test_round_trip(bundle: Bundle, saved: Path, counted: dict[str, Values]) -> None:
    loaded = load_bundle(saved)
    assert loaded == bundle
    assert Scorer(loaded).score(counted) == Scorer(bundle).score(counted)


def test_the_same_bundle_gives_the_same_bytes(bundle: Bundle, saved: Path, tmp_path: Path) -> None:
    again = save_bundle(load_bundle(saved), tmp_path / "again")
    for name in ("bundle.json", "model.txt"):
        assert (again / name).read_bytes() == (saved / name).read_bytes()


def test_it_may_be_moved(bundle: Bundle, saved: Path, tmp_path: Path) -> None:
    assert load_bundle(saved.rename(tmp_path / "elsewhere")) == bundle


def test_the_description_has_these_parts(saved: Path) -> None:
    assert tuple(sorted(read(saved))) == PARTS


def test_never_overwritten(bundle: Bundle, another_bundle: Bundle, saved: Path) -> None:
    with pytest.raises(BundleRefused, match="a bundle is never changed, write a new one"):
        save_bundle(another_bundle, saved)
    assert load_bundle(saved) == bundle
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_nothing_else_is_overwritten(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BundleRefused, match="something is here already"):
        save_bundle(bundle, tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_save_that_breaks_off_leaves_no_bundle(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("scoring.bundle.os.fsync", full)
        with pytest.raises(OSError, match="No space left"):
            save_bundle(bundle, tmp_path / "bundle")
    assert list(tmp_path.iterdir()) == []
    assert load_bundle(save_bundle(bundle, tmp_path / "bundle")) == bundle


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


# -- changed without knowing the digest ---------------------------------------------------------


@pytest.mark.parametrize("part", sorted(set(PARTS) - {"digest", "format"}))
def test_a_changed_part_of_the_description_is_refused(saved: Path, part: str) -> None:
    description = read(saved)
    value = description[part]
    description[part] = value + "x" if isinstance(value, str) else type(value)()
    write(saved, description)
    with pytest.raises(BundleRefused, match="the description was changed; restore the bundle or train again"):
        load_bundle(saved)


@pytest.mark.parametrize("part", PARTS)
def test_a_removed_part_of_the_description_is_refused(saved: Path, part: str) -> None:
    description = read(saved)
    del description[part]
    write(saved, description)
    with pytest.raises(BundleRefused, match=r"the description was changed|not readable as a bundle"):
        load_bundle(saved)


def test_an_added_part_is_refused(saved: Path) -> None:
    write(saved, read(saved) | {"note": "approved"})
    with pytest.raises(BundleRefused, match="the description was changed"):
        load_bundle(saved)


@pytest.mark.parametrize("offset", [0, 0.5, 0.999])
def test_a_changed_model_is_refused(saved: Path, offset: float) -> None:
    content = bytearray((saved / "model.txt").read_bytes())
    content[int(offset * len(content))] ^= 1
    (saved / "model.txt").write_bytes(content)
    with pytest.raises(BundleRefused, match=r"model\.txt was changed"):
        load_bundle(saved)


def test_a_model_of_another_bundle_is_refused(saved: Path, another_bundle: Bundle, tmp_path: Path) -> None:
    other = save_bundle(another_bundle, tmp_path / "other")
    shutil.copy(other / "model.txt", saved / "model.txt")
    with pytest.raises(BundleRefused, match=r"model\.txt was changed"):
        load_bundle(saved)


def test_a_description_of_another_bundle_is_refused(saved: Path, another_bundle: Bundle, tmp_path: Path) -> None:
    other = save_bundle(another_bundle, tmp_path / "other")
    shutil.copy(other / "bundle.json", saved / "bundle.json")
    with pytest.raises(BundleRefused, match=r"model\.txt was changed"):
        load_bundle(saved)


@pytest.mark.parametrize(("part", "message"), [("bundle.json", "no bundle is here"), ("model.txt", "is missing")])
def test_a_removed_file_is_refused(saved: Path, part: str, message: str) -> None:
    (saved / part).unlink()
    with pytest.raises(BundleRefused, match=message):
        load_bundle(saved)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleRefused, match=r"no bundle is here; train a model with `tradeline run`"):
        load_bundle(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"7", b'"text"', b"null", b"\xff\xfe", b"[" * 100_000, b"{}", b'{"format": 1}']
)
def test_what_is_no_description_is_refused(saved: Path, content: bytes) -> None:
    (saved / "bundle.json").write_bytes(content)
    with pytest.raises(BundleRefused, match="not readable as a bundle; restore it or train again"):
        load_bundle(saved)


@pytest.mark.parametrize("version", [0, 2, "1", None, [1]])
def test_another_format_is_refused_as_such(saved: Path, version: object) -> None:
    write(saved, read(saved) | {"format": version})
    with pytest.raises(BundleRefused, match=rf"format .*this version reads {FORMAT}; train again"):
        load_bundle(saved)


# -- forged: the digest fits, the parts do not --------------------------------------------------


@pytest.mark.parametrize("path", ["../outside.txt", "/etc/hostname", "model.txt/../../outside.txt", "bundle.json"])
def test_hashes_name_the_model_alone(saved: Path, path: str) -> None:
    (saved.parent / "outside.txt").write_text("outside")
    forge(saved, lambda it: it["sha256"].update({path: hashlib.sha256(b"outside").hexdigest()}))
    with pytest.raises(BundleRefused, match=r"vouches for model\.txt and nothing else"):
        load_bundle(saved)


@pytest.mark.parametrize("hashes", [{}, None, [], {"other.txt": "0"}])
def test_a_model_without_a_hash_is_refused(saved: Path, hashes: object) -> None:
    forge(saved, lambda it: it.update(sha256=hashes))
    with pytest.raises(BundleRefused, match=r"vouches for model\.txt and nothing else"):
        load_bundle(saved)


def _swap_features(description: dict[str, Any]) -> None:
    names = description["features"]
    names[0], names[1] = names[1], names[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda it: it["features"].__setitem__(0, "no_such_feature"), "no_such_feature: no feature of"),
        (lambda it: it["features"].__setitem__(0, "loan_to_income"), "loan_to_income: no feature of"),
        (_swap_features, "the booster's features are not those of the bundle"),
        (lambda it: it["features"].pop(), "defines the features or reasons of taiwan-1 otherwise"),
        (lambda it: it.update(feature_fingerprint="0" * 16), "defines the features or reasons of taiwan-1 otherwise"),
        (lambda it: it["reasons"].update({it["features"][0]: "C99"}), "features or reasons of taiwan-1 otherwise"),
        (lambda it: it.update(portfolio="atlantis"), "atlantis: no feature set"),
        (lambda it: it.update(jurisdiction="moon"), "its parts make no model .*'moon' is not carried"),
        (lambda it: it.update(trained_on="yesterday"), "its parts make no model .*isoformat"),
        (lambda it: it["calibration"].update(slope=-1.0), "its parts make no model .*slope -1.0 is not positive"),
        (lambda it: it["calibration"].update(slope=None), "its parts make no model"),
        (lambda it: it["scale"].update(points_to_double=0), "its parts make no model .*points_to_double 0"),
        (lambda it: it["policy"].update(decline_below=900), "its parts make no model .*declines below 900"),
        (lambda it: it["policy"].update(unheard_of=1), "its parts make no model .*unheard_of"),
        (lambda it: it.pop("calibration"), "its parts make no model .*calibration"),
        (lambda it: it.pop("reasons"), "its parts make no model .*reasons"),
    ],
)  # fmt: skip
def test_parts_that_do_not_belong_together_are_refused(
    saved: Path, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    forge(saved, change)
    with pytest.raises(BundleRefused, match=message):
        load_bundle(saved)


@pytest.mark.parametrize("content", [b"", b"tree\nversion=v4\n", b"not a model", b"\xff\xfe\x00"])
def test_text_that_is_no_model_is_refused(saved: Path, content: bytes) -> None:
    replace_model(saved, content)
    with pytest.raises(BundleRefused, match="its parts make no model"):
        load_bundle(saved)


def test_a_model_of_other_features_is_refused(saved: Path, bundle: Bundle) -> None:
    renamed = bundle.model.text.replace(bundle.model.features[0], "another_name")
    replace_model(saved, renamed.encode())
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
