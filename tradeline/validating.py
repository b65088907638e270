"""A validation of a recorded model: evidence in, report, tables and a signed record out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bureau.home import Home
from bureau.signers import trusted_signers
from bureau.signing import Signer, TrustedSigners
from scoring.bundle import Bundle, load_bundle
from scoring.bundle_folder import bundle_signature
from training.boosting import BoostingParameters
from training.errors import PromotionRefused, RecordDamaged
from training.fairness.attributes import protected_attributes
from training.fingerprints import file_sha256
from training.gates import Gate
from training.inventory import intended_use
from training.labels import LabelCounts, LabelDefinition
from training.promotion import champion_of
from training.registry import Registry
from training.training_record import TrainingRecord, read_record, tuned_of
from training.validation import validate, write_validation
from training.validation.evidence import Evidence
from training.validation.use import NO_PERSON, IntendedUse
from training.validation.vintages import account_performance
from training.validation_record import FOLDER, Found, ValidationRecord, read_validation, sign_validation
from training.versions import require_version

__all__ = ["challenger_version", "validate_version"]


def challenger_version(home: Home, version: str | None) -> str:
    """The version that is asked for; by default that of the newest run.

    Raises
    ------
    RecordDamaged
        If there is none.
    """
    if version is not None:
        return version
    link = home.runs / "latest"
    if not link.exists():
        raise RecordDamaged(f"{home.runs}: no model was trained here; train one with `tradeline train`")
    return link.resolve().name


def validate_version(
    home: Home,
    version: str,
    *,
    signer: Signer,
    made_on: datetime,
    gates: Callable[[Sequence[Found]], Sequence[Gate]] | None = None,
    memory_limit: str = "3GB",
    progress: Callable[[str, float], None] | None = None,
) -> ValidationRecord:
    """Validate a model from what its training left, and sign the result.

    Parameters
    ----------
    home : Home
        The home.
    version : str
        Version of the model.
    signer : Signer
        Who validates.
    made_on : datetime
        When (UTC, naive).
    gates : callable, optional
        Given the findings, the gates that a service lets the model go through: they become findings, too, and
        the report says that no person has reviewed it.
    memory_limit : str
        What DuckDB may use.
    progress : callable, optional
        Told the section that is made, and the share that is done.

    Raises
    ------
    PromotionRefused
        If the signer is the model's developer.
    UnknownVersion
        If there is no such model.
    RecordDamaged
        If the record is missing, or is not that of the bundle.
    BundleRefused
        If the bundle is refused.
    """
    require_version(home, version)
    trusted = trusted_signers(home.signers)
    bundle = load_bundle(home.bundles / version, trusted)
    developer, _ = bundle_signature(home.bundles / version)
    if signer.name == developer.signer or signer.public_key == developer.public_key:
        raise PromotionRefused(
            f"{version}: {signer.name} developed it and cannot validate it; let somebody else validate it"
        )
    record = read_record(home.runs / version)
    told = (record.training["model_version"], record.training["data_fingerprint"])
    if not (version == bundle.model_version and told == (version, bundle.origin.data_fingerprint)):
        raise RecordDamaged(f"{home.runs / version}: the record is not that of the bundle; restore it or train again")
    unfinished = home.runs / version / f".{FOLDER}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    validation = validate(
        _evidence(home, bundle, record, made_on, memory_limit, by_service=_is_service(trusted, signer)), progress
    )
    write_validation(validation, unfinished)
    found = [Found(key, finding.passed, finding.text) for key, finding in validation.findings.items()]
    if gates is not None:
        found += [Found(f"gates.{gate.name}", gate.passed, gate.text) for gate in gates(tuple(found))]
    sign_validation(unfinished, home.bundles / version, found, signer, validated_at=made_on)
    folder = home.runs / version / FOLDER
    _keep_earlier(folder)
    unfinished.rename(folder)
    _link_report(home.runs / version)
    Registry(home.mlflow).add_evidence(bundle.portfolio, version, folder)
    return read_validation(folder, trusted)


def _is_service(trusted: TrustedSigners, signer: Signer) -> bool:
    known = trusted.identities.get(signer.name)
    return known is not None and "validator" not in known.roles


def _evidence(
    home: Home, bundle: Bundle, record: TrainingRecord, made_on: datetime, memory_limit: str, *, by_service: bool
) -> Evidence:
    from bureau.history import open_history

    history = open_history(home, memory_limit=memory_limit)
    training = record.training
    champion = champion_of(home, bundle.portfolio)
    values = None if champion is None else record.values_of(champion.model.features)
    comparable = champion is not None and champion.model_version != bundle.model_version and values is not None
    return Evidence(
        bundle=bundle,
        people=record.people,
        samples=record.samples,
        features=bundle.features,
        made_on=made_on.date(),
        parameters=BoostingParameters(**training["parameters"]),
        label=_label(training["label_definition"]),
        label_counts=_counts(training["label_counts"]),
        out_of_fold_log_odds=record.out_of_fold_log_odds,
        tuned=tuned_of(training["tuning"]),
        champion=champion if comparable else None,
        champion_values=values if comparable else None,
        segments=record.segments,
        protected=protected_attributes(history, np.asarray(record.people.consumer_ids).tolist()),
        performance=account_performance(history, until=made_on.date(), known_at=made_on),
        deliveries=tuple(training["deliveries"]),
        use=_use(home, bundle.portfolio, training["developer"], by_service=by_service),
        seed=training["options"]["seed"],
    )


def _use(home: Home, portfolio: str, developer: str, *, by_service: bool) -> IntendedUse:
    use = replace(intended_use(home.runs / "inventory.json", portfolio), developer=developer)
    return replace(use, limits=(*use.limits, NO_PERSON)) if by_service else use


def _label(plain: Mapping[str, Any] | None) -> LabelDefinition | None:
    return None if plain is None else LabelDefinition(**plain)


def _counts(plain: list[Mapping[str, Any]] | None) -> LabelCounts | None:
    if plain is None:
        return None
    table = pd.DataFrame(plain)
    return LabelCounts(table.assign(observed_on=pd.to_datetime(table["observed_on"]).dt.date))


def _keep_earlier(folder: Path) -> None:
    """Put an earlier validation aside under its hash, by which the promotion log may know it."""
    description = folder / "validation.json"
    if description.exists():
        kept = folder.with_name(f"{FOLDER}-{file_sha256(description)[:12]}")
        shutil.rmtree(kept, ignore_errors=True)  # the same bytes: the same validation made twice
        folder.rename(kept)
    shutil.rmtree(folder, ignore_errors=True)


def _link_report(folder: Path) -> None:
    """Let the run's ``report.html`` be the validation's."""
    link = folder / "report.html"
    link.unlink(missing_ok=True)
    link.symlink_to(f"{FOLDER}/report.html")
