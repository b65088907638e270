"""Koopman's interval against a published example, brute force, Katz's interval, and by how often it holds the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats.contingency import relative_risk

from training.fairness.ratio import rate_ratio, ratio_interval


def interval(x: int, n: int, y: int, m: int) -> tuple[float, float]:
    low, high = ratio_interval([x], [n], [y], [m])
    return float(low[0]), float(high[0])


def test_the_published_example() -> None:
    """36 of 40 against 16 of 80: Koopman (1984) gives 2.94 to 7.15."""
    assert interval(36, 40, 16, 80) == pytest.approx((2.94, 7.15), abs=0.005)


def plain_statistic(x: int, n: int, y: int, m: int, ratio: float) -> float:
    """The score statistic with the restricted rate found by trying a million of them: no formula of ours."""
    q = np.linspace(1e-9, min(1.0, 1 / ratio) - 1e-9, 1_000_001)
    p = ratio * q
    with np.errstate(divide="ignore", invalid="ignore"):
        likelihood = x * np.log(p) + (n - x) * np.log1p(-p) + y * np.log(q) + (m - y) * np.log1p(-q)
    best = q[np.nanargmax(likelihood)]
    p_best = ratio * best
    return abs(x / n - ratio * y / m) / math.sqrt(p_best * (1 - p_best) / n + ratio**2 * best * (1 - best) / m)


@pytest.mark.parametrize("counts", [(8, 10, 45, 50), (1, 20, 30, 60), (20, 20, 50, 60)])
def test_at_its_ends_the_score_statistic_is_the_normal_quantile(counts: tuple[int, int, int, int]) -> None:
    for end in interval(*counts):
        assert plain_statistic(*counts, end) == pytest.approx(1.959964, abs=2e-3)


def test_it_agrees_with_katz_where_counts_are_large() -> None:
    katz = relative_risk(8000, 10_000, 45_000, 50_000).confidence_interval()
    assert interval(8000, 10_000, 45_000, 50_000) == pytest.approx((katz.low, katz.high), abs=1e-3)


def test_nobody_and_everybody() -> None:
    assert interval(0, 10, 5, 10)[0] == 0.0
    assert interval(5, 10, 0, 10)[1] == math.inf
    low, high = interval(10, 10, 20, 20)
    assert low < 1 < high  # where Katz's interval shrinks to a point
    assert all(map(math.isnan, interval(0, 10, 0, 10)))
    assert all(map(math.isnan, interval(0, 0, 5, 10)))
    assert math.isnan(float(rate_ratio(1, 2, 0, 2)))


@pytest.mark.parametrize(("n", "m", "p", "q"), [(30, 300, 0.5, 0.6), (40, 400, 0.95, 0.97), (200, 500, 0.1, 0.15)])
def test_it_holds_the_truth_about_as_often_as_it_says(n: int, m: int, p: float, q: float) -> None:
    """4,000 draws: the standard error of the coverage is 0.0034."""
    random = np.random.default_rng(5)
    low, high = ratio_interval(random.binomial(n, p, 4000), n, random.binomial(m, q, 4000), m)
    assert np.mean((low <= p / q) & (p / q <= high)) == pytest.approx(0.95, abs=0.02)
