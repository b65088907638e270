"""Every rule that follows from the declaration of a column fires on a fault in that column alone."""

from __future__ import annotations

from typing import Any

import pytest
from clean_records import CLEAN, judged

from bureau.contracts import Column
from bureau.kinds.all import KINDS


def faults_of(column: Column) -> dict[str, Any]:
    """Rule of a column to a value that breaks it."""
    faults: dict[str, Any] = {}
    if column.filled:
        faults[f"filled:{column.name}"] = "  "
    if column.type in ("number", "integer"):
        faults[f"type:{column.name}"] = "12O4"
    if column.type == "date":
        faults[f"type:{column.name}"] = "2023-02-31"
    if column.allowed:
        faults[f"allowed:{column.name}"] = "~"
    if column.pattern is not None:
        faults[f"pattern:{column.name}"] = "~ ~" if column.type == "text" else "1e3"
    if column.minimum is not None:
        faults[f"range:{column.name}"] = str(int(column.minimum) - 1)
    return faults


@pytest.mark.parametrize("kind", KINDS)
def test_a_clean_record_breaks_no_rule(kind: str) -> None:
    assert judged(KINDS[kind], [dict(CLEAN[kind])]) == [(set(), set())]


@pytest.mark.parametrize("kind", KINDS)
def test_every_rule_of_a_column_fires_on_its_fault(kind: str) -> None:
    contract = KINDS[kind]
    faults = [(rule, column.name, value) for column in contract.columns for rule, value in faults_of(column).items()]
    declared = {rule.id for column in contract.columns for rule in column.rules}
    assert {rule for rule, _, _ in faults} == declared
    verdicts = judged(contract, [{**CLEAN[kind], name: value} for _, name, value in faults])
    for (rule, name, value), (aside, _) in zip(faults, verdicts, strict=True):
        assert rule in aside, (rule, value)
        assert not [each for each in aside if ":" in each and not each.endswith(f":{name}")], (rule, aside)


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_at_the_end_of_a_range_is_in_it(kind: str) -> None:
    contract = KINDS[kind]
    ends = [
        (column.name, end) for column in contract.columns for end in (column.minimum, column.maximum) if end is not None
    ]
    verdicts = judged(contract, [{**CLEAN[kind], name: f"{end:.0f}"} for name, end in ends])
    for (name, end), (aside, _) in zip(ends, verdicts, strict=True):
        assert f"range:{name}" not in aside, end


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_over_the_range_is_not(kind: str) -> None:
    contract = KINDS[kind]
    over = [(column.name, column.maximum * 2) for column in contract.columns if column.maximum is not None]
    verdicts = judged(contract, [{**CLEAN[kind], name: f"{value:.0f}"} for name, value in over])
    for (name, value), (aside, _) in zip(over, verdicts, strict=True):
        assert f"range:{name}" in aside, value


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_says_what_it_means(kind: str) -> None:
    assert not [column.name for column in KINDS[kind].columns if not column.meaning]
