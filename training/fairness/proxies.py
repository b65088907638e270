"""Proxies: features that tell the group, which a model may then use in the place of the attribute.

Each group that is large enough is told from the reference: by every feature alone, and by all together. A
feature is called a proxy if it tells the group by itself, or if all together do and it has a part in that
(:class:`ProxyRule`); both must exceed what chance shows in so many people. Whether a proxy may stay is for people to
say: it can be a legitimate predictor of risk. :mod:`training.fairness.alternatives` shows what it costs to go without.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from training.fairness.groups import Groups
from training.fairness.telling import chance_area, information, single_area, told_jointly

__all__ = ["ALIKE", "FeatureTold", "Proxies", "ProxyRule", "find_proxies", "proxy_groups"]

_Values = npt.NDArray[np.float64]

ALIKE: Final = 0.8
"""Features say the same if their ranks correlate so much, in size (own standard)."""

_MOST_PEOPLE: Final = 20_000
_SURE: Final = 3.747
"""Student's t with 4 degrees of freedom exceeds this once in a hundred times: the loss is known from five folds."""


@dataclass(frozen=True)
class ProxyRule:
    """When a feature counts as a proxy (own standard).

    Parameters
    ----------
    least_auc : float
        A feature that tells the group with this AUC by itself; 0.6 is where normal distributions lie 0.36
        standard deviations apart, between Cohen's small and medium difference.
    least_lost : float
        Or: all features together reach `least_auc`, and lose so much when this one's values are exchanged, in all
        folds alike (one-sided t-test over the folds at 1 per cent).
    """

    least_auc: float = 0.6
    least_lost: float = 0.02


@dataclass(frozen=True)
class FeatureTold:
    """What one feature tells of the group.

    Parameters
    ----------
    feature : str
        Its name.
    auc : float
        Cross-fitted, by itself; 0.5 is nothing.
    information, information_by_chance : float
        Share of what there is to know of the group, and what chance would show (one of twenty times, for the
        number of features).
    contribution : float
        Its share in the joint model.
    lost : float
        AUC that the joint model loses when its values are exchanged; NaN where it contributes next to nothing.
    is_proxy : bool
        By the rule.
    """

    feature: str
    auc: float
    information: float
    information_by_chance: float
    contribution: float
    lost: float
    is_proxy: bool


@dataclass(frozen=True)
class Proxies:
    """What the features tell of one group.

    Parameters
    ----------
    attribute, group, reference : str
        Which.
    count, reference_count : int
        People that were looked at.
    joint_auc : float
        AUC of all features together, cross-validated.
    joint_by_chance, single_by_chance : float
        What the joint AUC, and the highest of all features' own, exceed by chance in one of twenty cases.
    features : tuple of FeatureTold
        The proxies first, then by falling AUC.
    """

    attribute: str
    group: str
    reference: str
    count: int
    reference_count: int
    joint_auc: float
    joint_by_chance: float
    single_by_chance: float
    features: tuple[FeatureTold, ...]

    @property
    def found(self) -> tuple[str, ...]:
        """Names of the proxies."""
        return tuple(each.feature for each in self.features if each.is_proxy)


def find_proxies(
    groups: Groups, values: _Values, features: Sequence[str], *, seed: int, rule: ProxyRule | None = None
) -> tuple[Proxies, ...]:
    """What the features tell of every group that is large enough.

    Parameters
    ----------
    groups : Groups
        The groups of n people.
    values : ndarray of shape (n, features)
        The model's features; missing values NaN.
    features : sequence of str
        Their names.
    seed : int
        Of everything that is drawn. At most 20,000 people of a pair of groups are looked at.
    rule : ProxyRule, optional
        When a feature counts as a proxy.
    """
    chosen = rule or ProxyRule()
    return tuple(_tell(groups, number, values, features, seed, chosen) for number in groups.judged)


def _tell(groups: Groups, number: int, values: _Values, features: Sequence[str], seed: int, rule: ProxyRule) -> Proxies:
    rows = np.flatnonzero(groups.rows(number) | groups.rows(groups.reference))
    if len(rows) > _MOST_PEOPLE:
        rows = np.sort(np.random.default_rng(seed).choice(rows, _MOST_PEOPLE, replace=False))
    in_group, part = groups.rows(number)[rows], values[rows]
    count, reference_count = int(in_group.sum()), int((~in_group).sum())
    single_by_chance = chance_area(count, reference_count, tests=len(features))
    joint_by_chance = chance_area(count, reference_count)
    joint = told_jointly(part, in_group, seed=seed)
    told_together = joint.auc >= max(rule.least_auc, joint_by_chance)
    told = []
    for column, name in enumerate(features):
        auc = single_area(part[:, column], in_group, seed=seed)
        share, by_chance = information(part[:, column], in_group, tests=len(features))
        lost = float(joint.lost[column])
        alone = auc >= max(rule.least_auc, single_by_chance)
        is_proxy = alone or (told_together and lost >= max(rule.least_lost, _SURE * float(joint.lost_error[column])))
        told.append(FeatureTold(name, auc, share, by_chance, float(joint.contribution[column]), lost, is_proxy))
    return Proxies(
        attribute=groups.attribute,
        group=groups.names[number],
        reference=groups.names[groups.reference],
        count=count,
        reference_count=reference_count,
        joint_auc=joint.auc,
        joint_by_chance=joint_by_chance,
        single_by_chance=single_by_chance,
        features=tuple(sorted(told, key=lambda each: (not each.is_proxy, -each.auc, each.feature))),
    )


def proxy_groups(found: Sequence[Proxies], values: _Values, features: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Groups of columns to try to do without: each proxy with the features that say the same.

    Two features say the same if their ranks correlate by 0.8 or more in size (Spearman). Groups that share a
    column become one, named after the feature that tells most.

    Parameters
    ----------
    found : sequence of Proxies
        The proxies.
    values : ndarray of shape (n, features)
        The features.
    features : sequence of str
        Their names.

    Returns
    -------
    dict of str to tuple of int
        What ``tune(droppable=...)`` takes.
    """
    strongest: dict[str, float] = {}
    for each in found:
        for told in each.features:
            if told.is_proxy:
                strongest[told.feature] = max(strongest.get(told.feature, 0.0), told.auc)
    ranks = np.apply_along_axis(_ranked, 0, values)
    groups: list[tuple[str, set[int]]] = []
    for name in sorted(strongest, key=lambda each: (-strongest[each], each)):
        column = list(features).index(name)
        alike = {column, *np.flatnonzero(np.abs(ranks.T @ ranks[:, column]) >= ALIKE).tolist()}
        shared = next((columns for _, columns in groups if columns & alike), None)
        if shared is None:
            groups.append((name, alike))
        else:
            shared |= alike
    return {name: tuple(sorted(columns)) for name, columns in groups}


def _ranked(column: _Values) -> _Values:
    """Ranks of unit length around zero, so that products are correlations; missing values in the middle."""
    ranks = np.zeros(len(column))
    known = ~np.isnan(column)
    if known.any():
        ranks[known] = rankdata(column[known]) - (known.sum() + 1) / 2
    length = float(np.sqrt((ranks**2).sum()))
    return ranks / length if length else ranks
