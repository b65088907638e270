"""Cases in court beside what was told of them before, by the same furnisher or by another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import duckdb

from bureau.contracts import Contract, FileCheck
from bureau.onfile.evidence import witness

__all__ = ["CASE_CHECKS", "make_told_case"]


def make_told_case(connection: duckdb.DuckDBPyConnection, contract: Contract, delivery_no: int) -> None:  # noqa: ARG001
    """Make the table ``told_case``: each record of the delivery beside each earlier one of the same case.

    Parameters
    ----------
    connection, contract, delivery_no
        As for :func:`bureau.onfile.check`.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE told_case AS SELECT now.line_no AS now_line, now, old.*, delivery.furnisher_id "
        f"FROM (FROM public_record WHERE delivery_no = {delivery_no}) AS now "
        f"JOIN (FROM public_record WHERE delivery_no <> {delivery_no}) AS old "
        "ON old.court = now.court AND old.case_number = now.case_number "
        "JOIN delivery ON delivery.delivery_no = old.delivery_no"
    )


_MINE: Final = "furnisher_id = getvariable('furnisher_id')"

_LASTING: Final = (
    "kind = now.kind",
    "filed_on = now.filed_on",
    # An amount of nothing says that nothing is left of it.
    "coalesce(amount = now.amount OR amount = 0 OR now.amount = 0 OR currency <> now.currency, true)",
)
"""What is so of a case for ever: SQL that is true where two records agree."""

_BACK: Final = "status <> 'filed' AND now.status = 'filed' AND now.effective_on > effective_on"
_OTHER_STEP: Final = (
    f"{_BACK} OR (status <> 'filed' AND now.status <> 'filed' AND status <> now.status) "
    "OR (status = now.status AND effective_on <> now.effective_on)"
)
"""Two furnishers can tell different steps of a case, but not different ends, nor different days of one step."""

_SAME_STEP: Final = "status = now.status AND effective_on = now.effective_on"


def _changed(agrees: str) -> str:
    """SQL over a group: the furnisher has told otherwise before, and never so."""
    return f"(bool_or(NOT ({agrees}) AND {_MINE}) AND NOT bool_or(({agrees}) AND {_MINE}))"


def _otherwise(differs: str, agrees: str) -> str:
    """SQL over a group: another furnisher tells otherwise, none bears it out, and who differs said so first."""
    return (
        f"(bool_or(({differs}) AND NOT {_MINE}) AND NOT bool_or(({agrees}) AND NOT {_MINE}) "
        f"AND NOT coalesce(min(delivery_no) FILTER ({agrees}) < min(delivery_no) FILTER ({differs}), false))"
    )


def _lines(having: Iterable[str], who: str) -> str:
    """A query for the lines of which any of the conditions holds, with the last word of those asked."""
    told = witness("{'kind': kind, 'filed_on': filed_on, 'status': status, 'amount': amount}", furnisher="furnisher_id")
    return (
        "SELECT now_line AS line_no, {'now': any_value({'kind': now.kind, 'filed_on': now.filed_on, "
        "'status': now.status, 'amount': now.amount}), 'of': any_value(now.effective_on), "
        f"'before': max_by({told}, delivery_no) FILTER ({who})}} AS evidence FROM told_case "
        f"GROUP BY now_line HAVING {' OR '.join(having)}"
    )


CASE_CHECKS: Final = (
    FileCheck(
        "case-changed",
        "what a case is, when it was filed and what it is about never change",
        "set aside",
        _lines((_changed(agrees) for agrees in _LASTING), _MINE),
    ),
    FileCheck(
        "case-went-back",
        "a case that has ended is not told as filed afterwards",
        "set aside",
        _lines([f"bool_or({_MINE} AND {_BACK})"], _MINE),
    ),
    FileCheck(
        "case-told-otherwise",
        "two furnishers tell the same of one case: its kind, filing, amount, end and the days of its steps",
        "finding",
        _lines(
            (*(_otherwise(f"NOT ({agrees})", agrees) for agrees in _LASTING), _otherwise(_OTHER_STEP, _SAME_STEP)),
            f"NOT {_MINE}",
        ),
    ),
)
"""For court records."""
