"""From a contract to the SQL that reads its columns and names the rules a record breaks.

Reading is done in three layers, each a projection of the one before: the trimmed text of a column,
the number in it, the typed value. DuckDB then computes each of them once, however many rules ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bureau.contracts import Column, Contract

__all__ = ["broken_rules_sql", "is_bad_sql", "typed_sql"]


def typed_sql(contract: Contract, raw_names: Mapping[str, str | None], source: str, line: str) -> str:
    """The query that gives every column of a contract its type.

    Parameters
    ----------
    contract : Contract
        The contract.
    raw_names : mapping of str to str or None
        Column of the contract to its name in the file; None where the file lacks it.
    source : str
        The relation with the file's columns, all text.
    line : str
        Its column with the number of the line.

    Returns
    -------
    str
        SQL for ``line_no``, the typed columns under their own names, and their texts, for
        :func:`is_bad_sql` and :func:`broken_rules_sql`.
    """
    columns = contract.columns
    texts = ", ".join(f"{_text_sql(column, raw_names[column.name])} AS {_text(column)}" for column in columns)
    numbers = "".join(
        f", TRY_CAST({_text(column)} AS DOUBLE) AS {_number(column)}" for column in columns if column.type != "text"
    )
    types = ", ".join(f"{_typed(column)} AS {_name(column.name)}" for column in columns)
    carried = ", ".join(_text(column) for column in columns)
    return (
        f"SELECT line_no, {types}, {carried} FROM (SELECT *{numbers} FROM "
        f"(SELECT {_name(line)} AS line_no, {texts} FROM {source} AS raw) AS texts) AS numbers"
    )


def is_bad_sql(contract: Contract, raw_names: Mapping[str, str | None]) -> str:
    """SQL for whether a record breaks any rule; much cheaper than naming those it breaks."""
    return " OR ".join(f"({broken}) IS TRUE" for _, broken in _checks(contract, raw_names)) or "false"


def broken_rules_sql(contract: Contract, raw_names: Mapping[str, str | None]) -> str:
    """SQL for the list of ids of the rules that a record breaks, in the contract's order."""
    named = ", ".join(f"CASE WHEN {broken} THEN '{rule}' END" for rule, broken in _checks(contract, raw_names))
    return f"list_filter([{named}]::VARCHAR[], rule -> rule IS NOT NULL)"


def _checks(contract: Contract, raw_names: Mapping[str, str | None]) -> list[tuple[str, str]]:
    """Id of each rule, and SQL that is true when it is broken."""
    there = [column for column in contract.columns if raw_names[column.name] is not None]
    checks = [check for column in there for check in _column_checks(column)]
    return checks + [(rule.id, rule.broken) for rule in contract.rules]


def _column_checks(column: Column) -> Iterable[tuple[str, str]]:
    name = _name(column.name)
    if column.filled:
        yield f"filled:{column.name}", f"{_text(column)} IS NULL"
    if column.type != "text":
        yield f"type:{column.name}", f"{_text(column)} IS NOT NULL AND {name} IS NULL"
    if column.allowed:
        yield f"allowed:{column.name}", f"{name} NOT IN ({_literals(column.allowed)})"
    bounds = []
    if column.minimum is not None:
        bounds.append(f"{name} < {column.minimum!r}")
    if column.maximum is not None:
        bounds.append(f"{name} > {column.maximum!r}")
    if bounds:
        yield f"range:{column.name}", " OR ".join(bounds)


def _text_sql(column: Column, raw_name: str | None) -> str:
    """The trimmed text of a column, null where it is empty or stands for "no value"."""
    if raw_name is None:
        return "NULL::VARCHAR"
    trimmed = f"trim(raw.{_name(raw_name)})"
    if not column.empty:
        return f"nullif({trimmed}, '')"
    return f"CASE WHEN {trimmed} NOT IN ({_literals(('', *column.empty))}) THEN {trimmed} END"


def _typed(column: Column) -> str:
    """The typed value, null where the text is missing or is none of the type."""
    text, number = _text(column), _number(column)
    if column.type == "text":
        return text
    plain = f"isfinite({number}) AND NOT contains({text}, '_')"  # DuckDB would read 1_000 as 1000
    if column.type == "integer":
        return f"CASE WHEN {plain} AND {number} = trunc({number}) THEN TRY_CAST({number} AS BIGINT) END"
    return f"CASE WHEN {plain} THEN {number} END"


def _text(column: Column) -> str:
    return _name(f"{column.name} as text")


def _number(column: Column) -> str:
    return _name(f"{column.name} as number")


def _literals(texts: Iterable[str]) -> str:
    return ", ".join("'" + text.replace("'", "''") + "'" for text in texts)


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
