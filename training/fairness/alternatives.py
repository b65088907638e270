"""Search for less discriminatory alternatives: models about as accurate, under which groups fare more alike.

A creditor whose model has an adverse impact must ask whether a less discriminatory alternative would serve its
need (Regulation B, 12 CFR part 1002, supplement I, comment 6(a)-2). The search is made inside the tuning: every
way of doing without the proxies is tuned with the same budget, and every trial of it is judged on two
objectives at once, the AUC and the adverse impact ratio at the policy's rate of approval, both on people that
the trial was not fitted on. The attribute itself enters no model.

The choice follows a rule that is fixed before: the highest impact ratio among those that give up at most the
tolerance in AUC against the baseline, which is what the tuning would have chosen with all features. All candidates,
seed, tolerance and choice are recorded. The best of many is a little lucky: :mod:`training.fairness.confirming`
judges baseline and choice once more, on people whom the search has not seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedKFold

from training.boosting import BoostingParameters
from training.errors import TrainingError
from training.fairness.groups import Groups
from training.fairness.objective import LEAST_TO_STEER, ImpactAtApproval, steering
from training.tuning import Budget, Extra, Fold, Trial, tune

__all__ = [
    "Alternatives",
    "Candidate",
    "SearchRule",
    "search_alternatives",
]

_Values = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]

_ALL_WAYS: Final = 2
_SINGLE_WAYS: Final = 3
"""Without so many groups of proxies at most, one at a time; with `_ALL_WAYS` groups all combinations are tuned."""


@dataclass(frozen=True)
class SearchRule:
    """How to search and choose; fixed before the search.

    Parameters
    ----------
    approval_rate : float
        Share of people that is approved.
    tolerance : float
        AUC that may be given up at most.
    least_gain : float
        Impact ratio that must be gained at least; less is the luck of the draw (own standard).
    trials : int
        Trials of each way of doing without proxies.
    folds : int
        Folds of the cross-validation.
    seed : int
        Of folds, proposals and boosters.

    Raises
    ------
    ValueError
        If the rate is not between 0 and 1, or the tolerance negative.
    """

    approval_rate: float
    tolerance: float = 0.002
    least_gain: float = 0.01
    trials: int = 20
    folds: int = 5
    seed: int = 2026

    def __post_init__(self) -> None:
        if not 0 < self.approval_rate < 1:
            raise ValueError(f"approval_rate {self.approval_rate}: a share between 0 and 1 is needed")
        if self.tolerance < 0:
            raise ValueError(f"tolerance {self.tolerance}: the AUC that may be given up is not negative")


@dataclass(frozen=True)
class Candidate:
    """One model of the search.

    Parameters
    ----------
    number : int
        Counted over the whole search.
    dropped : tuple of str
        Names of the groups of features that it does without.
    columns : tuple of int
        Their columns.
    parameters : BoostingParameters
        Its parameters.
    auc : float
        Mean over the folds.
    impact_ratio : float
        Lowest ratio of all groups, at the rule's rate of approval.
    cost : float
        Of an explanation.
    """

    number: int
    dropped: tuple[str, ...]
    columns: tuple[int, ...]
    parameters: BoostingParameters
    auc: float
    impact_ratio: float
    cost: float


@dataclass(frozen=True)
class Alternatives:
    """The record of a search.

    Parameters
    ----------
    rule : SearchRule
        How it was made.
    people : int
        How many people it was made on.
    attributes : tuple of str
        The attributes with a group that steered the search.
    droppable : mapping of str to tuple of str
        Features of each group of features that candidates do without, by the name that stands for the group.
    candidates : tuple of Candidate
        All, in the order of their numbers.
    front : tuple of Candidate
        Those that no other beats in AUC or ratio and equals in the other, by falling AUC.
    baseline : Candidate
        What the tuning chooses with all features.
    chosen : Candidate
        By the rule; the baseline itself if nothing is better.
    """

    rule: SearchRule
    people: int
    attributes: tuple[str, ...]
    droppable: Mapping[str, tuple[str, ...]]
    candidates: tuple[Candidate, ...]
    front: tuple[Candidate, ...]
    baseline: Candidate
    chosen: Candidate

    def without(self, dropped: Sequence[str]) -> str:
        """Groups of features in words: the name of each, and how many features more go with it."""
        return ", ".join(
            f"{name} and {more} alike" if (more := len(self.droppable[name]) - 1) else name for name in dropped
        )


def search_alternatives(
    values: _Values,
    is_bad: _Flags,
    features: Sequence[str],
    directions: Sequence[int],
    groups: Sequence[Groups],
    droppable: Mapping[str, tuple[int, ...]],
    *,
    rule: SearchRule,
    processes: int = 1,
    storage: str | Path | None = None,
) -> Alternatives:
    """Search.

    Parameters
    ----------
    values : ndarray of shape (n, features)
        The development sample; missing values NaN.
    is_bad : ndarray of shape (n,)
        Outcomes.
    features, directions : sequence of length features
        Names and declared directions of risk.
    groups : sequence of Groups
        Attributes of the n people.
    droppable : mapping of str to tuple of int
        Groups of columns to try to do without; from :func:`training.fairness.proxies.proxy_groups`.
    rule : SearchRule
        How to search and choose.
    processes : int
        How many trials at a time; the outcome is the same.
    storage : str or Path, optional
        As of :func:`training.tuning.tune`; a search that is repeated goes on where it was.

    Raises
    ------
    TrainingError
        If no group is large enough to steer the search.
    """
    judgeable = [each for each in groups if steering(each)]
    if not judgeable:
        raise TrainingError(f"no group is large enough to steer a search; at least {LEAST_TO_STEER} people are needed")
    folds, extra = _folds(values, is_bad, judgeable, rule)
    candidates: list[Candidate] = []
    baseline: Candidate | None = None
    for dropped in _ways(tuple(droppable)):
        columns = tuple(sorted({column for name in dropped for column in droppable[name]}))
        if len(columns) == len(features):
            continue
        tuned = tune(
            [fold.without(columns) for fold in folds],
            features,
            directions,
            budget=Budget(trials=rule.trials),
            seed=rule.seed,
            processes=processes,
            storage=storage,
            study="alternatives without " + (", ".join(dropped) or "nothing"),
            extra=extra,
        )
        first = len(candidates)
        candidates += [
            _candidate(trial, first + trial.number, dropped, columns) for trial in tuned.trials if not trial.pruned
        ]
        if baseline is None:
            baseline = _candidate(tuned.chosen, first + tuned.chosen.number, dropped, columns)
    if baseline is None:
        raise TrainingError("there is no feature to keep; give features to search alternatives among")
    return Alternatives(
        rule=rule,
        people=len(values),
        attributes=tuple(each.attribute for each in judgeable),
        droppable={name: tuple(features[column] for column in columns) for name, columns in droppable.items()},
        candidates=tuple(candidates),
        front=_front(candidates),
        baseline=baseline,
        chosen=_choose(candidates, baseline, rule),
    )


def _folds(values: _Values, is_bad: _Flags, groups: Sequence[Groups], rule: SearchRule) -> tuple[list[Fold], Extra]:
    splits = StratifiedKFold(rule.folds, shuffle=True, random_state=rule.seed).split(values, is_bad)
    folds, of_fold = [], []
    for fit, judge in splits:
        folds.append(Fold(values[fit], is_bad[fit], values[judge], is_bad[judge]))
        of_fold.append(tuple(each.take(judge) for each in groups))
    function = ImpactAtApproval(tuple(of_fold), tuple(steering(each) for each in groups), rule.approval_rate)
    return folds, Extra(f"impact ratio at an approval of {rule.approval_rate:g}", function, "maximize")


def _ways(names: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Ways of doing without groups of features: keep all, do without the strongest proxies one at a time, all."""
    if len(names) <= _ALL_WAYS:
        return [way for size in range(len(names) + 1) for way in combinations(names, size)]
    return [(), *((name,) for name in names[:_SINGLE_WAYS]), names]


def _candidate(trial: Trial, number: int, dropped: tuple[str, ...], columns: tuple[int, ...]) -> Candidate:
    ratio = float("nan") if trial.extra is None else trial.extra
    return Candidate(number, dropped, columns, trial.parameters, trial.auc, ratio, trial.cost)


def _front(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """From the highest AUC down, each with a higher ratio than all before."""
    kept: list[Candidate] = []
    for each in sorted(candidates, key=lambda one: (-one.auc, -one.impact_ratio, one.number)):
        if not kept or each.impact_ratio > kept[-1].impact_ratio:
            kept.append(each)
    return tuple(kept)


def _choose(candidates: Sequence[Candidate], baseline: Candidate, rule: SearchRule) -> Candidate:
    near = [each for each in candidates if each.auc >= baseline.auc - rule.tolerance]
    best = max(near, key=lambda each: (each.impact_ratio, each.auc, -each.number))
    return best if best.impact_ratio >= baseline.impact_ratio + rule.least_gain else baseline
