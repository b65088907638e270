"""The signers of a home: their keys in files, and what each may sign as.

::

    keys/signers/NAME.pem    the private key, readable by its owner alone; it may be kept elsewhere
    keys/signers/NAME.pub    JSON: the public key and what its owner may sign as

Who can write in this folder can add signers; who can read a private key can sign as its owner.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from bureau.errors import SignatureRefused
from bureau.signing import ROLES, Identity, Role, Signer, TrustedSigners, require_name

__all__ = ["add_signer", "load_signer", "trusted_signers", "write_private_key"]

_PUBLIC_BYTES: Final = 32


def add_signer(folder: Path, name: str, roles: Iterable[Role], key_file: Path | None = None) -> Identity:
    """Make an identity that is trusted from now on.

    Parameters
    ----------
    folder : Path
        The folder of trusted signers.
    name : str
        Its name: small letters, digits, dots, dashes, underscores.
    roles : iterable of str
        What it may sign as.
    key_file : Path, optional
        The private key: read if it is there, made if not; by default made in the folder.

    Raises
    ------
    SignatureRefused
        If the name is none or taken, a role is unknown, or the key is that of another identity.
    """
    chosen = frozenset(roles)
    if not chosen or not chosen <= set(ROLES):
        raise SignatureRefused(f"{name}: signs as {', '.join(ROLES)}; name one or several of these roles")
    public = folder / f"{require_name(name)}.pub"
    if public.exists():
        raise SignatureRefused(f"{name}: there is such a signer already; take another name")
    private = key_file if key_file is not None else folder / f"{name}.pem"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    signer = _read_private_key(private, name) if private.exists() else write_private_key(private, name)
    identity = Identity(name, chosen, signer.public_key)
    same = [each.name for each in trusted_signers(folder).identities.values() if each.public_key == identity.public_key]
    if same:
        raise SignatureRefused(f"{private}: this is the key of {same[0]}; an identity has a key of its own")
    plain = {"public_key": base64.b64encode(identity.public_key).decode(), "roles": sorted(chosen)}
    unfinished = folder / f".{name}.pub.unfinished"
    unfinished.write_text(json.dumps(plain) + "\n", encoding="utf-8")
    unfinished.replace(public)
    return identity


def load_signer(folder: Path, name: str, key_file: Path | None = None, *, role: Role | None = None) -> Signer:
    """Somebody who signs, with the private key of the folder or of a file elsewhere.

    Parameters
    ----------
    folder : Path
        The folder of trusted signers.
    name : str
        Who.
    key_file : Path, optional
        The private key, where it is not in the folder.
    role : str, optional
        What it must be allowed to sign as.

    Raises
    ------
    SignatureRefused
        If there is no such signer, it has not the role, or there is no private key that is its own.
    """
    known = trusted_signers(folder).identities.get(require_name(name))
    if known is None:
        raise SignatureRefused(f"{name}: no signer of this home; add one with `tradeline signers add {name}`")
    if role is not None and role not in known.roles:
        raise SignatureRefused(
            f"{name}: may sign as {', '.join(sorted(known.roles))}, not as {role}; let a {role} sign, or add one with "
            f"`tradeline signers add NAME --role {role}`"
        )
    signer = _read_private_key(key_file if key_file is not None else folder / f"{name}.pem", name)
    if signer.public_key != known.public_key:
        raise SignatureRefused(f"{name}: the private key given is not that of this signer; name its own with --key")
    return signer


def trusted_signers(folder: Path) -> TrustedSigners:
    """The identities of a folder; none where it is not there.

    Raises
    ------
    SignatureRefused
        If a file of them cannot be read as one.
    """
    return TrustedSigners({path.stem: _read_identity(path) for path in sorted(folder.glob("*.pub"))})


def write_private_key(path: Path, name: str) -> Signer:
    """Make a private key in a new file that only its owner can read.

    Raises
    ------
    FileExistsError
        If there is such a file.
    """
    signer = Signer(name, Ed25519PrivateKey.generate())
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        os.fsync(file.fileno())
    return signer


def _read_identity(path: Path) -> Identity:
    try:
        plain = json.loads(path.read_bytes())
        roles, key = frozenset(plain["roles"]), base64.b64decode(plain["public_key"], validate=True)
        if require_name(path.stem) != path.stem or not roles or not roles <= set(ROLES) or len(key) != _PUBLIC_BYTES:
            raise ValueError
    except (OSError, KeyError, TypeError, ValueError):
        raise SignatureRefused(f"{path}: not readable as a signer; restore it, or remove it") from None
    return Identity(path.stem, roles, key)


def _read_private_key(path: Path, name: str) -> Signer:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError
    except OSError:
        raise SignatureRefused(
            f"{path}: the private key of {name} cannot be read; name the file that has it with --key"
        ) from None
    except (TypeError, ValueError):
        raise SignatureRefused(f"{path}: holds no Ed25519 private key in PEM without a password") from None
    return Signer(name, key)
