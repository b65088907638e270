"""Whom a new telling is compared with: the references found in the blind index under its candidate keys.

What was told before in the very same words is found by a token of all of it, and is compared with that
one alone: so an account more of somebody who has thirty does not crowd the keys. A telephone, an e-mail
address or a number of many people is a hub, and says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa

from bureau.identity.blocking import NEIGHBOURS, is_chain, limit_of, record_tokens
from bureau.identity.hubs import HUBS, hub_digest, hub_value, name_of, without_hubs
from bureau.identity.model import Model
from bureau.identity.models import key_salt
from bureau.identity.standard import standard_record
from bureau.tokens import token
from bureau.vault import Vault

__all__ = ["Candidates", "content_token", "find_candidates", "value_tokens", "with_hubs"]

_LOOKED_UP: Final = 50_000


@dataclass
class Candidates:
    """What was found.

    Parameters
    ----------
    pairs : set of (int, int)
        References to be compared, the smaller identifier first.
    model : Model
        The model, with the hubs that were met added to its own.
    """

    model: Model
    pairs: set[tuple[int, int]] = field(default_factory=set)


def content_token(record: Mapping[str, Any], key: bytes) -> int:
    """The token of all that a standard record tells (:func:`bureau.identity.standard.standard_record`)."""
    return token(key, "content", json.dumps(record, sort_keys=True, ensure_ascii=False))


def value_tokens(record: Mapping[str, Any], key: bytes) -> dict[str, int]:
    """Name of :data:`bureau.identity.hubs.HUBS` to the token of its value, where one is told."""
    return {
        name: token(key, f"value of {name}", value) for name in HUBS if (value := hub_value(record, name)) is not None
    }


def with_hubs(
    vault: Vault, model: Model, records: Iterable[tuple[int, Mapping[str, Any]]], delivery_no: int | None = None
) -> Model:
    """The model with the hubs among the values of some records added to its own.

    Parameters
    ----------
    vault : Vault
        The vault.
    model : Model
        The model.
    records : iterable of (int, mapping)
        Reference and standard record.
    delivery_no : int, optional
        The delivery that tells them: their values are indexed. At an inquiry nothing is.
    """
    key = vault.named_key("tokens")
    told = [(node, record, value_tokens(record, key)) for node, record in records]
    if delivery_no is not None:
        _index_values(vault, key, told, delivery_no)
    asked = {each for *_, values in told for each in values.values()}
    crowded = vault.index.lookup("consumer", asked, limit=model.key_limit).crowded
    if not crowded:
        return model
    hubs = {name: set(digests) for name, digests in model.hubs.items()}
    for _, record, values in told:
        for name, each in values.items():
            if each in crowded:
                hubs.setdefault(name, set()).add(hub_digest(hub_value(record, name) or ""))
    return model.but(hubs={name: tuple(sorted(digests)) for name, digests in sorted(hubs.items())})


def _index_values(
    vault: Vault, key: bytes, told: Iterable[tuple[int, Mapping[str, Any], Mapping[str, int]]], delivery_no: int
) -> None:
    """Index each value once for each name that it was told with: one person with forty accounts makes no hub."""
    named = {
        (token(key, "value by name", f"{each}/{name_of(record)}"), each, node)
        for node, record, values in told
        for each in values.values()
    }
    vault.index.add("consumer", {(by_name, node) for by_name, _, node in named}, delivery_no=delivery_no)
    first = vault.index.lookup("consumer", {by_name for by_name, *_ in named}, limit=1).numbers
    pairs = {(each, node) for by_name, each, node in named if node == first[by_name][0]}
    vault.index.add("consumer", pairs, delivery_no=delivery_no)


def find_candidates(vault: Vault, model: Model, told: pa.Table, delivery_no: int) -> Candidates:
    """The references that may be the same person as those of whom something is told anew; they are indexed.

    Parameters
    ----------
    vault : Vault
        The vault.
    model : Model
        Its limit of the keys holds.
    told : pyarrow.Table
        What is told (:data:`bureau.identity.told.TELLING`).
    delivery_no : int
        The delivery that tells it.
    """
    found = Candidates(model)
    for batch in told.to_batches(_LOOKED_UP):
        tellings = [(row["node"], standard_record(row)) for row in batch.to_pylist()]
        _look_up(vault, found, tellings, delivery_no)
    return found


def _look_up(
    vault: Vault, found: Candidates, tellings: Iterable[tuple[int, Mapping[str, Any]]], delivery_no: int
) -> None:
    key, salt, limit = vault.named_key("tokens"), key_salt(vault), found.model.key_limit
    contents = [(content_token(record, key), node, record) for node, record in tellings]
    vault.index.add("consumer", {(content, node) for content, node, _ in contents}, delivery_no=delivery_no)
    same = vault.index.lookup("consumer", {content for content, *_ in contents}, limit=1).numbers
    found.pairs |= {
        (min(node, same[content][0]), max(node, same[content][0]))
        for content, node, _ in contents
        if node != same[content][0]
    }
    first = [(node, record) for content, node, record in contents if node == same[content][0]]
    found.model = with_hubs(vault, found.model, first, delivery_no)
    keys = {
        (each, node)
        for node, record in first
        for each in record_tokens(without_hubs(record, found.model.hubs), salt=salt)
    }
    vault.index.add("consumer", keys, delivery_no=delivery_no)
    numbers = vault.index.lookup("consumer", {each for each, _ in keys}, limit=limit + 1).numbers
    for each, node in keys:
        owners = numbers[each]
        if is_chain(each):
            owners = owners[:NEIGHBOURS]
        elif len(owners) > limit_of(each, limit):
            continue
        found.pairs |= {(min(node, other), max(node, other)) for other in owners if other != node}
