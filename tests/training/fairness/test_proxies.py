"""Proxies: a planted one is found in every world, whatever its shape; an innocent feature is not."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.metrics import mutual_info_score, roc_auc_score

from features.analysis.bins import quantile_bins
from training.fairness.groups import groups_of
from training.fairness.proxies import find_proxies, proxy_groups
from training.fairness.telling import area, chance_area, information, single_area

NAMES = ("planted", "mirrored", "missing", "innocent", "risk")


def world(seed: int, people: int = 1500) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Who is of the group, and features: one higher for it, one further out on both sides, one missing more often."""
    random = np.random.default_rng(seed)
    of_group = random.random(people) < 0.4
    values = random.normal(size=(people, len(NAMES)))
    values[:, 0] += 0.9 * of_group
    values[:, 1] = np.where(of_group, random.choice([-1.6, 1.6], people), 0.0) + 0.8 * values[:, 1]
    values[random.random(people) < np.where(of_group, 0.5, 0.15), 2] = np.nan
    return of_group, values


@pytest.mark.parametrize("seed", range(4))
def test_planted_proxies_are_found_and_innocent_features_are_not(seed: int) -> None:
    of_group, values = world(seed)
    groups = groups_of("group", ["a" if each else "b" for each in of_group])
    (found,) = find_proxies(groups, values, NAMES, seed=seed)
    assert set(found.found) == {"planted", "mirrored", "missing"}
    assert found.joint_auc > 0.8
    for told in found.features:
        innocent = told.feature in ("innocent", "risk")
        assert (told.auc < found.single_by_chance) is innocent
        assert (told.information < told.information_by_chance) is innocent
    assert sum(each.contribution for each in found.features) == pytest.approx(1)


def test_without_any_connection_nothing_is_found() -> None:
    _, values = world(0)
    groups = groups_of("group", np.random.default_rng(99).choice(["a", "b", "b"], len(values)).tolist())
    (found,) = find_proxies(groups, values, NAMES, seed=1)
    assert found.found == ()
    assert found.joint_auc == pytest.approx(0.5, abs=0.05)


def test_a_group_that_is_too_small_is_not_told() -> None:
    _, values = world(0, 100)
    assert find_proxies(groups_of("g", ["a"] * 20 + ["b"] * 80), values, NAMES, seed=1) == ()


def test_area_is_that_of_the_curve() -> None:
    random = np.random.default_rng(3)
    flags, scores = random.random(200) < 0.3, random.integers(0, 20, 200).astype(float)
    assert area(scores, flags) == pytest.approx(roc_auc_score(flags, scores))


def test_information_is_mutual_information_over_entropy() -> None:
    of_group, values = world(4, 600)
    told, _ = information(values[:, 0], of_group)
    places = quantile_bins(values[:, 0], 10).place(values[:, 0])
    share = of_group.mean()
    entropy = -share * math.log(share) - (1 - share) * math.log(1 - share)
    assert told == pytest.approx(mutual_info_score(places, of_group) / entropy)


def test_what_chance_shows_is_exceeded_as_often_as_stated() -> None:
    """600 draws of features that tell nothing: about 5 per cent exceed (standard error 0.9)."""
    random = np.random.default_rng(8)
    of_group = random.random(400) < 0.3
    n = int(of_group.sum())
    limit = chance_area(n, 400 - n)
    areas, shares = [], []
    for _ in range(600):
        values = random.normal(size=400)
        areas.append(area(values, of_group) > limit)
        told, by_chance = information(values, of_group)
        shares.append(told > by_chance)
    assert np.mean(areas) == pytest.approx(0.05, abs=0.03)
    assert np.mean(shares) == pytest.approx(0.05, abs=0.03)


def test_an_area_by_itself_does_not_rise_by_what_was_learned() -> None:
    random = np.random.default_rng(9)
    of_group = random.random(300) < 0.5
    areas = [single_area(random.normal(size=300), of_group, seed=seed) for seed in range(100)]
    assert np.mean(areas) == pytest.approx(0.5, abs=0.01)


def test_features_that_say_the_same_make_one_group() -> None:
    of_group, values = world(2)
    twin = -np.exp(values[:, :1])  # another scale and direction, the same order
    together = np.hstack([values, twin])
    names = (*NAMES, "twin")
    found = find_proxies(groups_of("group", of_group.tolist()), together, names, seed=2)
    groups = proxy_groups(found, together, names)
    assert (0, 5) in groups.values()
    assert sorted(column for columns in groups.values() for column in columns) == [0, 1, 2, 5]
