"""Search for less discriminatory alternatives: a proxy that hardly helps is given up, and the search is recorded."""

from __future__ import annotations

import pickle

import numpy as np
import numpy.typing as npt
import pytest

from training.errors import TrainingError
from training.fairness.alternatives import Alternatives, SearchRule, search_alternatives
from training.fairness.confirming import confirm
from training.fairness.groups import Groups, groups_of
from training.fairness.objective import ImpactAtApproval, lowest_share

NAMES = ("proxy", "income", "debt")
RULE = SearchRule(0.7, tolerance=0.02, trials=2, folds=2, seed=3)


@pytest.fixture(scope="module")
def world() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], Groups]:
    """A group that is no riskier, and a feature that tells it and hardly anything of the risk."""
    random = np.random.default_rng(4)
    of_group = random.random(1800) < 0.4
    values = random.normal(size=(1800, 3))
    values[:, 0] += 2.0 * of_group
    log_odds = -1.2 + 0.35 * values[:, 0] - 0.35 * 2.0 * of_group + 1.0 * values[:, 1] + 0.8 * values[:, 2]
    is_bad = random.random(1800) < 1 / (1 + np.exp(-log_odds))
    return values, is_bad, groups_of("group", ["a" if each else "b" for each in of_group])


@pytest.fixture(scope="module")
def found(world: tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], Groups]) -> Alternatives:
    values, is_bad, groups = world
    rows = np.arange(1200)
    return search_alternatives(
        values[rows], is_bad[rows], NAMES, (0, 0, 0), [groups.take(rows)], {"proxy": (0,)}, rule=RULE
    )


def test_the_proxy_is_given_up_within_the_tolerance(found: Alternatives) -> None:
    assert found.baseline.dropped == ()
    assert found.chosen.dropped == ("proxy",)
    assert found.chosen.impact_ratio > found.baseline.impact_ratio + 0.05
    assert found.chosen.auc >= found.baseline.auc - RULE.tolerance


def test_all_candidates_are_recorded_and_the_front_is_that_of_brute_force(found: Alternatives) -> None:
    assert [each.number for each in found.candidates] == [0, 1, 2, 3]
    assert {each.dropped for each in found.candidates} == {(), ("proxy",)}
    unbeaten = {
        each.number
        for each in found.candidates
        if not any(
            other.auc >= each.auc and other.impact_ratio >= each.impact_ratio and other != each
            for other in found.candidates
        )
    }
    assert {each.number for each in found.front} == unbeaten


def test_a_repetition_finds_the_same(
    found: Alternatives, world: tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], Groups]
) -> None:
    values, is_bad, groups = world
    rows = np.arange(1200)
    again = search_alternatives(
        values[rows], is_bad[rows], NAMES, (0, 0, 0), [groups.take(rows)], {"proxy": (0,)}, rule=RULE
    )
    assert again == found


def test_without_tolerance_the_most_accurate_model_stays(
    world: tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], Groups],
) -> None:
    values, is_bad, groups = world
    rows = np.arange(600, 1200)
    strict = SearchRule(0.7, tolerance=0.0, trials=1, folds=2, seed=3)
    same = search_alternatives(values[rows], is_bad[rows], NAMES, (0, 0, 0), [groups.take(rows)], {}, rule=strict)
    assert same.chosen == same.baseline


def test_confirmed_on_others(
    found: Alternatives, world: tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], Groups]
) -> None:
    values, is_bad, groups = world
    confirmed = confirm(
        found, values, is_bad, NAMES, (0, 0, 0), development=np.arange(1200), test=np.arange(1200, 1800),
        groups=[groups], draws=100,
    )  # fmt: skip
    assert confirmed.difference == pytest.approx(confirmed.chosen_auc - confirmed.baseline_auc)
    assert confirmed.interval.low <= confirmed.difference <= confirmed.interval.high
    before, after = confirmed.baseline_impact[0], confirmed.chosen_impact[0]
    assert int(before.approved[0] + before.reference_approved[0]) == 420  # 70 % of 600
    assert after.ratio[0] > before.ratio[0]


def test_objective_by_hand() -> None:
    """Half of each fold is approved: of a 1 of 2 and 0 of 1, of b 1 of 2 and 2 of 3; (1/3) / (3/5) = 5/9."""
    folds = (
        (groups_of("g", ["a", "a", "b", "b"], reference="b"),),
        (groups_of("g", ["a", "b", "b", "b"], reference="b"),),
    )
    objective = ImpactAtApproval(folds, ((0,),), 0.5)
    margins = [np.array([-2.0, 2.0, -1.0, 1.0]), np.array([3.0, -3.0, -2.0, 1.0])]
    assert pickle.loads(pickle.dumps(objective))(margins) == pytest.approx(5 / 9)  # noqa: S301 - our own bytes


def test_the_lowest_margins_are_approved_to_the_exact_number() -> None:
    assert lowest_share(np.array([1.0, 0.0, 0.0, 0.0]), 0.5).tolist() == [False, True, True, False]


def test_what_cannot_be_searched() -> None:
    small = groups_of("g", ["a"] * 50 + ["b"] * 50)
    with pytest.raises(TrainingError, match="no group is large enough to steer a search; at least 200 people"):
        search_alternatives(np.zeros((100, 1)), np.zeros(100, dtype=bool), ("x",), (0,), [small], {}, rule=RULE)
    with pytest.raises(ValueError, match="approval_rate 1: a share between 0 and 1"):
        SearchRule(1)
    with pytest.raises(ValueError, match="tolerance -1: the AUC that may be given up is not negative"):
        SearchRule(0.5, tolerance=-1)
