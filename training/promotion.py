"""Promotion: the one way in which a model becomes the champion.

The log comes first, then the pointer that the service follows, then MLflow's alias. What a process
that was killed left undone is done by the next one (:func:`settle`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bureau.home import Home
from bureau.signers import trusted_signers
from bureau.signing import Signature, Signer, TrustedSigners
from scoring.bundle import Bundle, load_bundle
from scoring.bundle_folder import bundle_signature
from scoring.champion import (
    champion_version,
    is_old,
    named_champion,
    pointer_doubts,
    promoted_version,
    set_champion,
)
from scoring.errors import ChampionRefused
from scoring.promotion_log import Promotion, PromotionLog, last_of
from training.errors import PromotionRefused
from training.registry import Registry
from training.validation_record import FOLDER, ValidationRecord, read_validation
from training.versions import require_version

__all__ = [
    "Promotable",
    "Promoted",
    "champion_of",
    "promote",
    "promotion_log",
    "promotions",
    "require_promotable",
    "settle",
]


@dataclass(frozen=True)
class Promoted:
    """A promotion that was done.

    Parameters
    ----------
    promotion : Promotion
        As the log has it.
    head : str
        SHA-256 of the log's last line, to be kept somewhere else.
    """

    promotion: Promotion
    head: str


@dataclass(frozen=True)
class Promotable:
    """A model that may decide.

    Parameters
    ----------
    bundle : Bundle
        Its bundle.
    validation : ValidationRecord
        The validation it rests on.
    manifest_sha256 : str
        SHA-256 of the bundle's manifest.
    """

    bundle: Bundle
    validation: ValidationRecord
    manifest_sha256: str


def champion_of(home: Home, portfolio: str) -> Bundle | None:
    """The champion's bundle; None where there is none, or it is of a format that is read no more.

    Raises
    ------
    ChampionRefused
        If the promotion log was changed, or the champion is not the one that was promoted.
    BundleRefused
        If its bundle is refused.
    """
    trusted = trusted_signers(home.signers)
    version = champion_version(home.bundles, portfolio, trusted)
    if version is None or is_old(home.bundles / version):
        return None
    return load_bundle(home.bundles / version, trusted)


def promote(
    home: Home,
    version: str,
    *,
    signer: Signer,
    why: str,
    at: datetime,
    despite: str | None = None,
    occasion: str | None = None,
) -> Promoted:
    """Make a validated model the champion of its portfolio.

    Parameters
    ----------
    home : Home
        The home.
    version : str
        Version of the model.
    signer : Signer
        Who promotes. A service of the home's own promotes what a service has validated, a person what
        a person has.
    why : str
        Why.
    at : datetime
        When (UTC, naive).
    despite : str, optional
        Why although findings failed; needed if any did.
    occasion : str, optional
        The scheduled run that does it.

    Raises
    ------
    PromotionRefused
        If the model is not validated by somebody independent, as it is now, without a failed finding or
        with a reason in spite of it; if no reason is given at all; or if it is the champion already.
    RecordDamaged
        If the validation was changed.
    ChampionRefused
        If the promotion log was changed, or the champion is not the one that was promoted.
    BundleRefused
        If the bundle is refused.
    """
    checked = require_promotable(home, version, signer=signer, why=why, despite=despite)
    bundle, validation, manifest_sha256 = checked.bundle, checked.validation, checked.manifest_sha256
    log = promotion_log(home)
    with log.locked():
        _settle(home, log, bundle.portfolio)
        before = named_champion(home.bundles, bundle.portfolio)
        if before == version:
            raise PromotionRefused(f"{version}: already the champion of {bundle.portfolio}; nothing is to be done")
        promotion = Promotion(
            at=at.isoformat(timespec="seconds") + "Z",
            portfolio=bundle.portfolio,
            before=before,
            after=version,
            by=signer.name,
            why=why.strip(),
            manifest_sha256=manifest_sha256,
            validation={
                "sha256": validation.sha256,
                "validator": validation.signature.signer,
                "by_person": validation.is_by_person,
                "report_sha256": validation.files.get("report.html"),
                "failed": [each.key for each in validation.failed],
            },
            despite=despite.strip() if despite and validation.failed else None,
            occasion=occasion,
        )
        head = log.append(promotion, signer)
        _follow(home, promotion)
    return Promoted(promotion, head)


def require_promotable(home: Home, version: str, *, signer: Signer, why: str, despite: str | None = None) -> Promotable:
    """What a model must have gone through before it decides for anybody, as champion or as challenger.

    The parameters are those of :func:`promote`.

    Raises
    ------
    PromotionRefused
        If it is not validated by somebody independent, as it is now, without a failed finding or with a
        reason in spite of it; or if no reason is given at all.
    UnknownVersion
        If there is no such model.
    RecordDamaged
        If the validation was changed.
    BundleRefused
        If the bundle is refused.
    """
    require_version(home, version)
    trusted = trusted_signers(home.signers)
    bundle = load_bundle(home.bundles / version, trusted)
    developer, manifest_sha256 = bundle_signature(home.bundles / version)
    validation = read_validation(home.runs / version / FOLDER, trusted)
    _require_reason(version, why, "--why")
    _require_same_bytes(version, validation, manifest_sha256)
    _require_independence(version, validation, developer)
    _require_review(version, validation, signer, trusted)
    if validation.failed and not (despite or "").strip():
        keys = ", ".join(each.key for each in validation.failed)
        raise PromotionRefused(
            f"{version}: {len(validation.failed)} findings of its validation failed ({keys}); mend the model, or say "
            "with --despite why it is promoted all the same"
        )
    return Promotable(bundle, validation, manifest_sha256)


def promotion_log(home: Home) -> PromotionLog:
    """The promotion log of a home, under its trusted signers."""
    return PromotionLog(home.bundles, trusted_signers(home.signers))


def promotions(home: Home) -> tuple[Promotion, ...]:
    """All promotions in order, once their log is known to be whole.

    What is wrong with the files that repeat how it ends is told by :func:`scoring.champion.pointer_doubts`.

    Raises
    ------
    ChampionRefused
        If the log was changed, or is gone although there are champions.
    """
    entries = promotion_log(home).entries()
    if not entries:
        for doubt in pointer_doubts(home.bundles, entries):
            raise ChampionRefused(doubt)
    return entries


def settle(home: Home, portfolio: str) -> Promotion | None:
    """Do what a promotion that was cut short left undone; the last promotion of the portfolio.

    Raises
    ------
    ChampionRefused
        If the log was changed, or the champion is not the one that was promoted.
    """
    log = promotion_log(home)
    with log.locked():
        return _settle(home, log, portfolio)


def _settle(home: Home, log: PromotionLog, portfolio: str) -> Promotion | None:
    last = last_of(portfolio, log.entries())
    promoted = promoted_version(home.bundles, portfolio, last)
    if last is None:
        return None
    if named_champion(home.bundles, portfolio) != promoted or Registry(home.mlflow).champion(portfolio) != promoted:
        _follow(home, last)
    return last


def _follow(home: Home, promotion: Promotion) -> None:
    """Let the pointer and MLflow's alias follow the log."""
    set_champion(home.bundles, promotion.portfolio, promotion.after)
    Registry(home.mlflow).promote(promotion.portfolio, promotion.after)


def _require_reason(version: str, text: str, option: str) -> None:
    if not text.strip():
        raise PromotionRefused(f"{version}: no reason is given; say with {option} why it is promoted")


def _require_same_bytes(version: str, validation: ValidationRecord, manifest_sha256: str) -> None:
    if (validation.model_version, validation.manifest_sha256) != (version, manifest_sha256):
        raise PromotionRefused(
            f"{version}: its validation is of other bytes ({validation.model_version}, manifest "
            f"{validation.manifest_sha256[:12]}); validate it again"
        )


def _require_independence(version: str, validation: ValidationRecord, developer: Signature) -> None:
    validator = validation.signature
    if validator.signer == developer.signer or validator.public_key == developer.public_key:
        raise PromotionRefused(
            f"{version}: {validator.signer} developed it and cannot validate it; let somebody else validate it"
        )


def _require_review(version: str, validation: ValidationRecord, signer: Signer, trusted: TrustedSigners) -> None:
    """A person does not promote what no person has reviewed, nor a service what has not gone through its gates."""
    known = trusted.identities.get(signer.name)
    if known is None or known.public_key != signer.public_key:
        raise PromotionRefused(f"{signer.name}: no signer of this home; see `tradeline signers list`")
    if not validation.is_by_person and known.roles != {"service"}:
        raise PromotionRefused(
            f"{version}: no person has reviewed it, {validation.signature.signer} is a service; "
            "let a validator do so with `tradeline validate`"
        )
    if known.roles == {"service"} and not any(each.key.startswith("gates.") for each in validation.findings):
        raise PromotionRefused(
            f"{version}: {signer.name} is a service and promotes what has gone through the gates alone, as `tradeline "
            "retrain` lets it; let a person promote it"
        )
