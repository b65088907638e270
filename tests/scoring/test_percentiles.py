"""Percentiles: how many applicants a change passes, by hand and by counting them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from made_models import fit_on_missing

from scoring.baselines import Baselines, intervals_of
from scoring.percentiles import Percentiles
from scoring.trees import Forest, forest_of

COLUMNS = np.array([0, 1, 2, 3])


@pytest.fixture(scope="module")
def people() -> tuple[Forest, np.ndarray]:
    values, booster = fit_on_missing(rounds=20)
    return forest_of(booster.model_to_string()), values


def test_who_is_passed_is_counted(people: tuple[Forest, np.ndarray]) -> None:
    forest, values = people
    everybody = intervals_of(forest, values[:300])
    percentiles = Percentiles(forest, Baselines(everybody[:1], everybody), COLUMNS)
    before, after = values[300:400, :4], values[400:500, :4]
    passed = percentiles.passed(COLUMNS, percentiles.intervals(before), percentiles.intervals(after))
    for row in range(100):
        counts = [0]
        for column in COLUMNS:
            limits = forest.limits[column].tolist()
            here, there, *others = (
                sum(limit < value for limit in limits) if not math.isnan(value) else None
                for value in (before[row, column], after[row, column], *values[:300, column])
            )
            if here is not None and there is not None:
                least, most = min(here, there), max(here, there)
                counts.append(sum(least < other <= most for other in others if other is not None))
        assert passed[row] == max(counts)


def test_what_stays_or_is_missing_passes_nobody(people: tuple[Forest, np.ndarray]) -> None:
    forest, values = people
    everybody = intervals_of(forest, values[:300])
    percentiles = Percentiles(forest, Baselines(everybody[:1], everybody), COLUMNS)
    same = percentiles.intervals(values[:50, :4])
    missing = percentiles.intervals(np.full((50, 4), math.nan))
    assert percentiles.applicants == 300
    assert not percentiles.passed(COLUMNS, same, same).any()
    assert not percentiles.passed(COLUMNS, same, missing).any()
    assert not percentiles.passed(COLUMNS[:0], same, missing).any()
