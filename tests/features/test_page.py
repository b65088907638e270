"""The page of features to search: it says what the catalogue says, and needs nothing else."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser

import numpy as np
import pyarrow as pa
import pytest

from features.definitions.all import CATALOGUE
from features.page import page
from features.page_pictures import spread_picture
from features.reasons import REASONS

VOID = {"meta", "input", "br", "line", "rect"}


class Outline(HTMLParser):
    """Identifiers, targets within the page, addresses elsewhere, and tags that are not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.targets: list[str] = []
        self.elsewhere: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.names.append(str(value))
            elif name in ("href", "src"):
                (self.targets if str(value).startswith("#") else self.elsewhere).append(str(value))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def plain() -> str:
    return page(CATALOGUE)


def test_every_feature_stands_on_the_page_once(plain: str) -> None:
    names = Outline(plain).names
    assert len(names) == len(set(names))
    assert {item.name for item in CATALOGUE} <= set(names)


def test_page_holds_together_and_needs_nothing_else(plain: str) -> None:
    outline = Outline(plain)
    assert outline.open == []
    assert outline.elsewhere == []
    assert {target[1:] for target in outline.targets} <= set(outline.names)
    assert "@import" not in plain
    assert "url(" not in plain


def test_reasons_stand_in_both_languages(plain: str) -> None:
    for reason in REASONS.values():
        assert escape(reason.statement) in plain
        assert reason.statement_zh in plain


def test_pictures_come_with_a_table_alone(plain: str) -> None:
    assert "<svg" not in plain
    table = pa.table({"consumer_id": [123456789, 2], "accounts_open": [1.0, 3.0], "owed_total": [None, 9.5]})
    drawn = page(CATALOGUE, table)
    assert drawn.count("<svg") == 2
    assert "123456789" not in drawn
    assert Outline(drawn).open == []


@pytest.mark.parametrize(
    ("values", "bars"),
    [
        ([0.0, 1.0, 1.0], 2),
        ([5.0], 1),
        ([np.nan, np.nan], 0),
        ([], 0),
        ([0.1, 0.1], 1),
        ([0.0, 1e9], 2),
        ([-3.0, -1.0, 0.0], 3),
    ],
)
def test_bars_of_a_picture(values: list[float], bars: int) -> None:
    assert spread_picture(np.array(values), (-10.0, 1e9)).count("<rect") == bars


def test_values_outside_the_expected_range_are_counted() -> None:
    assert "2 outside the expected range" in spread_picture(np.array([-1.0, 0.5, 7.0, np.nan]), (0.0, 1.0))
