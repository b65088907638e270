"""A log that says the same so many times a minute: what it writes, and what it tells of the rest."""

from __future__ import annotations

import logging

import pytest

from serving.sparing import MOST_A_MINUTE, Sparing


def _line(sparing: Sparing, at: float, text: str, *values: object) -> str | None:
    """The line that is written; None if it is passed over."""
    record = logging.LogRecord("a", logging.ERROR, "file", 1, text, values, None)
    record.created = at
    return record.getMessage() if sparing.filter(record) else None


def test_the_same_line_is_written_so_often_a_minute_and_the_rest_is_counted() -> None:
    sparing = Sparing()
    first = [_line(sparing, 60.0, "%s: at line %d", "not-recorded", number) for number in range(300)]
    assert [each for each in first if each] == [f"not-recorded: at line {number}" for number in range(MOST_A_MINUTE)]
    assert _line(sparing, 61.0, "%s: at line %d", "unavailable", 1) == "unavailable: at line 1"  # another matter
    later = [_line(sparing, at, "%s: at line %d", "not-recorded", 7) for at in (120.0, 121.0)]
    assert later == ["not-recorded: at line 7 (and 290 times more, not told)", "not-recorded: at line 7"]


@pytest.mark.parametrize("values", [(), ("one",), ({"a": 1},)])
def test_any_line_can_be_written(values: tuple[object, ...]) -> None:
    text = "plain" if not values else "%s"
    assert _line(Sparing(), 0.0, text, *values) == (text % values if values else text)
