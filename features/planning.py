"""From the declared features of a view to one statement: in one stage, or in two where the view allows it.

In one stage every feature is its own aggregate over all records of a row. Where a view has a ``clock`` (whole months
before the observation), its features differ mostly in how far they look back, and the same records are counted again
and again. In two stages they are counted once: records are put into cells that no feature looks inside of (a *bucket*
of the clock between two edges of the windows, and which conditions on the view's ``groups`` they fulfil), and every
*atom* (a sum, count, least or largest of an expression, under what is left of the feature's filter) is computed for
each cell. The second stage puts cells together into windows. Sums are sums of whole numbers (:mod:`features.exact`),
so both ways give the same value, bit for bit.

What cannot be put together from cells (a count of different values, and what only DuckDB has) is computed in one stage
beside the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

import sqlglot
from sqlglot import exp

from features.declaration import Feature, View

__all__ = ["counted_sql", "is_split"]

_SPLIT: Final = (exp.Sum, exp.Count, exp.Min, exp.Max)
_LAST: Final = 2**31 - 1
"""More months than any clock shows."""


class _Records(NamedTuple):
    """What the plan of a view depends on."""

    relation: str
    clock: str
    groups: tuple[str, ...]


_Named = tuple[tuple[str, str], ...]
"""Features as their names and SQL."""


def is_split(view: View, feature: Feature) -> bool:
    """Whether a feature of a view is computed in two stages."""
    return bool(view.clock) and _can_split(feature.sql)


def counted_sql(view: View, features: Iterable[Feature], *, staged: bool = True) -> str:
    """A query for features over the temporary tables of a spine: ``row_no`` and one column a feature.

    Rows without any record of the view are not in it.

    Parameters
    ----------
    view : View
        The view.
    features : iterable of Feature
        Features of it.
    staged : bool
        Whether it may be in two stages; values are the same.
    """
    named = tuple((each.name, each.sql) for each in features)
    return _planned(_Records(view.relation, view.clock if staged else "", view.groups), named)


@lru_cache(maxsize=256)
def _planned(records: _Records, features: _Named) -> str:
    split = tuple(each for each in features if records.clock and _can_split(each[1]))
    whole = tuple(each for each in features if each not in split)
    if not split:
        return _one_stage(records, features)
    if not whole:
        return _two_stages(records, split)
    names = ", ".join(name for name, _ in features)
    return (
        f"SELECT split.row_no, {names} FROM ({_two_stages(records, split)}) AS split "
        f"JOIN ({_one_stage(records, whole)}) AS whole ON whole.row_no = split.row_no"
    )


def _one_stage(records: _Records, features: _Named) -> str:
    counted = ", ".join(f"{_cased(sql)} AS {name}" for name, sql in features)
    return f"SELECT row_no, {counted} FROM ({records.relation}) AS records GROUP BY row_no"


def _cased(sql: str) -> str:
    """The same expression with filters as cases, where the aggregate passes over what is missing."""
    tree = _parsed(sql)
    for call in _calls(tree):
        if isinstance(call, exp.Filter) and _splits(call):
            inner, condition = call.this, call.expression.this.sql("duckdb")
            replaced = _parsed(_over(type(inner), inner.this.sql("duckdb"), condition))
            if call is tree:
                return replaced.sql("duckdb")
            call.replace(replaced)
    return tree.sql("duckdb")


def _two_stages(records: _Records, features: _Named) -> str:
    cells = _Cells(records)
    trees = {name: _parsed(sql) for name, sql in features}
    for tree in trees.values():
        for call in _calls(tree):
            cells.add(call)
    counted = ", ".join(f"{_put_together(tree, cells).sql('duckdb')} AS {name}" for name, tree in trees.items())
    return f"SELECT row_no, {counted} FROM ({cells.sql()}) AS cells GROUP BY row_no"


def _can_split(sql: str) -> bool:
    """Whether all of an expression's columns stand in aggregates that can be put together from those of parts."""
    tree = _parsed(sql)
    calls = _calls(tree)
    inside = {id(column) for call in calls for column in call.find_all(exp.Column)}
    return all(_splits(call) for call in calls) and all(id(each) in inside for each in tree.find_all(exp.Column))


def _parsed(sql: str) -> exp.Expr:
    return sqlglot.parse_one(sql, dialect="duckdb")


def _calls(tree: exp.Expr) -> list[exp.Expr]:
    """The aggregate calls of an expression, each with its filter."""
    return [node for node in tree.walk() if isinstance(node, exp.Filter | exp.AggFunc) and not _is_filtered(node)]


def _is_filtered(node: exp.Expr) -> bool:
    return isinstance(node.parent, exp.Filter) and node.parent.this is node


def _splits(call: exp.Expr) -> bool:
    """Whether an aggregate of a set is that of its parts, put together."""
    inner = call.this if isinstance(call, exp.Filter) else call
    if not isinstance(inner, _SPLIT) or inner.find(exp.Distinct) or inner.expressions:
        return False
    return not isinstance(inner, exp.Sum) or _is_whole(inner.this)


def _is_whole(summed: exp.Expr) -> bool:
    """Whether what is summed is not cast to a floating-point number, whose sum depends on the order."""
    return not (isinstance(summed, exp.Cast) and summed.to.this in exp.DataType.FLOAT_TYPES)


@dataclass(frozen=True)
class _Window:
    """Values of the clock from `start` to before `end`."""

    start: int
    end: int

    def __and__(self, other: _Window) -> _Window:
        return _Window(max(self.start, other.start), min(self.end, other.end))


_ALWAYS: Final = _Window(-_LAST, _LAST)


@dataclass(frozen=True)
class _Call:
    """An aggregate call, its filter taken apart.

    Parameters
    ----------
    function : type
        The aggregate.
    value : str
        What it is over; ``*`` for a count of records.
    window : _Window
        Values of the clock that count.
    groups : tuple of str
        Conditions on the columns that are kept apart.
    rest : str
        The other conditions; empty where there are none.
    """

    function: type[exp.Expr]
    value: str
    window: _Window
    groups: tuple[str, ...]
    rest: str


@dataclass
class _Cells:
    """The first stage: cells, and the atoms that are computed for each of them."""

    records: _Records
    atoms: dict[tuple[type[exp.Expr], str, str], str] = field(default_factory=dict)
    edges: set[int] = field(default_factory=set)
    conditions: dict[str, int] = field(default_factory=dict)

    def add(self, call: exp.Expr) -> None:
        """Make room for what an aggregate call needs."""
        taken = self.taken_apart(call)
        self.edges.update(edge for edge in (taken.window.start, taken.window.end) if abs(edge) != _LAST)
        for condition in taken.groups:
            self.conditions.setdefault(condition, len(self.conditions))
        self.atoms.setdefault((taken.function, taken.value, taken.rest), f"atom_{len(self.atoms)}")

    def taken_apart(self, call: exp.Expr) -> _Call:
        inner = call.this if isinstance(call, exp.Filter) else call
        window, groups, rest = _ALWAYS, set(), set()
        for condition in _conjuncts(call.expression.this) if isinstance(call, exp.Filter) else []:
            part = _window(condition, self.records.clock)
            if part is not None:
                window = window & part
            elif self._is_of_groups(condition):
                groups.add(condition.sql("duckdb"))
            else:
                rest.add(condition.sql("duckdb"))
        return _Call(
            type(inner),
            inner.this.sql("duckdb"),
            window,
            tuple(sorted(groups)),
            " AND ".join(f"({each})" for each in sorted(rest)),
        )

    def _is_of_groups(self, condition: exp.Expr) -> bool:
        columns = {column.name for column in condition.find_all(exp.Column)}
        return bool(columns) and columns <= set(self.records.groups)

    def sql(self) -> str:
        """The query of the first stage: ``row_no``, ``bucket``, ``fulfilled`` and the atoms."""
        atoms = [f"{_atom(*key)} AS {name}" for key, name in self.atoms.items()]
        columns = self._columns()
        return (
            f"SELECT row_no, bucket, fulfilled, {', '.join(atoms)} FROM ("
            f"SELECT row_no, {self._bucket()} AS bucket, {self._fulfilled()} AS fulfilled{columns} "
            f"FROM ({self.records.relation}) AS records) AS sorted GROUP BY row_no, bucket, fulfilled"
        )

    def _columns(self) -> str:
        names = sorted(
            {
                column.name
                for _, value, rest in self.atoms
                for text in (value, rest)
                if text and text != "*"
                for column in _parsed(text).find_all(exp.Column)
            }
        )
        return "".join(f", {name}" for name in names)

    def _bucket(self) -> str:
        """How many edges the clock has passed."""
        clock = self.records.clock
        ordered = sorted(self.edges)
        cases = "".join(f" WHEN {clock} < {edge} THEN {place}" for place, edge in enumerate(ordered))
        return f"CASE{cases} WHEN {clock} >= {ordered[-1]} THEN {len(ordered)} END" if ordered else "0"

    def _fulfilled(self) -> str:
        """Which conditions on the groups hold, a bit each."""
        bits = [f"CASE WHEN {condition} THEN {2**place} ELSE 0 END" for condition, place in self.conditions.items()]
        return " + ".join(bits) or "0"

    def within(self, call: _Call) -> str:
        """The condition on cells under which they count for a call; empty where all do."""
        ordered = sorted(self.edges)
        parts = []
        if call.window.start >= call.window.end:
            return "false"
        if call.window.start != -_LAST:
            parts.append(f"bucket > {ordered.index(call.window.start)}")
        if call.window.end != _LAST:
            parts.append(f"bucket <= {ordered.index(call.window.end)}")
        if call.groups:
            bits = sum(2 ** self.conditions[condition] for condition in call.groups)
            parts.append(f"(fulfilled & {bits}) = {bits}")
        return " AND ".join(parts)


def _over(function: type[exp.Expr], value: str, condition: str) -> str:
    """SQL for an aggregate of what fulfils a condition; as a case, which DuckDB computes faster than a filter."""
    name = function.sql_name()  # type: ignore[attr-defined]
    if not condition:
        return f"{name}({value})"
    return f"{name}(CASE WHEN {condition} THEN {1 if value == '*' else value} END)"


def _atom(function: type[exp.Expr], value: str, rest: str) -> str:
    atom = _over(function, value, rest)
    return f"CAST({atom} AS BIGINT)" if function is exp.Sum and "INT128" not in value else atom


def _put_together(tree: exp.Expr, cells: _Cells) -> exp.Expr:
    """A feature's expression over cells instead of records."""
    tree = tree.copy()
    for call in _calls(tree):
        taken = cells.taken_apart(call)
        name, within = cells.atoms[taken.function, taken.value, taken.rest], cells.within(taken)
        if taken.function is exp.Count:
            text = f"COALESCE(CAST({_over(exp.Sum, name, within)} AS BIGINT), 0)"
        else:
            text = _over(taken.function, name, within)
        replaced = _parsed(text)
        if call is tree:
            return replaced
        call.replace(replaced)
    return tree


def _conjuncts(condition: exp.Expr) -> list[exp.Expr]:
    """The conditions that must all hold."""
    while isinstance(condition, exp.Paren):
        condition = condition.this
    if isinstance(condition, exp.And):
        return [*_conjuncts(condition.left), *_conjuncts(condition.right)]
    return [condition]


def _window(condition: exp.Expr, clock: str) -> _Window | None:
    """The window of a condition on the clock alone; None for any other."""
    if isinstance(condition, exp.Between) and _is_clock(condition.this, clock):
        low, high = _number(condition.args["low"]), _number(condition.args["high"])
        return None if low is None or high is None else _Window(low, high + 1)
    if not isinstance(condition, exp.EQ | exp.LT | exp.LTE | exp.GT | exp.GTE):
        return None
    kind: type[exp.Expr] = type(condition)
    number = _number(condition.right)
    if not _is_clock(condition.left, clock):
        if not _is_clock(condition.right, clock):
            return None
        kind, number = _MIRRORED[kind], _number(condition.left)
    if number is None:
        return None
    windows: dict[type[exp.Expr], _Window] = {
        exp.EQ: _Window(number, number + 1),
        exp.LT: _Window(-_LAST, number),
        exp.LTE: _Window(-_LAST, number + 1),
        exp.GT: _Window(number + 1, _LAST),
        exp.GTE: _Window(number, _LAST),
    }
    return windows[kind]


_MIRRORED: Final[dict[type[exp.Expr], type[exp.Expr]]] = {
    exp.EQ: exp.EQ,
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
}


def _is_clock(node: exp.Expr, clock: str) -> bool:
    return isinstance(node, exp.Column) and node.name == clock


def _number(node: exp.Expr) -> int | None:
    if isinstance(node, exp.Neg):
        inner = _number(node.this)
        return None if inner is None else -inner
    return int(node.name) if isinstance(node, exp.Literal) and node.is_int else None
