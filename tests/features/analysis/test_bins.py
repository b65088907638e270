"""Bins: everybody has one, heavy values have their own, and only the order of the values matters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.analysis.bins import Bins, quantile_bins

NUMBERS = st.lists(st.one_of(st.just(float("nan")), st.integers(-40, 40).map(float)), min_size=1, max_size=200)


@given(NUMBERS, st.integers(2, 12))
def test_everybody_has_a_bin_and_no_interval_is_empty(numbers: list[float], count: int) -> None:
    values = np.array(numbers)
    bins = quantile_bins(values, count)
    counts = bins.count(values)
    assert counts.sum() == len(values)
    assert counts[-1] == np.isnan(values).sum()
    assert not np.isnan(values).all() or bins.edges == ()
    if not np.isnan(values).all():
        assert (counts[:-1] > 0).all()
    assert list(bins.edges) == sorted(set(bins.edges))
    assert len(bins.labels) == len(bins) == len(counts)


@given(NUMBERS, st.integers(2, 12))
def test_an_increasing_transformation_leaves_everybody_in_place(numbers: list[float], count: int) -> None:
    values = np.array(numbers)
    changed = np.exp(values / 10) * 3 - 7
    assert np.array_equal(quantile_bins(values, count).place(values), quantile_bins(changed, count).place(changed))


@given(NUMBERS, st.integers(2, 12))
def test_repeating_every_value_changes_nothing(numbers: list[float], count: int) -> None:
    assert quantile_bins(np.array(numbers), count) == quantile_bins(np.repeat(numbers, 3), count)


def test_distinct_values_are_shared_out_evenly() -> None:
    values = np.random.default_rng(5).permutation(1000).astype(float)
    assert quantile_bins(values, 10).count(values).tolist() == [100] * 10 + [0]


def test_a_value_that_fills_a_bin_has_one_of_its_own() -> None:
    """Of 100 values 40 are 0 and a bin holds 10: what is below and above it is cut apart from it."""
    values = np.r_[np.full(40, 0.0), np.arange(-30, 0), np.arange(1, 31)].astype(float)
    bins = quantile_bins(values, 10)
    assert bins.edges == (-21.0, -11.0, -1.0, 0.0, 10.0, 20.0)
    assert bins.count(values).tolist() == [10, 10, 10, 40, 10, 10, 10, 0]


def test_the_heaviest_value_may_be_the_largest() -> None:
    values = np.r_[np.full(95, 1.0), np.linspace(0, 0.9, 5)]
    assert quantile_bins(values, 10).count(values).tolist() == [5, 95, 0]


def test_new_values_fall_into_the_outer_bins() -> None:
    bins = quantile_bins(np.arange(100.0), 4)
    assert bins.place(np.array([-1e9, 1e9, np.inf, -np.inf])).tolist() == [0, 3, 3, 0]


def test_labels_tell_close_ends_apart() -> None:
    assert Bins((1234567.0, 1234568.0)).labels[:2] == ("up to 1,234,567", "over 1,234,567 to 1,234,568")


def test_one_bin_is_refused() -> None:
    with pytest.raises(ValueError, match="1 bins: at least 2"):
        quantile_bins(np.array([1.0]), 1)
