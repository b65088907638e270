"""The bundle: everything that decides, in one folder, signed, loadable without MLflow.

::

    manifest.json       format, version, developer, and the SHA-256 of every part
    signature.json      the developer's signature over the manifest
    model.txt           the booster
    calibration.json    from its margin to log-odds
    scale.json          from log-odds to a score
    policy.json         from a score to a decision: all versions in force from the training on
    features.json       portfolio, jurisdiction, the features and the fingerprint of their definitions
    reasons.json        feature to reason
    baselines.npz       the applicants that people are compared with, as intervals
    typical.json        what the approved typically show of each feature
    elsewhere.npz       both for the other cut-offs of its policies; only where there are any
    origin.json         data, label, parameters, code and packages that it comes from

A bundle with a part changed, missing or added, whose signature does not fit, whose folder is not named by its
version, or whose features are defined otherwise than in the installed catalogue, does not load; nor does one with a
feature that counts towards no reason, or a model whose reasons cannot be told exactly, and neither can be saved. The
packages it was made with are told, not demanded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from lightgbm.basic import LightGBMError

from bureau.signing import Signer, TrustedSigners
from features.errors import FeatureError
from features.phrases import phrase_of
from features.reasons import REASONS
from features.sets import FeatureSet, feature_set
from scoring.baselines import Baselines
from scoring.bundle_folder import ELSEWHERE, as_json, read_folder, write_folder
from scoring.calibration import Calibration
from scoring.comparison import Comparison, content_of, elsewhere_of
from scoring.errors import BundleRefused, NotExplainable
from scoring.model import Model
from scoring.pieces import pieces_of
from scoring.policy import Policy, PolicyBook
from scoring.scale import ScoreScale
from scoring.typical import Typical

__all__ = ["Bundle", "Origin", "load_bundle", "save_bundle"]


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
    policies : PolicyBook
        From a score to a decision, on any day from the training on.
    feature_fingerprint : str
        Fingerprint of the definitions of its features.
    baselines : Baselines
        The applicants that people are compared with.
    typical : mapping of str to Typical
        What the approved typically show of each feature.
    origin : Origin
        What it comes from.
    elsewhere : mapping of int to Comparison
        Both for each other cut-off that its policies set somewhere, or from some day on.
    """

    model_version: str
    portfolio: str
    jurisdiction: str
    trained_on: date
    model: Model
    calibration: Calibration
    scale: ScoreScale
    policies: PolicyBook
    feature_fingerprint: str
    baselines: Baselines
    typical: Mapping[str, Typical]
    origin: Origin = field(default_factory=Origin)
    elsewhere: Mapping[int, Comparison] = field(default_factory=dict)

    @cached_property
    def other_cut_offs(self) -> tuple[int, ...]:
        """The cut-offs beside its own policy's that its policies set somewhere, or from some day on."""
        own = self.policy.refer_below
        return tuple(each for each in self.policies.cut_offs(self.trained_on) if each != own)

    def at(self, cut_off: int) -> Bundle:
        """The bundle as it compares people where this is the score from which they are approved.

        The bundle itself where its own policy sets the cut-off, or none of its policies does.
        """
        compared = self.elsewhere.get(cut_off)
        return self if compared is None else replace(self, baselines=compared.baselines, typical=compared.typical)

    @cached_property
    def features(self) -> FeatureSet:
        """The portfolio's features."""
        return feature_set(self.portfolio)

    @cached_property
    def policy(self) -> Policy:
        """The policy in force where and when it was trained, by which it is judged."""
        return self.policies.in_force(self.trained_on, self.jurisdiction)

    @cached_property
    def reason_of(self) -> tuple[str, ...]:
        """Code of the reason that each of its features counts towards, in the model's order."""
        return tuple(self.features.catalogue[name].reason for name in self.model.features)

    @cached_property
    def reason_codes(self) -> tuple[str, ...]:
        """The reasons there are, in order: the players of its game."""
        return tuple(sorted(set(self.reason_of)))


def save_bundle(bundle: Bundle, folder: Path, signer: Signer) -> Path:
    """Write a bundle to a new folder, whole or not at all, signed by its developer.

    Raises
    ------
    BundleRefused
        If the folder is there already and not empty, a feature counts towards no reason, or reasons
        cannot be told exactly.
    """
    _require_explainable(bundle)
    return write_folder(folder, bundle.model_version, _parts(bundle), signer)


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
        or is of nobody who is trusted, the folder has another name than its version, or the features or
        reasons are defined otherwise than in the installed catalogue, or may no longer be used, or reasons
        cannot be told exactly.
    """
    model_version, parts = read_folder(folder, trusted)
    try:
        bundle = _assemble(model_version, parts)
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
    _require_explainable(bundle)
    return bundle


def _require_explainable(bundle: Bundle) -> None:
    """Refuse a bundle that could not tell every reason of a decision exactly, with what is typical."""
    version = bundle.model_version
    try:
        without = [
            name for name, code in zip(bundle.model.features, bundle.reason_of, strict=True) if code not in REASONS
        ]
        for name in bundle.model.features:
            phrase_of(bundle.features.catalogue[name])
        pieces_of(bundle.model.forest)
        for each in (bundle, *map(bundle.at, bundle.elsewhere)):
            each.baselines.values(bundle.model.forest)
    except FeatureError as error:
        raise BundleRefused(f"{version}: {error}") from None
    except NotExplainable as error:
        raise BundleRefused(f"{version}: its reasons cannot be told exactly: {error}") from None
    except ValueError as error:
        raise BundleRefused(f"{version}: its baselines are not of its model ({error}); train again") from None
    if without:
        raise BundleRefused(f"{version}: no reason is declared for {', '.join(without)}; declare it in the catalogue")
    if bundle.elsewhere and set(bundle.elsewhere) != set(bundle.other_cut_offs):
        raise BundleRefused(
            f"{version}: compares people at {sorted(bundle.elsewhere)}, but its policies set "
            f"{list(bundle.other_cut_offs)}; train again"
        )
    if any(set(each.typical) != set(bundle.model.features) for each in (bundle, *map(bundle.at, bundle.elsewhere))):
        raise BundleRefused(f"{version}: its typical values are of other features than its model; train again")


def _definitions(bundle: Bundle) -> tuple[str, dict[str, str]]:
    """Fingerprint and reasons of the model's features in the installed catalogue."""
    reasons = dict(zip(bundle.model.features, bundle.reason_of, strict=True))
    return bundle.features.catalogue.fingerprint(bundle.model.features), reasons


def _parts(bundle: Bundle) -> dict[str, bytes]:
    """The content of every part."""
    elsewhere = {ELSEWHERE: content_of(bundle.elsewhere, bundle.model.features)} if bundle.elsewhere else {}
    return elsewhere | {
        "model.txt": bundle.model.text.encode(),
        "calibration.json": as_json(asdict(bundle.calibration)),
        "scale.json": as_json(asdict(bundle.scale)),
        "policy.json": as_json(bundle.policies.plain()),
        "features.json": as_json(
            {
                "portfolio": bundle.portfolio,
                "jurisdiction": bundle.jurisdiction,
                "features": list(bundle.model.features),
                "fingerprint": bundle.feature_fingerprint,
            }
        ),
        "reasons.json": as_json(_definitions(bundle)[1]),
        "baselines.npz": bundle.baselines.content(),
        "typical.json": as_json({name: bundle.typical[name].plain() for name in bundle.model.features}),
        "origin.json": as_json({"trained_on": bundle.trained_on.isoformat()} | asdict(bundle.origin)),
    }


def _assemble(model_version: str, parts: Mapping[str, bytes]) -> Bundle:
    read = {name: json.loads(content) for name, content in parts.items() if name.endswith(".json")}
    features, origin = read["features.json"], dict(read["origin.json"])
    names, baselines = tuple(features["features"]), Baselines.of(parts["baselines.npz"])
    bundle = Bundle(
        model_version=model_version,
        portfolio=features["portfolio"],
        jurisdiction=features["jurisdiction"],
        trained_on=date.fromisoformat(origin.pop("trained_on")),
        model=Model(parts["model.txt"].decode(), names),
        calibration=Calibration(**read["calibration.json"]),
        scale=ScoreScale(**read["scale.json"]),
        policies=PolicyBook.of(read["policy.json"]),
        feature_fingerprint=features["fingerprint"],
        baselines=baselines,
        typical={name: Typical.of(plain) for name, plain in read["typical.json"].items()},
        origin=Origin(**origin),
    )
    if ELSEWHERE not in parts:  # of one cut-off; or made before bundles held the others
        return bundle
    held = elsewhere_of(parts[ELSEWHERE], bundle.other_cut_offs, baselines.all_applicants, names)
    return replace(bundle, elsewhere=held)
