"""Families: the correlations agree with another way of counting them, and only ranks matter."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from features.analysis.families import families, rank_correlations


@pytest.fixture
def frame() -> pd.DataFrame:
    """Two families, of three and of two, and one feature alone."""
    random = np.random.default_rng(4)
    first, second = random.normal(size=(2, 400))
    noise = 0.2 * random.normal(size=(6, 400))
    return pd.DataFrame(
        {
            "a1": first + noise[0],
            "b1": second + noise[1],
            "a2": -np.exp(first + noise[2]),
            "alone": random.normal(size=400),
            "a3": (first + noise[3]) ** 3,
            "b2": second + noise[4],
        }
    )


def test_correlations_are_spearmans(frame: pd.DataFrame) -> None:
    tied = frame.round(1)
    assert rank_correlations(tied).to_numpy() == pytest.approx(spearmanr(tied.to_numpy()).statistic, abs=1e-12)


def test_pairs_are_compared_where_both_are_known(frame: pd.DataFrame) -> None:
    """Pearson's correlation, over the rows where both are known, of the ranks that each has by itself."""
    some = frame.mask(np.random.default_rng(8).random(frame.shape) < 0.3)
    ranks = some.rank()
    assert rank_correlations(some).to_numpy() == pytest.approx(ranks.corr().to_numpy(), abs=1e-12)


def test_pairs_that_cannot_be_compared_are_unrelated(frame: pd.DataFrame) -> None:
    frame["never"] = np.nan
    frame["same"] = 1.0
    frame["rarely"] = frame["a1"].where(np.arange(400) < 29)
    frame["seldom"] = frame["a1"].where(np.arange(400) < 30)
    told = rank_correlations(frame)
    for name in ("never", "same", "rarely"):
        assert told[name].drop(name).eq(0).all()
        assert told.loc[name, name] == 1
    assert told.loc["seldom", "a1"] > 0.9


def test_families_by_a_leader(frame: pd.DataFrame) -> None:
    value = {"a1": 0.1, "a2": 0.3, "a3": 0.2, "b1": 0.5, "b2": 0.05, "alone": 0.4}
    told = families(frame, leading_by=value)
    assert told.index.tolist() == ["b1", "b2", "alone", "a2", "a3", "a1"]
    assert told["family"].tolist() == [1, 1, 2, 3, 3, 3]
    assert told.index[told["leads"]].tolist() == ["b1", "alone", "a2"]
    assert told.loc["a1", "with_leader"] < -0.7
    assert told.loc["a2", "with_leader"] == 1


def test_increasing_transformations_change_no_family(frame: pd.DataFrame) -> None:
    assert families(np.exp(frame / 3)).equals(families(frame))


def test_thresholds_from_all_alone_to_all_together(frame: pd.DataFrame) -> None:
    assert families(frame, threshold=1.0)["family"].nunique() == 6
    assert families(frame, threshold=0.001)["family"].nunique() == 1
    assert families(frame.assign(again=frame["a1"]), ["a1", "again"], threshold=1.0)["family"].tolist() == [1, 1]
    assert families(frame, ["alone"])["leads"].tolist() == [True]
    with pytest.raises(ValueError, match=r"threshold 0.0: a correlation over 0"):
        families(frame, threshold=0.0)


def test_average_linkage_by_hand() -> None:
    """x and y correlate by 1, z with both by 0.4: joined at 0.4, apart above it."""
    x = np.repeat([1.0, 2.0, 3.0, 4.0], 10)
    z = np.repeat([1.0, 4.0, 2.0, 3.0], 10)  # ranks 1 4 2 3 against 1 2 3 4: rho = 1 - 6 * 6 / (4 * 15) = 0.4
    frame = pd.DataFrame({"x": x, "y": x**2, "z": z})
    assert rank_correlations(frame).loc["x", "z"] == pytest.approx(0.4)
    assert families(frame, threshold=0.4)["family"].nunique() == 1
    assert families(frame, threshold=0.41)["family"].nunique() == 2
