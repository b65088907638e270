"""Calibration: a line on the log-odds that never turns the order of people."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.calibration import Calibration, probability


def test_hand_computed() -> None:
    assert Calibration(slope=2.0, intercept=-1.0).log_odds([0.0, 1.0, -3.0]).tolist() == [-1.0, 1.0, -7.0]
    assert Calibration().log_odds(0.25) == 0.25


@given(st.floats(0.01, 10), st.floats(-5, 5), st.lists(st.floats(-20, 20), min_size=2))
def test_order_is_kept(slope: float, intercept: float, margins: list[float]) -> None:
    assert (np.diff(Calibration(slope, intercept).log_odds(sorted(margins))) >= 0).all()


@given(st.floats(-700, 700))
def test_probability_is_the_logistic_function(log_odds: float) -> None:
    odds = math.exp(log_odds)
    assert probability(log_odds) == pytest.approx(odds / (1.0 + odds), rel=1e-12)


@given(st.floats(-50, 50))
def test_good_and_bad_add_up(log_odds: float) -> None:
    assert probability(log_odds) + probability(-log_odds) == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize("slope", [0.0, -1.0, math.nan])
def test_slope_that_turns_the_order_is_refused(slope: float) -> None:
    with pytest.raises(ValueError, match="is not positive"):
        Calibration(slope=slope)


@pytest.mark.parametrize(("slope", "intercept"), [(math.inf, 0.0), (1.0, math.nan), (1.0, -math.inf)])
def test_what_is_not_finite_is_refused(slope: float, intercept: float) -> None:
    with pytest.raises(ValueError, match="must be finite"):
        Calibration(slope, intercept)
