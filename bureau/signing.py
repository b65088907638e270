"""Who vouches for what: names with Ed25519 keys (RFC 8032), and signatures under them.

A signature names its signer, holds the public key and covers a purpose with the content, so that
one made for a bundle stands for nothing else. That a key is that of the name is told by the
trusted signers alone (:mod:`bureau.signers`).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bureau.errors import SignatureRefused

__all__ = ["ROLES", "Identity", "Role", "Signature", "Signer", "TrustedSigners", "require_name"]

Role = Literal["developer", "validator", "service"]
"""What an identity may sign as; a service is a program of the home's own, no person."""

ROLES: Final[tuple[Role, ...]] = get_args(Role)

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Signature:
    """A signature.

    Parameters
    ----------
    signer : str
        Name of who signed.
    public_key : bytes
        The public key that it is checked with, 32 bytes.
    value : bytes
        The signature, 64 bytes.
    """

    signer: str
    public_key: bytes
    value: bytes

    @property
    def key_id(self) -> str:
        """Short name of the key: the beginning of its SHA-256."""
        return _key_id(self.public_key)

    def plain(self) -> dict[str, str]:
        """The same as JSON holds it."""
        return {
            "signer": self.signer,
            "public_key": base64.b64encode(self.public_key).decode(),
            "signature": base64.b64encode(self.value).decode(),
        }

    @staticmethod
    def of(plain: Any) -> Signature:
        """Read what :meth:`plain` gave.

        Raises
        ------
        SignatureRefused
            If it is no signature.
        """
        try:
            if set(plain) != {"signer", "public_key", "signature"}:
                raise ValueError
            key, value = (base64.b64decode(plain[name], validate=True) for name in ("public_key", "signature"))
            return Signature(require_name(plain["signer"]), key, value)
        except (KeyError, TypeError, ValueError):
            raise SignatureRefused("this is no signature; restore the file that held one, or sign again") from None

    def check(self, purpose: str, content: bytes) -> None:
        """Check that the key signed this content for this purpose; whose key it is, is another question.

        Raises
        ------
        SignatureRefused
            If it did not.
        """
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(self.value, _message(purpose, content))
        except (InvalidSignature, ValueError):
            raise SignatureRefused(
                f"the signature of {self.signer} does not fit this {purpose}; restore it, or sign again"
            ) from None


@dataclass(frozen=True)
class Signer:
    """Somebody who can sign.

    Parameters
    ----------
    name : str
        Name.
    key : Ed25519PrivateKey
        The private key; never shown by ``repr``.
    """

    name: str
    key: Ed25519PrivateKey = field(repr=False)

    def __post_init__(self) -> None:
        require_name(self.name)

    @property
    def public_key(self) -> bytes:
        """The public key, 32 bytes."""
        return self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, purpose: str, content: bytes) -> Signature:
        """Sign content for a purpose, for example ``bundle``."""
        return Signature(self.name, self.public_key, self.key.sign(_message(purpose, content)))


@dataclass(frozen=True)
class Identity:
    """Who is trusted.

    Parameters
    ----------
    name : str
        Name.
    roles : frozenset of str
        What it may sign as.
    public_key : bytes
        The public key, 32 bytes.
    """

    name: str
    roles: frozenset[Role]
    public_key: bytes

    @property
    def key_id(self) -> str:
        """Short name of the key: the beginning of its SHA-256."""
        return _key_id(self.public_key)


@dataclass(frozen=True)
class TrustedSigners:
    """The identities that are trusted.

    Parameters
    ----------
    identities : mapping of str to Identity
        By name.
    """

    identities: Mapping[str, Identity]

    def verify(self, purpose: str, content: bytes, signature: Signature, roles: Iterable[Role]) -> Identity:
        """Who signed the content.

        Parameters
        ----------
        purpose : str
            What the signature is for.
        content : bytes
            What was signed.
        signature : Signature
            The signature.
        roles : iterable of str
            One of these the signer must have.

        Raises
        ------
        SignatureRefused
            If the signature does not fit, its signer is unknown or has another key, or none of the roles.
        """
        signature.check(purpose, content)
        known = self.identities.get(signature.signer)
        if known is None:
            raise SignatureRefused(
                f"{signature.signer}: signed this {purpose} and is no trusted signer here; see `tradeline signers list`"
            )
        if known.public_key != signature.public_key:
            raise SignatureRefused(
                f"{signature.signer}: signed this {purpose} with key {signature.key_id}, "
                f"the trusted one is {known.key_id}; sign it with that"
            )
        wanted = tuple(roles)
        if not known.roles & set(wanted):
            raise SignatureRefused(
                f"{known.name}: may sign as {', '.join(sorted(known.roles))}, "
                f"and this {purpose} needs {' or '.join(wanted)}; let such a signer sign it"
            )
        return known


def _key_id(public_key: bytes) -> str:
    return hashlib.sha256(public_key).hexdigest()[:16]


def require_name(name: object) -> str:
    """The name, if it is one that a signer may have.

    Raises
    ------
    SignatureRefused
        If it is not.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise SignatureRefused(
            f"{name!r}: not the name of a signer; small letters, digits, dots, dashes and underscores make one"
        )
    return name


def _message(purpose: str, content: bytes) -> bytes:
    """What is signed: the purpose stands before the content, so that a signature serves for one alone."""
    return f"tradeline {purpose}\n".encode() + content
