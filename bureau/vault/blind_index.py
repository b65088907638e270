"""The blind index: who has a value, found by a keyed token of the value.

A token is the keyed BLAKE2b digest (RFC 7693) of a field's name and a value, 64 bits of it. Who
holds the vault without its key store learns from it which owners share a value, and no value.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bureau.store import Store, batches
from bureau.vault import deliveries
from bureau.vault.tables import VAULT, kind_code

__all__ = ["BlindIndex", "Matches"]

_BATCH: Final = 200_000
_LOOKED_UP: Final = 5_000
_MOST: Final = 2**63 - 1


@dataclass(frozen=True)
class Matches:
    """Whose tokens were found.

    Parameters
    ----------
    numbers : mapping of int to sequence of int
        A token to the numbers of its owners, ascending; a token of nobody is not among them.
    crowded : frozenset of int
        Tokens of more owners than were asked for; their numbers are the smallest ones alone.
    """

    numbers: Mapping[int, Sequence[int]]
    crowded: frozenset[int]


class BlindIndex:
    """Tokens and their owners.

    Parameters
    ----------
    store : Store
        The vault's database.
    key : bytes
        The key of the tokens.
    """

    def __init__(self, store: Store, key: bytes) -> None:
        self._store = store
        self._key = key
        # The last number that is still told of each token: so a token of thousands costs no more than others.
        last = (
            "(SELECT last.number FROM blind_index AS last WHERE last.token = asked.member AND last.kind = :kind "
            "ORDER BY last.number LIMIT 1 OFFSET :limit)"
        )
        self._lookup = (
            "SELECT found.token, found.number FROM "
            f"(SELECT asked.member AS token, coalesce({last}, {_MOST}) AS last "
            f"FROM {store.members('tokens')} AS asked) AS asked "
            "JOIN blind_index AS found ON found.token = asked.token AND found.kind = :kind "
            "AND found.number <= asked.last ORDER BY found.token, found.number"
        )

    def __repr__(self) -> str:
        return "BlindIndex(***)"

    def tokens(self, field: str, values: Iterable[str]) -> list[int]:
        """The tokens of a field's values, which the caller has brought into one form; 64-bit signed numbers.

        Parameters
        ----------
        field : str
            What the values are, for example ``"phone"``: equal values of different fields have different tokens.
        values : iterable of str
            Not missing; any text, whatever its length.
        """
        begun = hashlib.blake2b(field.encode() + b"\0", key=self._key, digest_size=8)
        copy, number = begun.copy, int.from_bytes
        found = []
        for value in values:
            digest = copy()
            digest.update(value.encode("utf-8", "surrogatepass"))
            found.append(number(digest.digest(), "big", signed=True))
        return found

    def add(self, kind: str, pairs: Iterable[tuple[int, int]], *, delivery_no: int = 0) -> None:
        """Add pairs of token and number; what is there already stays as it is.

        Parameters
        ----------
        kind : str
            Kind of the owners.
        pairs : iterable of (int, int)
            Token, and number of its owner.
        delivery_no : int
            The delivery they come from, for :meth:`bureau.vault.Vault.discard`.
        """
        code = kind_code(kind)
        with self._store.write():
            deliveries.note(self._store, delivery_no)
            for batch in batches(pairs, _BATCH):
                batch.sort()  # in the order of the index each of its pages is written once
                self._store.insert(
                    VAULT.tables["blind_index"], [(token, code, number, delivery_no) for token, number in batch]
                )

    def remove(self, kind: str, pairs: Iterable[tuple[int, int]]) -> None:
        """Remove pairs of token and number; what is not there is passed over."""
        code = kind_code(kind)
        with self._store.write():
            for token, number in pairs:
                self._store.rows(
                    "DELETE FROM blind_index WHERE token = :token AND kind = :kind AND number = :number",
                    token=token,
                    kind=code,
                    number=number,
                )

    def lookup(self, kind: str, tokens: Iterable[int], *, limit: int = 100) -> Matches:
        """Who has these tokens.

        Parameters
        ----------
        kind : str
            Kind of the owners.
        tokens : iterable of int
            As :meth:`tokens` gives them; ten or a million.
        limit : int
            How many owners of one token are told; a token of more is crowded, and costs no more.
        """
        code = kind_code(kind)
        numbers: dict[int, list[int]] = {}
        crowded = set()
        for batch in batches(dict.fromkeys(tokens), _LOOKED_UP):
            for token, number in self._store.rows(
                self._lookup, kind=code, limit=limit, tokens=self._store.whole(batch)
            ):
                owners = numbers.setdefault(token, [])
                if len(owners) < limit:
                    owners.append(number)
                else:
                    crowded.add(token)
        return Matches(numbers, frozenset(crowded))
