"""The page of the features is the catalogue's."""

from __future__ import annotations

from pathlib import Path

from features.definitions.all import CATALOGUE
from features.documentation import markdown
from features.reasons import REASONS

PAGE = Path(__file__).parents[2] / "docs" / "features.md"


def test_committed_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == markdown(CATALOGUE), (
        "docs/features.md is out of date; run: python -m features.documentation docs/features.md"
    )


def test_page_names_every_feature_once_and_every_reason() -> None:
    lines = markdown(CATALOGUE).splitlines()
    for item in CATALOGUE:
        assert len([line for line in lines if line.startswith(f"| `{item.name}` |")]) == 1
    for code in REASONS:
        assert any(line.startswith(f"| {code} |") for line in lines)


def test_every_row_has_as_many_cells_as_its_table() -> None:
    cells = 0
    for line in markdown(CATALOGUE).splitlines():
        if not line.startswith("|"):
            cells = 0
        elif cells == 0:
            cells = line.count("|")
        else:
            assert line.count("|") == cells, line
