from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bureau.contracts import Cadence
from bureau.freshness import Freshness, covered, freshness, period_end

CADENCES = st.sampled_from(["daily", "weekly", "monthly", "quarterly"])
DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))
DAY = timedelta(days=1)


def ends(day: date, cadence: Cadence) -> bool:
    """Whether a day is the last of its period."""
    after = day + DAY
    return {
        "daily": True,
        "weekly": day.isoweekday() == 7,
        "monthly": after.day == 1,
        "quarterly": after.day == 1 and after.month in (1, 4, 7, 10),
    }[cadence]


def end_by_walking(day: date, cadence: Cadence) -> date:
    while not ends(day, cadence):
        day += DAY
    return day


@given(DAYS, CADENCES)
def test_the_end_of_a_period_against_walking(day: date, cadence: Cadence) -> None:
    assert period_end(day, cadence) == end_by_walking(day, cadence)


@given(DAYS, CADENCES)
def test_a_delivery_without_a_period_covers_the_last_one_that_was_over(day: date, cadence: Cadence) -> None:
    found = covered(None, day, cadence)
    assert ends(found, cadence)
    assert found <= day
    assert not any(ends(found + place * DAY, cadence) for place in range(1, (day - found).days + 1))


@given(DAYS, CADENCES, st.integers(0, 40), st.integers(0, 200))
def test_freshness_against_walking(told: date, cadence: Cadence, grace_days: int, later: int) -> None:
    today = told + later * DAY
    found = freshness(told, cadence, grace_days, today)
    end = end_by_walking(told, cadence)
    dues = []
    while len(dues) < 210:
        end = end_by_walking(end + DAY, cadence)
        dues.append(end + grace_days * DAY)
    assert found.due_on == dues[0]
    assert found.missing == sum(due < today for due in dues)
    assert found.overdue_days == max((today - dues[0]).days, 0)
    assert (found.state == "overdue") == (found.missing > 0) == (found.overdue_days > 0)


@pytest.mark.parametrize(
    ("today", "state"),
    [("2019-02-28", "in time"), ("2019-03-01", "due"), ("2019-03-10", "due"), ("2019-03-11", "overdue")],
)
def test_the_states_of_a_month(today: str, state: str) -> None:
    found = freshness(date(2019, 1, 31), "monthly", 10, date.fromisoformat(today))
    assert (found.state, found.covers, found.expects) == (state, date(2019, 1, 31), date(2019, 2, 28))


def test_nothing_came() -> None:
    assert freshness(None, "daily", 3, date(2020, 1, 1)) == Freshness("never")


def test_a_period_told_in_its_middle_counts_as_told() -> None:
    assert covered(date(2019, 2, 11), date(2019, 2, 12), "monthly") == date(2019, 2, 28)
