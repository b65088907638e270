"""From good records to facts, under the bureau's own identifiers."""

from __future__ import annotations

from typing import Final

import duckdb

from bureau.contracts import Contract, FactMapping
from bureau.facts import FACTS

__all__ = ["record_chunk"]

_RECEIVED_AT: Final = "getvariable('received_at')"

_REGISTRIES: Final = {
    "consumer_id": ("consumer", "consumer_ref"),
    "tradeline_id": ("tradeline_reference", "tradeline_ref"),
}
"""Identifier to the table that allots it and the column with the furnisher's own reference."""


def record_chunk(connection: duckdb.DuckDBPyConnection, contract: Contract, delivery_no: int) -> None:
    """Insert the facts of the good records, and note whom they put under observation.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A write transaction of the history, with the typed good records in the temporary relation
        ``good``.
    contract : Contract
        The contract of the records.
    delivery_no : int
        The delivery that brings them.
    """
    allotted: dict[tuple[str, str], str] = {}
    for mapping in contract.facts:
        for identifier in _REGISTRIES.keys() & mapping.columns.keys():
            use = (identifier, mapping.columns[identifier])
            if use not in allotted:
                allotted[use] = f"allotted_{len(allotted)}"
                _allot(connection, allotted[use], contract, *use)
    for mapping in contract.facts:
        _record_facts(connection, contract, mapping, allotted, delivery_no)
    if contract.observes is not None:
        connection.execute(
            f"INSERT INTO observed_consumer SELECT DISTINCT {delivery_no}, consumer.consumer_id "
            f"FROM good JOIN consumer ON consumer.reference_space = '{contract.consumer_space}' "
            f"AND consumer.consumer_ref = {contract.observes} "
            "ORDER BY consumer.consumer_id"
        )


def _record_facts(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    mapping: FactMapping,
    allotted: dict[tuple[str, str], str],
    delivery_no: int,
) -> None:
    given = {"effective_on": mapping.effective_on, "recorded_at": contract.recorded_at or _RECEIVED_AT}
    given |= mapping.columns
    joins = ""
    for identifier in _REGISTRIES.keys() & mapping.columns.keys():
        table = allotted[identifier, mapping.columns[identifier]]
        joins += f' JOIN {table} ON {table}."allotted ref" = {mapping.columns[identifier]}'
        given[identifier] = f'{table}."allotted id"'
    columns = list(dict.fromkeys((*FACTS[mapping.fact].columns, "effective_on", "recorded_at")))
    told = ", ".join(f"{sql} AS {column}" for column, sql in given.items())
    if mapping.distinct:
        once = ", ".join(f"min({c}) AS {c}" if c in ("effective_on", "recorded_at") else c for c in given)
        facts = f"SELECT {once}, min(line_no) AS line_no FROM (SELECT line_no, {told} FROM good{joins}) GROUP BY ALL"
    else:
        facts = f"SELECT line_no, {told} FROM good{joins}"
    # The order of the lines decides between versions of the same moment. Only the columns told are sorted.
    connection.execute(
        f"INSERT INTO {mapping.fact} ({', '.join(columns)}, delivery_no) "
        f"SELECT {', '.join(column if column in given else 'NULL' for column in columns)}, {delivery_no} "
        f"FROM ({facts} ORDER BY line_no) AS facts"
    )


def _allot(
    connection: duckdb.DuckDBPyConnection, table: str, contract: Contract, identifier: str, reference_sql: str
) -> None:
    """Put the identifiers of all references in ``good`` into a table; new ones in the references' order."""
    registry, reference = _REGISTRIES[identifier]
    space = contract.consumer_space if identifier == "consumer_id" else contract.tradeline_space
    last = f"(SELECT coalesce(max({identifier}), 0) FROM {registry})"
    connection.execute(
        f'CREATE OR REPLACE TEMP TABLE {table} AS SELECT ref AS "allotted ref", '
        f'coalesce(known, {last} + row_number() OVER (PARTITION BY known IS NULL ORDER BY ref)) AS "allotted id" '
        f"FROM (SELECT ref, {identifier} AS known FROM (SELECT DISTINCT {reference_sql} AS ref FROM good) AS delivered "
        f"LEFT JOIN {registry} ON reference_space = '{space}' AND {reference} = ref WHERE ref IS NOT NULL)"
    )
    connection.execute(
        f"""INSERT INTO {registry} SELECT "allotted id", '{space}', "allotted ref" FROM {table} """
        f'WHERE "allotted id" > {last} ORDER BY "allotted id"'
    )
