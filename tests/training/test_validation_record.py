"""A validation on record: its files, its findings and its signature belong together."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from made_models import made_bundle, made_counted
from made_signers import signer_in

from bureau.signers import trusted_signers
from bureau.signing import TrustedSigners
from scoring.bundle import save_bundle
from scoring.bundle_folder import bundle_signature
from training.errors import RecordDamaged
from training.validation_record import Found, ValidationRecord, read_validation, sign_validation

AT = datetime.fromisoformat("2026-01-31T12:30:00")
FOUND = (Found("a.b", True, "fine"), Found("a.c", False, "not fine"), Found("d.e", None, "unknown"))
FIELDS = ("files", "findings", "manifest_sha256", "model_version", "validated_at", "validator")


@pytest.fixture(scope="module")
def bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bundle")
    return save_bundle(made_bundle(made_counted(), "taiwan-1", 1), root / "taiwan-1", signer_in(root / "signers"))


@pytest.fixture
def folder(bundle_folder: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "validation"
    (folder / "tables").mkdir(parents=True)
    for name in ("report.html", "report.pdf", "figures.json", "tables/one.csv", "tables/two.csv"):
        (folder / name).write_text(name)
    sign_validation(folder, bundle_folder, FOUND, signer_in(tmp_path / "signers", "val", "validator"), validated_at=AT)
    return folder


@pytest.fixture
def trusted(tmp_path: Path, folder: Path) -> TrustedSigners:
    return trusted_signers(folder.parent / "signers")


def test_there_and_back(folder: Path, bundle_folder: Path, trusted: TrustedSigners) -> None:
    record: ValidationRecord = read_validation(folder, trusted)
    assert record.findings == FOUND
    assert record.failed == FOUND[1:2]
    assert (record.model_version, record.validated_at) == ("taiwan-1", "2026-01-31T12:30:00Z")
    assert record.manifest_sha256 == bundle_signature(bundle_folder)[1]
    assert (record.signature.signer, record.is_by_person) == ("val", True)
    assert set(record.files) == {"report.html", "report.pdf", "figures.json", "tables/one.csv", "tables/two.csv"}


@pytest.mark.parametrize("name", ["report.html", "report.pdf", "figures.json", "tables/one.csv", "tables/two.csv"])
@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.write_text("another"), "was changed"),
        (lambda path: path.unlink(), "is missing"),
        (lambda path: path.rename(path.with_name("moved.txt")), r"was added|is missing"),
    ],
)
def test_every_file_counts(
    folder: Path, trusted: TrustedSigners, name: str, damage: Callable[[Path], object], message: str
) -> None:
    damage(folder / name)
    with pytest.raises(RecordDamaged, match=f"{message}.*since it was signed"):
        read_validation(folder, trusted)


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_counts(folder: Path, trusted: TrustedSigners, field: str) -> None:
    path = folder / "validation.json"
    plain = json.loads(path.read_text())
    assert tuple(sorted(plain)) == FIELDS
    plain[field] = "another" if isinstance(plain[field], str) else type(plain[field])()
    path.write_text(json.dumps(plain))
    with pytest.raises(RecordDamaged, match="the signature of val does not fit this validation"):
        read_validation(folder, trusted)


@pytest.mark.parametrize("name", ["validation.json", "validation.sig"])
def test_without_description_or_signature_there_is_none(folder: Path, trusted: TrustedSigners, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(RecordDamaged, match="no signed validation is here; make one with `tradeline validate`"):
        read_validation(folder, trusted)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}"])
def test_what_is_no_signature_is_refused(folder: Path, trusted: TrustedSigners, content: str) -> None:
    (folder / "validation.sig").write_text(content)
    with pytest.raises(RecordDamaged, match="validate again"):
        read_validation(folder, trusted)


def test_a_service_is_no_person(folder: Path, bundle_folder: Path) -> None:
    signers = folder.parent / "signers"
    sign_validation(folder, bundle_folder, FOUND, signer_in(signers, "gates", "service"), validated_at=AT)
    assert read_validation(folder, trusted_signers(signers)).is_by_person is False
