"""References of people who were erased: recognised when they are delivered again, and readable no more.

A furnisher's own reference can tell of a person: the number of a court's case, of an account. In
place of it the registry keeps a keyed token of it (:mod:`bureau.tokens`). What is delivered under it
later goes to the same identifiers, and tells of nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import duckdb
import pyarrow as pa

from bureau.contracts import Contract, Format
from bureau.engine import connected_beside
from bureau.formats.fields import fields_of
from bureau.quoting import literal
from bureau.tokens import define_tokens, token_sql

__all__ = [
    "REGISTRIES",
    "Reference",
    "erased_sql",
    "hide",
    "hide_erased",
    "is_erased_sql",
    "knows_erased",
    "lines_of_erased",
    "referred",
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


def referred(
    connection: duckdb.DuckDBPyConnection,
    key: bytes,
    contract: Contract,
    form: Format,
    furnisher: str,
    columns: Sequence[str],
    records: Mapping[int, str],
) -> dict[int, set[Reference]]:
    """To whom and what records refer, as far as they can be taken apart.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A connection of the history, for the limits of memory; nothing is done in it.
    key : bytes
        The key of the tokens.
    contract : Contract
        Their contract.
    form : {'csv', 'jsonl', 'parquet', 'metro2', 'fields'}
        The format they came in.
    furnisher : str
        Who sent them.
    columns : sequence of str
        The columns of their file.
    records : mapping of int to str
        A number of each to how it came.
    """
    rows = []
    for number, record in records.items():
        fields = fields_of(record, form, contract, columns)
        rows.append({"number": number} | {column.name: _text(fields.get(column.name)) for column in contract.columns})
    found: dict[int, set[Reference]] = {number: set() for number in records}
    schema = pa.schema([("number", pa.int64()), *((column.name, pa.string()) for column in contract.columns)])
    with connected_beside(connection) as work:
        define_tokens(work, key)
        work.register("given", pa.Table.from_pylist(rows, schema=schema))
        for identifier, reference in _references(contract):
            registry, _ = REGISTRIES[identifier]
            space = contract.consumer_space if identifier == "consumer_id" else contract.tradeline_space
            for number, told in _evaluated(work, reference):
                found[number].add((registry, space or furnisher, told))
    return found


def lines_of_erased(
    connection: duckdb.DuckDBPyConnection,
    key: bytes,
    contract: Contract,
    furnisher: str,
    columns: Sequence[str],
) -> set[int]:
    """Lines set aside that refer to somebody who was erased: their records are not kept.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The write transaction of the history, with the temporary tables ``set_aside(line_no, rule)``
        and ``bad_record(line_no, record)``.
    key : bytes
        The key of the tokens.
    contract : Contract
        The contract of the delivery.
    furnisher : str
        Who sent it.
    columns : sequence of str
        The columns of its file.
    """
    spaces = {
        "consumer": contract.consumer_space or furnisher,
        "tradeline_reference": contract.tradeline_space or furnisher,
    }
    if not any(knows_erased(connection, name, column, spaces[name]) for name, column in REGISTRIES.values()):
        return set()
    records = dict(
        connection.execute(
            "SELECT line_no, any_value(record) FROM bad_record SEMI JOIN set_aside USING (line_no) GROUP BY line_no"
        ).fetchall()
    )
    told = referred(connection, key, contract, contract.format, furnisher, columns, records)
    asked = [(line, *reference) for line, references in told.items() for reference in references]
    return {line for line, registry, space, ref in asked if _is_erased(connection, registry, space, ref)}


def _is_erased(connection: duckdb.DuckDBPyConnection, registry: str, space: str, reference: str) -> bool:
    column = dict(REGISTRIES.values())[registry]
    return bool(
        connection.execute(
            f"SELECT 1 FROM {registry} WHERE reference_space = $space "
            f"AND {column} = {erased_sql('$space', '$reference')}",
            {"space": space, "reference": reference},
        ).fetchall()
    )


def _references(contract: Contract) -> Iterable[tuple[str, str]]:
    """Every identifier of a contract's facts with the SQL for the furnisher's own reference."""
    return dict.fromkeys(
        (identifier, mapping.columns[identifier])
        for mapping in contract.facts
        for identifier in REGISTRIES
        if identifier in mapping.columns
    )


def _evaluated(work: duckdb.DuckDBPyConnection, reference: str) -> list[tuple[int, str]]:
    try:
        return work.execute(
            f"FROM (SELECT number, ({reference})::VARCHAR AS told FROM given) WHERE told IS NOT NULL"
        ).fetchall()
    except duckdb.Error:
        return []  # it stands in a part of the record that has no columns of its own


def _text(value: Any) -> str | None:
    return None if value is None or isinstance(value, list | dict) else str(value)
