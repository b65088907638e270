from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bureau.shifts import FLOOR, field_shifts, psi, spread, widened

BINS = st.dictionaries(
    st.sampled_from([f"b{place}" for place in range(-3, 12)]), st.integers(0, 10**6), min_size=1
).filter(lambda bins: sum(bins.values()) > 0)


def test_psi_by_hand() -> None:
    # (1/4 - 1/2) ln(1/2) + (3/4 - 1/2) ln(3/2) = ln(2) / 4 + ln(3/2) / 4 = ln(3) / 4
    assert psi({"low": 1, "high": 1}, {"low": 1, "high": 3}) == pytest.approx(math.log(3) / 4)


def test_an_empty_bin_counts_as_the_floor() -> None:
    # (1 - floor) ln(1 / floor), twice: once for the bin that emptied, once for the bin that filled.
    assert psi({"a": 5}, {"b": 5}) == pytest.approx(2 * (1 - FLOOR) * math.log(1 / FLOOR))
    assert psi({}, {"b": 5}) == psi({"b": 5}, {}) == psi({}, {}) == 0


@given(BINS, BINS)
def test_psi_is_symmetric_and_never_negative(one: dict[str, int], other: dict[str, int]) -> None:
    assert psi(one, other) == pytest.approx(psi(other, one), abs=1e-12)
    assert psi(one, other) >= 0


@given(BINS, st.integers(1, 1000))
def test_psi_of_equal_distributions_is_zero_however_many_records_they_have(bins: dict[str, int], factor: int) -> None:
    assert psi(bins, {name: factor * count for name, count in bins.items()}) == pytest.approx(0, abs=1e-12)


@given(BINS, BINS)
def test_psi_against_arrays(one: dict[str, int], other: dict[str, int]) -> None:
    names = sorted(one.keys() | other.keys())
    before, now = (np.array([bins.get(name, 0) for name in names], dtype=float) for bins in (one, other))
    before, now = np.maximum(before / before.sum(), FLOOR), np.maximum(now / now.sum(), FLOOR)
    assert psi(one, other) == pytest.approx(float(np.sum((now - before) * np.log(now / before))), abs=1e-9)


@given(st.dictionaries(st.sampled_from(["missing", "other", "m", "A", *(f"m{k}" for k in range(-40, 400))]),
                       st.integers(0, 99)))  # fmt: skip
def test_wider_bins_lose_no_record(bins: dict[str, int]) -> None:
    assert sum(widened(bins).values()) == sum(bins.values())


def test_a_date_that_is_a_month_older_stays_in_its_bin_mostly() -> None:
    assert widened({"m0": 1}) == widened({"m11": 1})
    assert widened({"m12": 1}) == widened({"m35": 1})
    assert list(widened({"m-1": 1, "m1440": 1})) == ["y-1", "y6"]


def test_each_delivery_before_weighs_the_same() -> None:
    # Shares of a before: 1 and 0, so 1/2 in the mean, whatever the counts; now it is 1/2.
    shift = field_shifts({"status": {"a": 50, "b": 50}}, [{"status": {"a": 1000}}, {"status": {"b": 10}}])["status"]
    assert shift.value == pytest.approx(0)
    assert shift.usual == pytest.approx(2 * (1 - FLOOR) * math.log(1 / FLOOR))


def test_fields_without_a_past_have_no_shift() -> None:
    now = {"": {"records": 3}, "new": {"a": 3}, "old": {"a": 3}}
    assert list(field_shifts(now, [{"": {"records": 3}, "old": {"a": 3}}])) == ["old"]
    assert field_shifts(now, []) == {}


def test_chance_hardly_reaches_the_noise() -> None:
    random = np.random.default_rng(5)
    shares = random.dirichlet(np.ones(12))

    def sample(size: int) -> dict[str, dict[str, int]]:
        return {"x": {f"b{k}": int(n) for k, n in enumerate(random.multinomial(size, shares))}}

    for size in (200, 1000, 20_000):
        shifts = [field_shifts(sample(size), [sample(size) for _ in range(3)])["x"] for _ in range(300)]
        assert all(shift.value < 1.5 * shift.noise for shift in shifts)
        assert sum(shift.value < shift.noise for shift in shifts) >= 297


@given(st.lists(st.floats(-100, 100), max_size=12), st.floats(-100, 100))
def test_spread_does_not_move_with_its_values(values: list[float], by: float) -> None:
    assert spread([value + by for value in values]) == pytest.approx(spread(values), abs=1e-9)


def test_spread_by_hand() -> None:
    assert spread([]) == 0
    assert spread([3, 1, 2]) == 2
    assert spread([1] * 9 + [100]) == 0, "one in ten is passed over"
    normal = np.random.default_rng(1).normal(0, 2, 20_000)
    assert spread(list(normal)) == pytest.approx(2, rel=0.03)
