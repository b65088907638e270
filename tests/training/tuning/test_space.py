"""The search space: the first trials lie within it, and it grows with the data."""

from __future__ import annotations

from dataclasses import fields

import pytest

from training.boosting import BoostingParameters
from training.tuning.space import space_for

SIZES = [(60, 1), (800, 20), (5_000, 56), (80_000, 10), (150_000, 300)]


@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_the_first_trials_lie_within_the_ranges(rows: int, columns: int) -> None:
    space = space_for(rows, columns)
    for draw in space.first_draws():
        assert draw.keys() == {item.name for item in space.ranges}
        for item in space.ranges:
            assert item.low <= draw[item.name] <= item.high, item.name
            assert item.low > 0 or not item.log
            assert isinstance(draw[item.name], int) == (item.kind == "whole")


@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_the_first_trials_differ_in_character(rows: int, columns: int) -> None:
    leaves = {choice.num_leaves for choice in space_for(rows, columns).first}
    assert min(leaves) <= 3
    assert max(leaves) >= 12


def test_what_is_drawn_becomes_parameters() -> None:
    space = space_for(5_000, 10, ("region",))
    draw = space.first_draws()[0]
    assert space.dropped(draw) == ()
    switched = draw | {"drop region": True, "num_leaves": 5}
    assert space.dropped(switched) == ("region",)
    parameters = space.parameters(switched)
    assert parameters.num_leaves == 5
    assert parameters.learning_rate == draw["learning_rate"]
    known = {field.name for field in fields(BoostingParameters)}
    assert {item.name for item in space.ranges} < known


def test_leaves_hold_more_rows_and_trees_more_leaves_where_there_is_more_data() -> None:
    small, large = ({item.name: item for item in space_for(rows, 10).ranges} for rows in (500, 100_000))
    assert small["min_data_in_leaf"].high < large["min_data_in_leaf"].high
    assert small["num_leaves"].high < large["num_leaves"].high


def test_nothing_is_smoothed_where_directions_bind() -> None:
    free, bound = (space_for(5_000, 10, smooth=smooth) for smooth in (True, False))
    assert {item.name for item in free.ranges} - {item.name for item in bound.ranges} == {"path_smooth"}
    assert {choice.path_smooth for choice in bound.first} == {0.0}
    assert bound.parameters(bound.first_draws()[0]).path_smooth == 0.0
