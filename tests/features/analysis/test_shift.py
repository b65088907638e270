"""The population stability index: by hand, zero on itself, symmetric, and by month."""

from __future__ import annotations

from math import isnan, log

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.analysis.bins import Bins, quantile_bins
from features.analysis.shift import compare_frames, psi, psi_by_month, psi_of_counts

NUMBERS = st.lists(st.one_of(st.just(float("nan")), st.integers(0, 12).map(float)), min_size=1, max_size=120)


def test_by_hand() -> None:
    """Base halves; the other 0.7 and 0.2 and 0.1 missing, where the base counts half a row of 10."""
    base, other = [0.0] * 5 + [1.0] * 5, [0.0] * 7 + [1.0] * 2 + [np.nan]
    expected = 0.2 * log(0.7 / 0.5) - 0.3 * log(0.2 / 0.5) + (0.1 - 0.05) * log(0.1 / 0.05)
    assert psi(base, other) == pytest.approx(expected)


@given(NUMBERS)
def test_zero_on_itself(values: list[float]) -> None:
    assert psi(values, values) == 0
    assert psi(values, values[::-1]) == 0


@given(NUMBERS, NUMBERS)
def test_symmetric_and_never_negative(base: list[float], other: list[float]) -> None:
    bins = quantile_bins(np.array(base))
    there, back = psi(base, other, bins), psi(other, base, bins)
    assert there == pytest.approx(back)
    assert there >= 0
    assert there == pytest.approx(psi(base, other))


@given(NUMBERS, NUMBERS)
def test_an_increasing_transformation_changes_nothing(base: list[float], other: list[float]) -> None:
    def changed(values: list[float]) -> np.ndarray:
        return np.exp(np.array(values) / 3) - 5

    # Values of the other sample between two of the base fall into the same bin as before: ends are values of the base.
    assert psi(changed(base), changed(other)) == pytest.approx(psi(base, other))


def test_of_nobody_nothing_is_known() -> None:
    assert isnan(psi_of_counts(np.array([0, 0]), np.array([1, 2])))


def test_samples_of_one_population_exceed_chance_once_in_twenty_times() -> None:
    """400 pairs: 20 are expected over the bound, and 6 to 34 within three standard deviations (4.4)."""
    random = np.random.default_rng(11)
    names = [f"f{number}" for number in range(400)]
    base, other = (pd.DataFrame(random.normal(size=(3000, 400)), columns=names) for _ in range(2))
    told = compare_frames(base, other, names)
    assert 6 <= (told["psi"] > told["by_chance"]).sum() <= 34


def test_by_month_against_the_first_or_another() -> None:
    values = [0.0, 0.0, 1.0, 1.0] * 2 + [0.0, 1.0, 1.0, 1.0]
    when = pd.to_datetime(["2024-01-31"] * 4 + ["2024-02-29"] * 4 + ["2024-03-31"] * 4, utc=True)
    told = psi_by_month(values, when)
    assert told.index.tolist() == ["2024-01", "2024-02", "2024-03"]
    assert told["rows"].tolist() == [4, 4, 4]
    assert told["psi"].tolist() == pytest.approx([0, 0, -0.25 * log(0.5) + 0.25 * log(1.5)])
    assert psi_by_month(values, when, base="2024-03")["psi"].iloc[-1] == 0
    with pytest.raises(ValueError, match="base month 2023-12: there are no rows of it; the months are 2024-01"):
        psi_by_month(values, when, base="2023-12")


def test_what_changed_most_comes_first() -> None:
    random = np.random.default_rng(2)
    base = pd.DataFrame({"calm": random.normal(size=500), "moved": random.normal(size=500), "gone": np.ones(500)})
    other = pd.DataFrame({"calm": base["calm"] + 0.01, "moved": base["moved"] + 1, "gone": np.full(500, np.nan)})
    told = compare_frames(base, other, ["calm", "moved", "gone"])
    assert told.index.tolist() == ["gone", "moved", "calm"]
    assert told.loc["moved", "mean_change"] == pytest.approx(1)
    assert told.loc["gone", "missing_after"] == 1
    assert isnan(told.loc["gone", "mean_after"])


def test_bins_of_ones_own() -> None:
    assert psi([1.0, 2.0], [5.0, 6.0], Bins((10.0,))) == 0
