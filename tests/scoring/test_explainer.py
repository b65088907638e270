"""The explainer: reasons against the cut-off, key factors against all, in words that name the person's own value."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from features.reasons import REASONS
from scoring.bundle import Bundle
from scoring.explainer import Explainer
from scoring.own_value import Beside, words_for
from scoring.reasons import LEAST_SHARE, NOTHING, Explanation, Weights, principal
from training.validation.brute_force import brute_force

Values = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def explainer(bundle: Bundle) -> Explainer:
    return Explainer(bundle)


@pytest.fixture(scope="module")
def explained(explainer: Explainer, values: Values) -> list[Explanation]:
    return explainer.explain(values)


def test_base_and_contributions_are_the_log_odds(bundle: Bundle, values: Values, explained: list[Explanation]) -> None:
    log_odds = bundle.calibration.log_odds(bundle.model.margin(values))
    for exact, one in zip(log_odds.tolist(), explained, strict=True):
        assert one.base + sum(one.contributions.values()) == pytest.approx(exact, abs=1e-6)
        assert one.base_all + sum(one.contributions_all.values()) == pytest.approx(exact, abs=1e-6)
        assert tuple(one.contributions) == tuple(one.contributions_all) == bundle.reason_codes


@pytest.mark.parametrize("times", [0, 1, 9])
def test_codes_are_those_of_what_is_told(
    explainer: Explainer, values: Values, explained: list[Explanation], times: int
) -> None:
    codes = explainer.codes(np.tile(values, (times, 1)))
    told = [
        (tuple(reason.code for reason in one.reasons), tuple(factor.code for factor in one.key_factors))
        for one in explained
    ]
    assert [tuple(each) for each in codes] == told * times


def test_contributions_are_those_of_all_coalitions(bundle: Bundle, values: Values) -> None:
    few = replace(
        bundle.baselines,
        near_cut_off=bundle.baselines.near_cut_off[:25],
        all_applicants=bundle.baselines.all_applicants[:25],
    )
    group_of = [bundle.reason_codes.index(code) for code in bundle.reason_of]

    def log_odds(rows: Values) -> Values:
        return bundle.calibration.log_odds(bundle.model.margin(rows))

    for row, one in enumerate(Explainer(replace(bundle, baselines=few)).explain(values[:2])):
        found = (one.contributions, one.contributions_all)
        for weights, baseline in zip(found, few.values(bundle.model.forest), strict=True):
            expected, _ = brute_force(log_odds, group_of, values[row], baseline)
            np.testing.assert_allclose(list(weights.values()), expected, rtol=0, atol=1e-6)


def test_whoever_is_not_approved_has_a_reason(bundle: Bundle, values: Values, explained: list[Explanation]) -> None:
    scores = bundle.scale.to_score(bundle.calibration.log_odds(bundle.model.margin(values)))
    for score, one in zip(scores.tolist(), explained, strict=True):
        if score < bundle.policy.refer_below:
            assert 1 <= len(one.reasons) <= 4


def test_reasons_are_the_heaviest_against_the_person_first(explained: list[Explanation]) -> None:
    for one in explained:
        told = [reason.code for reason in one.reasons]
        against = {code: weight for code, weight in one.contributions.items() if weight > 0}
        weights = [reason.contribution for reason in one.reasons]
        assert weights == sorted(weights, reverse=True)
        assert weights == [against[code] for code in told]
        untold = [weight for code, weight in against.items() if code not in told]
        least = max(LEAST_SHARE * sum(against.values()), NOTHING)
        assert all(weight > least for weight in weights)
        assert all(weight <= (weights[-1] if len(told) == 4 else least) for weight in untold)


def test_the_agreement_of_the_baselines_is_counted(explained: list[Explanation]) -> None:
    agreements = []
    for one in explained:
        columns = np.array([list(one.contributions.values()), list(one.contributions_all.values())])
        near, everybody = principal(columns)
        assert one.agreement == len(set(near) & set(everybody))
        agreements.append(one.agreement)
    assert max(agreements) == 4


def test_the_inquiry_factor_is_a_fifth_key_factor(bundle: Bundle, values: Values) -> None:
    code = next(code for code, reason in REASONS.items() if reason.inquiries)
    assert REASONS[code].statement == "Number of recent applications for credit"
    explainer = Explainer(bundle)
    weights = np.array([0.9, 0.8, 0.7, 0.6, 0.07, -0.1, 0.0, 0.0, 0.0][: len(bundle.reason_codes)])
    explainer._inquiries = [4]
    (factors,) = principal(weights[np.newaxis])
    assert explainer._with_inquiries(factors, weights) == [0, 1, 2, 3, 4]
    explainer._inquiries = [2]
    assert explainer._with_inquiries(factors, weights) == [0, 1, 2, 3]  # one of the four already
    explainer._inquiries = [5]
    assert explainer._with_inquiries(factors, weights) == [0, 1, 2, 3]  # it did not weigh against the person
    explainer._inquiries = [4]
    weights[4] = 0.06  # under 2 % of 3.06
    assert explainer._with_inquiries(factors, weights) == [0, 1, 2, 3]


def test_the_own_value_is_told_and_is_the_persons(bundle: Bundle, values: Values, explained: list[Explanation]) -> None:
    for row, one in enumerate(explained[:200]):
        for reason in (*one.reasons, *one.key_factors):
            column = bundle.model.features.index(reason.feature)
            assert bundle.reason_of[column] == reason.code
            own = values[row, column]
            assert reason.value == (None if np.isnan(own) else own)
            assert reason.told.startswith(f"{reason.statement} (")
            assert reason.told.count("approved applicants") <= 1
            assert reason.told_zh.count("获批申请人") == reason.told.count("approved applicants")
            if reason.value is None:
                assert ": nothing on file; approved applicants typically" in reason.told
                assert "：无记录；获批申请人通常为" in reason.told_zh
                assert reason.told.count("nothing on file") == 1


def test_the_feature_told_weighed_most_of_its_reason(
    bundle: Bundle, values: Values, explainer: Explainer, explained: list[Explanation]
) -> None:
    own = explainer.game.contributions(values).own[0]
    words = [
        words_for(bundle.features.catalogue[name], bundle.typical[name], "approved") for name in bundle.model.features
    ]
    beside_range = beside_less = 0
    for row, one in enumerate(explained):
        for reason in one.reasons:
            columns = [column for column, code in enumerate(bundle.reason_of) if code == reason.code]
            told = bundle.model.features.index(reason.feature)
            shown = words[told].beside(values[row, told])
            better = [column for column in columns if own[row, column] > own[row, told]]
            for column in better:  # figures of those that weighed more would explain less
                name = bundle.model.features[column]
                direction = bundle.features.catalogue[name].direction
                is_safer = bundle.typical[name].is_safer(values[row, column], direction)
                assert is_safer or words[column].beside(values[row, column]) < shown
            beside_range += shown is Beside.RANGE
            beside_less += shown is not Beside.RANGE
    assert beside_range > beside_less


def test_key_factors_stand_in_where_nothing_weighed_beside_the_cut_off(explained: list[Explanation]) -> None:
    one = max(explained, key=lambda each: len(each.key_factors))
    assert one.reasons
    assert one.against == one.reasons
    assert replace(one, reasons=()).against == one.key_factors[:4]


def test_nobody_depends_on_who_else_is_explained(
    explainer: Explainer, values: Values, explained: list[Explanation]
) -> None:
    assert explainer.explain(values[[3]]) == [explained[3]]
    assert explainer.explain(values[::-1]) == explained[::-1]
    assert explainer.explain(values[:0]) == []


def test_no_reason_against_its_direction_in_a_monotone_model() -> None:
    from scoring.group_game import GroupGame
    from scoring.trees import forest_of
    from training.boosting import BoostingParameters, fit_booster

    random = np.random.default_rng(2)
    values = random.normal(size=(2000, 6))
    is_bad = random.random(2000) < 1 / (1 + np.exp(1 - values @ [1.0, 0.5, -0.8, 0.6, 0.2, 0.0]))
    directions = np.array([1, 1, -1, 1, 0, 0])
    booster = fit_booster(values, is_bad, tuple("abcdef"), directions.tolist(), BoostingParameters(60), 1)
    background, people = values[:40], random.normal(size=(300, 6)) * 2
    game = GroupGame(forest_of(booster.model_to_string()), (0, 0, 1, 2, 3, 3), [background])
    found = game.contributions(people).groups[0]
    for group, columns in ((0, [0, 1]), (1, [2]), (2, [3])):
        risk = directions[columns] * people[:, columns]
        safest, riskiest = (
            (directions[columns] * background[:, columns]).min(0),
            (directions[columns] * background[:, columns]).max(0),
        )
        assert (found[(risk <= safest).all(axis=1), group] <= 1e-12).all()
        assert (found[(risk >= riskiest).all(axis=1), group] >= -1e-12).all()
        assert (risk <= safest).all(axis=1).any()
        assert (risk >= riskiest).all(axis=1).any()


def test_weights_are_a_mapping() -> None:
    weights = Weights(("A", "B"), [0.5, -1.0])
    assert weights == {"A": 0.5, "B": -1.0}
    assert repr(weights) == "Weights({'A': 0.5, 'B': -1.0})"
    with pytest.raises(KeyError, match="C"):
        weights["C"]


def test_what_weighs_next_to_nothing_is_not_principal() -> None:
    assert principal(np.array([[1.0, 0.019, 0.5, -3.0]])) == [[0, 2]]
    assert principal(np.array([[1.0, 0.04, 0.5, -3.0]])) == [[0, 2, 1]]
    assert principal(np.array([[1e-7, 0.0, -1.0, -3.0]])) == [[]]
    assert principal(np.array([[0.2, 0.2, 0.5, 0.2, 0.2]])) == [[2, 0, 1, 3]]
    assert principal(np.empty((0, 3))) == []
