"""From good records to facts, under the bureau's own identifiers.

A reference that a furnisher has used before keeps its identifier; a new one gets the next. Who of
them is the same person is found out later (:mod:`bureau.identity`), and no fact changes by it. What
is told of a person goes to the vault: here it waits in the temporary table ``told_identity``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import duckdb

from bureau.contracts import Contract, FactMapping
from bureau.erased import REGISTRIES, erased_sql, knows_erased
from bureau.facts import FACTS, IDENTITY_FIELDS, Fact
from bureau.quoting import literal

__all__ = ["TOLD_HERE", "forget_references", "record_chunk"]

TOLD_HERE: Final = (
    "CREATE OR REPLACE TEMP TABLE new_reference (registry VARCHAR, space VARCHAR, ref VARCHAR, id BIGINT, "
    "first_line BIGINT, last_line BIGINT)",
    "CREATE OR REPLACE TEMP TABLE told_identity (consumer_id BIGINT, told_as BIGINT, "
    f"{', '.join(f'{name} VARCHAR' for name in IDENTITY_FIELDS)})",
)
"""The temporary tables of what a delivery is the first to tell, made anew for each delivery.

``new_reference`` has the references, with the first and last line that uses each; ``told_identity``
what is told of persons, in clear."""

_RECORDED_AT: Final = "getvariable('recorded_at')"


@dataclass(frozen=True)
class _Use:
    """A reference in a mapping: what it identifies, and the SQL that gives it."""

    identifier: str
    reference: str
    relation: str
    where: str


def record_chunk(
    connection: duckdb.DuckDBPyConnection, contract: Contract, furnisher_id: str, delivery_no: int
) -> None:
    """Insert the facts of the good records, and note whom they put under observation.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A write transaction of the history, with the typed good records in the temporary relation
        ``good``.
    contract : Contract
        The contract of the records.
    furnisher_id : str
        Who sent them; its name is the reference space where the contract names none.
    delivery_no : int
        The delivery that brings them.
    """
    consumer_space = contract.consumer_space or furnisher_id
    tradeline_space = contract.tradeline_space or furnisher_id
    allotted: dict[_Use, str] = {}
    for mapping in contract.facts:
        for use in _uses(mapping):
            if use not in allotted:
                allotted[use] = f"allotted_{len(allotted)}"
                space = consumer_space if use.identifier == "consumer_id" else tradeline_space
                _allot(connection, allotted[use], use, space)
    for mapping in contract.facts:
        _record_facts(connection, contract, mapping, allotted, delivery_no)
    if contract.withdraws is not None:
        _withdraw(connection, contract.withdraws, contract.facts[0], allotted, delivery_no)
    if contract.observes is not None:
        connection.execute(
            f"INSERT INTO observed_consumer SELECT DISTINCT {delivery_no}, consumer.consumer_id "
            f"FROM good JOIN consumer ON consumer.reference_space = {literal(consumer_space)} "
            f"AND consumer.consumer_ref = {contract.observes} "
            "ORDER BY consumer.consumer_id"
        )


def forget_references(connection: duckdb.DuckDBPyConnection, delivery_no: int) -> None:
    """Take back what was allotted for lines that were set aside after all: they leave nothing behind.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A write transaction of the history, with the temporary tables ``new_reference`` (what this
        delivery was the first to refer to, with the first and last line that does) and
        ``set_aside``. The facts of the lines set aside are gone already.
    delivery_no : int
        The delivery.
    """
    for registry, (identifier, column) in {name: (key, ref) for key, (name, ref) in REGISTRIES.items()}.items():
        facts = [name for name, fact in FACTS.items() if identifier in fact.columns]
        stays = " UNION ALL ".join(
            f"SELECT {identifier} FROM {name} WHERE delivery_no = {delivery_no}" for name in facts
        )
        connection.execute(
            f"DELETE FROM {registry} WHERE (reference_space, {column}) IN (SELECT (space, ref) FROM new_reference "
            f"WHERE registry = '{registry}' AND first_line IN (SELECT line_no FROM set_aside) "
            f"AND last_line IN (SELECT line_no FROM set_aside)) "
            f"AND {identifier} NOT IN (SELECT {identifier} FROM ({stays}) WHERE {identifier} IS NOT NULL)"
        )


def _uses(mapping: FactMapping) -> list[_Use]:
    return [
        _Use(identifier, mapping.columns[identifier], mapping.relation, mapping.where)
        for identifier in REGISTRIES
        if identifier in mapping.columns and not (mapping.numbered and identifier == "consumer_id")
    ]


def _record_facts(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    mapping: FactMapping,
    allotted: dict[_Use, str],
    delivery_no: int,
) -> None:
    fact = FACTS[mapping.fact]
    given = {"effective_on": mapping.effective_on, "recorded_at": contract.recorded_at or _RECORDED_AT}
    given |= {**mapping.columns, **mapping.sealed}
    joins = ""
    for use in _uses(mapping):
        table = allotted[use]
        joins += f' JOIN {table} ON {table}."allotted ref" = {use.reference}'
        given[use.identifier] = f'{table}."allotted id"'
    told = ", ".join(f"{sql} AS {column}" for column, sql in given.items())
    facts = f"SELECT line_no, {told} FROM {_relation(mapping.relation)}{joins} WHERE {mapping.where}"
    if mapping.distinct:
        once = ", ".join(f"min({c}) AS {c}" if c in ("effective_on", "recorded_at") else c for c in given)
        facts = f"SELECT {once}, min(line_no) AS line_no FROM ({facts}) AS told GROUP BY ALL"
        facts = f"SELECT told.* FROM ({facts}) AS told {_not_on_file(fact, given)}"
    if mapping.sealed:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE newly_told AS {facts}")
        connection.execute(
            f"INSERT INTO told_identity SELECT consumer_id, told_as, {', '.join(mapping.sealed)} FROM newly_told"
        )
        tokens = "".join(f", {sql} AS {column}" for column, sql in mapping.tokens.items())
        facts, given = f"SELECT *{tokens} FROM newly_told", given | dict(mapping.tokens)
    columns = list(dict.fromkeys((*fact.columns, "effective_on", "recorded_at")))
    # In the order of the identifiers, so that looking one up passes over most blocks of the table.
    connection.execute(
        f"INSERT INTO {mapping.fact} ({', '.join(columns)}, delivery_no, line_no) "
        f"SELECT {', '.join(column if column in given else 'NULL' for column in columns)}, {delivery_no}, line_no "
        f"FROM ({facts} ORDER BY {fact.key[0]}, line_no) AS facts"
    )


def _not_on_file(fact: Fact, given: dict[str, str]) -> str:
    """SQL that leaves out what the history says already, and has said for as long."""
    same = [
        f"old.{column} = told.{column}"
        if column in fact.key
        else f"old.{column} IS NOT DISTINCT FROM {f'told.{column}' if column in given else 'NULL'}"
        for column in fact.columns
        if column != "effective_on" and not column.endswith("_token")  # they follow from the key
    ]
    return (
        f"ANTI JOIN {fact.name} AS old ON {' AND '.join(same)} AND old.superseded_at IS NULL "
        "AND old.recorded_at <= told.recorded_at AND old.effective_on <= told.effective_on"
    )


def _withdraw(
    connection: duckdb.DuckDBPyConnection,
    withdraws: str,
    record: FactMapping,
    allotted: dict[_Use, str],
    delivery_no: int,
) -> None:
    """Withdraw every association of the tradelines that the furnisher takes back."""
    use = next(use for use in _uses(record) if use.identifier == "tradeline_id")
    table = allotted[use]
    effective_on = record.columns.get("effective_on", record.effective_on)
    connection.execute(f"""
        INSERT INTO association (consumer_id, tradeline_id, role, withdrawn, effective_on, recorded_at,
            delivery_no, line_no)
        SELECT old.consumer_id, old.tradeline_id, old.role, true, min(taken_back.effective_on), {_RECORDED_AT},
            {delivery_no}, min(taken_back.line_no)
        FROM (SELECT line_no, {use.reference} AS ref, {effective_on} AS effective_on
              FROM good WHERE {withdraws}) AS taken_back
        JOIN {table} ON {table}."allotted ref" = taken_back.ref
        JOIN association AS old ON old.tradeline_id = {table}."allotted id"
        WHERE old.superseded_at IS NULL AND old.delivery_no <> {delivery_no} AND NOT coalesce(old.withdrawn, false)
            AND NOT EXISTS (FROM association AS mine WHERE mine.delivery_no = {delivery_no} AND mine.withdrawn
                AND mine.consumer_id = old.consumer_id AND mine.tradeline_id = old.tradeline_id
                AND mine.role = old.role)
        GROUP BY old.consumer_id, old.tradeline_id, old.role
    """)


def _allot(connection: duckdb.DuckDBPyConnection, table: str, use: _Use, space: str) -> None:
    """Put the identifiers of all references of a use into a table; new ones in the references' order."""
    registry, column = REGISTRIES[use.identifier]
    of_erased = ""  # a reference of somebody who was erased keeps its identifier, too
    if knows_erased(connection, registry, column, space):
        of_erased = (
            f" UNION ALL SELECT ref, {use.identifier} FROM delivered JOIN {registry} "
            f"ON {column} = {erased_sql(literal(space), 'ref')} AND reference_space = {literal(space)}"
        )
    last_sql = f"coalesce(max({use.identifier}), 0)"
    if registry == "consumer":  # who was erased is nobody else, also in a history restored from a backup
        last_sql = f"greatest({last_sql}, coalesce(getvariable('last_erased'), 0))"
    (last,) = _row(connection, f"SELECT {last_sql} FROM {registry}")
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {table} AS
        WITH delivered AS (
            SELECT ref, min(line_no) AS first_line, max(line_no) AS last_line
            FROM (SELECT {use.reference} AS ref, line_no FROM {_relation(use.relation)} WHERE {use.where}) AS told
            WHERE ref IS NOT NULL GROUP BY ref
        ), own AS (
            SELECT {column} AS ref, {use.identifier} AS id FROM {registry} WHERE reference_space = {literal(space)}
            {of_erased}
        )
        SELECT ref AS "allotted ref", first_line, last_line, own.id IS NULL AS "new ref",
            coalesce(own.id, {last} + row_number() OVER (PARTITION BY own.id IS NULL ORDER BY ref)) AS "allotted id"
        FROM delivered LEFT JOIN own USING (ref)
    """)
    connection.execute(
        f'INSERT INTO {registry} SELECT "allotted id", {literal(space)}, "allotted ref" FROM {table} '
        'WHERE "new ref" ORDER BY "allotted id"'
    )
    connection.execute(
        f'INSERT INTO new_reference SELECT \'{registry}\', {literal(space)}, "allotted ref", "allotted id", '
        f'first_line, last_line FROM {table} WHERE "new ref"'
    )


def _relation(relation: str) -> str:
    return relation if relation.isidentifier() else f"({relation})"


def _row(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, ...]:
    row = connection.execute(sql).fetchone()
    return (0,) if row is None else row
