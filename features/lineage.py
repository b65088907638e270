"""Which fields of the history a feature reads, found in its SQL."""

from __future__ import annotations

from collections.abc import Mapping

import sqlglot
from sqlglot import exp

__all__ = ["fields_read"]


def fields_read(name: str, sql: str, lineage: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """The fields (fact.column) behind an aggregate over a view's relation.

    A count of all records reads what the lineage gives for ``*``: the field that tells records apart.

    Raises
    ------
    ValueError
        If the SQL names a column that the relation does not have.

    Examples
    --------
    >>> sorted(fields_read("n", "sum(balance) FILTER (months_ago < 3)", {
    ...     "balance": ("tradeline_month.balance",), "months_ago": ("tradeline_month.effective_on",)}))
    ['tradeline_month.balance', 'tradeline_month.effective_on']
    """
    fields: set[str] = set()
    for node in sqlglot.parse_one(sql, dialect="duckdb").find_all(exp.Column, exp.Star):
        column = "*" if isinstance(node, exp.Star) else node.name
        if column not in lineage:
            raise ValueError(f"{name}: the view has no column {column!r}")
        fields.update(lineage[column])
    return frozenset(fields)
