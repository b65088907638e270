"""The models of a bureau, kept in its vault, since their frequencies hold names."""

from __future__ import annotations

from typing import Final

from bureau.identity.model import Model, default_model
from bureau.vault import Vault

__all__ = ["EXPECTED", "current_model", "keep_model", "kept_models", "key_salt"]

_OWNER: Final = 1
EXPECTED: Final = 100_000
"""Records for which a bureau without a model of its own is prepared: a fixed number, so that what is
joined does not depend on how many came first."""


def current_model(vault: Vault) -> Model:
    """The model that was kept last; the default one if none was."""
    kept = list(kept_models(vault))
    return kept[-1] if kept else default_model(EXPECTED)


def kept_models(vault: Vault) -> list[Model]:
    """Every model that was kept, the oldest first."""
    return [Model.from_json(entry.content.decode()) for entry in vault.open("model", [_OWNER])]


def keep_model(vault: Vault, model: Model) -> None:
    """Keep a model; from now on it is the current one."""
    number = len(kept_models(vault)) + 1
    vault.seal("model", [(_OWNER, number, "model", model.to_json().encode())])


def key_salt(vault: Vault) -> str:
    """What makes the candidate keys of this bureau its own (:func:`bureau.identity.blocking.record_tokens`)."""
    return vault.named_key("candidate keys").hex()
