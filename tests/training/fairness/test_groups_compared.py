"""Impact ratio, mean difference, calibration and opportunity by group, by hand."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from scipy.stats import beta

from training.errors import TrainingError
from training.fairness.calibration import calibration_by_group
from training.fairness.groups import LEAST_IN_GROUP, UNKNOWN, Groups, groups_of
from training.fairness.impact import impact, impact_at
from training.fairness.opportunity import opportunities
from training.fairness.ratio import ratio_interval
from training.fairness.smd import mean_differences


def two_groups(a: int, b: int, unknown: int = 0) -> Groups:
    return groups_of("sex", ["a"] * a + ["b"] * b + [None] * unknown)


def test_unknown_people_are_a_group_of_their_own_and_never_the_reference() -> None:
    groups = groups_of("sex", [None, float("nan"), "f", None])
    assert groups.names == ("f", UNKNOWN)
    assert groups.counts.tolist() == [1, 3]
    assert groups.names[groups.reference] == "f"


def test_the_reference_is_the_largest_or_the_one_that_is_named() -> None:
    assert groups_of("g", ["x", "y", "y"]).reference == 1
    assert groups_of("g", ["x", "y", "y"], reference="x").reference == 0
    with pytest.raises(TrainingError, match="no group z to compare with; there are x, y"):
        groups_of("g", ["x", "y"], reference="z")
    with pytest.raises(TrainingError, match="nobody has a known value"):
        groups_of("g", [None, None])


def test_small_groups_are_named_and_not_judged() -> None:
    groups = two_groups(LEAST_IN_GROUP - 1, 100, unknown=LEAST_IN_GROUP)
    assert [groups.names[number] for number in groups.judged] == [UNKNOWN]
    found = {each.group: each for each in impact_at(groups, np.full(len(groups), 600), 500)}
    assert found["a"].verdicts == ("too few to judge",)
    assert found[UNKNOWN].verdicts == ("not below four fifths",)


def test_impact_ratio_by_hand() -> None:
    """Of a (the smaller) 28 of 80 reach 600, of b 70 of 100: 0.35 / 0.7 = 0.5."""
    groups = two_groups(80, 100)
    scores = np.array([600] * 28 + [500] * 52 + [600] * 70 + [500] * 30)
    (found,) = impact_at(groups, scores, 600)
    low, high = ratio_interval(28, 80, 70, 100)
    assert (found.group, found.reference) == ("a", "b")
    assert (found.ratio[0], found.low[0], found.high[0]) == (0.5, low, high)
    assert high < 0.8
    assert found.verdicts == ("below four fifths",)


def test_impact_at_every_cut_off_is_that_at_each() -> None:
    random = np.random.default_rng(2)
    groups = groups_of("g", random.choice(["a", "b", "c"], 400).tolist())
    scores = random.integers(480, 620, 400)
    for curve in impact(groups, scores):
        assert curve.cut_offs.tolist() == sorted(set(scores.tolist()))
        for place in (0, 40, len(curve.cut_offs) - 1):
            at = int(curve.cut_offs[place])
            own = scores[groups.rows(groups.names.index(curve.group))]
            base = scores[groups.rows(groups.reference)]
            expected = np.mean(own >= at) / np.mean(base >= at) if np.mean(base >= at) else math.nan
            assert curve.ratio[place] == pytest.approx(expected, nan_ok=True)
    assert all(curve.ratio[0] == 1.0 for curve in impact(groups, scores))  # everybody is approved


def test_mean_difference_against_plain_arithmetic_and_its_sign() -> None:
    a, b = [500.0, 520.0, 540.0], [560.0, 580.0, 620.0, 640.0]
    (found,) = mean_differences(two_groups(3, 4), np.array(a + b))
    pooled = math.sqrt((2 * statistics.variance(a) + 3 * statistics.variance(b)) / 5)
    smd = (statistics.mean(a) - statistics.mean(b)) / pooled
    assert smd < 0  # a has the lower scores
    assert found.smd == pytest.approx(smd)
    error = math.sqrt(7 / 12 + smd**2 / 14)
    assert (found.low, found.high) == pytest.approx((smd - 1.959964 * error, smd + 1.959964 * error))


def test_mean_difference_of_one_person_or_equal_scores_is_not_known() -> None:
    assert math.isnan(mean_differences(two_groups(1, 5), np.arange(6.0))[0].smd)
    assert math.isnan(mean_differences(two_groups(5, 6), np.ones(11))[0].smd)


def test_calibration_by_group_with_jeffreys_interval() -> None:
    groups = two_groups(40, 50, unknown=3)
    is_bad = np.array([True] * 4 + [False] * 36 + [True] * 25 + [False] * 25 + [False] * 3)
    found = calibration_by_group(groups, np.full(93, 0.1), is_bad)
    assert [each.verdict for each in found] == ["as predicted", "risk understated", "too few to judge"]
    assert found[0].observed == 0.1
    assert (found[0].low, found[0].high) == pytest.approx(beta.ppf([0.025, 0.975], 4.5, 36.5))
    assert found[2].low == 0.0
    assert calibration_by_group(groups, np.full(93, 0.9), is_bad)[0].verdict == "risk overstated"


def test_opportunity_counts_the_good_alone() -> None:
    """Of a's 40 good 20 are approved, of b's 50 good 40: 0.5 / 0.8; the bad do not matter to the ratio."""
    groups = two_groups(60, 80)
    is_bad = np.array([False] * 40 + [True] * 20 + [False] * 50 + [True] * 30)
    scores = np.array([600] * 20 + [500] * 20 + [600] * 20 + [600] * 40 + [500] * 10 + [500] * 30)
    a, b = opportunities(groups, scores, is_bad, 600)
    assert (a.approved_good, a.approved_bad, b.approved_good, b.approved_bad) == (0.5, 1.0, 0.8, 0.0)
    assert (a.ratio, b.ratio) == (0.625, 1.0)
    assert (a.low, a.high) == tuple(map(float, ratio_interval(20, 40, 40, 50)))
