"""What the history forgets of people whom the vault has erased; it is told by the vault who they are.

So an erasure that was cut short is finished, and a history that was restored from a backup forgets again
whom it should not know any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import duckdb
import pyarrow as pa

from bureau.erased import erased_sql, hide, is_erased_sql
from bureau.facts import FACTS
from bureau.sealing import place_of
from bureau.vault import Vault

__all__ = ["ERASED", "forget", "forget_erased", "note_not_kept"]

ERASED: Final = "erased"
"""The last decision about a record that was set aside and told of an erased person: nobody waits for another."""

_TOKENS: Final = tuple(column for column in FACTS["identity"].columns if column.endswith("_token"))
_BY: Final = "vault"
"""Whom the review names for such a decision; the reason is the erasure's."""


def forget_erased(connection: duckdb.DuckDBPyConnection, vault: Vault) -> None:
    """Forget all whom the vault has erased, as far as the history still knows them.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The write transaction of the history; it knows the function ``token``.
    vault : Vault
        The vault of the same home.
    """
    if vault.last_erased("consumer"):
        erased = pa.table({"consumer_id": pa.array(list(vault.erased("consumer")), pa.int64())})
        connection.register("erased_consumer", erased)
        known = connection.execute(
            "SELECT consumer_id FROM consumer SEMI JOIN erased_consumer USING (consumer_id) "
            f"WHERE NOT {is_erased_sql('consumer_ref')}"
        ).fetchall()
        connection.unregister("erased_consumer")
        if known:
            forget(connection, [number for (number,) in known])
    if vault.last_erased("quarantine"):
        _note_records(connection, vault)


def forget(connection: duckdb.DuckDBPyConnection, references: Iterable[int]) -> None:
    """Forget the tokens of what was told, who was like whom, and the furnishers' own references.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        As of :func:`forget_erased`.
    references : iterable of int
        The identifiers of the references, at least one.
    """
    gone = ", ".join(map(str, references))
    nothing = ", ".join(f"{token} = NULL" for token in _TOKENS)
    connection.execute(f"UPDATE identity SET told_as = 0, {nothing} WHERE consumer_id IN ({gone})")
    for table in ("likeness", "identity_decision"):
        connection.execute(f"DELETE FROM {table} WHERE left_id IN ({gone}) OR right_id IN ({gone})")
    connection.execute(
        "UPDATE finding SET evidence = regexp_replace(evidence, "
        rf"""'("consumer":(?:{gone.replace(", ", "|")}),"told_as":)\d+', '\10', 'g') """
        f"""WHERE regexp_matches(evidence, '"consumer":(?:{gone.replace(", ", "|")}),')"""
    )
    _hide_references(connection, "consumer", "consumer_ref", f"consumer_id IN ({gone})")
    erased = f"SELECT consumer_id FROM consumer WHERE {is_erased_sql('consumer_ref')}"
    # The account that somebody else answers for, too, keeps its number.
    alone = (
        f"SELECT tradeline_id FROM association WHERE consumer_id IN ({gone}) EXCEPT "
        f"SELECT tradeline_id FROM association WHERE consumer_id NOT IN ({erased})"
    )
    _hide_references(connection, "tradeline_reference", "tradeline_ref", f"tradeline_id IN ({alone})")
    hide(connection, "public_record", "case_number", f"tradeline_id IN ({alone})")
    hide(connection, "inquiry", "inquiry_ref", f"consumer_id IN ({gone})")


def note_not_kept(
    connection: duckdb.DuckDBPyConnection, delivery_no: int, lines: Iterable[int], moment: datetime
) -> None:
    """Note of lines set aside that nothing of them was kept, since they tell of somebody who was erased.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The write transaction of the history.
    delivery_no : int
        The delivery.
    lines : iterable of int
        The lines (:func:`bureau.taken_apart.lines_of_erased`).
    moment : datetime
        From when the delivery is known (UTC, naive).
    """
    for line in sorted(lines):
        connection.execute(
            f"INSERT INTO review VALUES (?, ?, '{ERASED}', '{_BY}', 'it tells of an erased person', ?, NULL)",
            [delivery_no, line, moment],
        )


def _hide_references(connection: duckdb.DuckDBPyConnection, registry: str, column: str, where: str) -> None:
    connection.execute(
        f"UPDATE {registry} SET {column} = {erased_sql('reference_space', column)} "
        f"WHERE {where} AND NOT {is_erased_sql(column)}"
    )


def _note_records(connection: duckdb.DuckDBPyConnection, vault: Vault) -> None:
    """Note of records that were erased that nobody can decide about them any more."""
    told = [(*place_of(number), each.moment, each.reason) for number, each in vault.erased("quarantine").items()]
    columns = zip(*told, strict=True)
    names = ("delivery_no", "line", "moment", "reason")
    types = (pa.int64(), pa.int64(), pa.timestamp("us"), pa.string())
    arrays = {name: pa.array(each, type_) for name, each, type_ in zip(names, columns, types, strict=True)}
    connection.register("erased_record", pa.table(arrays))
    connection.execute(
        f"INSERT INTO review SELECT delivery_no, line, '{ERASED}', '{_BY}', reason, moment, NULL FROM erased_record "
        "SEMI JOIN quarantine USING (delivery_no, line) "
        f"ANTI JOIN (FROM review WHERE decision = '{ERASED}') AS noted USING (delivery_no, line)"
    )
    connection.execute(
        "UPDATE quarantine SET reference_token = NULL FROM erased_record AS gone WHERE reference_token IS NOT NULL "
        "AND quarantine.delivery_no = gone.delivery_no AND quarantine.line = gone.line"
    )
    connection.unregister("erased_record")
