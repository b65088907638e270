"""The page of the contracts is the contracts'."""

from __future__ import annotations

from pathlib import Path

from bureau.documentation import contracts_markdown
from bureau.kinds.all import KINDS

PAGE = Path(__file__).parents[2] / "docs" / "contracts.md"


def test_committed_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == contracts_markdown(KINDS.values()), (
        "docs/contracts.md is out of date; run: python -m bureau.documentation docs/contracts.md"
    )


def test_page_names_every_field_and_every_rule_of_its_contract() -> None:
    for contract in KINDS.values():
        lines = contracts_markdown([contract]).splitlines()
        for column in contract.columns:
            assert len([line for line in lines if line.startswith(f"| `{column.name}` |")]) == 1
        for rule in (*contract.rules, *contract.checks):
            assert len([line for line in lines if line.startswith(f"| `{rule.id}` | {rule.severity} |")]) == 1


def test_every_row_has_as_many_cells_as_its_table() -> None:
    cells = 0
    for line in contracts_markdown(KINDS.values()).splitlines():
        if not line.startswith("|"):
            cells = 0
        elif cells == 0:
            cells = line.count("|")
        else:
            assert line.count("|") == cells, line
