"""From a contract to the SQL that reads its columns and names the rules a record breaks.

Reading is done in three layers, each a projection of the one before: the trimmed text of a column,
the number in it, the typed value. DuckDB then computes each of them once, however many rules ask.
A column that comes typed already (Parquet) is taken as it is: no text is made of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from bureau.contracts import Column, Contract
from bureau.quoting import quoted

__all__ = ["RAW", "broken_rules_sql", "findings_sql", "is_bad_sql", "typed_sql"]

RAW: Final = '"as it came"'
"""Column with a whole record of the file as a structure; costs nothing unless it is asked for."""

_ALL_TEXT: Final[Mapping[str, str]] = MappingProxyType({})

_NUMBER_KINDS: Final = frozenset({"BIGINT", "DOUBLE"})
_DATE_KINDS: Final = frozenset({"DATE", "TIMESTAMP"})


def typed_sql(
    contract: Contract,
    raw_names: Mapping[str, str | None],
    source: str,
    line: str,
    kinds: Mapping[str, str] = _ALL_TEXT,
) -> str:
    """The query that gives every column of a contract its type.

    Parameters
    ----------
    contract : Contract
        The contract.
    raw_names : mapping of str to str or None
        Column of the contract to its name in the file; None where the file lacks it.
    source : str
        The relation with the file's columns.
    line : str
        Its column with the number of the line.
    kinds : mapping of str to str
        Columns of the file that are not text, each with its DuckDB type: BIGINT, DOUBLE, DATE,
        TIMESTAMP, or any other, which is taken by its text.

    Returns
    -------
    str
        SQL for ``line_no``, the record as it came (:data:`RAW`), the typed columns under their own
        names, and what was told in each of them, for :func:`is_bad_sql` and :func:`broken_rules_sql`.
    """
    plans = [_Plan(column, raw_names[column.name], kinds) for column in contract.columns]
    told = ", ".join(f"{plan.told_sql} AS {_told(plan.column)}" for plan in plans)
    numbers = "".join(
        f", TRY_CAST({_told(plan.column)} AS DOUBLE) AS {_number(plan.column)}" for plan in plans if plan.parses_number
    )
    types = ", ".join(f"{plan.typed_sql} AS {quoted(plan.column.name)}" for plan in plans)
    carried = ", ".join(sql for plan in plans for sql in plan.carried)
    return (
        f"SELECT line_no, {RAW}, {types}, {carried} FROM (SELECT *{numbers} FROM "
        f"(SELECT {quoted(line)} AS line_no, raw AS {RAW}, {told} FROM {source} AS raw) AS texts) AS numbers"
    )


def is_bad_sql(contract: Contract, raw_names: Mapping[str, str | None], kinds: Mapping[str, str] = _ALL_TEXT) -> str:
    """SQL for whether a record has to be set aside; much cheaper than naming the rules it breaks."""
    return " OR ".join(f"({broken}) IS TRUE" for _, broken in _checks(contract, raw_names, kinds)) or "false"


def broken_rules_sql(
    contract: Contract, raw_names: Mapping[str, str | None], kinds: Mapping[str, str] = _ALL_TEXT
) -> str:
    """SQL for the list of ids of the rules for which a record is set aside, in the contract's order."""
    return _named_sql(_checks(contract, raw_names, kinds))


def findings_sql(contract: Contract) -> str:
    """SQL over the typed columns for the list of ids of the rules of severity "finding" that a good record breaks.

    Empty where the contract has no such rule.
    """
    findings = [(rule.id, rule.broken) for rule in contract.rules if rule.severity == "finding"]
    return _named_sql(findings) if findings else ""


def _named_sql(checks: Iterable[tuple[str, str]]) -> str:
    named = ", ".join(f"CASE WHEN {broken} THEN {_literals([rule])} END" for rule, broken in checks)
    return f"list_filter([{named}]::VARCHAR[], rule -> rule IS NOT NULL)"


def _checks(contract: Contract, raw_names: Mapping[str, str | None], kinds: Mapping[str, str]) -> list[tuple[str, str]]:
    """Id of each rule that sets a record aside, and SQL that is true when it is broken."""
    plans = [_Plan(column, raw_names[column.name], kinds) for column in contract.columns]
    checks = [check for plan in plans if raw_names[plan.column.name] is not None for check in _column_checks(plan)]
    return checks + [(rule.id, rule.broken) for rule in contract.rules if rule.severity == "set aside"]


def _column_checks(plan: _Plan) -> Iterator[tuple[str, str]]:
    column, name = plan.column, quoted(plan.column.name)
    if column.filled:
        yield f"filled:{column.name}", f"{_told(column)} IS NULL"
    if plan.is_other_type is not None:
        yield f"type:{column.name}", plan.is_other_type
    if column.allowed:
        yield f"allowed:{column.name}", f"{name} NOT IN ({_literals(column.allowed)})"
    if column.pattern is not None and plan.kind == "VARCHAR":
        yield f"pattern:{column.name}", f"NOT {_fits(column)} AND {name} IS NOT NULL"
    low, high = column.minimum, column.maximum
    if low is not None and high is not None:
        yield f"range:{column.name}", f"{name} NOT BETWEEN {low!r} AND {high!r}"
    elif low is not None:
        yield f"range:{column.name}", f"{name} < {low!r}"
    elif high is not None:
        yield f"range:{column.name}", f"{name} > {high!r}"


class _Plan:
    """How one column is read.

    Parameters
    ----------
    column : Column
        The column.
    raw_name : str or None
        Its name in the file.
    kinds : mapping of str to str
        The DuckDB type of the file's columns that are not text.

    Attributes
    ----------
    kind : str
        The type in which its value is carried: VARCHAR where it is read as text.
    told_sql : str
        SQL over the relation ``raw`` for what is told: null where there is no value.
    """

    def __init__(self, column: Column, raw_name: str | None, kinds: Mapping[str, str]) -> None:
        self.column = column
        if raw_name is None:
            self.kind, self.told_sql = "VARCHAR", "NULL::VARCHAR"
            return
        raw, told_kind = f"raw.{quoted(raw_name)}", kinds.get(raw_name, "VARCHAR")
        if column.type == "list":
            self.kind, self.told_sql = "LIST", raw
        elif not column.empty and _comes_typed(column, told_kind):
            self.kind, self.told_sql = told_kind, raw
        else:
            self.kind, self.told_sql = "VARCHAR", _text_sql(column, _text_of(raw, told_kind))

    @property
    def parses_number(self) -> bool:
        """Whether a number is to be read from its text."""
        return self.kind == "VARCHAR" and self.column.type in ("number", "integer")

    @property
    def carried(self) -> Iterator[str]:
        """What the rules ask for beside the typed value."""
        yield _told(self.column)
        if self.column.pattern is not None:
            matches = f"regexp_full_match({_told(self.column)}, {_literals([self.column.pattern])})"
            yield f"{matches if self.kind == 'VARCHAR' else 'true'} AS {_fits(self.column)}"

    @property
    def typed_sql(self) -> str:
        """SQL over the layer of numbers for the typed value, null where what is told is none of the type."""
        told, kind = _told(self.column), self.kind
        match self.column.type:
            case "integer":
                if kind == "BIGINT":
                    return told
                number, plain = (told, "true") if kind == "DOUBLE" else (_number(self.column), self._plain_number)
                return f"CASE WHEN {plain} AND {number} = trunc({number}) THEN TRY_CAST({number} AS BIGINT) END"
            case "number":
                if kind == "BIGINT":
                    return f"{told}::DOUBLE"
                if kind == "DOUBLE":
                    return told  # one that is not finite is set aside
                return f"CASE WHEN {self._plain_number} THEN {_number(self.column)} END"
            case "date":
                return _date_sql(told, kind)
            case _:
                return told

    @property
    def is_other_type(self) -> str | None:
        """SQL that is true where what is told is none of the type; None where that cannot be."""
        told, name = _told(self.column), quoted(self.column.name)
        if self.column.type not in ("number", "integer", "date"):
            return None
        if self.kind == "BIGINT":
            return None
        if (self.kind, self.column.type) in (("DOUBLE", "number"), ("DATE", "date")):
            return f"NOT isfinite({told})"
        return f"{told} IS NOT NULL AND {name} IS NULL"

    @property
    def _plain_number(self) -> str:
        # DuckDB would read 1_000 as 1000.
        return f"isfinite({_number(self.column)}) AND NOT contains({_told(self.column)}, '_')"


def _comes_typed(column: Column, kind: str) -> bool:
    """Whether the file's values are of the column's type, or become so without a text between."""
    if column.type in ("number", "integer"):
        return kind in _NUMBER_KINDS
    return column.type == "date" and kind in _DATE_KINDS


def _text_of(raw: str, kind: str) -> str:
    """SQL for a value as text; references that somebody's tool has made floating-point numbers lose their ``.0``."""
    if kind == "VARCHAR":
        return raw
    if kind == "DOUBLE":
        whole = f"CASE WHEN {raw} = trunc({raw}) THEN TRY_CAST({raw} AS BIGINT) END"
        return f"coalesce({whole}::VARCHAR, {raw}::VARCHAR)"
    return f"{raw}::VARCHAR"


def _text_sql(column: Column, raw: str) -> str:
    """The trimmed text of a column, null where it is empty or stands for "no value"."""
    # Few values have a blank at an end, and looking is much cheaper than trimming.
    trimmed = f"CASE WHEN {raw} > '!' AND NOT suffix({raw}, ' ') THEN {raw} ELSE nullif(trim({raw}), '') END"
    if not column.empty:
        return trimmed
    return f"CASE WHEN trim({raw}) NOT IN ({_literals(('', *column.empty))}) THEN trim({raw}) END"


def _date_sql(told: str, kind: str) -> str:
    """The date in a text, a date or a moment; a moment that is no midnight is no date."""
    if kind == "DATE":
        return told  # one that is not finite is set aside
    if kind == "TIMESTAMP":
        return f"CASE WHEN isfinite({told}) AND {told}::DATE::TIMESTAMP = {told} THEN {told}::DATE END"
    # DuckDB alone would also read 2024-1-5, 2024-01-5x, epoch, and years before Christ or beyond 9999.
    date = f"TRY_CAST({told} AS DATE)"
    return f"CASE WHEN length({told}) = 10 AND {date}::VARCHAR = {told} THEN {date} END"


def _told(column: Column) -> str:
    return quoted(f"{column.name} as told")


def _fits(column: Column) -> str:
    return quoted(f"{column.name} fits")


def _number(column: Column) -> str:
    return quoted(f"{column.name} as number")


def _literals(texts: Iterable[str]) -> str:
    return ", ".join("'" + text.replace("'", "''") + "'" for text in texts)
