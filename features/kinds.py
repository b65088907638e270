"""What kind of value an expression over a view's columns has, found from the kinds of its columns.

The kind of what is summed decides in which whole units it is counted (:mod:`features.exact`). A literal
number takes the kind of what it stands beside: ``coalesce(balance, 0)`` and ``2 * balance`` are amounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from sqlglot import exp

__all__ = ["Kind", "kind_of"]

Kind = Literal["whole", "amount", "share", "day", "text", "flag"]
"""What a column of a view holds; sums of it are exact in the units of its kind."""

_Found = Kind | Literal["literal", "fraction", "null"]
_NEUTRAL: Final = ("null", "literal", "fraction")

_WHOLE_TYPES: Final = frozenset(
    {exp.DataType.Type.INT, exp.DataType.Type.BIGINT, exp.DataType.Type.SMALLINT, exp.DataType.Type.TINYINT}
)
_ALONE: Final[Mapping[str, Kind]] = {"literal": "whole", "fraction": "share"}
"""What a literal number is where it stands beside nothing else."""

_PRODUCTS: Final[Mapping[tuple[str, str], Kind]] = {
    ("whole", "whole"): "whole",
    ("whole", "amount"): "amount",
    ("whole", "share"): "share",
    ("amount", "share"): "amount",
    ("share", "share"): "share",
}
_QUOTIENTS: Final[Mapping[tuple[str, str], Kind]] = {
    ("whole", "whole"): "share",
    ("whole", "share"): "share",
    ("amount", "amount"): "share",
    ("share", "share"): "share",
    ("amount", "whole"): "amount",
    ("amount", "share"): "amount",
    ("share", "whole"): "share",
}


def kind_of(value: exp.Expr, kinds: Mapping[str, Kind]) -> Kind | None:
    """The kind of an expression; None where the kinds of its columns do not tell.

    Parameters
    ----------
    value : sqlglot.exp.Expr
        An expression without aggregates.
    kinds : mapping of str to str
        Kind by column.

    Examples
    --------
    >>> import sqlglot
    >>> kinds = {"balance": "amount", "credit_limit": "amount", "days": "whole"}
    >>> kind_of(sqlglot.parse_one("CASE WHEN days > 0 THEN balance ELSE 0 END"), kinds)
    'amount'
    >>> kind_of(sqlglot.parse_one("balance / nullif(credit_limit, 0)"), kinds)
    'share'
    >>> kind_of(sqlglot.parse_one("CAST(days > 0 AS INTEGER)"), kinds)
    'whole'
    >>> kind_of(sqlglot.parse_one("balance + days"), kinds) is None
    True
    """
    found = _found(value, kinds)
    if found is None or found == "null":
        return None
    return "whole" if found == "literal" else "share" if found == "fraction" else found


def _found(value: exp.Expr, kinds: Mapping[str, Kind]) -> _Found | None:
    if isinstance(value, exp.Column):
        return kinds.get(value.name)
    if isinstance(value, exp.Literal):
        return "text" if value.is_string else "literal" if value.is_int else "fraction"
    if isinstance(value, exp.Null):
        return "null"
    if isinstance(value, exp.Predicate | exp.Connector | exp.Not | exp.Boolean):
        return "flag"
    if isinstance(value, exp.Cast):
        return "whole" if value.to.this in _WHOLE_TYPES else None
    return _of_operation(value, kinds)


def _of_operation(value: exp.Expr, kinds: Mapping[str, Kind]) -> _Found | None:
    if isinstance(value, exp.Paren | exp.Neg | exp.Abs | exp.Nullif):
        return _found(value.this, kinds)
    if isinstance(value, exp.Case):
        parts = [branch.args["true"] for branch in value.args["ifs"]]
        return _common([*parts, *filter(None, [value.args.get("default")])], kinds)
    if isinstance(value, exp.Coalesce):
        return _common([value.this, *value.expressions], kinds)
    if isinstance(value, exp.Add | exp.Sub):
        return _common([value.left, value.right], kinds)
    if isinstance(value, exp.Mul | exp.Div):
        return _scaled(value, _found(value.left, kinds), _found(value.right, kinds))
    return None


def _scaled(value: exp.Mul | exp.Div, left: _Found | None, right: _Found | None) -> _Found | None:
    """The kind of a product or quotient; a literal changes how much it is, not what."""
    if left is None or right is None:
        return None
    pair = (_ALONE.get(left, left), _ALONE.get(right, right))
    if isinstance(value, exp.Mul):
        if left == right == "literal":
            return "literal"
        return _PRODUCTS.get(pair) or _PRODUCTS.get((pair[1], pair[0]))
    return _QUOTIENTS.get(pair)


def _common(values: Iterable[exp.Expr], kinds: Mapping[str, Kind]) -> _Found | None:
    """The one kind of several values, of which literals and nulls take that of the others."""
    found = [_found(value, kinds) for value in values]
    told = {kind for kind in found if kind not in _NEUTRAL}
    if len(told) > 1 or None in told or ("whole" in told and "fraction" in found):
        return None
    if told:
        return told.pop()
    return next((kind for kind in ("fraction", "literal") if kind in found), "null")
