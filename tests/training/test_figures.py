"""Figures against their definitions in plain Python, and against what chance would show."""

from __future__ import annotations

import math
from bisect import bisect_right

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.figures import CALIBRATION_BINS, expected_calibration_error, figures

people_with_ties = st.lists(
    st.tuples(st.sampled_from([0.05, 0.1, 0.2, 0.2000001, 0.5, 0.9]), st.booleans()), min_size=2, max_size=60
).filter(lambda rows: len({bad for _, bad in rows}) == 2)


def area(chance: list[float], is_bad: list[bool]) -> float:
    """How often a bad has a higher probability than a good, a tie counting half."""
    pairs = [
        1.0 if p > q else 0.5 if p == q else 0.0
        for p, bad in zip(chance, is_bad, strict=True) if bad
        for q, other in zip(chance, is_bad, strict=True) if not other
    ]  # fmt: skip
    return sum(pairs) / len(pairs)


def largest_distance(chance: list[float], is_bad: list[bool]) -> float:
    """Between the two empirical distributions, over every threshold."""
    bad = sorted(p for p, was in zip(chance, is_bad, strict=True) if was)
    good = sorted(p for p, was in zip(chance, is_bad, strict=True) if not was)
    thresholds = sorted(set(chance))
    return max(bisect_right(good, t) / len(good) - bisect_right(bad, t) / len(bad) for t in [-1.0, *thresholds])


def calibration_error(chance: list[float], is_bad: list[bool], bins: int) -> float:
    """By the definition: sort, cut into bins whose counts differ by one at most, the larger ones first."""
    order = sorted(range(len(chance)), key=lambda row: chance[row])
    small, larger = divmod(len(order), bins)
    error, start = 0.0, 0
    for place in range(bins):
        part = order[start : start + small + (place < larger)]
        start += len(part)
        error += abs(sum(chance[row] - is_bad[row] for row in part))
    return error / len(order)


@given(people_with_ties)
def test_figures_equal_their_definitions(rows: list[tuple[float, bool]]) -> None:
    chance, is_bad = [p for p, _ in rows], [bad for _, bad in rows]
    found = figures(np.array(chance), np.array(is_bad))
    assert found.auc == pytest.approx(area(chance, is_bad), abs=1e-12)
    assert found.gini == pytest.approx(2 * area(chance, is_bad) - 1, abs=1e-12)
    assert found.ks == pytest.approx(largest_distance(chance, is_bad), abs=1e-12)
    error = calibration_error(chance, is_bad, CALIBRATION_BINS)
    assert found.expected_calibration_error == pytest.approx(error, abs=1e-12)


def test_figures_of_many_random_people_equal_their_definitions() -> None:
    rng = np.random.default_rng(0)
    chance = rng.random(700).round(2)
    is_bad = rng.random(700) < chance
    found = figures(chance, is_bad)
    assert found.auc == pytest.approx(area(chance.tolist(), is_bad.tolist()), abs=1e-12)
    assert found.ks == pytest.approx(largest_distance(chance.tolist(), is_bad.tolist()), abs=1e-12)
    expected = calibration_error(chance.tolist(), is_bad.tolist(), CALIBRATION_BINS)
    assert found.expected_calibration_error == pytest.approx(expected, abs=1e-12)


def test_by_hand() -> None:
    # Pairs (bad, good): (.9, .1) (.9, .4) (.4, .1) in order, (.4, .4) a tie: 3.5 of 4. At 0.4 all the good
    # are at or below, of the bad one of two: distance 1/2.
    found = figures(np.array([0.9, 0.1, 0.4, 0.4]), np.array([True, False, True, False]))
    assert (found.auc, found.gini, found.ks) == (0.875, 0.75, 0.5)
    # Ten bins of at most one: each its own distance, (.1 + .9 + .6 + .1... ) -> (.1 + .1 + .6 + .4) / 4.
    assert found.expected_calibration_error == pytest.approx((0.1 + 0.1 + 0.6 + 0.4) / 4)


@pytest.mark.parametrize(("sign", "auc", "ks"), [(1, 1.0, 1.0), (-1, 0.0, 0.0)])
def test_perfect_and_reversed(sign: int, auc: float, ks: float) -> None:
    is_bad = np.array([False] * 50 + [True] * 50)
    found = figures(0.5 + sign * np.linspace(-0.4, 0.4, 100), is_bad)
    assert (found.auc, found.gini, found.ks) == (auc, 2 * auc - 1, ks)


def test_order_alone_counts_for_auc_and_ks(many_people: tuple[object, npt.NDArray[np.float64]]) -> None:
    log_odds = many_people[1]
    rng = np.random.default_rng(1)
    is_bad = rng.random(len(log_odds)) < 0.3
    one, other = (figures(score, is_bad) for score in (1 / (1 + np.exp(-log_odds)), 1 / (1 + np.exp(-log_odds / 9))))
    assert (one.auc, one.ks) == (other.auc, other.ks)


def test_error_of_a_perfect_model_is_what_chance_makes_it() -> None:
    """Each bin of m misses by the mean of an absolute normal: sqrt(2 / pi) * sqrt(p (1 - p) / m)."""
    rng = np.random.default_rng(7)
    chance = rng.beta(2, 7, 20_000)
    errors = [expected_calibration_error(chance, rng.random(chance.size) < chance) for _ in range(60)]
    in_bin = np.sort(chance).reshape(CALIBRATION_BINS, -1)
    deviations = np.sqrt((in_bin * (1 - in_bin)).mean(axis=1) / in_bin.shape[1])
    expected = math.sqrt(2 / math.pi) * deviations.mean()
    # One figure scatters by about a quarter of itself (ten bins), the mean of 60 by an eighth of that.
    assert np.mean(errors) == pytest.approx(expected, rel=0.1)
    assert max(errors) < 2.5 * expected


def test_error_of_a_shifted_model_is_the_shift() -> None:
    rng = np.random.default_rng(8)
    chance = rng.uniform(0.2, 0.4, 50_000)
    is_bad = rng.random(chance.size) < chance
    assert expected_calibration_error(chance + 0.1, is_bad) == pytest.approx(0.1, abs=0.005)


def test_ties_are_cut_into_bins_in_the_order_given() -> None:
    chance = np.full(20, 0.5)
    apart = np.array([True] * 10 + [False] * 10)
    assert expected_calibration_error(chance, apart, bins=2) == 0.5
    assert expected_calibration_error(chance, np.tile([True, False], 10), bins=2) == 0.0


def test_fewer_people_than_bins() -> None:
    assert expected_calibration_error(np.array([0.2, 0.8]), np.array([False, True])) == pytest.approx(0.2)


@pytest.mark.parametrize("bad", [True, False])
def test_one_kind_of_people_has_no_figures(bad: bool) -> None:
    with pytest.raises(ValueError, match="both good and bad people"):
        figures(np.array([0.1, 0.2]), np.array([bad, bad]))
