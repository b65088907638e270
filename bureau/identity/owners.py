"""The first owners of tokens that a delivery adds to the blind index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bureau.vault import Vault

__all__ = ["add_and_look_up"]


def add_and_look_up(
    vault: Vault, pairs: Iterable[tuple[int, int]], *, limit: int, delivery_no: int
) -> Mapping[int, Sequence[int]]:
    """Index references under tokens, and give the first owners of each token.

    Parameters
    ----------
    vault : Vault
        The vault.
    pairs : iterable of (int, int)
        Token and reference.
    limit : int
        How many owners of a token are told, those with the smallest identifiers.
    delivery_no : int
        The delivery that tells of them.

    Notes
    -----
    Most tokens of a delivery are new. So they are looked up before they are written: it gives little, and quickly.
    """
    owners: dict[int, list[int]] = {}
    for token, node in pairs:
        owners.setdefault(token, []).append(node)
    # In the order of the index, each of whose pages is then read once.
    known = vault.index.lookup("consumer", sorted(owners), limit=limit).numbers
    added = ((token, node) for token, nodes in owners.items() for node in nodes)
    vault.index.add("consumer", added, delivery_no=delivery_no)
    for token, nodes in owners.items():
        if len(nodes) > 1 or token in known:
            owners[token] = sorted({*nodes, *known.get(token, ())})[:limit]
    return owners
