"""Which pairs of records are compared at all: those that share a key that few share.

A key is a 64-bit number made of what a record tells: its national number, its telephone with the first letter of
the name, and so on. Two records with a key in common are a candidate pair, unless more records share the key than
a limit allows: such a key (a default telephone, a number of nines, the commonest name) says nothing, and a pair
that deserves it has other keys. So no key becomes a hub, and the pairs grow with the records alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from bureau.quoting import literal, quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["KEYS", "NEIGHBOURS", "candidate_pairs", "is_chain", "key_tokens", "limit_of", "record_tokens"]

_BORN: Final = (
    "left(born, 4) || least(substr(born, 5, 2), right(born, 2)) || greatest(substr(born, 5, 2), right(born, 2))"
)
"""A birth date whichever of day and month was written first."""
_NAMES: Final = "CASE WHEN given_root < surname THEN given_root || ' ' || surname ELSE surname || ' ' || given_root END"
"""Both names whichever was written first."""

_START: Final = "CASE WHEN length(number) = 18 THEN left(number, 14) WHEN length(number) > 5 THEN left(number, 5) END"
"""Of a resident number the place and the birth date, of others the first five."""

_HOME: Final = "left(street, 6) || '/' || coalesce(house, '')"

KEYS: Final = {
    "number": "number",
    "email": "email",
    "phone-name": "phone || '/' || left(given_root, 1)",
    "phone-born": "phone || '/' || born",
    "born-given": f"{_BORN} || '/' || left(given_root, 3)",
    "born-surname": f"{_BORN} || '/' || left(surname, 3)",
    "names-year": f"({_NAMES}) || '/' || left(born, 4)",
    "names-day": f"({_NAMES}) || '/' || right(born, 4)",
    "names-postcode": f"({_NAMES}) || '/' || postcode",
    "names-street": f"({_NAMES}) || '/' || left(street, 5)",
    "street-given": "left(street, 6) || '/' || coalesce(house, postcode) || '/' || left(given_root, 3)",
    "surname-postcode": "left(surname, 4) || '/' || postcode || '/' || left(born, 4)",
    "surname-initial": "left(surname, 4) || '/' || postcode || '/' || left(given_root, 1)",
    "home-surname": f"{_HOME} || '/' || left(surname, 4)",
    "number-start": f"({_START}) || '/' || left(given_root, 2)",
    "number-end": "right(number, 5) || '/' || left(surname, 3)",
    "born-postcode": "born || '/' || postcode",
    "chain-number": "number || '/' || born",
    "chain-names": f"({_NAMES}) || '/' || born",
}
"""Name of a key to its SQL over standard columns; null where the record does not tell enough.

``born-given`` and ``born-surname`` are one kind of key: a first name written as a surname finds itself there."""

_SPACES: Final = {"born-surname": "born-given"}
_NARROW: Final = frozenset(("home-surname",))
"""Keys that a whole family shares: worth comparing only where very few share one. Their tokens are odd."""
_NARROW_LIMIT: Final = 6

_CHAINS: Final = frozenset(("chain-number", "chain-names"))
"""Keys that one person alone should have: however many share one, each is compared with its neighbours among them.

So the fortieth account of somebody is still compared with another of hers, where every key of hers is crowded.
Their tokens leave 2 when divided by 4."""

NEIGHBOURS: Final = 2
"""With how many others of a chain a record is compared."""


def is_chain(token: int) -> bool:
    """Whether a token is of a key whose records are compared with their neighbours, whatever their number."""
    return token % 4 == _CHAIN


_CHAIN: Final = 2


def _kind(name: str) -> int:
    """What the token of a key leaves when divided by 4."""
    return 1 if name in _NARROW else _CHAIN if name in _CHAINS else 0


def limit_of(token: int, key_limit: int) -> int:
    """Records that may share a token, given the limit of keys.

    Examples
    --------
    >>> limit_of(12, 24), limit_of(13, 24), limit_of(13, 4)
    (24, 6, 4)
    """
    return min(key_limit, _NARROW_LIMIT) if token % 2 else key_limit


_ONCE: Final = " AND left(surname, 3) IS DISTINCT FROM left(given_root, 3)"


def key_tokens(connection: DuckDBPyConnection, standard: str, into: str, *, salt: str = "") -> None:
    """The keys of records.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the tables are.
    standard : str
        Table with ``record`` and the standard columns.
    into : str
        Table to make: ``token`` and ``record`` (BIGINT), without repetitions.
    salt : str
        Put before every key, so that tokens kept elsewhere say nothing to who does not know it.
    """
    connection.execute(
        f"CREATE OR REPLACE TABLE {quoted(into)} AS "
        + " UNION ALL ".join(
            f"SELECT (md5_number_lower({literal(salt + _SPACES.get(name, name) + ':')} || {sql}) >> 3 << 2)::BIGINT "
            f"+ {_kind(name)} AS token, record FROM {quoted(standard)} "
            # A token stands once for a record: the two names with a birth date are one kind of key.
            f"WHERE {sql} IS NOT NULL{_ONCE if name in _SPACES else ''}"
            for name, sql in KEYS.items()
        )
    )


def record_tokens(record: Mapping[str, Any], *, salt: str = "") -> list[int]:
    """The keys of one standard record, as :func:`key_tokens` makes them."""
    tokens = set()
    for (start, kind), key in zip(_WRITTEN, _texts(record), strict=True):
        if key is not None:
            text = f"{salt}{start}{key}".encode()
            digest = int.from_bytes(hashlib.md5(text, usedforsecurity=False).digest()[8:], "little")
            tokens.add((digest >> 3 << 2) + kind)
    return sorted(tokens)


_WRITTEN: Final = tuple((f"{_SPACES.get(name, name)}:", _kind(name)) for name in KEYS)
"""What stands before a key, and what its token leaves when divided by 4."""


def _texts(record: Mapping[str, Any]) -> tuple[str | None, ...]:
    """The keys of a record before they become numbers, in the order of :data:`KEYS`."""
    number, email, phone, born = record["number"], record["email"], record["phone"], record["born"]
    root, surname, house, street = record["given_root"], record["surname"], record["house"], record["street"]
    postcode = record["postcode"]
    day = None if born is None else born[:4] + min(born[4:6], born[6:]) + max(born[4:6], born[6:])
    start = None if number is None or len(number) < 6 else number[: 14 if len(number) == 18 else 5]
    names = None if root is None or surname is None else f"{min(root, surname)} {max(root, surname)}"

    def joined(*parts: str | None) -> str | None:
        return None if None in parts else "/".join(cast("tuple[str, ...]", parts))

    def first(text: str | None, count: int) -> str | None:
        return None if text is None else text[:count]

    return (
        number,
        email,
        joined(phone, first(root, 1)),
        joined(phone, born),
        joined(day, first(root, 3)),
        joined(day, first(surname, 3)),
        joined(names, first(born, 4)),
        joined(names, None if born is None else born[4:]),
        joined(names, postcode),
        joined(names, first(street, 5)),
        joined(first(street, 6), house or postcode, first(root, 3)),
        joined(first(surname, 4), postcode, first(born, 4)),
        joined(first(surname, 4), postcode, first(root, 1)),
        joined(first(street, 6), house or "", first(surname, 4)),
        joined(start, first(root, 2)),
        joined(None if number is None else number[-5:], first(surname, 3)),
        joined(born, postcode),
        joined(number, born),
        joined(names, born),
    )


def candidate_pairs(
    connection: DuckDBPyConnection,
    tokens: str,
    into: str,
    *,
    key_limit: int,
    pairs_per_record: float,
    new: str | None = None,
) -> int:
    """The candidate pairs of records that share a key.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the tables are.
    tokens : str
        Table with ``token`` and ``record`` (:func:`key_tokens`).
    into : str
        Table to make: ``left_record`` < ``right_record``, without repetitions.
    key_limit : int
        Records that may share a key.
    pairs_per_record : float
        Pairs a record at most; where there would be more, the limit of the keys is lowered until there are not.
    new : str, optional
        Table with ``token`` and ``record`` of new records, which ``tokens`` holds as well: then only pairs with at
        least one of them are made. A new record is ``left_record``, unless both are new.

    Returns
    -------
    int
        The limit of the keys in the end.
    """
    (records,) = connection.execute(f"SELECT count(DISTINCT record) FROM {quoted(new or tokens)}").fetchone() or (0,)
    limit = key_limit
    while True:
        if new is None:
            one, ordered = f"{quoted(tokens)}", "one.record < two.record"
            pair = "one.record AS left_record, two.record AS right_record"
        else:
            one = quoted(new)
            fresh = f"two.record IN (SELECT record FROM {quoted(new)})"
            ordered = f"one.record <> two.record AND (one.record < two.record OR NOT {fresh})"
            pair = "one.record AS left_record, two.record AS right_record"
        connection.execute(
            f"CREATE OR REPLACE TABLE {quoted(into)} AS "
            f"WITH fit AS (SELECT token FROM {quoted(tokens)} WHERE token % 4 <> {_CHAIN} GROUP BY token "
            f"HAVING count(*) BETWEEN 2 AND CASE WHEN token % 2 = 1 THEN {limit_of(1, limit)} ELSE {limit} END), "
            f"fitting AS (SELECT tokens.token, tokens.record FROM {quoted(tokens)} AS tokens "
            f"SEMI JOIN fit ON fit.token = tokens.token) "
            f"SELECT {pair} FROM {'fitting' if new is None else one} AS one "
            f"JOIN fitting AS two ON one.token = two.token AND {ordered} UNION {_chained(tokens, new)}"
        )
        (pairs,) = connection.execute(f"SELECT count(*) FROM {quoted(into)}").fetchone() or (0,)
        if pairs <= pairs_per_record * records or limit <= _LEAST_LIMIT:
            return limit
        limit = max(_LEAST_LIMIT, limit * 3 // 4)


def _chained(tokens: str, new: str | None) -> str:
    """A query for the pairs of neighbours in the chains, by the numbers of the records."""
    others = ", ".join(f"lead(record, {place}) OVER chain" for place in range(1, NEIGHBOURS + 1))
    fresh = "" if new is None else f"SELECT record FROM {quoted(new)}"
    some = "" if new is None else f" AND (record IN ({fresh}) OR other IN ({fresh}))"
    # A new record is the left one, unless both are new.
    swap = "false" if new is None else f"record NOT IN ({fresh})"
    return (
        f"SELECT CASE WHEN {swap} THEN other ELSE record END, CASE WHEN {swap} THEN record ELSE other END FROM ("
        f"SELECT record, unnest([{others}]) AS other "
        f"FROM {quoted(tokens)} WHERE token % 4 = {_CHAIN} WINDOW chain AS (PARTITION BY token ORDER BY record)) "
        f"WHERE other IS NOT NULL AND record <> other{some}"
    )


_LEAST_LIMIT: Final = 4
