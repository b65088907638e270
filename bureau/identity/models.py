"""The models of a bureau, kept in its vault, since their frequencies hold names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from bureau.identity.model import Model, default_model
from bureau.vault import Vault

__all__ = ["EXPECTED", "current_model", "keep_hubs", "keep_model", "kept_models", "key_salt", "with_hubs"]

_OWNER: Final = 1
_HUBS: Final = 2
EXPECTED: Final = 100_000
"""Records for which a bureau without a model of its own is prepared: a fixed number, so that what is
joined does not depend on how many came first."""


def current_model(vault: Vault) -> Model:
    """The model that was kept last, the default one if none was; with all hubs that were kept."""
    kept = list(kept_models(vault))
    hubs: dict[str, list[int]] = {}
    for entry in vault.open("model", [_HUBS]):
        hubs.setdefault(entry.content.decode(), []).append(entry.name)
    return with_hubs(kept[-1] if kept else default_model(EXPECTED), hubs)


def with_hubs(model: Model, hubs: Mapping[str, Iterable[int]]) -> Model:
    """The model with more hubs (:mod:`bureau.identity.hubs`): their name to the digests of the values."""
    if not hubs:
        return model
    names = sorted({*model.hubs, *hubs})
    return model.but(hubs={name: tuple(sorted({*model.hubs.get(name, ()), *hubs.get(name, ())})) for name in names})


def keep_hubs(vault: Vault, hubs: Mapping[str, Iterable[int]], *, delivery_no: int) -> None:
    """Keep hubs that a delivery has made, for every model from now on."""
    rows = ((_HUBS, digest, f"{name} hub", name.encode()) for name, digests in hubs.items() for digest in digests)
    vault.seal("model", rows, delivery_no=delivery_no)


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
