"""Lines of one delivery that tell different things about the same: which of them is right, nobody can say."""

from __future__ import annotations

import duckdb

from bureau.contracts import Contract
from bureau.facts import FACTS

__all__ = ["set_aside_doubled"]


def set_aside_doubled(connection: duckdb.DuckDBPyConnection, contract: Contract, delivery_no: int) -> None:
    """Set aside all lines that tell different things about the same.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The write transaction of the history, with the delivery's facts and the temporary table
        ``set_aside(line_no, rule)``. It gets the temporary table ``doubled``, with the keys that
        stand in more than one line.
    contract : Contract
        The contract; it says what stands in one line only (``unique``).
    delivery_no : int
        The delivery.
    """
    fact = contract.facts[0].fact
    keys = ", ".join(f"k{place}" for place in range(len(contract.unique)))
    named = ", ".join(f"{sql} AS k{place}" for place, sql in enumerate(contract.unique))
    mine = f"(SELECT *, {named} FROM {fact} WHERE delivery_no = {delivery_no}{_crowded(contract, delivery_no)})"
    ((doubled,),) = connection.execute(
        f"CREATE OR REPLACE TEMP TABLE doubled AS SELECT {keys} FROM {mine} GROUP BY ALL HAVING count(*) > 1"
    ).fetchall()
    if not doubled:
        return
    content = ", ".join((*FACTS[fact].columns, "effective_on"))
    connection.execute(
        f"INSERT INTO set_aside SELECT line_no, 'unique' FROM {mine} AS mine SEMI JOIN ("
        f"SELECT {keys} FROM {mine} AS told SEMI JOIN doubled USING ({keys}) GROUP BY ALL "
        f"HAVING count(DISTINCT row({content})) > 1) AS torn USING ({keys})"
    )


def _crowded(contract: Contract, delivery_no: int) -> str:
    """SQL that leaves out the tradelines which cannot hold a key twice, where that is cheap to tell.

    A tradeline whose records fill as many places of a calendar of 64 months as there are records
    has each month once. There are far fewer tradelines than records to keep apart.
    """
    if contract.unique != ("tradeline_id", "effective_on"):
        return ""
    month = "(year(effective_on) * 12 + month(effective_on))"
    return (
        f" AND tradeline_id IN (SELECT tradeline_id FROM {contract.facts[0].fact} WHERE delivery_no = {delivery_no} "
        f"GROUP BY tradeline_id HAVING count(*) > bit_count(bit_or(1::UBIGINT << ({month} % 64)::UBIGINT)))"
    )
