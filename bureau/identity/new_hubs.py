"""Values that become hubs (:mod:`bureau.identity.hubs`) as deliveries tell them of one name after the other.

Each value is indexed once for each name that it was told with: one person with forty accounts makes no hub. When a
delivery is the one in which too many names share a value, the value is kept as a hub, and those who were told with it
before are compared anew without it: so it does not matter which of them came first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from bureau.identity.hubs import HUBS, PEOPLE, hub_digest, hub_value, is_hub, name_of
from bureau.identity.model import Model
from bureau.identity.models import keep_hubs, with_hubs
from bureau.identity.owners import add_and_look_up
from bureau.identity.told import standard_tellings
from bureau.tokens import token
from bureau.vault import Vault

__all__ = ["meet_hubs", "value_tokens", "who_had"]

_EVERYBODY: Final = 2**40


def value_tokens(record: Mapping[str, Any], key: bytes) -> dict[str, int]:
    """Name of :data:`bureau.identity.hubs.HUBS` to the token of its value, where one is told.

    Parameters
    ----------
    record : mapping
        A standard record (:func:`bureau.identity.standard.standard_record`).
    key : bytes
        The vault's key of tokens.
    """
    return {name: _value_token(key, name, value) for name in HUBS if (value := hub_value(record, name)) is not None}


def _value_token(key: bytes, name: str, value: str) -> int:
    return token(key, f"value of {name}", value)


def _name_token(key: bytes, value: int, record: Mapping[str, Any]) -> int:
    return token(key, "value by name", f"{value}/{name_of(record)}")


def meet_hubs(
    vault: Vault, model: Model, told: Iterable[tuple[int, Mapping[str, Any]]], delivery_no: int
) -> tuple[Model, frozenset[int]]:
    """Index the values of standard records, and keep those that have become hubs by it.

    Parameters
    ----------
    vault : Vault
        The vault.
    model : Model
        The model, with the hubs that are known.
    told : iterable of (int, mapping)
        Reference and standard record.
    delivery_no : int
        The delivery that tells them.

    Returns
    -------
    tuple
        The model with the new hubs added to its own, and the tokens of their values.
    """
    key = vault.named_key("tokens")
    values: dict[int, tuple[str, str]] = {}
    named = []
    for node, record in told:
        for name in HUBS:
            value = hub_value(record, name)
            if value is not None and not is_hub(model.hubs, name, value):
                each = _value_token(key, name, value)
                values[each] = (name, value)
                named.append((_name_token(key, each, record), each, node))
    first = add_and_look_up(vault, ((by_name, node) for by_name, _, node in named), limit=1, delivery_no=delivery_no)
    pairs = {(each, node) for by_name, each, node in named if node == first[by_name][0]}
    vault.index.add("consumer", pairs, delivery_no=delivery_no)
    crowded = vault.index.lookup("consumer", values, limit=PEOPLE).crowded
    if not crowded:
        return model, frozenset()
    hubs: dict[str, set[int]] = {}
    for each in crowded:
        name, value = values[each]
        hubs.setdefault(name, set()).add(hub_digest(value))
    keep_hubs(vault, hubs, delivery_no=delivery_no)
    return with_hubs(model, hubs), crowded


def who_had(vault: Vault, values: Collection[int]) -> list[int]:
    """The references that were told with values, in order, but for those told in the very words of another.

    Parameters
    ----------
    vault : Vault
        The vault.
    values : collection of int
        Tokens of values (:func:`value_tokens`).
    """
    key = vault.named_key("tokens")
    first = vault.index.lookup("consumer", values, limit=_EVERYBODY).numbers
    by_name = {
        _name_token(key, each, record)
        for _, record in standard_tellings(vault, {node for nodes in first.values() for node in nodes})
        for each in value_tokens(record, key).values()
        if each in values
    }
    found = vault.index.lookup("consumer", by_name, limit=_EVERYBODY).numbers
    return sorted({node for nodes in found.values() for node in nodes})
