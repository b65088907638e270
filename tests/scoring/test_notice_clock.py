"""By when letters are owed, and who is owed one about the terms of credit."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import NoticeRefused
from scoring.notice.clock import Awaiting, due_list, last_day, state_of
from scoring.notice.risk_based_pricing import best_tiers, proxy_cut_off, tells_by_score, tells_by_tier

STARTED = date(2026, 1, 31)


@pytest.mark.parametrize(
    ("place", "kind", "days"),
    [
        ("us", "adverse action", 30),
        ("us-ca", "adverse action", 30),
        ("us", "incomplete application", 30),
        ("us", None, 30),
        ("eu", "adverse action", 14),
        ("cn", "adverse action", 15),
    ],
)
def test_last_day(place: str, kind: object, days: int) -> None:
    assert last_day(kind, STARTED, place) == STARTED + timedelta(days=days)  # type: ignore[arg-type]


def test_counter_offer_that_is_not_accepted_gives_ninety_days() -> None:
    assert last_day("adverse action", STARTED, "us", after_counter_offer=True) == STARTED + timedelta(days=90)


def test_day_thirty_passes_and_day_thirty_one_alarms() -> None:
    awaiting = [Awaiting("d", "us", "adverse action", STARTED)]
    states = {days: due_list(awaiting, {}, STARTED + timedelta(days=days))[0].state for days in (0, 22, 23, 30, 31)}
    assert states == {0: "open", 22: "open", 23: "due soon", 30: "due soon", 31: "late"}


def test_what_was_sent_is_owed_no_more_from_that_day_on() -> None:
    awaiting = [Awaiting(name, "us", "adverse action", STARTED + timedelta(days=n)) for n, name in enumerate("cab")]
    sent = {"a": date(2026, 2, 10)}
    on = date(2026, 2, 10)
    assert [each.decision_id for each in due_list(awaiting, sent, on)] == ["c", "b"]
    assert [each.decision_id for each in due_list(awaiting, sent, on - timedelta(days=1))] == ["c", "a", "b"]


@given(st.dates(date(2012, 1, 1), date(2030, 1, 1)), st.dates(date(2012, 1, 1), date(2030, 12, 31)))
def test_late_means_after_the_last_day(started: date, on: date) -> None:
    last = last_day("adverse action", started, "us")
    assert (state_of(last, on) == "late") == ((on - started).days > 30)


def test_tiers_as_the_rule_words_it() -> None:
    """12 CFR 1022.72(b)(2): every count of tiers held against the words, tier by tier."""
    for tiers in range(1, 60):
        exempt = best_tiers(tiers)
        if tiers <= 4:
            assert exempt == 1
        else:
            more = [n for n in range(3, tiers + 1) if 0.3 <= n / tiers <= 0.4]
            assert exempt == (2 if 2 / tiers >= 0.3 or not more else more[0])
        assert [tells_by_tier(tier, tiers) for tier in range(1, tiers + 1)] == [False] * exempt + [True] * (
            tiers - exempt
        )


@given(st.lists(st.integers(300, 850), min_size=20, unique=True))
def test_proxy_leaves_two_in_five_above(granted: list[int]) -> None:
    cut_off = proxy_cut_off(granted)
    above = sum(score > cut_off for score in granted) / len(granted)
    assert 0.35 <= above <= 0.4
    assert tells_by_score(cut_off - 1, cut_off)
    assert not tells_by_score(cut_off, cut_off)
    assert tells_by_score(None, cut_off)


def test_nothing_to_count_is_refused() -> None:
    with pytest.raises(NoticeRefused, match="no scores of credit granted"):
        proxy_cut_off([])
    with pytest.raises(NoticeRefused, match="at least one tier"):
        best_tiers(0)
