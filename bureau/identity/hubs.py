"""Telephone numbers, e-mail addresses and national numbers that so many share that they say nothing of anybody.

A company's switchboard, ``customer@shop.example``, a number printed on a specimen: what many differently named people
are told to have is taken as not told. Models keep digests of such values, never the values.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from bureau.quoting import quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["HUB_COLUMNS", "drop_hubs", "find_hubs", "hub_digest", "without_hubs"]

HUB_COLUMNS: Final = ("number", "phone", "email")

_PEOPLE: Final = 16
"""Differently named people from which a value is a hub: more than any family and its misspellings."""


def find_hubs(connection: DuckDBPyConnection, standard: str) -> dict[str, tuple[int, ...]]:
    """The hubs of a table of standard records.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the table is.
    standard : str
        Table with the standard columns.

    Returns
    -------
    dict of str to tuple of int
        Column of :data:`HUB_COLUMNS` to the digests of its hubs, in order.
    """
    hubs = {}
    for column in HUB_COLUMNS:
        rows = connection.execute(
            f"WITH often AS (SELECT {column} FROM {quoted(standard)} WHERE {column} IS NOT NULL GROUP BY {column} "
            f"HAVING count(*) > {_PEOPLE}) SELECT (md5_number_lower({column}) >> 1)::BIGINT AS hub "
            f"FROM {quoted(standard)} SEMI JOIN often USING ({column}) GROUP BY {column} "
            f"HAVING count(DISTINCT coalesce(left(surname, 3), '') || '/' || coalesce(left(given_root, 2), '')) "
            f"> {_PEOPLE} ORDER BY hub"
        ).fetchall()
        hubs[column] = tuple(hub for (hub,) in rows)
    return hubs


def drop_hubs(connection: DuckDBPyConnection, hubs: Mapping[str, tuple[int, ...]], standard: str) -> None:
    """Take hubs out of a table of standard records, in place.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the table is.
    hubs : mapping
        Of :func:`find_hubs`, or of a model.
    standard : str
        Table with the standard columns.
    """
    for column in HUB_COLUMNS:
        if hubs.get(column):
            also = ", number_good = false" if column == "number" else ""
            connection.execute(
                f"UPDATE {quoted(standard)} SET {column} = NULL{also} "
                f"WHERE (md5_number_lower({column}) >> 1)::BIGINT IN (SELECT unnest(?::BIGINT[]))",
                [list(hubs[column])],
            )


def without_hubs(record: Mapping[str, Any], hubs: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
    """One standard record without hubs, as :func:`drop_hubs` leaves it.

    Examples
    --------
    >>> record = {"number": None, "number_good": False, "phone": "8005550100", "email": None}
    >>> without_hubs(record, {"phone": (hub_digest("8005550100"),)})["phone"] is None
    True
    """
    found = dict(record)
    for column in HUB_COLUMNS:
        if found[column] is not None and hub_digest(found[column]) in hubs.get(column, ()):
            found[column] = None
            if column == "number":
                found["number_good"] = False
    return found


def hub_digest(text: str) -> int:
    """The digest under which a model knows a hub."""
    return int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest()[8:], "little") >> 1
