"""Recourse: verified by scoring, the smallest there is by brute force, and none where there is none."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import combinations, product

import lightgbm as lgb
import numpy as np
import pytest
from made_models import made_bundle, made_counted

from features.actions import actions_of
from features.sets import feature_set
from features.vectors import matrix
from scoring.calibration import Calibration
from scoring.model import Model
from scoring.policy import Circumstances, Policy, policy_of, shipped_book
from scoring.recourse import MOST_ACTIONS, NoRecourse, Recourse, find_recourse
from scoring.scorer import Scorer

ON = date(2026, 11, 25)
USED = (
    "amount_asked", "instalment", "goods_price", "income", "card_utilisation_latest", "card_balance_latest",
    "card_headroom_latest", "tradeline_past_due", "tradeline_days_past_due_max", "tradeline_active_debt",
    "tradeline_debt", "tradeline_owed_share", "tradeline_age_max", "instalment_by_income", "debt_by_income",
)  # fmt: skip


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
    like = made_bundle(made_counted(), "home-credit-1", 1)
    bundle = replace(
        like,
        portfolio="home-credit",
        model=Model(booster.model_to_string(), USED),
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
    policy = policy_of("home-credit", ON)
    refused = sorted((row for row in range(400) if scores()[row] < policy.refer_below), key=lambda row: -scores()[row])
    return tuple(refused[:: max(1, len(refused) // 24)])


def test_what_is_told_approves_when_it_is_scored() -> None:
    policy = policy_of("home-credit", ON)
    found = {row: found_for(row, policy) for row in declined()}
    helped = {row: each for row, each in found.items() if isinstance(each, Recourse)}
    assert len(helped) >= 10
    actions = {action.name: action for action in actions_of("home-credit")}
    for row, recourse in helped.items():
        values = person(row)
        for change in recourse.changes:
            assert change.before == values[change.features[0]]
            step = _step(actions[change.action].steps, change.after, change.before)
            values = actions[change.action].after(values, step)
            assert values[change.features[0]] == change.after < change.before
        again = home_credit().score_one(values).credit_score
        assert again == recourse.credit_score >= policy.refer_below > scores()[row]


def _step(steps: tuple[float, ...], after: float, before: float) -> float:
    return next(step for step in steps if math.isclose(after, step) or math.isclose(after, before * step))


def test_nothing_smaller_approves() -> None:
    # By brute force: no set of fewer actions approves at any steps, and none of as many for less money.
    policy = policy_of("home-credit", ON)
    sizes = set()
    for row in declined()[::3]:
        recourse = found_for(row, policy)
        size = len(recourse.changes) if isinstance(recourse, Recourse) else 0
        sizes.add(size)
        approving = [each for each in every_way(row, size or MOST_ACTIONS) if each[0] >= policy.refer_below]
        if isinstance(recourse, Recourse):
            assert {actions for _, actions, _ in approving} == {size}
            assert recourse.money == pytest.approx(min(money for _, _, money in approving))
        else:
            assert not approving
    assert sizes >= {0, 1, 2}


def every_way(row: int, most: int) -> list[tuple[int, int, float]]:
    """Score, number of actions and money of every set of actions at every step."""
    able = [action for action in actions_of("home-credit") if action.applies(person(row))]
    ways = []
    for size in range(1, most + 1):
        for chosen in combinations(able, size):
            for steps in product(*(action.steps for action in chosen)):
                values, money = person(row), 0.0
                for action, step in zip(chosen, steps, strict=True):
                    after = action.after(values, step)
                    money += values[action.money] - after[action.money]
                    values = after
                ways.append((values, size, money))
    table = {name: np.array([values[name] for values, _, _ in ways]) for name in person(row)}
    again = home_credit().score(table, "none")
    return [(each.credit_score, size, money) for each, (_, size, money) in zip(again, ways, strict=True)]


def test_the_same_is_told_again() -> None:
    policy = policy_of("home-credit", ON)
    assert [found_for(row, policy) for row in declined()[:5]] == [found_for(row, policy) for row in declined()[:5]]


def test_what_cannot_be_changed_stays() -> None:
    policy = policy_of("home-credit", ON)
    for row in declined():
        recourse = found_for(row, policy)
        for change in recourse.changes if isinstance(recourse, Recourse) else ():
            assert not {"tradeline_age_max", "income", "goods_price"} & set(change.features)
            assert change.text
            assert change.text_zh


def test_none_is_told_where_nothing_would_be_enough() -> None:
    policy = replace(policy_of("home-credit", ON), refer_below=850)
    told = found_for(declined()[-1], policy)
    assert isinstance(told, NoRecourse)
    assert told.why == "not enough"
    assert "would be enough" in told.text


def test_none_is_told_of_what_was_approved() -> None:
    best = int(np.argmax(scores()))
    told = found_for(best, policy_of("home-credit", ON))
    assert isinstance(told, NoRecourse)
    assert told.why == "approved"


@pytest.mark.parametrize("flag", ["frozen", "deceased", "fraud_alert"])
def test_none_is_told_where_a_rule_decided(flag: str) -> None:
    policy = policy_of("home-credit", ON)
    row = declined()[0]
    ruling = policy.rule(Circumstances(flags=frozenset({flag})), max(scores()[row], policy.decline_below))
    told = find_recourse(home_credit(), person(row), policy, ruling)
    assert isinstance(told, NoRecourse)
    assert told.why == "rule"


def test_none_is_told_where_nothing_can_be_changed() -> None:
    policy = policy_of("home-credit", ON)
    nothing = dict.fromkeys(person(0), math.nan) | {"tradeline_age_max": 1.0, "income": 50_000.0}
    told = find_recourse(home_credit(), nothing, policy, policy.rule(Circumstances(), 500))
    assert isinstance(told, NoRecourse)
    assert told.why == "nothing to change"


def test_an_action_that_the_model_does_not_see_is_not_told() -> None:
    # The model of card holders is asked about somebody whose card features are missing but the one it leads with.
    scorer = Scorer(made_bundle(made_counted(), "taiwan-1", 1))
    blind = replace(scorer.bundle, model=replace(scorer.bundle.model, features=("card_limit_latest",)))
    policy = policy_of("taiwan", ON)
    values = dict.fromkeys(feature_set("taiwan").counted, 1.0)
    told = find_recourse(Scorer(blind), values, policy, policy.rule(Circumstances(), 500))
    assert isinstance(told, NoRecourse)
    assert told.why == "nothing to change"


def test_money_is_told_only_where_the_file_tells_it() -> None:
    scorer = Scorer(made_bundle(made_counted(), "taiwan-1", 1))
    policy = policy_of("taiwan", ON)
    told = []
    for row in range(60):
        known = {name: float(column[row]) for name, column in made_counted().items()}
        for values in (known, known | {"card_balance_latest": math.nan}):
            found = find_recourse(scorer, values, policy, policy.rule(Circumstances(), policy.decline_below))
            if isinstance(found, Recourse):
                told.append((math.isnan(values["card_balance_latest"]), found.money))
    assert {missing for missing, _ in told} == {True, False}
    assert all((money is None) == missing for missing, money in told)
