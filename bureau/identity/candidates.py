"""Whom a new telling is compared with: the references found in the blind index under its candidate keys.

What was told before in the very same words is found by a token of all of it, and is compared with that
one alone: so an account more of somebody who has thirty does not crowd the keys. A telephone, an e-mail
address or a number of many people is a hub, and says nothing.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa

from bureau.identity.blocking import NEIGHBOURS, is_chain, limit_of, record_tokens
from bureau.identity.hubs import without_hubs
from bureau.identity.model import Model
from bureau.identity.models import key_salt
from bureau.identity.new_hubs import meet_hubs, who_had
from bureau.identity.owners import add_and_look_up
from bureau.identity.standard import standard_record
from bureau.identity.told import standard_tellings
from bureau.tokens import token
from bureau.vault import Vault

__all__ = ["Candidates", "compare_anew", "content_token", "find_candidates"]

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
    crossed : set of int
        Tokens of the values that have become hubs (:func:`bureau.identity.new_hubs.meet_hubs`).
    records : dict
        Reference and token of a telling to its standard form: of the first tellings, as many as fit in memory.
    """

    model: Model
    pairs: set[tuple[int, int]] = field(default_factory=set)
    crossed: set[int] = field(default_factory=set)
    records: dict[tuple[int, int], Mapping[str, Any]] = field(default_factory=dict)


def content_token(record: Mapping[str, Any], key: bytes) -> int:
    """The token of all that a standard record tells (:func:`bureau.identity.standard.standard_record`)."""
    return token(key, "content", json.dumps(record, sort_keys=True, ensure_ascii=False))


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
        rows = batch.to_pylist()
        tellings = [(row["node"], standard_record(row)) for row in rows]
        if not found.records:
            found.records = {
                (row["node"], row["told_as"]): record for row, (_, record) in zip(rows, tellings, strict=True)
            }
        _look_up(vault, found, tellings, delivery_no)
    return found


def _look_up(
    vault: Vault, found: Candidates, tellings: Iterable[tuple[int, Mapping[str, Any]]], delivery_no: int
) -> None:
    key, salt = vault.named_key("tokens"), key_salt(vault)
    contents = [(content_token(record, key), node, record) for node, record in tellings]
    same = add_and_look_up(vault, ((content, node) for content, node, _ in contents), limit=1, delivery_no=delivery_no)
    first = []
    for content, node, record in contents:
        oldest = same[content][0]
        if node == oldest:
            first.append((node, record))
        else:
            found.pairs.add((min(node, oldest), max(node, oldest)))
    found.model, crossed = meet_hubs(vault, found.model, first, delivery_no)
    found.crossed |= crossed
    for pairs in _by_kind(found.model, first, salt):
        limit = _asked(found.model, pairs[0][0])
        _compare_sharing(found, pairs, add_and_look_up(vault, pairs, limit=limit, delivery_no=delivery_no))


def _by_kind(model: Model, told: Iterable[tuple[int, Mapping[str, Any]]], salt: str) -> list[list[tuple[int, int]]]:
    """The keys of standard records with their references, those apart of which another number of owners is asked."""
    kinds: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for node, record in told:
        for each in record_tokens(without_hubs(record, model.hubs), salt=salt):
            kinds[each % 4].append((each, node))
    return list(kinds.values())


def compare_anew(vault: Vault, found: Candidates) -> list[int]:
    """Add the pairs of those who were told with a value that has become a hub, as if they were told now without it.

    Parameters
    ----------
    vault : Vault
        The vault.
    found : Candidates
        What was found; its pairs become more.

    Returns
    -------
    list of int
        These references, in order.
    """
    nodes = who_had(vault, found.crossed) if found.crossed else []
    for pairs in _by_kind(found.model, standard_tellings(vault, nodes), key_salt(vault)):
        limit = _asked(found.model, pairs[0][0])
        owners = vault.index.lookup("consumer", {each for each, _ in pairs}, limit=limit).numbers
        _compare_sharing(found, [(each, node) for each, node in pairs if each in owners], owners)
    return nodes


def _asked(model: Model, token: int) -> int:
    """How many owners of a key have to be known to say whom it makes a pair with."""
    return NEIGHBOURS if is_chain(token) else limit_of(token, model.key_limit) + 1


def _compare_sharing(
    found: Candidates, pairs: Iterable[tuple[int, int]], owners_of: Mapping[int, Sequence[int]]
) -> None:
    for each, node in pairs:
        owners = owners_of[each]
        if len(owners) == 1 and owners[0] == node:
            continue
        if not is_chain(each) and len(owners) > limit_of(each, found.model.key_limit):
            continue
        for other in owners:
            if other < node:
                found.pairs.add((other, node))
            elif other > node:
                found.pairs.add((node, other))
