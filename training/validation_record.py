"""A validation on record: a folder with the report, its tables and figures, and who vouches for them.

::

    runs/<version>/validation/
      validation.json    findings, who validated, and the SHA-256 of every other file and of the bundle's manifest
      validation.sig     the validator's signature over it
      report.html, report.pdf, figures.json, tables/*.csv

A file changed, missing or added, or a bundle of other bytes, and the validation counts no more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bureau.errors import SignatureRefused
from bureau.signing import Role, Signature, Signer, TrustedSigners
from scoring.bundle_folder import bundle_signature
from training.errors import RecordDamaged
from training.fingerprints import file_sha256
from training.training_record import write_json

__all__ = ["FOLDER", "PURPOSE", "Found", "ValidationRecord", "read_validation", "sign_validation"]

FOLDER: Final = "validation"
"""Name of the folder in the run's own."""

PURPOSE: Final = "validation"
"""What the signature is for."""

_DESCRIPTION: Final = "validation.json"
_SIGNATURE: Final = "validation.sig"
_SIGNED_AS: Final[tuple[Role, ...]] = ("validator", "service")


@dataclass(frozen=True)
class Found:
    """A finding as the record holds it.

    Parameters
    ----------
    key : str
        Section and name.
    passed : bool or None
        Whether it passed; None where it could not be assessed.
    text : str
        What was found.
    """

    key: str
    passed: bool | None
    text: str


@dataclass(frozen=True)
class ValidationRecord:
    """A validation whose bytes and signature fit.

    Parameters
    ----------
    model_version : str
        What was validated.
    manifest_sha256 : str
        SHA-256 of the manifest of its bundle.
    validated_at : str
        When (UTC, ISO 8601).
    findings : tuple of Found
        What was found.
    files : mapping of str to str
        SHA-256 of every file by its path in the folder.
    signature : Signature
        The validator's.
    is_by_person : bool
        Whether a person vouches for it, and not a service of the home's own.
    sha256 : str
        SHA-256 of ``validation.json``, which stands for all of it.
    """

    model_version: str
    manifest_sha256: str
    validated_at: str
    findings: tuple[Found, ...]
    files: Mapping[str, str]
    signature: Signature
    is_by_person: bool
    sha256: str

    @property
    def failed(self) -> tuple[Found, ...]:
        """The findings that failed."""
        return tuple(each for each in self.findings if each.passed is False)


def sign_validation(
    folder: Path, bundle_folder: Path, findings: Iterable[Found], signer: Signer, *, validated_at: datetime
) -> Path:
    """Vouch for all files of a folder as the validation of a bundle; the file that says so.

    Parameters
    ----------
    folder : Path
        The folder of the validation.
    bundle_folder : Path
        The bundle; its bytes as they are now are what was validated.
    findings : iterable of Found
        What was found.
    signer : Signer
        The validator.
    validated_at : datetime
        When (UTC, naive).
    """
    _, manifest_sha256 = bundle_signature(bundle_folder)
    manifest = json.loads((bundle_folder / "manifest.json").read_bytes())
    description = {
        "model_version": manifest["model_version"],
        "manifest_sha256": manifest_sha256,
        "validator": signer.name,
        "validated_at": validated_at.isoformat(timespec="seconds") + "Z",
        "findings": [asdict(each) for each in findings],
        "files": _hashes(folder),
    }
    path = folder / _DESCRIPTION
    (folder / _SIGNATURE).unlink(missing_ok=True)
    write_json(path, description)
    write_json(folder / _SIGNATURE, signer.sign(PURPOSE, path.read_bytes()).plain())
    return path


def read_validation(folder: Path, trusted: TrustedSigners) -> ValidationRecord:
    """Read a validation and check its files and its signature.

    Raises
    ------
    RecordDamaged
        If there is none, a file was changed, is missing or was added, or the signature does not fit
        or is of nobody who may validate.
    """
    try:
        content = (folder / _DESCRIPTION).read_bytes()
        signature = Signature.of(json.loads((folder / _SIGNATURE).read_bytes()))
        signer = trusted.verify(PURPOSE, content, signature, _SIGNED_AS)
    except OSError:
        raise RecordDamaged(f"{folder}: no signed validation is here; make one with `tradeline validate`") from None
    except (SignatureRefused, ValueError) as error:
        raise RecordDamaged(f"{folder}: {error}; validate again") from None
    plain = json.loads(content)
    _require_files(folder, plain["files"])
    if plain["validator"] != signer.name:
        raise RecordDamaged(f"{folder}: its validator is not who signed it; validate again")
    return ValidationRecord(
        model_version=plain["model_version"],
        manifest_sha256=plain["manifest_sha256"],
        validated_at=plain["validated_at"],
        findings=tuple(Found(**each) for each in plain["findings"]),
        files=plain["files"],
        signature=signature,
        is_by_person="validator" in signer.roles,
        sha256=file_sha256(folder / _DESCRIPTION),
    )


def _require_files(folder: Path, expected: Mapping[str, Any]) -> None:
    there = _hashes(folder)
    for name in sorted({*there, *expected}):
        if there.get(name) != expected.get(name):
            what = "was added" if name not in expected else "is missing" if name not in there else "was changed"
            raise RecordDamaged(f"{folder / name}: {what} since it was signed; restore it, or validate again")


def _hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a folder but the two that vouch for the rest."""
    paths = sorted(path for path in folder.rglob("*") if not path.is_dir())
    named = {path.relative_to(folder).as_posix(): path for path in paths}
    return {name: file_sha256(path) for name, path in named.items() if name not in (_DESCRIPTION, _SIGNATURE)}
