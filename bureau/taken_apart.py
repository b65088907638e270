"""Records that were set aside, taken apart by their contract: to whom they refer, and what they tell of persons.

Nothing in them can be relied on, so all their values stay texts, and what cannot be read is not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from bureau.contracts import Column, Contract, Format
from bureau.engine import connected_beside
from bureau.erased import REGISTRIES, Reference, erased_sql, knows_erased
from bureau.formats.fields import fields_of
from bureau.tokens import define_tokens

__all__ = ["TakenApart", "lines_of_erased", "taken_apart"]


@dataclass(frozen=True)
class TakenApart:
    """Records as a table; made by :func:`taken_apart`, and good as long as its block.

    Parameters
    ----------
    work : duckdb.DuckDBPyConnection
        A database of their own, with the records in ``good``, under the columns of the contract.
    contract : Contract
        Their contract.
    furnisher : str
        Who sent them.
    numbers : tuple of int
        The number of each.
    """

    work: duckdb.DuckDBPyConnection
    contract: Contract
    furnisher: str
    numbers: tuple[int, ...]

    def references(self) -> dict[int, set[Reference]]:
        """To whom and what each record refers."""
        found: dict[int, set[Reference]] = {number: set() for number in self.numbers}
        used = (
            (identifier, mapping.columns[identifier], mapping.relation)
            for mapping in self.contract.facts
            for identifier in REGISTRIES
            if identifier in mapping.columns
        )
        for identifier, reference, relation in dict.fromkeys(used):
            registry, _ = REGISTRIES[identifier]
            own = self.contract.consumer_space if identifier == "consumer_id" else self.contract.tradeline_space
            for number, told in self._rows((reference,), relation):
                if told is not None:
                    found[number].add((registry, own or self.furnisher, told))
        return found

    def tellings(self) -> Iterator[tuple[int, dict[str, str | None]]]:
        """What each record tells of a person, by the fields of a told identity; one may tell of several."""
        for mapping in self.contract.facts:
            if mapping.sealed:
                for number, *values in self._rows(mapping.sealed.values(), mapping.relation):
                    yield number, dict(zip(mapping.sealed, values, strict=True))

    def _rows(self, columns: Iterable[str], relation: str) -> list[tuple[Any, ...]]:
        texts = ", ".join(f"({sql})::VARCHAR" for sql in columns)
        source = relation if relation.isidentifier() else f"({relation})"
        try:
            return self.work.execute(f"SELECT line_no, {texts} FROM {source}").fetchall()
        except duckdb.Error:
            return []  # it asks for more than texts


@contextmanager
def taken_apart(
    connection: duckdb.DuckDBPyConnection,
    key: bytes,
    contract: Contract,
    form: Format,
    furnisher: str,
    columns: Sequence[str],
    records: Mapping[int, str],
) -> Iterator[TakenApart]:
    """Take records apart, as far as they can be.

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
    told = [fields_of(record, form, contract, columns) for record in records.values()]
    given = {"line_no": pa.array(list(records), pa.int64())}
    given |= {column.name: _array(column, [each.get(column.name) for each in told]) for column in contract.columns}
    with connected_beside(connection) as work:
        define_tokens(work, key)
        work.register("good", pa.table(given))
        yield TakenApart(work, contract, furnisher, tuple(records))


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
    with taken_apart(connection, key, contract, contract.format, furnisher, columns, records) as apart:
        told = apart.references()
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


def _array(column: Column, values: Sequence[Any]) -> pa.Array:
    if column.type == "list":
        from bureau.metro2.columns import ASSOCIATED_TYPE

        lists = [value if isinstance(value, list) else None for value in values]
        return pa.array(lists, pa.list_(ASSOCIATED_TYPE))
    texts = [None if value is None or isinstance(value, list | dict) else str(value) for value in values]
    return pa.array(texts, pa.string())
