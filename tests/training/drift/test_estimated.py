"""Expected performance: against all outcomes there can be, against simulation, and where probabilities are wrong."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from scoring.calibration import probability
from training.drift.estimated import estimate


@pytest.mark.parametrize("chances", [(0.1, 0.4, 0.4, 0.7), (0.5, 0.5, 0.5), (0.05, 0.2, 0.3, 0.6, 0.9)])
def test_numerator_and_denominator_are_the_means_over_all_outcomes(chances: tuple[float, ...]) -> None:
    """All 2^n outcomes, each with its probability: counts of pairs by plain loops."""
    concordant = pairs = 0.0
    for outcome in itertools.product((0, 1), repeat=len(chances)):
        chance = math.prod(p if bad else 1 - p for p, bad in zip(chances, outcome, strict=True))
        for (p, bad), (q, other) in itertools.product(zip(chances, outcome, strict=True), repeat=2):
            if bad and not other:
                pairs += chance
                concordant += chance * (1.0 if p > q else 0.5 if p == q else 0.0)
    assert estimate(np.array(chances)).auc == pytest.approx(concordant / pairs)


def test_realised_performance_lies_around_the_expected_with_its_spread() -> None:
    """300 drawn outcomes of 1,200 people: the mean is known to within 0.001, the spread to within 4 %."""
    random = np.random.default_rng(6)
    p = probability(random.normal(-2, 1.3, 1200))
    outcomes = random.random((300, 1200)) < p
    areas = [roc_auc_score(bad, p) for bad in outcomes]
    found = estimate(p)
    assert np.mean(areas) == pytest.approx(found.auc, abs=0.003)
    assert np.std(areas) == pytest.approx(found.auc_error, rel=0.15)
    assert outcomes.mean() == pytest.approx(found.bad_rate, abs=0.002)
    assert np.std(outcomes.mean(axis=1)) == pytest.approx(found.bad_rate_error, rel=0.15)


def test_it_follows_the_people_and_not_a_recession() -> None:
    random = np.random.default_rng(7)
    wide, narrow = random.normal(-2, 1.3, 4000), random.normal(-2, 0.5, 4000)
    assert estimate(probability(narrow)).auc < estimate(probability(wide)).auc - 0.1
    worse = random.random(4000) < probability(wide + 0.8)
    assert worse.mean() > estimate(probability(wide)).bad_rate + 0.05


def test_order_does_not_matter_and_nobody_in_doubt_has_no_expectation() -> None:
    p = np.array([0.9, 0.1, 0.4, 0.4])
    assert estimate(p) == estimate(p[::-1])
    assert math.isnan(estimate(np.array([0.3])).auc)
    assert math.isnan(estimate(np.zeros(5)).auc)
    assert estimate(np.empty(0)).count == 0
