"""Pictures: ordinary figures that hold what the tables say and show themselves in a notebook."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from features.analysis.information import woe_table
from features.analysis.over_time import spread_by_month
from features.analysis.pictures import draw_against_outcome, draw_over_time, draw_stability
from features.analysis.shift import psi_by_month
from features.analysis.style import Picture


@pytest.fixture(scope="module")
def told() -> tuple[np.ndarray, pd.DatetimeIndex, np.ndarray]:
    random = np.random.default_rng(9)
    values = np.where(random.random(2000) < 0.1, np.nan, random.gamma(2.0, size=2000))
    when = pd.Timestamp("2023-01-31", tz="UTC") + pd.to_timedelta(random.integers(0, 700, 2000), unit="D")
    return values, when, random.random(2000) < 0.1 + 0.1 * np.nan_to_num(values > 2)


def _shown(picture: Picture) -> bytes:
    return picture._repr_png_()


def test_over_time_shows_median_and_missing(told: tuple[np.ndarray, pd.DatetimeIndex, np.ndarray]) -> None:
    spread = spread_by_month(told[0], told[1])
    picture = draw_over_time(spread, "a_feature", "a $feature$ with signs_of mathematics", "share")
    above, below = picture.axes
    assert np.array_equal(above.lines[0].get_ydata(), spread["median"])
    assert [bar.get_height() for bar in below.patches] == spread["missing"].tolist()
    assert above.get_title(loc="left") == "a $feature$ with signs_of mathematics"
    assert _shown(picture).startswith(b"\x89PNG")


def test_against_outcome_shows_bad_rates_with_intervals(
    told: tuple[np.ndarray, pd.DatetimeIndex, np.ndarray],
) -> None:
    table = woe_table(told[0], told[2])
    picture = draw_against_outcome(table, "a_feature", "what it is", "months")
    above, below = picture.axes
    (points, _, (bars,)) = above.containers[0]
    assert np.array_equal(points.get_ydata(), table["bad_rate"])
    ends = np.array([segment[:, 1] for segment in bars.get_segments()])
    assert ends == pytest.approx(table[["low", "high"]].to_numpy())
    assert [label.get_text() for label in below.get_xticklabels()] == table["bin"].tolist()
    assert _shown(picture).startswith(b"\x89PNG")


def test_stability_shows_every_month(told: tuple[np.ndarray, pd.DatetimeIndex, np.ndarray]) -> None:
    table = psi_by_month(told[0], told[1])
    picture = draw_stability(table, "a_feature", "what it is " * 30)
    (axes,) = picture.axes
    drawn = np.concatenate([line.get_ydata() for line in axes.lines if line.get_marker() in ("D", "o")])
    assert sorted(drawn) == sorted(table["psi"])
    assert _shown(picture).startswith(b"\x89PNG")


def test_a_feature_that_is_missing_altogether_is_drawn_too() -> None:
    when = pd.to_datetime(["2024-01-31", "2024-02-29"], utc=True)
    assert _shown(draw_over_time(spread_by_month([np.nan, np.nan], when), "never_told", "what it is", "share"))
    assert _shown(draw_stability(psi_by_month([np.nan, np.nan], when), "never_told", "what it is"))


def test_the_callers_settings_stay_as_they_were() -> None:
    before = dict(mpl.rcParams)
    draw_stability(psi_by_month([1.0], pd.to_datetime(["2024-01-31"], utc=True)), "a_feature", "what it is")
    assert dict(mpl.rcParams) == before
