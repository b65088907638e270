"""What is stated of a model is what a validation reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.errors import RecordDamaged
from training.inventory import intended_use, read_inventory, state_use
from training.validation.use import IntendedUse

USE = IntendedUse(owner="card risk", materiality="high", why_material="all new cards", limits=("Cards only.",))


def test_what_is_stated_is_read(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "inventory.json"
    assert read_inventory(path) == {}
    state_use(path, "taiwan", USE)
    assert intended_use(path, "taiwan") == USE
    assert intended_use(path, "home-credit") == IntendedUse()
    assert [entry.name for entry in path.parent.iterdir()] == ["inventory.json"]


def test_the_developer_is_told_by_the_model_alone(tmp_path: Path) -> None:
    path = tmp_path / "inventory.json"
    state_use(path, "taiwan", IntendedUse(owner="card risk", developer="ada"))
    assert intended_use(path, "taiwan").unstated == ("developer", "materiality")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "no inventory can be read from it"),
        ("[]", "holds no entry a portfolio"),
        ('{"taiwan": {"owners": "x"}}', "the entry of taiwan holds what no entry has"),
    ],
)
def test_a_damaged_inventory_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "inventory.json"
    path.write_text(text)
    with pytest.raises(RecordDamaged, match=told):
        intended_use(path, "taiwan")
