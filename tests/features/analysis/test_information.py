"""Weight of evidence and information value, by hand, by another formula, and under what must not matter."""

from __future__ import annotations

from math import log

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import rel_entr
from scipy.stats import chi2

from features.analysis.bins import Bins
from features.analysis.information import information_values, strength, woe_table

ROWS = st.lists(
    st.tuples(st.one_of(st.just(float("nan")), st.integers(0, 9).map(float)), st.booleans()), min_size=4, max_size=150
).filter(lambda rows: 0 < sum(bad for _, bad in rows) < len(rows))


def test_by_hand() -> None:
    """Good 60 of 80 and 20 of 80 in the two bins; bad 5 of 20 and 15 of 20."""
    values = [0.0] * 65 + [1.0] * 35
    is_bad = [False] * 60 + [True] * 5 + [False] * 20 + [True] * 15
    table = woe_table(values, is_bad, 2)
    assert table["woe"].tolist() == pytest.approx([log(0.75 / 0.25), log(0.25 / 0.75)])
    assert table["iv"].tolist() == pytest.approx([0.5 * log(3), 0.5 * log(3)])
    assert table["bad_rate"].tolist() == pytest.approx([5 / 65, 15 / 35])
    assert table["share"].tolist() == pytest.approx([0.65, 0.35])


def test_a_bin_without_bad_counts_half_a_person_of_each() -> None:
    """Missing: 10 good, no bad. Else: 10 good, 5 bad. So ln((10.5 / 20) / (0.5 / 5)) where it is missing."""
    values = [np.nan] * 10 + [1.0] * 15
    is_bad = [False] * 20 + [True] * 5
    table = woe_table(values, is_bad).set_index("bin")
    woe = log((10.5 / 20) / (0.5 / 5))
    assert table.loc["missing", "woe"] == pytest.approx(woe)
    assert table.loc["missing", "iv"] == pytest.approx((10.5 / 20 - 0.5 / 5) * woe)
    assert table.loc["all values", "woe"] == pytest.approx(log((10 / 20) / (5 / 5)))


def test_interval_of_the_bad_rate_by_hand() -> None:
    """Wilson's interval of 0 of 10 at 95 % is [0, z2 / (10 + z2)] with z2 = 3.8415; of 10 of 10 its mirror."""
    table = woe_table([0.0] * 10 + [1.0] * 10, [False] * 10 + [True] * 10, 2)
    most = 3.841458821 / 13.841458821
    assert table[["low", "high"]].to_numpy().ravel().tolist() == pytest.approx([0, most, 1 - most, 1], abs=1e-9)


@given(ROWS)
def test_it_is_the_divergence_of_the_two_distributions(rows: list[tuple[float, bool]]) -> None:
    """With no bin empty of either, the IV is Jeffreys' divergence, as scipy's relative entropy gives it."""
    values, is_bad = (np.array(column) for column in zip(*rows, strict=True))
    table = woe_table(values, is_bad, 5)
    assert (table["iv"] >= 0).all()
    assert table["count"].sum() == len(rows)
    if ((table["good"] > 0) & (table["bad"] > 0)).all():
        good, bad = table["good"] / table["good"].sum(), table["bad"] / table["bad"].sum()
        assert table["iv"].sum() == pytest.approx(rel_entr(good, bad).sum() + rel_entr(bad, good).sum(), abs=1e-12)


@given(ROWS)
def test_what_must_not_matter(rows: list[tuple[float, bool]]) -> None:
    values, is_bad = (np.array(column) for column in zip(*rows, strict=True))
    told = woe_table(values, is_bad, 5)
    numbers = ["count", "good", "bad", "woe", "iv"]
    transformed = woe_table(np.exp(values), is_bad, 5)
    assert transformed[numbers].equals(told[numbers])
    order = np.random.default_rng(0).permutation(len(rows))
    assert woe_table(values[order], is_bad[order], 5).equals(told)
    with_unknown = woe_table(np.r_[values, 3.0, np.nan], [*is_bad.tolist(), None, pd.NA], 5)
    assert with_unknown.equals(told)


@given(ROWS)
def test_good_and_bad_exchanged_turn_the_evidence_round(rows: list[tuple[float, bool]]) -> None:
    values, is_bad = (np.array(column) for column in zip(*rows, strict=True))
    told, turned = woe_table(values, is_bad, 5), woe_table(values, ~is_bad, 5)
    assert turned["woe"].to_numpy() == pytest.approx(-told["woe"].to_numpy())
    assert turned["iv"].to_numpy() == pytest.approx(told["iv"].to_numpy())


def test_the_mean_by_chance_is_what_noise_gives() -> None:
    """200 features of noise, 2,000 people, 300 bad: the mean IV agrees with `by_chance` to a tenth.

    An IV over ``1 / 300 + 1 / 1700`` is about chi-squared with 9 degrees of freedom: what exceeds its mean by
    0.02 is called weak, the rest is none; three standard deviations of that share are 0.07.
    """
    random = np.random.default_rng(3)
    frame = pd.DataFrame(random.normal(size=(2000, 200))).rename(columns=str)
    told = information_values(frame, random.permutation(2000) < 300)
    assert told["iv"].mean() == pytest.approx(told["by_chance"].mean(), rel=0.1)
    none = chi2.cdf(9 + 0.02 / (1 / 300 + 1 / 1700), 9)
    assert (told["strength"] == "none").mean() == pytest.approx(none, abs=0.07)


def test_features_come_in_the_order_of_their_value() -> None:
    random = np.random.default_rng(7)
    is_bad = random.random(3000) < 0.2
    frame = pd.DataFrame(
        {
            "noise": random.normal(size=3000),
            "some": is_bad + random.normal(size=3000),
            "much": -2.0 * is_bad + random.normal(size=3000),
            "same": np.ones(3000),
        }
    )
    told = information_values(frame, is_bad)
    assert told.index.tolist()[:3] == ["much", "some", "noise"]
    assert told.loc["much", "trend"] < 0 < told.loc["some", "trend"]
    assert told.loc["same", ["iv", "bins"]].tolist() == [0, 1]
    assert np.isnan(told.loc["same", "trend"])
    seen: list[tuple[str, float]] = []
    information_values(frame, is_bad, ["some", "much"], progress=lambda name, share: seen.append((name, share)))
    assert seen == [("some", 0.0), ("much", 0.5)]


def test_given_bins_are_kept() -> None:
    table = woe_table([1.0, 2.0, 3.0, 4.0], [False, True, False, True], Bins((2.0,)))
    assert table["count"].tolist() == [2, 2]


def test_strengths_begin_at_their_bounds() -> None:
    assert [strength(bound) for bound in (0.0, 0.02, 0.1, 0.3, 0.5)] == [
        "none", "weak", "medium", "strong", "suspicious",
    ]  # fmt: skip


def test_what_cannot_be_judged_is_refused() -> None:
    with pytest.raises(ValueError, match="there must be good and bad ones"):
        woe_table([1.0, 2.0], [True, True])
    with pytest.raises(ValueError, match="2 values and 3 outcomes"):
        woe_table([1.0, 2.0], [True, True, False])
