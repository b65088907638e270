"""Signers for tests: made in a folder when they are first asked for."""

from __future__ import annotations

from pathlib import Path

from bureau.signers import add_signer, load_signer, trusted_signers
from bureau.signing import Role, Signer

__all__ = ["signer_in"]


def signer_in(folder: Path, name: str = "ada", *roles: Role) -> Signer:
    """A signer of a folder, by default a developer."""
    if name not in trusted_signers(folder).identities:
        add_signer(folder, name, roles or ("developer",))
    return load_signer(folder, name)
