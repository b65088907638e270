"""References of people who were erased: recognised when they are delivered again, and readable no more.

A furnisher's own reference can tell of a person: the number of a court's case, of an account. In
place of it the registry keeps a keyed token of it (:mod:`bureau.tokens`). What is delivered under it
later goes to the same identifiers, and tells of nobody.
"""

from __future__ import annotations

from typing import Final

import duckdb

from bureau.quoting import literal
from bureau.tokens import token_sql

__all__ = [
    "REGISTRIES",
    "Reference",
    "erased_sql",
    "hide",
    "hide_erased",
    "is_erased",
    "is_erased_sql",
    "knows_erased",
]

_MARK: Final = "erased:"

Reference = tuple[str, str, str]
"""The registry (``consumer``, ``tradeline_reference``), the space, and the furnisher's own reference."""

REGISTRIES: Final = {
    "consumer_id": ("consumer", "consumer_ref"),
    "tradeline_id": ("tradeline_reference", "tradeline_ref"),
}
"""Identifier to the table that allots it and the column with the furnisher's own reference."""


def erased_sql(space: str, reference: str) -> str:
    """SQL for what stands in the place of a reference; the connection knows the function ``token``.

    Parameters
    ----------
    space, reference : str
        SQL for the space and for the reference.
    """
    return f"'{_MARK}' || {token_sql('erased', f'{space} || chr(31) || {reference}')}"


def is_erased(reference: str) -> bool:
    """Whether a reference was erased.

    Examples
    --------
    >>> is_erased("erased:9002"), is_erased("A-1")
    (True, False)
    """
    return reference.startswith(_MARK)


def is_erased_sql(reference: str) -> str:
    """SQL for whether a reference was erased."""
    return f"starts_with({reference}, '{_MARK}')"


def knows_erased(connection: duckdb.DuckDBPyConnection, registry: str, column: str, space: str) -> bool:
    """Whether a space has erased references: most have none, and nothing has to be looked up."""
    return bool(
        connection.execute(
            f"SELECT 1 FROM {registry} WHERE reference_space = ? AND {is_erased_sql(column)} LIMIT 1", [space]
        ).fetchall()
    )


def hide_erased(connection: duckdb.DuckDBPyConnection, delivery_no: int) -> None:
    """Replace the references inside of what a delivery tells about erased people: of a case, of an application.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The write transaction of the history, with the delivery's facts.
    delivery_no : int
        The delivery.
    """
    for fact, column, identifier in (
        ("public_record", "case_number", "tradeline_id"),
        ("inquiry", "inquiry_ref", "consumer_id"),
    ):
        registry, reference = REGISTRIES[identifier]
        gone = f"SELECT {identifier} FROM {registry} WHERE {is_erased_sql(reference)}"
        if connection.execute(f"{gone} LIMIT 1").fetchall():
            hide(connection, fact, column, f"delivery_no = {delivery_no} AND {identifier} IN ({gone})")


def hide(connection: duckdb.DuckDBPyConnection, fact: str, column: str, where: str) -> None:
    """Replace a reference inside of facts.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The write transaction of the history; it knows the function ``token``.
    fact, column : str
        The fact and its column.
    where : str
        SQL for which of them.
    """
    connection.execute(
        f"UPDATE {fact} SET {column} = {erased_sql(literal(fact), column)} "
        f"WHERE {where} AND NOT {is_erased_sql(column)}"
    )
