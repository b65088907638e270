"""Telephones, e-mail addresses, national numbers and homes that so many share that they say nothing of anybody.

A company's switchboard, ``customer@shop.example``, a number printed on a specimen: what many differently named people
are told to have is taken as not told. Models keep digests of such values, never the values.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from bureau.quoting import quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["HUBS", "PEOPLE", "drop_hubs", "find_hubs", "hub_digest", "hub_value", "is_hub", "name_of", "without_hubs"]

HUBS: Final = {
    "number": "number",
    "phone": "phone",
    "email": "email",
    "home": "coalesce(house, '') || '/' || street || '/' || coalesce(postcode, city, '')",
}
"""What can be a hub: its name to the SQL for its value over standard columns."""

_TAKEN_OUT: Final[Mapping[str, dict[str, Any]]] = {
    "number": {"number": None, "number_good": False},
    "phone": {"phone": None},
    "email": {"email": None},
    "home": {"house": None, "street": None},
}
"""What is left of the columns where the value is a hub."""

PEOPLE: Final = 16
"""Differently named people from which a value is a hub: more than any family and its misspellings."""

_NAME: Final = "coalesce(left(surname, 3), '') || '/' || coalesce(left(given_root, 2), '')"


def hub_value(record: Mapping[str, Any], name: str) -> str | None:
    """The value of one standard record that may be a hub, as :data:`HUBS` has it in SQL."""
    if name != "home":
        value: str | None = record[name]
        return value
    if record["street"] is None:
        return None
    return f"{record['house'] or ''}/{record['street']}/{record['postcode'] or record['city'] or ''}"


def name_of(record: Mapping[str, Any]) -> str:
    """What tells differently named people apart: the beginnings of both names."""
    return f"{(record['surname'] or '')[:3]}/{(record['given_root'] or '')[:2]}"


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
        Name of :data:`HUBS` to the digests of its hubs, in order.
    """
    hubs = {}
    for name, value in HUBS.items():
        rows = connection.execute(
            f"WITH valued AS (SELECT {value} AS value, {_NAME} AS name FROM {quoted(standard)}), "
            f"often AS (SELECT value FROM valued WHERE value IS NOT NULL GROUP BY value HAVING count(*) > {PEOPLE}) "
            f"SELECT (md5_number_lower(value) >> 1)::BIGINT AS hub FROM valued SEMI JOIN often USING (value) "
            f"GROUP BY value HAVING count(DISTINCT name) > {PEOPLE} ORDER BY hub"
        ).fetchall()
        hubs[name] = tuple(hub for (hub,) in rows)
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
    for name, value in HUBS.items():
        if hubs.get(name):
            taken_out = ", ".join(
                f"{column} = {'NULL' if left is None else left}" for column, left in _TAKEN_OUT[name].items()
            )
            connection.execute(
                f"UPDATE {quoted(standard)} SET {taken_out} "
                f"WHERE (md5_number_lower({value}) >> 1)::BIGINT IN (SELECT unnest(?::BIGINT[]))",
                [list(hubs[name])],
            )


def without_hubs(record: Mapping[str, Any], hubs: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
    """One standard record without hubs, as :func:`drop_hubs` leaves it.

    Examples
    --------
    >>> record = {"number": None, "phone": "8005550100", "email": None, "house": None, "street": None}
    >>> without_hubs(record, {"phone": (hub_digest("8005550100"),)})["phone"] is None
    True
    """
    found = dict(record)
    for name in HUBS:
        value = hub_value(record, name) if hubs.get(name) else None
        if value is not None and is_hub(hubs, name, value):
            found |= _TAKEN_OUT[name]
    return found


def is_hub(hubs: Mapping[str, tuple[int, ...]], name: str, value: str) -> bool:
    """Whether a value (:func:`hub_value`) is among hubs, whose digests are in order."""
    digests = hubs.get(name, ())
    digest = hub_digest(value) if digests else 0
    at = bisect_left(digests, digest)
    return at < len(digests) and digests[at] == digest


def hub_digest(text: str) -> int:
    """The digest under which a model knows a hub."""
    return int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest()[8:], "little") >> 1
