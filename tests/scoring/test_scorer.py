"""The scorer: the same answer for a person alone, among others and in any order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from scoring.calibration import probability
from scoring.scorer import Scored, Scorer

Values = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def scored(scorer: Scorer, counted: dict[str, Values]) -> list[Scored]:
    return scorer.score(counted)


def test_every_decision_occurs(scored: list[Scored]) -> None:
    assert {item.decision for item in scored} == {"approve", "refer", "decline"}


def test_one_equals_many_bit_for_bit(scorer: Scorer, counted: dict[str, Values], scored: list[Scored]) -> None:
    for row, expected in enumerate(scored):
        assert scorer.score_one({name: float(column[row]) for name, column in counted.items()}) == expected


def test_order_of_people_does_not_matter(scorer: Scorer, counted: dict[str, Values], scored: list[Scored]) -> None:
    order = np.random.default_rng(3).permutation(len(scored))
    shuffled = scorer.score({name: column[order] for name, column in counted.items()})
    assert shuffled == [scored[row] for row in order]


def test_order_of_features_does_not_matter(scorer: Scorer, counted: dict[str, Values], scored: list[Scored]) -> None:
    assert scorer.score(dict(reversed(counted.items()))) == scored


def test_probability_score_and_decision_belong_together(scorer: Scorer, values: Values, scored: list[Scored]) -> None:
    bundle = scorer.bundle
    log_odds = bundle.calibration.log_odds(bundle.model.margin(values))
    assert [item.default_probability for item in scored] == probability(log_odds).tolist()
    assert [item.credit_score for item in scored] == bundle.scale.to_score(log_odds).tolist()
    assert all(item.decision == bundle.policy.decide(item.credit_score) for item in scored)


def test_reasons_are_told_to_those_not_approved_alone(scored: list[Scored]) -> None:
    for item in scored:
        assert bool(item.reasons) == (item.decision != "approve")
        assert len(item.reasons) <= 4


def test_whom_to_explain_is_asked_for(scorer: Scorer, values: Values, scored: list[Scored]) -> None:
    assert all((item.explanation is None) == (item.decision == "approve") for item in scored)
    nobody = scorer.score_vectors(values, "none")
    everybody = scorer.score_vectors(values, "all")
    assert not any(item.explanation for item in nobody)
    assert all(
        item.explanation is not None and bool(item.reasons) == (item.decision != "approve") for item in everybody
    )
    for one, before in zip(everybody, scored, strict=True):
        assert before.explanation in (None, one.explanation)
        assert (one.credit_score, one.log_odds) == (before.credit_score, before.log_odds)


def test_everything_missing_is_scored(scorer: Scorer) -> None:
    unknown = scorer.score_one(dict.fromkeys(scorer.bundle.features.counted, float("nan")))
    assert 0 < unknown.default_probability < 1


def test_nobody_gives_nothing(scorer: Scorer, counted: dict[str, Values]) -> None:
    assert scorer.score({name: column[:0] for name, column in counted.items()}) == []
