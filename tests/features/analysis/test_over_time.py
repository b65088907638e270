"""The spread of a feature by month."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.analysis.over_time import months_of, spread_by_month


def test_agrees_with_numpy_month_by_month() -> None:
    random = np.random.default_rng(6)
    values = np.where(random.random(900) < 0.2, np.nan, random.gamma(2.0, size=900))
    when = pd.Timestamp("2023-11-30", tz="UTC") + pd.to_timedelta(random.integers(0, 200, 900), unit="D")
    told = spread_by_month(values, when)
    months = when.strftime("%Y-%m")
    assert told.index.tolist() == sorted(set(months))
    for month, row in told.iterrows():
        some = values[months == month]
        assert row["rows"] == len(some)
        assert row["missing"] == pytest.approx(np.isnan(some).mean())
        quantiles = np.nanquantile(some, [0.05, 0.25, 0.5, 0.75, 0.95])
        assert row[["p05", "p25", "median", "p75", "p95"]].tolist() == pytest.approx(quantiles)
        assert row["mean"] == pytest.approx(np.nanmean(some))


def test_a_moment_counts_in_its_month_of_utc() -> None:
    assert months_of(pd.to_datetime(["2024-03-01T02:00:00+03:00"])).tolist() == ["2024-02"]
