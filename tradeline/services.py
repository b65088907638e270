"""The home's own services that sign where no person does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bureau.signers import add_signer, load_signer, trusted_signers

if TYPE_CHECKING:
    from pathlib import Path

    from bureau.home import Home
    from bureau.signing import Role, Signer

__all__ = ["GATES", "TRAINER", "service_signer", "signer_of"]

TRAINER: Final = "training"
"""Signs models as their developer."""

GATES: Final = "gates"
"""Signs validations that no person has reviewed, and promotions that follow from the gates alone."""


def service_signer(home: Home, name: str) -> Signer:
    """A service that signs; made when it is first needed."""
    if name not in trusted_signers(home.signers).identities:
        add_signer(home.signers, name, ["service"])
    return load_signer(home.signers, name)


def signer_of(home: Home, name: str | None, key_file: Path | None, role: Role, service: str) -> Signer:
    """Who signs in a role: the person that is named, or else a service of the home's own.

    Raises
    ------
    SignatureRefused
        If there is no such person, the person has not the role, or the key is another's.
    """
    if name is None:
        return service_signer(home, service)
    return load_signer(home.signers, name, key_file, role=role)
