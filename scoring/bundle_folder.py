"""The folder of a bundle: its parts, a manifest with their hashes, and a signature over the manifest.

What the parts mean is the bundle's matter (:mod:`scoring.bundle`); here they are bytes. A folder is written
whole or not at all, and read only if every byte is what was signed.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bureau.errors import SignatureRefused
from bureau.signing import Role, Signature, Signer, TrustedSigners
from scoring.errors import BundleRefused

__all__ = ["ELSEWHERE", "FORMAT", "PARTS", "PURPOSE", "as_json", "bundle_signature", "read_folder", "write_folder"]

FORMAT: Final = 3
PURPOSE: Final = "bundle"
"""What the signature of a bundle is for."""

PARTS: Final = (
    "baselines.npz",
    "calibration.json",
    "features.json",
    "model.txt",
    "origin.json",
    "policy.json",
    "reasons.json",
    "scale.json",
    "typical.json",
)
"""The files that a manifest vouches for."""

ELSEWHERE: Final = "elsewhere.npz"
"""The one part that only those bundles have whose policies set several cut-offs."""

_MANIFEST: Final = "manifest.json"
_SIGNATURE: Final = "signature.json"
_FIELDS: Final = {"format", "model_version", "developer", "sha256"}
_SIGNED_AS: Final[tuple[Role, ...]] = ("developer", "service")


def write_folder(folder: Path, model_version: str, parts: Mapping[str, bytes], signer: Signer) -> Path:
    """Write the parts of a bundle to a new folder, whole or not at all, signed.

    Raises
    ------
    BundleRefused
        If the folder is there already and not empty.
    """
    manifest = as_json(
        {
            "format": FORMAT,
            "model_version": model_version,
            "developer": signer.name,
            "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(parts.items())},
        }
    )
    signature = as_json(signer.sign(PURPOSE, manifest).plain())
    unfinished = folder.with_name(f".{folder.name}-{os.getpid()}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        for name, content in {**parts, _MANIFEST: manifest, _SIGNATURE: signature}.items():
            _write(unfinished / name, content)
        unfinished.rename(folder)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise
        raise BundleRefused(
            f"{folder}: something is here already; a bundle is never changed, write a new one"
        ) from None
    return folder


def read_folder(folder: Path, trusted: TrustedSigners | None) -> tuple[str, dict[str, bytes]]:
    """Version and parts of a bundle, once its signature is known to fit its bytes.

    Parameters
    ----------
    folder : Path
        Its folder.
    trusted : TrustedSigners, optional
        Who may have signed it; without them anybody may.

    Raises
    ------
    BundleRefused
        If a part is missing, added or was changed, it is of another format, the signature does not fit
        or is of nobody who is trusted, or the folder has another name than the version that was signed.
    """
    manifest = _read_manifest(folder, trusted)
    version = manifest["model_version"]
    if version != folder.absolute().name:
        raise BundleRefused(f"{folder}: holds {version}; keep each bundle in the folder of its version")
    return version, _read_parts(folder, manifest["sha256"])


def bundle_signature(folder: Path) -> tuple[Signature, str]:
    """Who signed a bundle, and the SHA-256 of the manifest, which stands for all of its bytes.

    Nothing is checked; :func:`load_bundle` does.

    Raises
    ------
    BundleRefused
        If no bundle is there, or its signature is none.
    """
    return _read_signature(folder), hashlib.sha256(_read(folder, _MANIFEST)).hexdigest()


def _read_manifest(folder: Path, trusted: TrustedSigners | None) -> dict[str, Any]:
    """The manifest, once its signature is known to fit its bytes."""
    content = _read(folder, _MANIFEST)
    path = folder / _MANIFEST
    try:
        manifest = json.loads(content)
        version = manifest["format"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BundleRefused(f"{path}: not readable as a bundle; restore it or train again") from None
    if version != FORMAT:
        raise BundleRefused(f"{path}: format {version!r}, this version reads {FORMAT}; train again")
    signature = _read_signature(folder)
    try:
        signature.check(PURPOSE, content)
        if trusted is not None:
            trusted.verify(PURPOSE, content, signature, _SIGNED_AS)
    except SignatureRefused as error:
        raise BundleRefused(f"{folder}: {error}") from None
    if set(manifest) != _FIELDS or not isinstance(manifest["sha256"], dict) or not _is_whole(manifest["sha256"]):
        raise BundleRefused(f"{path}: vouches for other parts than a bundle has; restore it or train again")
    if manifest["developer"] != signature.signer:
        raise BundleRefused(f"{folder}: its developer is not who signed it; restore it or train again")
    return dict(manifest)


def _is_whole(parts: Mapping[str, str]) -> bool:
    """Whether these are the parts of a bundle."""
    return set(parts) - {ELSEWHERE} == set(PARTS)


def _read_parts(folder: Path, hashes: Mapping[str, str]) -> dict[str, bytes]:
    """The parts; each is read once, so that what was checked is what is used."""
    there = {path.name for path in folder.iterdir()}
    added = sorted(there - {*hashes, _MANIFEST, _SIGNATURE})
    if added:
        raise BundleRefused(f"{folder}: {added[0]} is no part of a bundle; remove it")
    parts = {name: _read(folder, name) for name in sorted(hashes)}
    for name, content in parts.items():
        if hashlib.sha256(content).hexdigest() != hashes[name]:
            raise BundleRefused(f"{folder}: {name} was changed; restore the bundle or train again")
    return parts


def _read_signature(folder: Path) -> Signature:
    """The signature, from a file that holds nothing else: it vouches for all others, and nothing for it."""
    content = _read(folder, _SIGNATURE)
    try:
        signature = Signature.of(json.loads(content))
    except (SignatureRefused, ValueError, RecursionError):
        raise BundleRefused(f"{folder / _SIGNATURE}: no signature; restore the bundle or train again") from None
    if content != as_json(signature.plain()):
        raise BundleRefused(f"{folder / _SIGNATURE}: was changed; restore the bundle or train again")
    return signature


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError:
        pass
    if name != _MANIFEST:
        raise BundleRefused(f"{folder}: {name} is missing; restore the bundle or train again")
    if (folder / "bundle.json").exists():
        raise BundleRefused(f"{folder}: a bundle of format 1, this version reads {FORMAT}; train again")
    raise BundleRefused(f"{folder}: no bundle is here; train a model with `tradeline run`")


def as_json(value: object) -> bytes:
    """A value as the files hold it."""
    return (json.dumps(value, indent=2) + "\n").encode()


def _write(path: Path, content: bytes) -> None:
    """Write a file so that it outlives a loss of power."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
