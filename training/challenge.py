"""Setting challengers and shadows: what may decide beside the champion has gone through what a champion has.

A challenger decides for real people and is asked for what promotion asks for; a shadow decides for
nobody, and must only be a bundle whose signer is trusted.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bureau.home import Home
from bureau.signers import trusted_signers
from bureau.signing import Signer
from scoring.bundle import load_bundle
from scoring.bundle_folder import bundle_signature
from scoring.champion import champion_version
from scoring.routing import Routed, Routing, load_routing, new_salt, save_routing
from training.errors import PromotionRefused
from training.promotion import require_promotable

__all__ = ["challenge", "clear", "shadow"]


def challenge(
    home: Home,
    version: str,
    share: float,
    *,
    signer: Signer,
    why: str,
    at: datetime,
    despite: str | None = None,
) -> Routing:
    """Let a validated model decide for a share of the people.

    Parameters
    ----------
    home : Home
        The home.
    version : str
        Version of the model; one that is a challenger already gets the new share, a shadow becomes one.
    share : float
        The share, above zero; all challengers have one half at most.
    signer : Signer
        Who sets it.
    why : str
        Why.
    at : datetime
        When (UTC, naive).
    despite : str, optional
        Why although findings of its validation failed; needed if any did.

    Raises
    ------
    PromotionRefused
        If it may not be promoted (:func:`training.promotion.require_promotable`), is the champion, or there is none.
    RoutingRefused
        If the shares do not fit, or the routing was changed.
    """
    checked = require_promotable(home, version, signer=signer, why=why, despite=despite)
    before = _routing(home, checked.bundle.portfolio, version)
    routed = Routed(version, checked.manifest_sha256, share)
    known = [each.version for each in before.challengers]
    others = [routed if each.version == version else each for each in before.challengers]
    routing = replace(
        before,
        challengers=tuple(others if version in known else [*others, routed]),
        shadows=tuple(each for each in before.shadows if each.version != version),
    )
    return _set(home, routing, signer, why, at)


def shadow(home: Home, version: str, *, signer: Signer, why: str, at: datetime) -> Routing:
    """Let a model be scored beside whoever decides, recorded and never shown.

    The parameters are those of :func:`challenge`; a challenger becomes a shadow and decides no more.

    Raises
    ------
    PromotionRefused
        If no reason is given, it is the champion, or there is none.
    BundleRefused
        If its bundle is refused, or signed by nobody who is trusted.
    RoutingRefused
        If there are too many, or the routing was changed.
    """
    bundle = load_bundle(home.bundles / version, trusted_signers(home.signers))
    before = _routing(home, bundle.portfolio, version)
    routed = Routed(version, bundle_signature(home.bundles / version)[1])
    routing = replace(
        before,
        challengers=tuple(each for each in before.challengers if each.version != version),
        shadows=(*(each for each in before.shadows if each.version != version), routed),
    )
    return _set(home, routing, signer, why, at)


def clear(home: Home, portfolio: str, version: str | None = None, *, signer: Signer, why: str, at: datetime) -> Routing:
    """Take a model, or all of them, out of the routing.

    Parameters
    ----------
    home : Home
        The home.
    portfolio : str
        Whose routing.
    version : str, optional
        Which model; by default all of them.
    signer, why, at
        As for :func:`challenge`.

    Raises
    ------
    PromotionRefused
        If no reason is given, or the model is none of those routed.
    """
    before = load_routing(home.bundles, portfolio, trusted_signers(home.signers))
    routed = (*before.challengers, *before.shadows)
    if version is not None and version not in {each.version for each in routed}:
        raise PromotionRefused(f"{version}: neither a challenger nor a shadow of {portfolio}; see `tradeline routing`")
    routing = before.beside(version) if version is not None else replace(before, challengers=(), shadows=())
    return _set(home, routing, signer, why, at)


def _routing(home: Home, portfolio: str, version: str) -> Routing:
    """The routing that is to be changed, for a model that is not the champion."""
    champion = champion_version(home.bundles, portfolio, trusted_signers(home.signers))
    if champion is None:
        raise PromotionRefused(f"{portfolio}: no champion is here to set a model beside; promote one first")
    if champion == version:
        raise PromotionRefused(f"{version}: is the champion of {portfolio}, which decides already; name another")
    routing = load_routing(home.bundles, portfolio, trusted_signers(home.signers))
    return routing.beside(champion) if routing.by else replace(routing, salt=new_salt())


def _set(home: Home, routing: Routing, signer: Signer, why: str, at: datetime) -> Routing:
    if not why.strip():
        raise PromotionRefused(f"{routing.portfolio}: no reason is given; say with --why why the routing is changed")
    known = trusted_signers(home.signers).identities.get(signer.name)
    if known is None or known.public_key != signer.public_key:
        raise PromotionRefused(f"{signer.name}: no signer of this home; see `tradeline signers list`")
    whole = replace(routing, by=signer.name, why=why.strip(), at=at.isoformat(timespec="seconds") + "Z")
    save_routing(home.bundles, whole, signer)
    return whole
