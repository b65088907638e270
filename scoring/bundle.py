"""The bundle: everything that decides, in one folder, loadable without MLflow.

::

    bundle.json     what belongs together, and the SHA-256 of every other part
    model.txt       the booster

A bundle whose parts were changed, or whose features are defined otherwise than in the installed
catalogue, does not load.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Final

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
    """Write a bundle to a new folder.

    Raises
    ------
    BundleRefused
        If the folder holds a bundle already.
    """
    if (folder / _DESCRIPTION).exists():
        raise BundleRefused(f"{folder}: a bundle is here already; a bundle is never changed, write a new one")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MODEL).write_text(bundle.model.text, encoding="utf-8")
    description = {
        "format": FORMAT,
        "model_version": bundle.model_version,
        "portfolio": bundle.portfolio,
        "jurisdiction": bundle.jurisdiction,
        "trained_on": bundle.trained_on.isoformat(),
        "features": list(bundle.model.features),
        "feature_fingerprint": bundle.feature_fingerprint,
        "reasons": dict(zip(bundle.model.features, bundle.attribution.reason_of, strict=True)),
        "calibration": asdict(bundle.calibration),
        "scale": asdict(bundle.scale),
        "policy": asdict(bundle.policy) | {"effective_from": bundle.policy.effective_from.isoformat()},
        "sha256": {_MODEL: _sha256(folder / _MODEL)},
    }
    description["digest"] = _digest(description)
    (folder / _DESCRIPTION).write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
    return folder


def load_bundle(folder: Path) -> Bundle:
    """Read a bundle and check that its parts belong together.

    Raises
    ------
    BundleRefused
        If a part is missing, was changed, is of another format, or the features or reasons are
        defined otherwise than in the installed catalogue.
    """
    description = _read_description(folder)
    for name, expected in description["sha256"].items():
        if not (folder / name).is_file() or _sha256(folder / name) != expected:
            raise BundleRefused(f"{folder}: {name} is missing or was changed; restore the bundle or train again")
    try:
        bundle = _assemble(folder, description)
        fingerprint = bundle.features.catalogue.fingerprint(bundle.model.features)
        reasons = dict(zip(bundle.model.features, bundle.attribution.reason_of, strict=True))
    except FeatureError as error:
        raise BundleRefused(f"{folder}: {error}; train again with the installed catalogue") from None
    if fingerprint != bundle.feature_fingerprint or reasons != description["reasons"]:
        raise BundleRefused(
            f"{folder}: the installed catalogue defines the features or reasons of {bundle.model_version} otherwise; "
            "train again, or install the version it was trained with"
        )
    if tuple(bundle.model.booster.feature_name()) != bundle.model.features:
        raise BundleRefused(f"{folder}: the booster's features are not those of the bundle; train again")
    return bundle


def _read_description(folder: Path) -> dict[str, Any]:
    path = folder / _DESCRIPTION
    try:
        description: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        digest = description.pop("digest")
    except OSError:
        raise BundleRefused(f"{folder}: no bundle is here; train a model with `tradeline run`") from None
    except (ValueError, KeyError, AttributeError, TypeError):
        raise BundleRefused(f"{path}: not readable as a bundle; restore it or train again") from None
    if digest != _digest(description):
        raise BundleRefused(f"{path}: the description was changed; restore the bundle or train again")
    if description.get("format") != FORMAT:
        raise BundleRefused(f"{path}: format {description.get('format')!r}, this version reads {FORMAT}; train again")
    return description


def _assemble(folder: Path, description: dict[str, Any]) -> Bundle:
    policy = dict(description["policy"])
    return Bundle(
        model_version=description["model_version"],
        portfolio=description["portfolio"],
        jurisdiction=description["jurisdiction"],
        trained_on=date.fromisoformat(description["trained_on"]),
        model=Model((folder / _MODEL).read_text(encoding="utf-8"), tuple(description["features"])),
        calibration=Calibration(**description["calibration"]),
        scale=ScoreScale(**description["scale"]),
        policy=Policy(**policy | {"effective_from": date.fromisoformat(policy["effective_from"])}),
        feature_fingerprint=description["feature_fingerprint"],
    )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest(description: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(description, sort_keys=True).encode()).hexdigest()
