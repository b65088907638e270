"""What the service counts: the distance between distributions of scores, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from serving.metrics import population_stability


def test_same_scores_are_at_no_distance() -> None:
    scores = np.arange(300.0, 800.0)
    assert population_stability(scores, scores[::-1]) == pytest.approx(0.0, abs=1e-12)


def test_distance_by_hand() -> None:
    """Ten bins of a tenth each; observed are a half in the lowest, a half in the highest, and half a score elsewhere.

    A bin without a score counts as half a one: shares are 50/104 twice and 0.5/104 eight times.
    """
    expected = np.arange(1000.0)
    observed = np.repeat([0.0, 999.0], 50)
    full, empty = 50 / 104, 0.5 / 104
    by_hand = 2 * (full - 0.1) * math.log(full / 0.1) + 8 * (empty - 0.1) * math.log(empty / 0.1)
    assert population_stability(expected, observed) == pytest.approx(by_hand, rel=1e-12)


def test_one_score_for_all_is_finite() -> None:
    assert math.isfinite(population_stability(np.full(100, 600.0), np.array([500.0, 700.0])))
