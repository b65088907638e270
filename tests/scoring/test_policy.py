"""Policy: its table, its boundaries and its dates."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.sets import FEATURE_SETS
from scoring.errors import ScoringError
from scoring.policy import POLICIES, Policy, policy_of
from scoring.scale import ScoreScale

FIRST = Policy("p", "p-1", date(2024, 1, 1), refer_below=560, decline_below=540)
SECOND = Policy("p", "p-2", date(2025, 7, 1), refer_below=570, decline_below=540)


@pytest.mark.parametrize(
    ("score", "decision"),
    [(850, "approve"), (560, "approve"), (559, "refer"), (540, "refer"), (539, "decline"), (300, "decline")],
)
def test_boundaries(score: int, decision: str) -> None:
    assert FIRST.decide(score) == decision


def test_nobody_is_referred_where_the_cut_offs_meet() -> None:
    policy = Policy("p", "p-1", date(2024, 1, 1), refer_below=550, decline_below=550)
    assert [policy.decide(score) for score in (551, 550, 549)] == ["approve", "approve", "decline"]


@given(st.integers(300, 850), st.integers(300, 850), st.integers(300, 850), st.integers(300, 850))
def test_a_better_score_is_never_decided_worse(one: int, other: int, first: int, second: int) -> None:
    worst_first = ("decline", "refer", "approve")
    policy = Policy("p", "p", date(2024, 1, 1), refer_below=max(first, second), decline_below=min(first, second))
    low, high = sorted((one, other))
    assert worst_first.index(policy.decide(low)) <= worst_first.index(policy.decide(high))


def test_crossing_cut_offs_are_refused() -> None:
    with pytest.raises(ValueError, match="policy p-9: declines below 561, which lies above 560"):
        Policy("p", "p-9", date(2024, 1, 1), refer_below=560, decline_below=561)


@pytest.mark.parametrize(
    ("on", "version"),
    [(date(2024, 1, 1), "p-1"), (date(2025, 6, 30), "p-1"), (date(2025, 7, 1), "p-2"), (date(2030, 1, 1), "p-2")],
)
def test_policy_in_force(on: date, version: str) -> None:
    for table in ((FIRST, SECOND), (SECOND, FIRST)):
        assert policy_of("p", on, table).version == version


def test_no_policy_before_the_first_and_for_others() -> None:
    with pytest.raises(ScoringError, match="p: no policy in force on 2023-12-31"):
        policy_of("p", FIRST.effective_from - timedelta(days=1), (FIRST, SECOND))
    with pytest.raises(ScoringError, match="another: no policy in force on 2026-01-01"):
        policy_of("another", date(2026, 1, 1))


def test_every_portfolio_has_a_policy() -> None:
    assert {policy.portfolio for policy in POLICIES} == set(FEATURE_SETS)


def test_versions_and_dates_name_one_policy() -> None:
    assert max(Counter(policy.version for policy in POLICIES).values()) == 1
    assert max(Counter((policy.portfolio, policy.effective_from) for policy in POLICIES).values()) == 1


@pytest.mark.parametrize(("cut_off", "chance"), [(565, 0.10), (542, 0.20), (534, 0.25), (502, 0.50)])
def test_cut_offs_stand_at_the_probabilities_that_the_table_tells(cut_off: int, chance: float) -> None:
    assert cut_off in {cut for policy in POLICIES for cut in (policy.refer_below, policy.decline_below)}
    assert ScoreScale().to_probability(cut_off) == pytest.approx(chance, abs=0.004)
