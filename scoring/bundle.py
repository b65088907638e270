"""The bundle: everything that decides, in one folder, loadable without MLflow.

::

    bundle.json     what belongs together, and the SHA-256 of every other part
    model.txt       the booster

A bundle whose parts were changed, or whose features are defined otherwise than in the installed
catalogue, does not load.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from lightgbm.basic import LightGBMError

from features.errors import FeatureError
from features.sets import FeatureSet, feature_set
from scoring.attribution import Attribution
from scoring.calibration import Calibration
from scoring.errors import BundleRefused
from scoring.model import Model
from scoring.policy import Policy
from scoring.scale import ScoreScale

__all__ = ["FORMAT", "Bundle", "load_bundle", "save_bundle"]

FORMAT: Final = 1
_DESCRIPTION: Final = "bundle.json"
_MODEL: Final = "model.txt"


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
        The observation date of the population it was trained on.
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

    @cached_property
    def features(self) -> FeatureSet:
        """The portfolio's features."""
        return feature_set(self.portfolio)

    @cached_property
    def attribution(self) -> Attribution:
        """Which of its features counts towards which reason."""
        return Attribution(tuple(self.features.catalogue[name].reason for name in self.model.features))


def save_bundle(bundle: Bundle, folder: Path) -> Path:
    """Write a bundle to a new folder, whole or not at all.

    Raises
    ------
    BundleRefused
        If the folder is there already and not empty.
    """
    unfinished = folder.with_name(f".{folder.name}-{os.getpid()}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    model = bundle.model.text.encode()
    description = _describe(bundle, hashlib.sha256(model).hexdigest())
    try:
        _write(unfinished / _MODEL, model)
        _write(unfinished / _DESCRIPTION, (json.dumps(description, indent=2) + "\n").encode())
        unfinished.rename(folder)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise
        raise BundleRefused(
            f"{folder}: something is here already; a bundle is never changed, write a new one"
        ) from None
    return folder


def load_bundle(folder: Path) -> Bundle:
    """Read a bundle and check that its parts belong together.

    Raises
    ------
    BundleRefused
        If a part is missing, was changed, is of another format, or the features or reasons are
        defined otherwise than in the installed catalogue, or may no longer be used.
    """
    description = _read_description(folder)
    model = _read_model(folder, description)
    try:
        bundle = _assemble(model.decode(), description)
        bundle.features.require(bundle.model.features, bundle.jurisdiction)
        defined = _definitions(bundle) == (description["feature_fingerprint"], description["reasons"])
        booster_features = tuple(bundle.model.booster.feature_name())
    except FeatureError as error:
        raise BundleRefused(f"{folder}: {error}; train again with the installed catalogue") from None
    except (KeyError, TypeError, ValueError, LightGBMError) as error:
        raise BundleRefused(f"{folder}: its parts make no model ({error}); train again") from None
    if not defined:
        raise BundleRefused(
            f"{folder}: the installed catalogue defines the features or reasons of {bundle.model_version} otherwise; "
            "train again, or install the version it was trained with"
        )
    if booster_features != bundle.model.features:
        raise BundleRefused(f"{folder}: the booster's features are not those of the bundle; train again")
    return bundle


def _definitions(bundle: Bundle) -> tuple[str, dict[str, str]]:
    """Fingerprint and reasons of the model's features in the installed catalogue."""
    reasons = dict(zip(bundle.model.features, bundle.attribution.reason_of, strict=True))
    return bundle.features.catalogue.fingerprint(bundle.model.features), reasons


def _describe(bundle: Bundle, model_sha256: str) -> dict[str, Any]:
    description: dict[str, Any] = {
        "format": FORMAT,
        "model_version": bundle.model_version,
        "portfolio": bundle.portfolio,
        "jurisdiction": bundle.jurisdiction,
        "trained_on": bundle.trained_on.isoformat(),
        "features": list(bundle.model.features),
        "feature_fingerprint": bundle.feature_fingerprint,
        "reasons": _definitions(bundle)[1],
        "calibration": asdict(bundle.calibration),
        "scale": asdict(bundle.scale),
        "policy": asdict(bundle.policy) | {"effective_from": bundle.policy.effective_from.isoformat()},
        "sha256": {_MODEL: model_sha256},
    }
    return description | {"digest": _digest(description)}


def _read_description(folder: Path) -> dict[str, Any]:
    path = folder / _DESCRIPTION
    try:
        description: dict[str, Any] = json.loads(path.read_bytes())
        version, digest = description["format"], description.pop("digest")
    except OSError:
        raise BundleRefused(f"{folder}: no bundle is here; train a model with `tradeline run`") from None
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        raise BundleRefused(f"{path}: not readable as a bundle; restore it or train again") from None
    if version != FORMAT:
        raise BundleRefused(f"{path}: format {version!r}, this version reads {FORMAT}; train again")
    if digest != _digest(description):
        raise BundleRefused(f"{path}: the description was changed; restore the bundle or train again")
    return description


def _read_model(folder: Path, description: Mapping[str, Any]) -> bytes:
    """The booster's text; it is read once, so that what was checked is what is used."""
    hashes = description.get("sha256")
    if not isinstance(hashes, dict) or set(hashes) != {_MODEL}:
        raise BundleRefused(f"{folder}: a bundle vouches for {_MODEL} and nothing else; restore it or train again")
    try:
        model = (folder / _MODEL).read_bytes()
    except OSError:
        raise BundleRefused(f"{folder}: {_MODEL} is missing; restore the bundle or train again") from None
    if hashlib.sha256(model).hexdigest() != hashes[_MODEL]:
        raise BundleRefused(f"{folder}: {_MODEL} was changed; restore the bundle or train again")
    return model


def _assemble(text: str, description: Mapping[str, Any]) -> Bundle:
    policy = dict(description["policy"])
    return Bundle(
        model_version=description["model_version"],
        portfolio=description["portfolio"],
        jurisdiction=description["jurisdiction"],
        trained_on=date.fromisoformat(description["trained_on"]),
        model=Model(text, tuple(description["features"])),
        calibration=Calibration(**description["calibration"]),
        scale=ScoreScale(**description["scale"]),
        policy=Policy(**policy | {"effective_from": date.fromisoformat(policy["effective_from"])}),
        feature_fingerprint=description["feature_fingerprint"],
    )


def _write(path: Path, content: bytes) -> None:
    """Write a file so that it outlives a loss of power."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _digest(description: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(description, sort_keys=True).encode()).hexdigest()
