"""Running the checks of a contract once its good records have become facts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import duckdb

from bureau.contracts import Contract
from bureau.onfile.accounts import make_stranger, make_told_again, make_told_sale
from bureau.onfile.cases import make_told_case
from bureau.onfile.employers import make_told_employer
from bureau.onfile.months import make_told_month
from bureau.onfile.persons import make_told_person
from bureau.onfile.who import make_person_of

__all__ = ["check"]

_Maker = Callable[[duckdb.DuckDBPyConnection, Contract, int], None]

_MAKERS: Final[Mapping[str, _Maker]] = MappingProxyType(
    {
        "told_month|account_month": make_told_month,
        "told_person|person_before|companion|told_employer|told_sale|told_purchase": make_person_of,
        "told_person|person_before|companion|told_employer": make_told_person,
        "told_employer": make_told_employer,
        "told_case": make_told_case,
        "told_again": make_told_again,
        "stranger": make_stranger,
        "told_sale|told_purchase": make_told_sale,
    }
)
"""Names of temporary tables that checks may read, as a pattern, to what makes them, in this order."""


def check(connection: duckdb.DuckDBPyConnection, contract: Contract, delivery_no: int) -> None:
    """Run the checks of a contract on the facts of a delivery.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A write transaction of the history in which the delivery's facts were inserted and not yet
        settled, with the temporary tables ``set_aside(line_no, rule)`` and ``found(line_no, rule,
        evidence)``, which it adds to, and the variables ``delivery_no`` and ``furnisher_id``.
    contract : Contract
        The contract of the delivery.
    delivery_no : int
        The delivery.

    Notes
    -----
    A line that breaks a check of severity "set aside" comes into both tables: its evidence is for
    the person who reviews it.
    """
    read = " ".join(each.sql for each in contract.checks)
    for tables, make in _MAKERS.items():
        if re.search(rf"\b(?:{tables})\b", read):
            make(connection, contract, delivery_no)
    for each in contract.checks:
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE broken AS "
            f"SELECT line_no, min(to_json(evidence)::VARCHAR) AS evidence FROM ({each.sql}) GROUP BY line_no"
        )
        if each.severity == "set aside":
            connection.execute("INSERT INTO set_aside SELECT line_no, ? FROM broken", [each.id])
        connection.execute("INSERT INTO found SELECT line_no, ?, evidence FROM broken", [each.id])
