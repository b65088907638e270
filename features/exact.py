"""Sums that do not depend on the order of what is summed.

A sum of floating-point numbers changes in its last digits with the order of its terms, and a
database that works in parallel takes them in any order. A past decision could then not be replayed
bit for bit. So sums, means and slopes are counted in whole units, and divided last.

Where a view names the kinds of its columns, the unit is that of the kind: whole numbers are summed as they
are, amounts in thousandths of the currency unit, shares in 1e-9, all in 64-bit integers, so that any engine
that follows SQL and IEEE 754 gives the same number, and so does Python. Elsewhere it is 1e-12, in integers of
128 bits, and a standard deviation goes through its values in ascending order.

What counts in a sum of a named kind: values between -1e15 and 1e15 units, both left out. An amount of a
trillion (a share of a million) is a mistake of somebody's, and counts as missing, in the number of values of a mean
too; so no sum of fewer than nine thousand values can leave 64 bits. A value between two units goes to the nearer one,
and from the middle away from zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import sqlglot
from sqlglot import exp

from features.kinds import Kind, kind_of

__all__ = ["UNITS_OF_KIND", "exact"]

_UNITS: Final = "1e12"

UNITS_OF_KIND: Final[Mapping[str, int]] = {"whole": 1, "amount": 1000, "share": 1_000_000_000}
"""In how many parts one is counted in a sum, by kind."""

_LARGEST_UNITS: Final = 10**15

_PORTABLE: Final = (exp.Count, exp.Min, exp.Max)


def exact(sql: str, kinds: Mapping[str, Kind] | None = None) -> str:
    """An aggregate in DuckDB's SQL, rewritten so that its value is the same in whatever order records come.

    Parameters
    ----------
    sql : str
        An expression over aggregates.
    kinds : mapping of str to str, optional
        What the columns hold; without it the units are 1e-12, and a value of more than 10**26 counts as
        missing in a sum.

    Raises
    ------
    ValueError
        If kinds are named, and what is summed has none, or an aggregate has no exact form that every engine knows.

    Examples
    --------
    >>> exact("max(balance)")
    'MAX(balance)'
    >>> exact("sum(balance) FILTER (months_ago < 3)")
    '(SUM(TRY_CAST((balance) * 1e12 AS INT128)) FILTER(WHERE (months_ago < 3)) / 1e12)'
    >>> exact("sum(days) FILTER (months_ago < 3)", {"days": "whole", "months_ago": "whole"})
    'TRY_CAST(SUM(days) FILTER(WHERE (months_ago < 3)) AS BIGINT)'
    """
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    if kinds:
        return tree.transform(_as_double).transform(_in_kinds, kinds).sql(dialect="duckdb")
    return tree.transform(_rewritten).sql(dialect="duckdb")


# -- with kinds -----------------------------------------------------------------------------------


def _as_double(node: exp.Expr) -> exp.Expr:
    """A number with a point as a floating-point number: else it is a decimal, which engines treat differently."""
    if isinstance(node, exp.Literal) and not node.is_string and "." in node.name and "e" not in node.name.lower():
        return exp.Literal(this=f"{node.name}e0", is_string=False)
    return node


def _in_kinds(node: exp.Expr, kinds: Mapping[str, Kind]) -> exp.Expr:
    if isinstance(node, exp.AggFunc) and isinstance(node.parent, exp.Filter):
        return node  # it is rewritten together with its filter
    call, condition = (node.this, node.expression.this.sql("duckdb")) if isinstance(node, exp.Filter) else (node, "")
    if not isinstance(call, exp.AggFunc) or isinstance(call, _PORTABLE):
        return node
    form = _FORMS.get(type(call))
    if form is None:
        known = "count, sum, min, max, avg and regr_slope"
        raise ValueError(f"{call.sql('duckdb')}: no aggregate that every engine gives alike; there are {known}")
    return sqlglot.parse_one(form(call, condition, kinds), dialect="duckdb")


def _kind(value: exp.Expr, kinds: Mapping[str, Kind]) -> Kind:
    kind = kind_of(value, kinds)
    if kind is None or kind not in UNITS_OF_KIND:
        raise ValueError(
            f"{value.sql('duckdb')}: of kind {kind or 'unknown'}, and only what is whole, an amount or a share can be "
            "summed; name the kinds of its columns in the view, and do not add different kinds"
        )
    return kind


def _counted(value: exp.Expr, kind: Kind) -> str:
    """SQL for a value in whole units of its kind; missing where it is too large to be true."""
    text = value.sql("duckdb")
    if kind == "whole":
        return text
    largest = _power(_LARGEST_UNITS // UNITS_OF_KIND[kind])
    return f"CASE WHEN ABS({text}) < {largest} THEN CAST(ROUND(({text}) * {_power(UNITS_OF_KIND[kind])}) AS BIGINT) END"


def _power(ten: int) -> str:
    """A power of ten as a floating-point number."""
    return f"1e{len(str(ten)) - 1}"


def _exact_sum(call: exp.Expr, condition: str, kinds: Mapping[str, Kind]) -> str:
    kind = _kind(call.this, kinds)
    total = f"TRY_CAST(SUM({_counted(call.this, kind)}){_where(condition)} AS BIGINT)"
    return total if kind == "whole" else f"(CAST({total} AS DOUBLE) / {_power(UNITS_OF_KIND[kind])})"


def _exact_mean(call: exp.Expr, condition: str, kinds: Mapping[str, Kind]) -> str:
    """One division of two whole numbers, the nearest floating-point number to the true mean of the units."""
    kind = _kind(call.this, kinds)
    counted, where = _counted(call.this, kind), _where(condition)
    number = f"NULLIF(COUNT({counted}){where}, 0)" + (f" * {UNITS_OF_KIND[kind]}" if kind != "whole" else "")
    return f"(CAST(TRY_CAST(SUM({counted}){where} AS BIGINT) AS DOUBLE) / CAST({number} AS DOUBLE))"


def _exact_slope(call: exp.Expr, condition: str, kinds: Mapping[str, Kind]) -> str:
    """Least squares from exact sums; their products are whole numbers, exact up to 2**53."""
    y, x = call.this, call.expression
    kind = _kind(y, kinds)
    if _kind(x, kinds) != "whole":
        raise ValueError(f"{call.sql('duckdb')}: a slope is along whole numbers, such as months")
    units, along = _counted(y, kind), f"CAST({x.sql('duckdb')} AS BIGINT)"
    where = _where(condition, f"{units} IS NOT NULL", f"{along} IS NOT NULL")

    def total(value: str) -> str:
        return f"CAST(TRY_CAST(SUM({value}){where} AS BIGINT) AS DOUBLE)"

    n, sum_x, sum_y = f"CAST(COUNT(*){where} AS DOUBLE)", total(along), total(units)
    sum_xy, sum_xx = total(f"{along} * ({units})"), total(f"{along} * {along}")
    slope = f"({n} * {sum_xy} - {sum_x} * {sum_y}) / NULLIF({n} * {sum_xx} - {sum_x} * {sum_x}, 0)"
    return f"({slope})" if kind == "whole" else f"({slope} / {_power(UNITS_OF_KIND[kind])})"


_FORMS: Final[Mapping[type[exp.Expr], Callable[[exp.Expr, str, Mapping[str, Kind]], str]]] = {
    exp.Sum: _exact_sum,
    exp.Avg: _exact_mean,
    exp.RegrSlope: _exact_slope,
}


# -- without --------------------------------------------------------------------------------------


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
