"""The score scale: hand-computed points, and the properties that the words promise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scoring.scale import ScoreScale

SCALES = st.builds(
    ScoreScale,
    base_score=st.integers(400, 700),
    base_odds=st.floats(1.0, 100.0),
    points_to_double=st.floats(5.0, 80.0),
)


@pytest.mark.parametrize(
    ("odds", "score"),
    [
        (30.0, 600),  # the base
        (60.0, 620),  # twice the odds, 20 points more
        (120.0, 640),
        (7.5, 560),  # a quarter: 40 points fewer
        (1.0, 502),  # 600 - 20 * log2(30) = 600 - 20 * 4.9069 = 501.86
        (9.0, 565),  # a default probability of 10 %: 600 - 20 * log2(30 / 9) = 600 - 34.74
    ],
)
def test_hand_computed(odds: float, score: int) -> None:
    assert ScoreScale().to_score(-math.log(odds)) == score


def test_other_scale_by_hand() -> None:
    scale = ScoreScale(base_score=500, base_odds=1.0, points_to_double=50.0)
    assert scale.to_score([0.0, -math.log(8.0), math.log(4.0)]).tolist() == [500, 650, 400]


@given(SCALES, st.lists(st.floats(-12, 12), min_size=2, max_size=30))
def test_higher_risk_never_has_the_higher_score(scale: ScoreScale, log_odds: list[float]) -> None:
    assert (np.diff(scale.to_score(sorted(log_odds))) <= 0).all()


@given(SCALES, st.floats(300, 850))
def test_odds_double_over_the_points(scale: ScoreScale, score: float) -> None:
    def odds(at: float) -> float:
        return 1.0 / scale.to_probability(at) - 1.0

    assume(odds(score) > 1e-6)
    assert odds(score + scale.points_to_double) == pytest.approx(2.0 * odds(score), rel=1e-6)


@given(st.floats(-10, 4))
def test_doubled_odds_raise_the_score_by_the_points(log_odds: float) -> None:
    scale = ScoreScale(lowest=-10_000, highest=10_000)
    lower, higher = scale.to_score([log_odds, log_odds - math.log(2.0)])
    assert abs(higher - lower - 20) <= 1  # 20 but for rounding


@given(st.floats(allow_nan=False))
def test_scores_stay_within_the_bounds(log_odds: float) -> None:
    assert 300 <= ScoreScale().to_score(log_odds) <= 850


def test_every_score_stands_at_its_probability() -> None:
    scale = ScoreScale()
    inside = [  # without what the bounds cut off
        score
        for score in range(scale.lowest, scale.highest + 1)
        if scale.to_score(math.log(1.0 / (1.0 / scale.to_probability(score) - 1.0))) == score
    ]
    assert inside == list(range(scale.lowest, scale.highest + 1))


def test_shape_is_kept() -> None:
    assert ScoreScale().to_score(np.zeros((2, 3))).shape == (2, 3)
    assert ScoreScale().to_score([]).shape == (0,)


def test_no_score_without_a_number() -> None:
    with pytest.raises(ValueError, match="not a number"):
        ScoreScale().to_score([0.0, math.nan])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"base_odds": 0.0}, "base_odds 0.0 is not positive"),
        ({"base_odds": math.nan}, "base_odds nan"),
        ({"points_to_double": -20.0}, "points_to_double -20.0"),
        ({"points_to_double": math.inf}, "points_to_double inf"),
        ({"lowest": 850, "highest": 850}, "lowest score 850"),
    ],
)
def test_impossible_scale_is_refused(wrong: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ScoreScale(**wrong)  # type: ignore[arg-type]
