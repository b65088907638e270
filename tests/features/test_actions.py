"""Actions: what they move, what they never touch, and that linked features stay consistent."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.action import Action, Floor
from features.actions import ACTIONS, actions_of
from features.declaration import Feature
from features.month_moves import Largest, Mean, PartOfMonths, Raised, Spread, Trend
from features.moves import Clear, Course, Cut, Less, More, Move, Part, Repaid, Scale, ShareOf
from features.sets import FEATURE_SETS, feature_set

EVERY = [(portfolio, action) for portfolio, actions in sorted(ACTIONS.items()) for action in actions]
NAMES = [f"{portfolio}-{action.name}" for portfolio, action in EVERY]

CANNOT_CHANGE = (
    "T02", "T03", "T05", "C02", "C03", "L01", "Q01", "Q02", "Q06", "B15", "B16", "B17", "B18", "B19", "B20", "B21",
    "B22", "B23", "B24", "B25", "B30", "B32", "P01", "P02", "P03", "P04", "A01", "A02", "A06", "A08", "A09", "A10",
    "A11", "A12", "A15", "H01", "H02", "F01", "F02", "F03",
)  # fmt: skip
"""Reasons of what a person cannot change: time, what was late, courts, applications made, and who they are."""
STANDING_NOW = {
    "collections_paid": "told as paid with those paid now",
    "worst_level_now_revolving": "how accounts stand now, not how they stood",
    "worst_level_now_instalment": "how accounts stand now, not how they stood",
    "worst_level_now_mortgage": "how accounts stand now, not how they stood",
    "card_days_past_due_latest": "how the card stands now, not how it stood",
    "cures_12m": "an account that is brought up to date was cured",
}
"""Features of those reasons that tell of the present all the same."""


def test_every_portfolio_has_actions() -> None:
    assert set(ACTIONS) == set(FEATURE_SETS)
    assert actions_of("another") == ()


@pytest.mark.parametrize(("portfolio", "action"), EVERY, ids=NAMES)
def test_actions_move_features_of_their_portfolio(portfolio: str, action: Action) -> None:
    counted = set(feature_set(portfolio).counted)
    assert action.reads <= counted
    assert set(action.features) | set(action.unless) <= counted
    assert action.floor is None or {action.floor.feature, action.floor.of or action.leading} <= counted
    assert action.features[0] == action.leading
    assert len(set(action.features)) == len(action.features)
    assert feature_set(portfolio).catalogue[action.leading].unit == action.unit
    assert len({each.name for each in ACTIONS[portfolio]}) == len(ACTIONS[portfolio])


@pytest.mark.parametrize(("portfolio", "action"), EVERY, ids=NAMES)
def test_what_a_person_cannot_change_is_never_touched(portfolio: str, action: Action) -> None:
    catalogue = feature_set(portfolio).catalogue
    for name in action.features:
        feature = catalogue[name]
        assert isinstance(feature, Feature)
        assert feature.reason not in CANNOT_CHANGE or name in STANDING_NOW, name
        assert feature.unit not in ("months", "years", "score"), name


@pytest.mark.parametrize(("portfolio", "action"), EVERY, ids=NAMES)
def test_steps_go_ever_further(portfolio: str, action: Action) -> None:
    assert action.steps
    assert list(action.steps) == sorted(action.steps, reverse=True)
    values = dict.fromkeys(feature_set(portfolio).counted, 2.0) | dict.fromkeys(action.unless, 0.0)
    assert not action.never or not action.never.holds(values)
    assert action.applies(values)
    led = [action.after(values, step)[action.leading] for step in action.steps]
    assert led == sorted(led, reverse=True)
    assert max(led) < 2.0


@pytest.mark.parametrize(("portfolio", "action"), EVERY, ids=NAMES)
@given(data=st.data())
@settings(max_examples=50)
def test_an_action_raises_no_risk_and_nothing_else(portfolio: str, action: Action, data: st.DataObject) -> None:
    catalogue = feature_set(portfolio).catalogue
    values = dict.fromkeys(feature_set(portfolio).counted, 1.0)
    size = len(action.features)
    drawn = st.lists(st.floats(0.0, 1e6) | st.just(math.nan), min_size=size, max_size=size)
    values |= zip(action.features, data.draw(drawn), strict=True)
    after = action.after(values, data.draw(st.sampled_from(action.steps)), perhaps=data.draw(st.booleans()))
    assert after.keys() == values.keys()
    for name, before in values.items():
        if name not in action.features or math.isnan(before):
            assert after[name] == before or (math.isnan(after[name]) and math.isnan(before)), name
        elif name not in SHARES_OF_WHAT_MOVES:
            worse = catalogue[name].direction * (after[name] - before)
            assert worse <= 1e-9 * max(1.0, abs(before)), name


SHARES_OF_WHAT_MOVES = ("owed_revolving_share",)
"""Paying other debts back leaves cards a larger share of what is owed."""


@pytest.mark.parametrize(("portfolio", "action"), EVERY, ids=NAMES)
def test_texts_hold_both_values_in_both_languages(portfolio: str, action: Action) -> None:
    text, text_zh = action.told(0.9413, 0.3)
    assert "{" not in text + text_zh
    assert re.search(r"[\u4e00-\u9fff]", text_zh)
    assert not re.search(r"[A-Za-z]", text_zh)
    assert ("94 %" if action.unit == "share" else "0.94") in text
    assert ("94%" if action.unit == "share" else "0.94") in text_zh
    told = [f"{{{name}}}" in action.text for name in ("before", "after")]
    assert told == [f"{{{name}}}" in action.text_zh for name in ("before", "after")]
    assert told[0]
    assert told[1] == (len(action.steps) > 1)


# By hand: 6,000 of 10,000 used in all, the fullest card at 95 %, debts of 20,000 in all.
CARDS = {
    "revolving_utilisation": 0.6, "revolving_utilisation_max": 0.95, "revolving_utilisation_min": 0.1,
    "revolving_90_percent_count": 1.0, "revolving_75_percent_count": 1.0, "revolving_50_percent_count": 2.0,
    "owed_revolving": 6000.0, "owed_total": 20000.0, "revolving_available": 4000.0, "owed_revolving_share": 0.3,
    "age_oldest": 120.0,
}  # fmt: skip


def test_paying_cards_down_by_hand() -> None:
    pay = ACTIONS["bureau"][0]
    assert pay.after(CARDS, 0.3) == pytest.approx(
        {
            # at most 30 % everywhere; half of 6,000 paid; 3,000 of 17,000 left owing
            "revolving_utilisation": 0.3, "revolving_utilisation_max": 0.3, "revolving_utilisation_min": 0.1,
            "revolving_90_percent_count": 0.0, "revolving_75_percent_count": 0.0, "revolving_50_percent_count": 0.0,
            "owed_revolving": 3000.0, "owed_total": 17000.0, "revolving_available": 7000.0,
            "owed_revolving_share": 3 / 17, "age_oldest": 120.0,
        }
    )  # fmt: skip
    # Below 90 % no card is counted as that full any more; those at half of it or over are left.
    partly = pay.after(CARDS, 0.89)
    assert [partly[f"revolving_{share}_percent_count"] for share in (90, 75, 50)] == [0.0, 1.0, 2.0]
    assert partly["owed_revolving"] == 6000.0  # together they stand at 60 %, and nobody knows how much one card takes


def test_lost_accounts_are_not_brought_up_to_date_by_paying() -> None:
    pay = next(action for action in ACTIONS["bureau"] if action.name == "pay past due")
    assert pay.applies({"past_due_total": 500.0})
    assert not pay.applies({"past_due_total": 500.0, "lost_accounts_now": 1.0})
    assert not pay.applies({"past_due_total": 0.0})
    assert not pay.applies({"past_due_total": math.nan})


@pytest.mark.parametrize(
    ("move", "after"),
    [
        (Cut("a"), 0.5),
        (Part("a"), 1.0),
        (Scale("a", "b"), 0.5),  # b fell to a quarter
        (Scale("a", "gone"), 2.0),
        (Clear("a"), 0.0),
        (Clear("a", below=0.5), 2.0),
        (Less("a", "b"), -1.0),
        (More("a", "b"), 5.0),
        (More("a", "gone"), 2.0),
        (ShareOf("a", "b", "c"), 0.1),
        (ShareOf("a", "b", "gone"), 2.0),
        (Repaid("a", "b"), 2.0),  # more than all cannot be paid back
        (Repaid("d", "b"), 0.9),  # of the 0.4 that are left a quarter
    ],
    ids=repr,
)
def test_moves_by_hand(move: Move, after: float) -> None:
    before = {"a": 2.0, "b": 4.0, "c": 10.0, "d": 0.6, "gone": math.nan}
    assert move.value(Course(before, before | {"b": 1.0}, 0.5)) == after


def test_lateness_of_no_known_amount_is_brought_up_to_date() -> None:
    pay, bring = (each for each in ACTIONS["bureau"] if each.name in ("pay past due", "bring up to date"))
    late = {"worst_level_now": 2.0, "late_30_accounts_now": 1.0, "cures_12m": 3.0}
    for amount, known in ((math.nan, False), (0.0, False), (80.0, True)):
        assert pay.applies(late | {"past_due_total": amount}) is known
        assert bring.applies(late | {"past_due_total": amount}) is not known
    assert not bring.applies(late | {"lost_accounts_now": 1.0})
    assert bring.after(late, 0.0) == {"worst_level_now": 0.0, "late_30_accounts_now": 0.0, "cures_12m": 3.0}
    assert bring.after(late, 0.0, perhaps=True)["cures_12m"] == 4.0


def test_a_revolving_loan_has_no_longer_term() -> None:
    longer = next(each for each in ACTIONS["home-credit"] if each.name == "longer term")
    assert not longer.applies({"amount_asked": 270_000.0, "instalment": 13_500.0})
    assert longer.applies({"amount_asked": 270_000.0, "instalment": 13_500.5})
    assert longer.applies({"amount_asked": math.nan, "instalment": 13_500.0})


@given(
    months=st.lists(st.floats(0.0, 5.0), min_size=6, max_size=6),
    known=st.integers(2, 6),
    latest=st.floats(0.0, 5.0),
)
@settings(max_examples=60)
def test_what_looks_back_is_as_if_the_latest_month_had_been_told_so(
    months: list[float], known: int, latest: float
) -> None:
    # By NumPy, over the months anew; the newest one comes last.
    was, now = np.array(months[:known]), np.array([*months[: known - 1], latest])
    before = {"now": was[-1], "n": known - 1.0, "mean": was.mean(), "sum": was.sum()}
    after = {"now": now[-1], "mean": now.mean(), "sum": now.sum()}
    at = Course(before | {"slope": np.polyfit(range(known), was, 1)[0], "spread": was.std(), "most": was.max()},
                before | after, np.float64(0.0))  # fmt: skip
    assert Mean("mean", "now", 6, "n").value(at) == pytest.approx(now.mean(), abs=1e-6)
    assert Trend("slope", "now", 6, "n").value(at) == pytest.approx(np.polyfit(range(known), now, 1)[0], abs=1e-6)
    assert Spread("spread", "now", 6, "n", "mean").value(at) == pytest.approx(now.std(), abs=1e-6)
    assert Spread("spread", "now", 6, "n", "sum", parts=known).value(at) == pytest.approx(now.std(), abs=1e-6)
    if latest >= was[-1]:
        assert Raised("most", "now").value(at) == now.max()
    elif known == 3:
        others = Course({**at.before, "b": was[0], "c": was[1]}, {**at.now, "b": was[0], "c": was[1]}, at.step)
        assert Largest("most", "now", "b", "c").value(others) == now.max()


def test_months_of_many_accounts_are_taken_to_be_alike() -> None:
    # What is owed fell to a half: of three months alike a sixth of them together.
    at = Course({"mean": 600.0, "owed": 80.0}, {"owed": 40.0}, np.float64(0.0))
    assert PartOfMonths("mean", "owed", 3).value(at) == pytest.approx(500.0)


@pytest.mark.parametrize(
    ("before", "left"),
    [(449_034.0, 400_000.0), (1_000.0, 900.0), (96.0, 86.0), (1.5, 1.3), (0.0, 0.0), (math.nan, math.nan)],
    ids=str,
)
def test_what_is_left_of_an_amount_has_two_digits(before: float, left: float) -> None:
    # Nine tenths, rounded down: 404,130.6 to 400,000, 86.4 to 86, 1.35 to 1.3.
    after = Part("a").value(Course({"a": np.float64(before)}, {}, np.float64(0.9)))
    assert float(after) == pytest.approx(left, nan_ok=True)


def test_many_ways_at_once_are_each_as_alone() -> None:
    random = np.random.default_rng(5)
    for portfolio, action in EVERY:
        names = feature_set(portfolio).counted
        drawn = np.where(random.random((len(names), 6)) < 0.2, math.nan, random.gamma(2.0, 1.0, (len(names), 6)))
        steps = random.choice(action.steps, 6)
        together = action.after(dict(zip(names, drawn, strict=True)), steps)
        for way in range(6):
            alone = action.after(dict(zip(names, drawn[:, way], strict=True)), steps[way])
            np.testing.assert_array_equal([alone[name] for name in names], [together[name][way] for name in names])


def test_no_less_is_asked_for_than_is_offered() -> None:
    less, longer = (action for action in ACTIONS["home-credit"] if action.floor)
    # Of 1,000 in instalments of 50: at least 800 are lent, and no instalment is under a thirtieth of the amount.
    asked, offers = {"amount_asked": 1_000.0, "instalment": 50.0}, {"amount": 800.0, "instalment": 1 / 30}
    assert [bool(less.is_offered(less.after(asked, step), offers)) for step in (0.9, 0.8, 0.7)] == [True, True, False]
    assert [bool(longer.is_offered(longer.after(asked, step), offers)) for step in (0.7, 0.6)] == [True, False]
    assert less.is_offered(less.after(asked, 0.5), {})
    assert Floor("instalment", "instalment", of="amount_asked").holds(
        {"instalment": 1.0, "amount_asked": math.nan}, offers
    )
