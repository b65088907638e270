"""The contracts as a page to read: ``docs/contracts.md``, made by ``python -m bureau.documentation``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from bureau.contracts import Column, Contract

__all__ = ["contracts_markdown"]

_HEAD: Final = """# Contracts

Generated from the contracts by `python -m bureau.documentation docs/contracts.md`; a test keeps it up to date.

What each kind of delivery holds, and every rule that is checked. A record that breaks a rule of
severity **set aside** waits in quarantine for a person; one that breaks a rule of severity
**finding** is accepted, and what was noticed is kept with its evidence.

Dates are ISO 8601 (`2024-06-30`) in text and typed in Parquet; amounts are in the record's
currency. The rules of single fields are named after them, and all of them set a record aside:

| Rule | What must hold |
| --- | --- |
| `filled:FIELD` | a field that must be filled has a value |
| `type:FIELD` | a number is a number, a date a date |
| `allowed:FIELD` | a code is one of the closed list |
| `pattern:FIELD` | a text has its form; an amount is written without an exponent |
| `range:FIELD` | a number is plausible |
| `unique` | one delivery does not tell two things about the same |

"""

_FORMATS: Final = {"csv": "CSV", "jsonl": "JSON Lines", "parquet": "Parquet", "metro2": "Metro 2"}
_FIELDS: Final = ("Field", "Type", "Filled", "Values", "Meaning")
_RULES: Final = ("Rule", "Severity", "What must hold")


def contracts_markdown(contracts: Iterable[Contract]) -> str:
    """The contracts in Markdown: for each its fields, the rules of its records, and the checks against what is on file.

    Examples
    --------
    >>> from bureau.kinds.all import KINDS
    >>> contracts_markdown(KINDS.values()).splitlines()[0]
    '# Contracts'
    """
    return _HEAD + "\n".join("".join(_contract(contract)) for contract in contracts)


def _contract(contract: Contract) -> Iterator[str]:
    yield f"## `{contract.name}`\n\n{contract.meaning}\n\n"
    facts = ", ".join(f"`{fact}`" for fact in dict.fromkeys(mapping.fact for mapping in contract.facts))
    yield f"{_FORMATS[contract.format]}; {contract.cadence}, in time until {contract.grace_days} days after the "
    yield f"period; becomes {facts}.\n\n"
    if contract.unique:
        yield f"One delivery tells one thing about each {' and '.join(f'`{each}`' for each in contract.unique)}.\n"
    if contract.withdraws is not None:
        yield f"A record with `{contract.withdraws}` takes the account back.\n"
    if contract.unique or contract.withdraws is not None:
        yield "\n"
    yield from _table(_FIELDS, (_field(column) for column in contract.columns))
    yield "\n"
    yield from _table(_RULES, ((f"`{each.id}`", each.severity, each.sentence) for each in contract.rules))
    if contract.checks:
        yield "\nAgainst what is on file:\n\n"
        yield from _table(_RULES, ((f"`{each.id}`", each.severity, each.sentence) for each in contract.checks))


def _field(column: Column) -> tuple[str, ...]:
    return (f"`{column.name}`", column.type, "yes" if column.filled else "", _values(column), column.meaning)


def _values(column: Column) -> str:
    """What may stand in a field."""
    parts = []
    if column.allowed:
        parts.append(" ".join(f"`{code}`" for code in column.allowed))
    if column.minimum is not None or column.maximum is not None:
        low = "" if column.minimum is None else f"from {column.minimum:,g}"
        high = "" if column.maximum is None else f"to {column.maximum:,g}"
        parts.append(" ".join(end for end in (low, high) if end))
    if column.pattern is not None:
        parts.append(f"`{column.pattern}`")
    if column.empty:
        parts.append(f"{', '.join(f'`{text}`' for text in column.empty)} for none")
    return "; ".join(parts)


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |\n"
    yield f"|{' --- |' * len(columns)}\n"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |\n"


if __name__ == "__main__":
    from bureau.kinds.all import KINDS

    Path(sys.argv[1]).write_text(contracts_markdown(KINDS.values()), encoding="utf-8")
