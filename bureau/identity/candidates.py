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

from bureau.identity.blocking import limit_of, record_tokens
from bureau.identity.hubs import HUB_COLUMNS, hub_digest, without_hubs
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
    """Column of :data:`bureau.identity.hubs.HUB_COLUMNS` to the token of its value, where one is told."""
    return {column: token(key, f"value of {column}", record[column]) for column in HUB_COLUMNS if record[column]}


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
        pairs = {(each, node) for node, _, values in told for each in values.values()}
        vault.index.add("consumer", pairs, delivery_no=delivery_no)
    asked = {each for *_, values in told for each in values.values()}
    crowded = vault.index.lookup("consumer", asked, limit=model.key_limit).crowded
    if not crowded:
        return model
    hubs = {column: set(digests) for column, digests in model.hubs.items()}
    for _, record, values in told:
        for column, each in values.items():
            if each in crowded:
                hubs.setdefault(column, set()).add(hub_digest(record[column]))
    return model.but(hubs={column: tuple(sorted(digests)) for column, digests in sorted(hubs.items())})


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
        if len(numbers[each]) <= limit_of(each, limit):
            found.pairs |= {(min(node, other), max(node, other)) for other in numbers[each] if other != node}
