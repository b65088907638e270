"""Routing: which model decides for whom, and which ones are scored beside it without being shown.

The **champion** decides. A **challenger** decides instead of it for a fixed share of the people, always
for the same ones: a salted hash of who they are says which. A **shadow** is scored beside whoever
decides and recorded, and never shown. ``bundles/routing-<portfolio>.json`` holds challengers and shadows,
each with the hash of its bundle's manifest, signed by who set it; it is replaced whole. Where it is not
there, the champion decides alone.
"""

from __future__ import annotations

import hmac
import json
import math
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from bureau.errors import SignatureRefused
from bureau.signing import ROLES, Signature, Signer, TrustedSigners
from scoring.bundle import Bundle, load_bundle
from scoring.bundle_folder import as_json, bundle_signature
from scoring.errors import RoutingRefused
from scoring.whole_file import write_whole

__all__ = ["MOST_SHADOWS", "PURPOSE", "Routed", "Routing", "load_routed", "load_routing", "new_salt", "save_routing"]

PURPOSE: Final = "routing"
"""What the signature of a routing is for."""

MOST_SHADOWS: Final = 4
"""Each of them costs a scoring a request."""

_MOST_SHARE: Final = 0.5
_SALT: Final = re.compile(r"[0-9a-f]{32}")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_WHOLE: Final = 2.0**53
_UNUSED_BITS: Final = 11


@dataclass(frozen=True)
class Routed:
    """A model that is scored beside the champion, or instead of it.

    Parameters
    ----------
    version : str
        Version of the model.
    manifest_sha256 : str
        SHA-256 of its bundle's manifest, which stands for all of its bytes.
    share : float
        The share of the people for whom it decides; zero for a shadow.
    """

    version: str
    manifest_sha256: str
    share: float = 0.0


@dataclass(frozen=True)
class Routing:
    """Challengers and shadows of a portfolio.

    Parameters
    ----------
    portfolio : str
        Name of the portfolio.
    salt : str
        What the hash of a person is salted with, 32 hexadecimal digits; it stays, so that people keep their model.
    challengers, shadows : tuple of Routed
        The models.
    at : str
        When it was set (UTC, ISO 8601).
    by, why : str
        Who set it, and why.

    Raises
    ------
    RoutingRefused
        If shares are not above zero and at most one half together, a version stands twice, or there are too
        many shadows.
    """

    portfolio: str
    salt: str = "0" * 32
    challengers: tuple[Routed, ...] = ()
    shadows: tuple[Routed, ...] = ()
    at: str = ""
    by: str = ""
    why: str = ""

    def __post_init__(self) -> None:
        if not _SALT.fullmatch(self.salt):
            raise RoutingRefused(f"routing of {self.portfolio}: its salt is not 32 hexadecimal digits; set it anew")
        versions = [each.version for each in (*self.challengers, *self.shadows)]
        for version in versions:
            if not _NAME.fullmatch(version):
                raise RoutingRefused(f"routing of {self.portfolio}: {version!r} is no version of a model; name one")
            if versions.count(version) > 1:
                raise RoutingRefused(
                    f"routing of {self.portfolio}: {version} stands twice; let it be a challenger or a shadow"
                )
        shares = [each.share for each in self.challengers]
        if any(not 0.0 < share <= _MOST_SHARE for share in shares) or math.fsum(shares) > _MOST_SHARE:
            raise RoutingRefused(
                f"routing of {self.portfolio}: challengers decide for {math.fsum(shares):.1%} of the people; give each "
                "more than none, and all together at most one half, or promote one"
            )
        if any(each.share for each in self.shadows):
            raise RoutingRefused(f"routing of {self.portfolio}: a shadow decides for nobody; set no share for it")
        if len(self.shadows) > MOST_SHADOWS:
            raise RoutingRefused(
                f"routing of {self.portfolio}: {len(self.shadows)} shadows, of which {MOST_SHADOWS} are "
                "scored at most; take some out"
            )

    def route(self, who: str) -> str | None:
        """The version of the challenger that decides for somebody; None where it is the champion.

        Parameters
        ----------
        who : str
            Who is decided on, the same at every request: a consumer_id, or where none is known what
            stands for the application. It is hashed, and kept nowhere.

        Notes
        -----
        The first 53 bits of HMAC-SHA-256 under the salt are taken as a number from 0 to 1, in which
        each challenger has a stretch of the length of its share, in their order. Who raises the share of the
        last challenger so takes people from the champion alone.
        """
        if not self.challengers:
            return None
        digest = hmac.digest(bytes.fromhex(self.salt), f"{self.portfolio}\0{who}".encode(), "sha256")
        place = (int.from_bytes(digest[:8], "big") >> _UNUSED_BITS) / _WHOLE
        end = 0.0
        for each in self.challengers:
            end += each.share
            if place < end:
                return each.version
        return None

    def beside(self, champion: str) -> Routing:
        """The routing without a model that has become the champion."""
        return replace(
            self,
            challengers=tuple(each for each in self.challengers if each.version != champion),
            shadows=tuple(each for each in self.shadows if each.version != champion),
        )


def new_salt() -> str:
    """A salt for a first routing."""
    return secrets.token_hex(16)


def load_routing(bundles: Path, portfolio: str, trusted: TrustedSigners | None = None) -> Routing:
    """The routing of a portfolio; one without challengers and shadows where none was set.

    Parameters
    ----------
    bundles : Path
        Folder of the bundles.
    portfolio : str
        Name of the portfolio.
    trusted : TrustedSigners, optional
        Who may have signed it; without them, the signature is checked against the key it names.

    Raises
    ------
    RoutingRefused
        If it cannot be read, was changed, is another portfolio's, or was signed by nobody who is trusted.
    """
    path = _path(bundles, portfolio)
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return Routing(portfolio)
    except OSError as error:
        raise RoutingRefused(f"{path}: {error.strerror}; restore the file, or its rights") from None
    try:
        whole = json.loads(raw)
        plain, signature = whole["routing"], Signature.of(whole["signature"])
        signature.check(PURPOSE, _content(plain))
        if trusted is not None:
            trusted.verify(PURPOSE, _content(plain), signature, ROLES)
        routing = _of(plain)
    except SignatureRefused as error:
        raise RoutingRefused(f"{path}: {error}") from None
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        raise RoutingRefused(f"{path}: not readable as a routing; set it anew with `tradeline routing`") from None
    if routing.portfolio != portfolio or routing.by != signature.signer:
        raise RoutingRefused(
            f"{path}: of another portfolio or signer than it says; set it anew with `tradeline routing`"
        )
    return routing


def save_routing(bundles: Path, routing: Routing, signer: Signer) -> Path:
    """Write a routing, signed by who sets it, in the place of the one before; the file.

    Parameters
    ----------
    bundles : Path
        Folder of the bundles.
    routing : Routing
        What to write; `by` becomes the signer's name.
    signer : Signer
        Who sets it.
    """
    path = _path(bundles, routing.portfolio)
    plain = _plain(replace(routing, by=signer.name))
    whole = {"routing": plain, "signature": signer.sign(PURPOSE, _content(plain)).plain()}
    write_whole(path, as_json(whole))
    return path


def load_routed(bundles: Path, routing: Routing, routed: Routed, trusted: TrustedSigners | None = None) -> Bundle:
    """The bundle of a challenger or shadow.

    Raises
    ------
    RoutingRefused
        If it is not the bundle that was routed, or of another portfolio.
    BundleRefused
        If the bundle is refused.
    """
    folder = bundles / routed.version
    bundle = load_bundle(folder, trusted)
    if bundle.portfolio != routing.portfolio:
        raise RoutingRefused(
            f"{routed.version}: scores {bundle.portfolio}, not {routing.portfolio}; take it out of the routing"
        )
    if not hmac.compare_digest(bundle_signature(folder)[1], routed.manifest_sha256):
        raise RoutingRefused(f"{routed.version}: another bundle than the one that was routed; set the routing anew")
    return bundle


def _path(bundles: Path, portfolio: str) -> Path:
    if not _NAME.fullmatch(portfolio):
        raise RoutingRefused(f"{portfolio!r}: not the name of a portfolio; name one")
    return bundles / f"routing-{portfolio}.json"


def _plain(routing: Routing) -> dict[str, Any]:
    plain = asdict(routing)
    return plain | {name: [asdict(each) for each in getattr(routing, name)] for name in ("challengers", "shadows")}


def _of(plain: Mapping[str, Any]) -> Routing:
    models = {name: tuple(Routed(**each) for each in plain[name]) for name in ("challengers", "shadows")}
    return Routing(**{**plain, **models})


def _content(plain: object) -> bytes:
    """What is signed: the same bytes for the same routing, however the file lays it out."""
    return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()
