from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_feeds import Portfolio, events, in_cents, months, rejected, scaled, stale

from bureau.habits import Anomaly, Profile, Thresholds, judge

START = datetime.fromisoformat("2019-01-04")


def profiles(*reads: int, quarantined: float = 0.01, duplicate: float = 0.0) -> list[Profile]:
    """Deliveries with so many records and shares, a month apart."""
    return [
        Profile(read, round(quarantined * read), round(duplicate * read), START + timedelta(days=30 * place))
        for place, read in enumerate(reads)
    ]


def only(anomalies: tuple[Anomaly, ...]) -> Anomaly:
    assert len(anomalies) == 1, anomalies
    return anomalies[0]


def held(profile: Profile, earlier: list[Profile]) -> set[str]:
    return {anomaly.kind for anomaly in judge(profile, earlier) if anomaly.holds}


# -- clean growth is silent ---------------------------------------------------------------------


@pytest.mark.parametrize("cycle", [0.0, 1.0])
@pytest.mark.parametrize("growth", [-0.01, 0.0, 0.02, 0.06])
def test_no_clean_month_of_a_growing_portfolio_is_held(growth: float, cycle: float) -> None:
    for seed, (accounts, faults) in enumerate([(300, 0.01), (2000, 0.0), (2000, 0.2), (6000, 0.01)]):
        made = months(Portfolio(seed, accounts, growth, cycle), 36, faults)
        for place, profile in enumerate(made):
            assert not held(profile, made[:place]), (accounts, faults, place)


def test_little_is_noticed_about_clean_growth() -> None:
    made = months(Portfolio(11, 4000, 0.02), 48)
    noticed = [anomaly for place, profile in enumerate(made) for anomaly in judge(profile, made[:place])]
    assert len(noticed) <= 2


def test_no_clean_delivery_of_events_is_held() -> None:
    for seed, expected in enumerate([30, 220, 900, 5000]):
        made = events(seed, expected, 60)
        for place, profile in enumerate(made):
            assert not held(profile, made[:place]), (expected, place)


# -- what is seeded is found --------------------------------------------------------------------

SEEDED: dict[str, tuple[str, Callable[[Profile], Profile]]] = {
    "a stale file": ("duplicates", stale),
    "a third of the records missing": ("volume", lambda profile: scaled(profile, 2 / 3)),
    "every record twice": ("volume", lambda profile: scaled(profile, 2)),
    "no record at all": ("volume", lambda profile: scaled(profile, 0)),
    "amounts in cents": ("distribution", in_cents),
    "five times the usual rejections": ("rejections", lambda profile: rejected(profile, 0.05)),
}


@pytest.mark.parametrize("seeded", SEEDED)
def test_a_seeded_delivery_is_held(seeded: str) -> None:
    kind, change = SEEDED[seeded]
    for seed, accounts in enumerate([1500, 5000]):
        made = months(Portfolio(seed, accounts, 0.02), 30)
        for place in range(6 if kind == "rejections" else 3, len(made)):
            assert kind in held(change(made[place]), made[:place]), (accounts, place)


def test_cents_are_told_by_the_amounts_alone() -> None:
    made = months(Portfolio(3, 3000), 12)
    found = judge(in_cents(made[-1]), made[:-1])
    assert {anomaly.field for anomaly in found if anomaly.holds} <= {"balance", "credit_amount", "amount_past_due"}
    assert [anomaly.holds for anomaly in found] == sorted((anomaly.holds for anomaly in found), reverse=True)


def test_a_first_delivery_that_is_mostly_bad_is_held() -> None:
    first = only(judge(profiles(1000, quarantined=0.51)[0], []))
    assert (first.kind, first.holds, first.usual) == ("first", True, 0)
    assert first.sentence == "51.0\N{NO-BREAK SPACE}% of the records of a first delivery break rules"
    assert not judge(profiles(1000, quarantined=0.5)[0], [])
    assert not judge(profiles(150, quarantined=0.9)[0], []), "too few records to say anything"
    good, bad = profiles(1000, 1000, quarantined=0.0)
    assert only(judge(replace(bad, quarantined=600), [good])).kind == "rejections"


# -- habits -------------------------------------------------------------------------------------


def test_a_constant_rate_of_faults_is_a_habit() -> None:
    made = profiles(*[1000] * 6, quarantined=0.2)
    assert not judge(made[-1], made[:-1])
    assert held(replace(made[-1], quarantined=600), made[:-1]) == {"rejections"}


def test_growth_is_a_habit() -> None:
    # Each month a tenth more: between the last, 1,210, and the last carried forward, 1,331, is expected.
    earlier = profiles(1000, 1100, 1210)
    for read in (1210, 1270, 1331):
        assert not judge(profiles(read)[0], earlier)
    less, more = only(judge(profiles(800)[0], earlier)), only(judge(profiles(2662)[0], earlier))
    assert (less.usual, less.holds, less.value) == (pytest.approx(1210), True, 800)
    assert (more.usual, more.holds) == (pytest.approx(1331), True)
    assert less.sentence == "800 records, far fewer than the 1,210 to 1,331 to be expected"
    noticed = only(judge(profiles(1000)[0], earlier))
    assert not noticed.holds
    assert noticed.sentence == "1,000 records, fewer than the 1,210 to 1,331 to be expected"


def test_rejections_by_hand() -> None:
    earlier = profiles(1000, 1000, 1000)
    # Odds of 1 % are 1/99. Of 3 %: 3.06 times as high, which is told; of 6 %: 6.3 times, which holds.
    assert not judge(profiles(1000, quarantined=0.015)[0], earlier)
    assert not only(judge(profiles(1000, quarantined=0.03)[0], earlier)).holds
    far = only(judge(profiles(1000, quarantined=0.06)[0], earlier))
    assert (far.kind, far.holds, far.value, far.usual) == ("rejections", True, 0.06, 0.01)
    assert not judge(profiles(1000, quarantined=0.0)[0], earlier), "better than usual is no trouble"


def test_what_a_person_released_is_a_habit() -> None:
    earlier = profiles(*[1000] * 5)
    doubled, dirty = profiles(2000)[0], profiles(1000, quarantined=0.3)[0]
    known = replace(stale(earlier[0]), received_at=START)
    cents_before = months(Portfolio(9, 2000, 0.0), 8)
    cents = in_cents(cents_before[-1])
    for profile, before in ((doubled, earlier), (dirty, earlier), (known, earlier), (cents, cents_before[:-1])):
        assert held(profile, before)
        assert not held(profile, [*before, replace(profile, released=True)])
        assert held(replace(dirty, quarantined=900), [*before, replace(profile, released=True)])


def test_nothing_holds_before_there_is_a_habit() -> None:
    made = months(Portfolio(4, 3000), 4)
    wild = rejected(scaled(in_cents(made[3]), 3), 0.4)
    assert not judge(wild, made[:2])
    assert held(wild, made[:3]) == {"volume", "rejections", "distribution"}


def test_nothing_is_said_about_few_records() -> None:
    made = months(Portfolio(4, 150, 0.0), 8)
    for change in (in_cents, lambda each: scaled(each, 0.3), lambda each: rejected(each, 0.6)):
        assert not judge(change(made[-1]), made[:-1])


def test_a_stale_file_needs_few_records_and_one_delivery_before() -> None:
    first, again = profiles(40, 40, quarantined=0.0)
    assert only(judge(replace(again, duplicate=39), [first])).kind == "duplicates"
    assert not judge(replace(again, duplicate=30), [first]), "three quarters may well be known"
    assert not judge(replace(again, read=15, duplicate=15), [first])


def test_a_furnisher_that_always_tells_everything_again_is_not_stale() -> None:
    made = profiles(*[1000] * 6, duplicate=0.9)
    assert not judge(replace(made[-1], duplicate=930), made[:-1])


def test_a_period_may_be_told_again_in_part() -> None:
    covers = date(2019, 6, 30)
    earlier = [replace(profile, covers=date(2019, month, 28)) for month, profile in enumerate(profiles(*[900] * 5), 1)]
    earlier.append(replace(earlier[-1], covers=covers))
    part = Profile(300, 3, 290, START, covers)
    assert not judge(part, earlier)
    assert held(replace(part, covers=date(2019, 7, 31)), earlier) == {"volume", "duplicates"}
    assert held(replace(part, quarantined=200, duplicate=0), earlier) == {"rejections"}
    for covered in (date(2019, 7, 31), date(2019, 8, 31)):  # such a part is no habit of the volume either
        earlier += [replace(part, duplicate=0, covers=covers), replace(earlier[0], covers=covered)]
    assert held(Profile(300, 3, 0, START, date(2019, 9, 30)), earlier) == {"volume"}


def test_thresholds_are_the_callers() -> None:
    earlier = profiles(1000, 1000, 1000)
    strict = Thresholds(earlier=4)
    assert held(profiles(400)[0], earlier) == {"volume"}
    assert not judge(profiles(400)[0], earlier, strict)


@given(
    st.lists(
        st.tuples(st.integers(0, 10**7), st.integers(0, 100), st.integers(0, 100), st.booleans()),
        min_size=1,
        max_size=20,
    )
)
def test_any_counts_can_be_judged(rows: list[tuple[int, int, int, bool]]) -> None:
    made = []
    for place, (read, bad, known, released) in enumerate(rows):
        quarantined = read * bad // 100
        bins = {"": {"records": read}, "x": {"b1": read}} if read else {}
        made.append(
            Profile(
                read,
                quarantined,
                (read - quarantined) * known // 100,
                START + timedelta(days=place),
                None,
                bins,
                released,
            )
        )
    for anomaly in judge(made[-1], made[:-1]):
        assert anomaly.sentence
        assert not anomaly.sentence.endswith(".")
        assert anomaly.holds in (True, False)
