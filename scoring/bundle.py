"""The bundle: everything that decides, in one folder, signed, loadable without MLflow.

::

    manifest.json       format, version, developer, and the SHA-256 of every part
    signature.json      the developer's signature over the manifest
    model.txt           the booster
    calibration.json    from its margin to log-odds
    scale.json          from log-odds to a score
    policy.json         from a score to a decision
    features.json       portfolio, jurisdiction, the features and the fingerprint of their definitions
    reasons.json        feature to reason
    origin.json         data, label, parameters, code and packages that it comes from

A bundle with a part changed, missing or added, whose signature does not fit, or whose features are
defined otherwise than in the installed catalogue, does not load. The packages it was made with are
told, not demanded.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from lightgbm.basic import LightGBMError

from bureau.errors import SignatureRefused
from bureau.signing import Role, Signature, Signer, TrustedSigners
from features.errors import FeatureError
from features.sets import FeatureSet, feature_set
from scoring.attribution import Attribution
from scoring.calibration import Calibration
from scoring.errors import BundleRefused
from scoring.model import Model
from scoring.policy import Policy
from scoring.scale import ScoreScale

__all__ = ["FORMAT", "PARTS", "PURPOSE", "Bundle", "Origin", "bundle_signature", "load_bundle", "save_bundle"]

FORMAT: Final = 2
PURPOSE: Final = "bundle"
"""What the signature of a bundle is for."""

PARTS: Final = (
    "calibration.json",
    "features.json",
    "model.txt",
    "origin.json",
    "policy.json",
    "reasons.json",
    "scale.json",
)
"""The files that a manifest vouches for."""

_MANIFEST: Final = "manifest.json"
_SIGNATURE: Final = "signature.json"
_FIELDS: Final = {"format", "model_version", "developer", "sha256"}
_SIGNED_AS: Final[tuple[Role, ...]] = ("developer", "service")


@dataclass(frozen=True)
class Origin:
    """What a model comes from; all of it is told to people, and decides nothing.

    Parameters
    ----------
    data_fingerprint : str
        Fingerprint of the population and of how it was split into samples.
    label : str
        What bad means, in words.
    parameters : mapping of str to object
        Parameters of the booster, the seed, and how it was tuned.
    code_version : str
        Version of the code.
    environment : mapping of str to str
        Versions of Python and of the packages that fitted it.
    """

    data_fingerprint: str = ""
    label: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    code_version: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Bundle:
    """A model with all it needs to decide.

    Parameters
    ----------
    model_version : str
        Its version, for example ``home-credit-3``.
    portfolio : str
        The portfolio it was trained for.
    jurisdiction : str
        Whose rules its features are permitted under.
    trained_on : date
        The observation date of the population it was trained on, the last one of several.
    model : Model
        The booster and its features.
    calibration : Calibration
        From its margin to log-odds.
    scale : ScoreScale
        From log-odds to a score.
    policy : Policy
        From a score to a decision.
    feature_fingerprint : str
        Fingerprint of the definitions of its features.
    origin : Origin
        What it comes from.
    """

    model_version: str
    portfolio: str
    jurisdiction: str
    trained_on: date
    model: Model
    calibration: Calibration
    scale: ScoreScale
    policy: Policy
    feature_fingerprint: str
    origin: Origin = field(default_factory=Origin)

    @cached_property
    def features(self) -> FeatureSet:
        """The portfolio's features."""
        return feature_set(self.portfolio)

    @cached_property
    def attribution(self) -> Attribution:
        """Which of its features counts towards which reason."""
        return Attribution(tuple(self.features.catalogue[name].reason for name in self.model.features))


def save_bundle(bundle: Bundle, folder: Path, signer: Signer) -> Path:
    """Write a bundle to a new folder, whole or not at all, signed by its developer.

    Raises
    ------
    BundleRefused
        If the folder is there already and not empty.
    """
    parts = _parts(bundle)
    manifest = _json(
        {
            "format": FORMAT,
            "model_version": bundle.model_version,
            "developer": signer.name,
            "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(parts.items())},
        }
    )
    signature = _json(signer.sign(PURPOSE, manifest).plain())
    unfinished = folder.with_name(f".{folder.name}-{os.getpid()}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        for name, content in (parts | {_MANIFEST: manifest, _SIGNATURE: signature}).items():
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


def load_bundle(folder: Path, trusted: TrustedSigners | None = None) -> Bundle:
    """Read a bundle and check that its parts belong together and who signed them.

    Parameters
    ----------
    folder : Path
        Its folder.
    trusted : TrustedSigners, optional
        Who may have signed it. Without them the parts are checked against the signature, and the
        signature against the key it names: whoever can write the folder could have signed anew.

    Raises
    ------
    BundleRefused
        If a part is missing, added or was changed, is of another format, the signature does not fit
        or is of nobody who is trusted, or the features or reasons are defined otherwise than in the
        installed catalogue, or may no longer be used.
    """
    manifest = _read_manifest(folder, trusted)
    parts = _read_parts(folder, manifest["sha256"])
    try:
        bundle = _assemble(manifest["model_version"], parts)
        bundle.features.require(bundle.model.features, bundle.jurisdiction)
        defined = _definitions(bundle) == (bundle.feature_fingerprint, json.loads(parts["reasons.json"]))
        booster_features = tuple(bundle.model.booster.feature_name())
    except FeatureError as error:
        raise BundleRefused(f"{folder}: {error}; train again with the installed catalogue") from None
    except (AttributeError, KeyError, TypeError, ValueError, LightGBMError) as error:
        raise BundleRefused(f"{folder}: its parts make no model ({error}); train again") from None
    if not defined:
        raise BundleRefused(
            f"{folder}: the installed catalogue defines the features or reasons of {bundle.model_version} otherwise; "
            "train again, or install the version it was trained with"
        )
    if booster_features != bundle.model.features:
        raise BundleRefused(f"{folder}: the booster's features are not those of the bundle; train again")
    return bundle


def bundle_signature(folder: Path) -> tuple[Signature, str]:
    """Who signed a bundle, and the SHA-256 of the manifest, which stands for all of its bytes.

    Nothing is checked; :func:`load_bundle` does.

    Raises
    ------
    BundleRefused
        If no bundle is there, or its signature is none.
    """
    return _read_signature(folder), hashlib.sha256(_read(folder, _MANIFEST)).hexdigest()


def _definitions(bundle: Bundle) -> tuple[str, dict[str, str]]:
    """Fingerprint and reasons of the model's features in the installed catalogue."""
    reasons = dict(zip(bundle.model.features, bundle.attribution.reason_of, strict=True))
    return bundle.features.catalogue.fingerprint(bundle.model.features), reasons


def _parts(bundle: Bundle) -> dict[str, bytes]:
    """The content of every part."""
    return {
        "model.txt": bundle.model.text.encode(),
        "calibration.json": _json(asdict(bundle.calibration)),
        "scale.json": _json(asdict(bundle.scale)),
        "policy.json": _json(asdict(bundle.policy) | {"effective_from": bundle.policy.effective_from.isoformat()}),
        "features.json": _json(
            {
                "portfolio": bundle.portfolio,
                "jurisdiction": bundle.jurisdiction,
                "features": list(bundle.model.features),
                "fingerprint": bundle.feature_fingerprint,
            }
        ),
        "reasons.json": _json(_definitions(bundle)[1]),
        "origin.json": _json({"trained_on": bundle.trained_on.isoformat()} | asdict(bundle.origin)),
    }


def _assemble(model_version: str, parts: Mapping[str, bytes]) -> Bundle:
    read = {name: json.loads(content) for name, content in parts.items() if name.endswith(".json")}
    features, policy, origin = read["features.json"], read["policy.json"], dict(read["origin.json"])
    return Bundle(
        model_version=model_version,
        portfolio=features["portfolio"],
        jurisdiction=features["jurisdiction"],
        trained_on=date.fromisoformat(origin.pop("trained_on")),
        model=Model(parts["model.txt"].decode(), tuple(features["features"])),
        calibration=Calibration(**read["calibration.json"]),
        scale=ScoreScale(**read["scale.json"]),
        policy=Policy(**policy | {"effective_from": date.fromisoformat(policy["effective_from"])}),
        feature_fingerprint=features["fingerprint"],
        origin=Origin(**origin),
    )


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
    if set(manifest) != _FIELDS or not isinstance(manifest["sha256"], dict) or set(manifest["sha256"]) != set(PARTS):
        raise BundleRefused(f"{path}: vouches for other parts than a bundle has; restore it or train again")
    if manifest["developer"] != signature.signer:
        raise BundleRefused(f"{folder}: its developer is not who signed it; restore it or train again")
    return dict(manifest)


def _read_parts(folder: Path, hashes: Mapping[str, str]) -> dict[str, bytes]:
    """The parts; each is read once, so that what was checked is what is used."""
    there = {path.name for path in folder.iterdir()}
    added = sorted(there - {*PARTS, _MANIFEST, _SIGNATURE})
    if added:
        raise BundleRefused(f"{folder}: {added[0]} is no part of a bundle; remove it")
    parts = {name: _read(folder, name) for name in PARTS}
    for name, content in parts.items():
        if hashlib.sha256(content).hexdigest() != hashes[name]:
            raise BundleRefused(f"{folder}: {name} was changed; restore the bundle or train again")
    return parts


def _read_signature(folder: Path) -> Signature:
    try:
        return Signature.of(json.loads(_read(folder, _SIGNATURE)))
    except (SignatureRefused, ValueError, RecursionError):
        raise BundleRefused(f"{folder / _SIGNATURE}: no signature; restore the bundle or train again") from None


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


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()


def _write(path: Path, content: bytes) -> None:
    """Write a file so that it outlives a loss of power."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
