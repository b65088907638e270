"""What a delivery tells of persons, and the records that it sets aside, on their way into the vault.

Both wait in temporary tables until the delivery is judged. The vault's transaction ends before the
history's: what an ingest leaves in the vault that is cut short between the two is discarded before
the same delivery is written again, and until then nobody can ask for it.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator
from typing import Any, Final

import duckdb

from bureau.evidence import filled, named_in
from bureau.facts import IDENTITY_FIELDS
from bureau.quoting import literal
from bureau.tokens import token_sql
from bureau.vault import Vault

__all__ = ["keep_records", "keep_told_identities", "place_of", "quarantine_number"]

_BATCH: Final = 10_000
_LINES: Final = 1 << 40
"""More lines than a file has."""


def quarantine_number(delivery_no: int, line: int) -> int:
    """The number under which the vault keeps a record that was set aside.

    Examples
    --------
    >>> quarantine_number(1, 2)
    1099511627778
    """
    return delivery_no * _LINES + line


def place_of(number: int) -> tuple[int, int]:
    """The delivery and the line of a record that was set aside, by its number in the vault.

    Examples
    --------
    >>> place_of(quarantine_number(1, 2))
    (1, 2)
    """
    return divmod(number, _LINES)


def keep_told_identities(connection: duckdb.DuckDBPyConnection, vault: Vault, delivery_no: int) -> None:
    """Seal what the delivery tells of persons, each under the key of its reference.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The write transaction of the history, with the settled facts and the temporary table
        ``told_identity`` (:data:`bureau.mapping.TOLD_HERE`).
    vault : Vault
        The vault of the same home.
    delivery_no : int
        The delivery.

    Notes
    -----
    Of somebody who was erased nothing is kept: the fact goes, too, and what the delivery tells.
    """
    erased = set(vault.erasures("consumer", _numbers(connection, "SELECT DISTINCT consumer_id FROM told_identity")))
    if erased:
        listed = ", ".join(map(str, sorted(erased)))
        connection.execute(f"DELETE FROM identity WHERE delivery_no = {delivery_no} AND consumer_id IN ({listed})")
        connection.execute(f"DELETE FROM told_identity WHERE consumer_id IN ({listed})")
    fields = ", ".join(f"{name}: {name}" for name in IDENTITY_FIELDS)
    rows = connection.execute(
        f"SELECT consumer_id, told_as, to_json({{{fields}}})::VARCHAR FROM told_identity "
        f"SEMI JOIN (FROM identity WHERE delivery_no = {delivery_no}) AS kept USING (consumer_id, told_as) "
        "ORDER BY consumer_id, told_as"
    )
    vault.seal(
        "consumer",
        ((consumer, told_as, "identity", told.encode()) for consumer, told_as, told in _rows(rows)),
        delivery_no=delivery_no,
    )


def keep_records(
    connection: duckdb.DuckDBPyConnection,
    vault: Vault,
    delivery_no: int,
    consumer_column: str | None,
    of_erased: Container[int] = (),
) -> None:
    """Put the lines set aside into the quarantine, and seal their records and what they contradict.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The write transaction of the history, with the temporary tables ``set_aside(line_no, rule)``,
        ``bad_record(line_no, record)`` and ``contradiction(line_no, evidence)``.
    vault : Vault
        The vault of the same home.
    delivery_no : int
        The delivery.
    consumer_column : str, optional
        The column of a record that refers to the consumer; its token is kept in clear, so that what
        else is told of the consumer can be understood while the record waits.
    of_erased : container of int
        Lines that tell of somebody who was erased (:func:`bureau.taken_apart.lines_of_erased`): that they were
        set aside is noted, and nothing of them is kept.
    """
    reference = "NULL"
    if consumer_column is not None:
        named = literal(f"$.{consumer_column}")
        reference = token_sql(
            "reference", f"CASE WHEN json_valid(record) THEN json_extract_string(record, {named}) END"
        )
    connection.execute(
        f"INSERT INTO quarantine SELECT {delivery_no}, line_no, rules, {reference} FROM "
        "(SELECT line_no, list(DISTINCT rule ORDER BY rule) AS rules FROM set_aside GROUP BY line_no) "
        "JOIN (SELECT line_no, any_value(record) AS record FROM bad_record GROUP BY line_no) USING (line_no) "
        "ORDER BY line_no"
    )
    records = connection.execute(
        "SELECT line_no, any_value(record) FROM bad_record SEMI JOIN set_aside USING (line_no) "
        "GROUP BY line_no ORDER BY line_no"
    )
    vault.seal(
        "quarantine",
        (
            (quarantine_number(delivery_no, line), 0, "record", text.encode())
            for line, text in _rows(records)
            if line not in of_erased
        ),
        delivery_no=delivery_no,
    )
    contradictions = [each for each in _contradictions(connection, delivery_no) if each[0] % _LINES not in of_erased]
    vault.seal("quarantine", contradictions, delivery_no=delivery_no)


def _contradictions(connection: duckdb.DuckDBPyConnection, delivery_no: int) -> list[tuple[int, int, str, bytes]]:
    """What the lines set aside contradict.

    What they tell of persons themselves is written out, since it is kept nowhere else; what was told
    before is named, and stays under the key of its own person.
    """
    told = [
        (line, json.loads(evidence))
        for line, evidence in connection.execute(
            "SELECT DISTINCT line_no, evidence FROM contradiction ORDER BY ALL"
        ).fetchall()
    ]
    named = ", ".join(f"({consumer}, {told_as})" for consumer, told_as in named_in([each for _, each in told]))
    fields = {}
    if named:
        result = connection.execute(f"FROM told_identity WHERE (consumer_id, told_as) IN ({named})")
        for consumer, told_as, *values in result.fetchall():
            fields[consumer, told_as] = dict(zip(IDENTITY_FIELDS, values, strict=True))
    return [
        (quarantine_number(delivery_no, line), place, "evidence", json.dumps(filled(each, fields)).encode())
        for place, (line, each) in enumerate(told, 1)
    ]


def _rows(result: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while batch := result.fetchmany(_BATCH):
        yield from batch


def _numbers(connection: duckdb.DuckDBPyConnection, sql: str) -> list[int]:
    return [number for (number,) in connection.execute(sql).fetchall()]
