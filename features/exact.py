"""Sums that do not depend on the order of what is summed.

A sum of floating-point numbers changes in its last digits with the order of its terms, and a
database that works in parallel takes them in any order. A past decision could then not be replayed
bit for bit. So sums, means and slopes are counted in whole units of 1e-12 (exact integers of
128 bits), and a standard deviation goes through its values in ascending order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import sqlglot
from sqlglot import exp

__all__ = ["exact"]

_UNITS: Final = "1e12"


def exact(sql: str) -> str:
    """An aggregate in DuckDB's SQL, rewritten so that its value is the same in whatever order records come.

    A value of more than 10**26 counts as missing in a sum.

    Examples
    --------
    >>> exact("max(balance)")
    'MAX(balance)'
    >>> exact("sum(balance) FILTER (months_ago < 3)")
    '(SUM(TRY_CAST((balance) * 1e12 AS INT128)) FILTER(WHERE (months_ago < 3)) / 1e12)'
    >>> exact("avg((days > 0)::INTEGER)")
    'AVG(CAST((days > 0) AS INT))'
    """
    return sqlglot.parse_one(sql, dialect="duckdb").transform(_rewritten).sql(dialect="duckdb")


def _rewritten(node: exp.Expr) -> exp.Expr:
    call, condition = node, ""
    if isinstance(node, exp.Filter):
        call, condition = node.this, node.expression.this.sql(dialect="duckdb")
    elif isinstance(node.parent, exp.Filter):
        return node  # its filter was rewritten together with it
    kind = _KINDS.get(_name(call))
    if kind is None or isinstance(call.this, exp.Cast):
        return node
    arguments = [argument.sql(dialect="duckdb") for argument in call.iter_expressions()]
    return sqlglot.parse_one(f"({kind(condition, *arguments)})", dialect="duckdb")


def _name(call: exp.Expr) -> str:
    if isinstance(call, exp.Anonymous):
        return str(call.this).lower()
    return call.sql_name().lower() if isinstance(call, exp.Func) else ""


def _where(*conditions: str) -> str:
    parts = " AND ".join(f"({condition})" for condition in conditions if condition)
    return f" FILTER (WHERE {parts})" if parts else ""


def _units(value: str) -> str:
    return f"TRY_CAST(({value}) * {_UNITS} AS HUGEINT)"


def _sum(condition: str, value: str) -> str:
    return f"sum({_units(value)}){_where(condition)} / {_UNITS}"


def _mean(condition: str, value: str) -> str:
    return f"avg({_units(value)}){_where(condition)} / {_UNITS}"


def _slope(condition: str, y: str, x: str) -> str:
    """Least squares from four exact sums; `x` is a whole number."""
    where = _where(condition, f"{y} IS NOT NULL")
    n, sum_x, sum_y = f"count(*){where}", f"sum({x}){where}", f"sum({_units(y)}){where}"
    sum_xy, sum_xx = f"sum({_units(y)} * ({x})){where}", f"sum(({x}) * ({x})){where}"
    return f"({n} * {sum_xy} - {sum_x} * {sum_y}) / nullif({n} * {sum_xx} - {sum_x} * {sum_x}, 0) / {_UNITS}"


def _deviation(condition: str, value: str) -> str:
    return f"list_stddev_pop(list_sort(list({value}){_where(condition, f'{value} IS NOT NULL')}))"


_KINDS: Final[dict[str, Callable[..., str]]] = {
    "sum": _sum,
    "avg": _mean,
    "regr_slope": _slope,
    "stddev_pop": _deviation,
}
