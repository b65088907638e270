"""Proposals are a function of the seed, the numbers and what was told, and of nothing else."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import optuna
import pytest

from training.tuning.proposals import RANDOM_TRIALS, Told, distributions, propose
from training.tuning.space import space_for

SPACE = space_for(2_000, 10, ("region",))
FIRST = len(SPACE.first)


def _told(count: int) -> list[Told]:
    """Trials of which those with many leaves did best; every fourth was given up."""
    draws = propose(SPACE, [], [], 9, range(count))
    rng = np.random.default_rng(1)
    return [
        Told(draw, 0.7 + 0.001 * draw["num_leaves"] + 0.0001 * rng.random(), 1 if place % 4 == 3 else None)
        for place, draw in enumerate(draws)
    ]


def test_the_first_are_the_defaults_with_all_columns() -> None:
    assert propose(SPACE, [], [], 1, range(FIRST)) == SPACE.first_draws()


@pytest.mark.parametrize("told", [6, RANDOM_TRIALS + 6])
def test_together_or_one_by_one_they_are_the_same(told: int) -> None:
    known = _told(told)
    numbers = range(told, told + 4)
    together = propose(SPACE, known, [], 1, numbers)
    one_by_one: list[dict[str, Any]] = []
    for number in numbers:
        one_by_one += propose(SPACE, known, one_by_one, 1, [number])
    assert one_by_one == together
    assert len({str(draw) for draw in together}) == 4


def test_seed_and_number_change_them() -> None:
    known = _told(18)
    one = propose(SPACE, known, [], 1, [20])
    assert propose(SPACE, known, [], 1, [20]) == one
    assert propose(SPACE, known, [], 2, [20]) != one
    assert propose(SPACE, known, [], 1, [21]) != one


def test_it_learns() -> None:
    known = _told(30)
    leaves = [propose(SPACE, known, [], 1, [number])[0]["num_leaves"] for number in range(30, 50)]
    random = [draw["num_leaves"] for draw in propose(SPACE, [], [], 1, range(30, 50))]
    assert np.median(leaves) > 1.5 * np.median(random)


def test_draws_lie_within_the_space() -> None:
    spread = distributions(SPACE)
    for draw in propose(SPACE, _told(18), [], 3, range(18, 24)):
        assert draw.keys() == spread.keys()
        for name, distribution in spread.items():
            assert distribution._contains(distribution.to_internal_repr(draw[name])), name


def test_optuna_says_nothing_and_is_left_as_it_was(caplog: pytest.LogCaptureFixture) -> None:
    before = optuna.logging.get_verbosity()
    optuna.logging.enable_propagation()
    try:
        with caplog.at_level(logging.INFO):
            propose(SPACE, [], [], 1, [20])
    finally:
        optuna.logging.disable_propagation()
    assert not caplog.records
    assert optuna.logging.get_verbosity() == before
