"""Recourse: verified by scoring, the smallest there is by brute force, and none where there is none."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

import lightgbm as lgb
import numpy as np
import pytest
from made_models import made_bundle, made_counted

from features.action import Action
from features.actions import actions_of
from features.sets import feature_set
from features.vectors import matrix
from scoring.baselines import Baselines, intervals_of
from scoring.calibration import Calibration
from scoring.model import Model
from scoring.policy import Circumstances, Policy, policy_of, shipped_book
from scoring.policy.offers import Offers
from scoring.recourse import MOST_ACTIONS, NoRecourse, Recourse, find_recourse
from scoring.scorer import Scorer

ON = date(2026, 11, 25)
USED = (
    "amount_asked", "instalment", "goods_price", "income", "card_utilisation_latest", "card_balance_latest",
    "card_headroom_latest", "tradeline_past_due", "tradeline_days_past_due_max", "tradeline_active_debt",
    "tradeline_debt", "tradeline_owed_share", "tradeline_age_max", "instalment_by_income", "debt_by_income",
)  # fmt: skip


@cache
def home_credit_policy() -> Policy:
    """The shipped policy, of a lender who lends any amount for any time."""
    return replace(policy_of("home-credit", ON), offers=Offers())


@cache
def applicants() -> dict[str, np.ndarray]:
    """Counted features of 400 applicants of home-credit, of which the model reads some."""
    rng = np.random.default_rng(7)
    missing = np.full(400, math.nan)
    drawn = {name: rng.gamma(2.0, 1.0, 400) for name in USED if name in feature_set("home-credit").counted}
    drawn["card_utilisation_latest"] /= 3.0
    drawn["tradeline_past_due"][rng.random(400) < 0.5] = 0.0
    return {name: drawn.get(name, missing) for name in feature_set("home-credit").counted}


@cache
def home_credit() -> Scorer:
    """A scorer that knows what is owed, asked for and past due, and for how long accounts are held."""
    features = feature_set("home-credit")
    values = matrix(features, applicants(), USED)
    rng = np.random.default_rng(3)
    risk = values[:, [4, 7, 9]].sum(axis=1) + 3.0 * values[:, 13] - values[:, 12]
    is_bad = rng.random(400) < 1.0 / (1.0 + np.exp(3.0 - risk))
    directions = [getattr(features.catalogue[name], "direction", 0) for name in USED]
    settings = {
        "objective": "binary", "num_leaves": 6, "num_threads": 1, "deterministic": True, "verbosity": -1, "seed": 1,
        "min_data_in_leaf": 8, "monotone_constraints": directions,
    }  # fmt: skip
    booster = lgb.train(
        settings, lgb.Dataset(values, is_bad.astype(float), feature_name=list(USED)), num_boost_round=60
    )
    model = Model(booster.model_to_string(), USED)
    everybody = intervals_of(model.forest, values)
    bundle = replace(
        made_bundle(made_counted(), "home-credit-1", 1),
        portfolio="home-credit",
        model=model,
        baselines=Baselines(everybody[:20], everybody),
        calibration=Calibration(1.0, 0.0),
        feature_fingerprint=features.catalogue.fingerprint(USED),
        policies=shipped_book("home-credit"),
    )
    return Scorer(bundle)


def person(row: int) -> dict[str, float]:
    return {name: float(values[row]) for name, values in applicants().items()}


@cache
def scores() -> list[int]:
    return [scored.credit_score for scored in home_credit().score(dict(applicants()), "none")]


@cache
def found_for(row: int, policy: Policy) -> Recourse | NoRecourse:
    ruling = policy.rule(Circumstances(), scores()[row])
    return find_recourse(home_credit(), person(row), policy, ruling)


@cache
def declined() -> tuple[int, ...]:
    """Some who are not approved, from the ones just short of it to the worst."""
    policy = home_credit_policy()
    refused = sorted((row for row in range(400) if scores()[row] < policy.refer_below), key=lambda row: -scores()[row])
    return tuple(refused[:: max(1, len(refused) // 24)])


def test_what_is_told_approves_when_it_is_scored() -> None:
    policy = home_credit_policy()
    found = {row: found_for(row, policy) for row in declined()}
    helped = {row: each for row, each in found.items() if isinstance(each, Recourse)}
    assert len(helped) >= 10
    actions = {action.name: action for action in actions_of("home-credit")}
    for row, recourse in helped.items():
        values = person(row)
        for change in recourse.changes:
            assert change.before == values[change.features[0]]  # what the changes before it left
            action = actions[change.action]
            values = next(
                after
                for after in ({k: float(v) for k, v in action.after(values, step).items()} for step in action.steps)
                if after[change.features[0]] == change.after
            )
            assert change.after < change.before
            assert (change.text, change.text_zh) == action.told(change.before, change.after)
        again = home_credit().score_one(values).credit_score
        assert again == recourse.credit_score >= policy.refer_below > scores()[row]


def test_nothing_smaller_approves() -> None:
    # By brute force: no set of fewer actions approves at any steps, and none of as many passes fewer applicants.
    policy = home_credit_policy()
    found = {row: found_for(row, policy) for row in declined()}
    size_of = {row: len(told.changes) if isinstance(told, Recourse) else 0 for row, told in found.items()}
    few = {0: 1, 1: 2, 2: 2, MOST_ACTIONS: 1}  # of those for whom all sets are tried fewer
    rows = [row for size, most in few.items() for row in [row for row in found if size_of[row] == size][:most]]
    assert {size_of[row] for row in rows} == set(few)
    for row in rows:
        size = size_of[row]
        recourse = found[row]
        approving = [each for each in every_way(row, size or MOST_ACTIONS) if each[0] >= policy.refer_below]
        if isinstance(recourse, Recourse):
            assert {actions for _, actions, _, _ in approving} == {size}
            least = min(passed for _, _, passed, _ in approving)
            assert recourse.passed == pytest.approx(least / 400)
            taken = sum((change.before - change.after) / change.before for change in recourse.changes)
            assert taken == pytest.approx(min(share for _, _, passed, share in approving if passed == least))
        else:
            assert not approving


@dataclass(frozen=True)
class Way:
    """Where actions led, after none, one, two, ... of them, and the shares of what they lead with that they took."""

    states: tuple[dict[str, float], ...]
    actions: tuple[Action, ...] = ()
    share_taken: float = 0.0
    last: int = -1


def every_way(row: int, most: int) -> list[tuple[int, int, int, float]]:
    """Score, number of actions, applicants passed and shares given, of every set of actions at every step."""
    able = [action for action in actions_of("home-credit") if action.applies(person(row))]
    found, ways = [], [Way((person(row),))]
    for _ in range(most):
        ways = [
            longer for way in ways for place in range(way.last + 1, len(able)) for longer in with_one(way, place, able)
        ]
        found += ways
    end = home_credit().score({name: np.array([way.states[-1][name] for way in found]) for name in person(row)}, "none")
    return [
        (scored.credit_score, len(way.states) - 1, passed, way.share_taken)
        for scored, way, passed in zip(end, found, passed_by(found), strict=True)
        if passed is not None
    ]


def with_one(way: Way, place: int, able: list[Action]) -> Iterator[Way]:
    for step in able[place].steps:
        before = way.states[-1]
        after = {name: float(value) for name, value in able[place].after(before, step).items()}
        taken = 1.0 - after[able[place].leading] / before[able[place].leading]
        if taken >= 0.01:  # else it is no change that is worth telling
            yield Way((*way.states, after), (*way.actions, able[place]), way.share_taken + taken, place)


def passed_by(ways: list[Way]) -> list[int | None]:
    """How many of the 400 applicants each way passes: an action those of the feature where they are the most.

    None where the model does not tell an action apart from doing nothing.
    """
    states = [state for way in ways for state in way.states]
    seen = matrix(
        feature_set("home-credit"), {name: np.array([each[name] for each in states]) for name in states[0]}, USED
    )
    below, met = np.zeros(seen.shape), np.zeros(seen.shape)
    for column, limits in enumerate(home_credit().bundle.model.forest.limits):
        everybody = matrix(feature_set("home-credit"), applicants(), USED)[:, column]
        met[:, column] = (limits[:, None] < seen[:, column]).sum(axis=0)
        for other in everybody[~np.isnan(everybody)]:  # at most so large, as far as the trees can tell
            below[:, column] += (limits < other).sum() <= met[:, column]
    below[np.isnan(seen)] = math.nan
    ranks, places = iter(below), iter(met)
    passed: list[int | None] = []
    for way in ways:
        own = np.nan_to_num(np.abs(np.diff([next(ranks) for _ in way.states], axis=0)))
        moved = np.diff([next(places) for _ in way.states], axis=0)
        columns = [telling_of(action) for action in way.actions]
        each = [int(row[told].max()) for row, told in zip(own, columns, strict=True)]
        apart = all(row[told].any() for row, told in zip(moved, columns, strict=True))
        passed.append(sum(each) if apart else None)
    return passed


TELLING = {
    "ask for less": {"amount_asked", "instalment", "instalment_by_income"},
    "longer term": {"instalment", "instalment_by_income"},
    "pay down cards": {"card_utilisation_latest", "card_balance_latest"},
    "pay past due": {"tradeline_past_due", "tradeline_days_past_due_max"},
    "pay back other lenders": {"tradeline_active_debt", "tradeline_owed_share"},
}
"""What each action sets or multiplies of what the model sees; debts and headroom follow by sums."""


def telling_of(action: Action) -> list[int]:
    return [USED.index(name) for name in TELLING[action.name]]


def test_the_same_is_told_again() -> None:
    policy = home_credit_policy()
    assert [found_for(row, policy) for row in declined()[:5]] == [found_for(row, policy) for row in declined()[:5]]


def test_what_cannot_be_changed_stays() -> None:
    policy = home_credit_policy()
    for row in declined():
        recourse = found_for(row, policy)
        for change in recourse.changes if isinstance(recourse, Recourse) else ():
            assert not {"tradeline_age_max", "income", "goods_price"} & set(change.features)
            assert change.text
            assert change.text_zh


def test_none_is_told_where_nothing_would_be_enough() -> None:
    policy = replace(home_credit_policy(), refer_below=850)
    told = found_for(declined()[-1], policy)
    assert isinstance(told, NoRecourse)
    assert told.why == "not enough"
    assert "would be enough" in told.text


def test_none_is_told_of_what_was_approved() -> None:
    best = int(np.argmax(scores()))
    told = found_for(best, home_credit_policy())
    assert isinstance(told, NoRecourse)
    assert told.why == "approved"


@pytest.mark.parametrize("flag", ["frozen", "deceased", "fraud_alert"])
def test_none_is_told_where_a_rule_decided(flag: str) -> None:
    policy = home_credit_policy()
    row = declined()[0]
    ruling = policy.rule(Circumstances(flags=frozenset({flag})), max(scores()[row], policy.decline_below))
    told = find_recourse(home_credit(), person(row), policy, ruling)
    assert isinstance(told, NoRecourse)
    assert told.why == "rule"


def test_none_is_told_where_nothing_can_be_changed() -> None:
    policy = home_credit_policy()
    nothing = dict.fromkeys(person(0), math.nan) | {"tradeline_age_max": 1.0, "income": 50_000.0}
    told = find_recourse(home_credit(), nothing, policy, policy.rule(Circumstances(), 500))
    assert isinstance(told, NoRecourse)
    assert told.why == "nothing to change"
    assert "late accounts that are brought up to date" in told.text  # reasons may name them


def test_an_action_that_the_model_does_not_see_is_not_told() -> None:
    # A model that reads nothing but the card's limit, which nobody changes for themselves.
    bundle = made_bundle(made_counted(), "taiwan-1", 1)
    limits = made_counted()["card_limit_latest"]
    settings = {"objective": "binary", "num_threads": 1, "deterministic": True, "verbosity": -1}
    data = lgb.Dataset(limits[:, None], (limits > 1).astype(float), feature_name=["card_limit_latest"])
    text = lgb.train(settings, data, num_boost_round=3).model_to_string()
    blind = replace(bundle, model=Model(text, ("card_limit_latest",)))
    policy = policy_of("taiwan", ON)
    values = dict.fromkeys(feature_set("taiwan").counted, 1.0)
    told = find_recourse(Scorer(blind), values, policy, policy.rule(Circumstances(), 500))
    assert isinstance(told, NoRecourse)
    assert told.why == "nothing to change"


def test_whoever_is_told_something_would_do_with_what_may_follow_and_without() -> None:
    # Card holders of Taiwan: what was paid and the largest bill may follow from the card paid down, or not.
    counted = made_counted()
    scorer = Scorer(made_bundle(counted, "taiwan-1", 1))
    policy = scorer.bundle.policy
    actions = {action.name: action for action in actions_of("taiwan")}
    told = 0
    for row, scored in enumerate(scorer.score(counted, "none")[:120]):
        values = {name: float(column[row]) for name, column in counted.items()}
        found = find_recourse(scorer, values, policy, policy.rule(Circumstances(), scored.credit_score))
        if isinstance(found, Recourse):
            ends = [values, values]
            for change in found.changes:
                ends = [
                    {name: float(value) for name, value in after.items()}
                    for after in (
                        actions[change.action].after(end, change.after, perhaps=perhaps)
                        for end, perhaps in zip(ends, (False, True), strict=True)
                    )
                ]
            least = min(scorer.score_one(end, "none").credit_score for end in ends)
            assert least == found.credit_score >= policy.refer_below
            told += 1
    assert told


def test_nothing_is_advised_that_is_not_offered() -> None:
    policy = home_credit_policy()
    narrow = replace(policy, offers=Offers(least_amount=2, most_instalments=1))
    assert min(advised("ask for less", policy)) < 2
    assert min(advised("ask for less", narrow)) >= 2
    assert min(advised("longer term", policy)) < 1
    assert min(advised("longer term", narrow)) >= 1


def advised(action: str, policy: Policy) -> list[float]:
    """The amounts that are advised, or the instalments for each unit of the amount."""
    found = []
    for row in declined():
        told = found_for(row, policy)
        left = {each.action: each.after for each in told.changes} if isinstance(told, Recourse) else {}
        if action in left:
            amount = left.get("ask for less", person(row)["amount_asked"])
            found.append(amount if action == "ask for less" else left[action] / amount)
    return found


def test_a_rule_that_stands_against_it_is_told_with_its_remedy() -> None:
    # Declined by the score; and at any score a fraud alert would refer: no change of a score approves.
    policy = home_credit_policy()
    row = declined()[0]
    alert = Circumstances(flags=frozenset({"fraud_alert"}))
    ruling = policy.rule(alert, policy.decline_below - 1)
    assert (ruling.decision, ruling.decided_by) == ("decline", "score")
    told = find_recourse(home_credit(), person(row), policy, ruling, alert)
    assert isinstance(told, NoRecourse)
    assert told.why == "rule"
    assert told.text.startswith("A rule, and not the score, decides")
    assert "prove the identity" in told.text
    assert "证明身份" in told.text_zh
    freely = find_recourse(home_credit(), person(row), policy, ruling, Circumstances())
    assert not isinstance(freely, NoRecourse) or freely.why != "rule"
