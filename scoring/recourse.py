"""Recourse: the smallest realistic change of what a person can act on that would approve, verified by scoring it.

The actions are those of :mod:`features.actions`. One action alone is tried at all of its steps; where
none is enough, two together, then three. Among those of as few actions as possible the cheapest is
told. What is told was scored as the person would be, derived features and all; nothing is promised
beyond that: the score of a later day sees what else has changed by then.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from features.actions import Action, actions_of
from scoring.policy.policy import Policy
from scoring.policy.ruling import Ruling
from scoring.scorer import Scorer

__all__ = ["MOST_ACTIONS", "Change", "NoRecourse", "Recourse", "WhyNone", "find_recourse"]

MOST_ACTIONS: Final = 3
"""As many actions are told together at most."""

_LEAST_FALL: Final = 0.01
"""A change that is less than this share of what it starts from is none."""

WhyNone = Literal["approved", "rule", "nothing to change", "not enough"]
"""Why there is no recourse."""

_TOLD: Final[Mapping[WhyNone, tuple[str, str]]] = {
    "approved": ("The application was approved", "申请已获批准"),
    "rule": (
        "A rule decided, and no change of what is on file would; see the reason of the rule",
        "该决定依据规则作出，改变信用档案内容不会影响结果；请参阅该规则的原因",
    ),
    "nothing to change": (
        "Nothing that was scored and counts here can be changed by the person today",
        "目前没有本人可以改变的评分因素",
    ),
    "not enough": (
        "No realistic change of what the person can act on today would be enough; time and payments made in time are",
        "目前本人可以采取的合理措施均不足以改变结果；随着时间推移并按时还款，情况会有所改善",
    ),
}


@dataclass(frozen=True)
class Change:
    """One action that is part of a recourse.

    Parameters
    ----------
    action : str
        Name of the action.
    features : tuple of str
        The features that it changes, the one that tells how far first.
    before, after : float
        Values of that feature.
    text, text_zh : str
        What to do, in English and Chinese.
    """

    action: str
    features: tuple[str, ...]
    before: float
    after: float
    text: str
    text_zh: str


@dataclass(frozen=True)
class Recourse:
    """What would approve.

    Parameters
    ----------
    changes : tuple of Change
        What to do, all of it.
    credit_score : int
        The score with these changes and everything else as it is.
    money : float or None
        The money that they take together, or that is done without; None where the file does not tell it.
    verified : bool
        Always true: it was scored, and the policy approves at this score.
    """

    changes: tuple[Change, ...]
    credit_score: int
    money: float | None
    verified: Literal[True] = True


@dataclass(frozen=True)
class NoRecourse:
    """That there is none, and why.

    Parameters
    ----------
    why : {'approved', 'rule', 'nothing to change', 'not enough'}
        Why.
    text, text_zh : str
        The same for people, in English and Chinese.
    """

    why: WhyNone
    text: str
    text_zh: str


@dataclass(frozen=True)
class _Way:
    """Actions at steps, one after the other, and where they lead: the features that actions move, and the money."""

    values: Mapping[str, float]
    changes: tuple[tuple[Action, float], ...] = ()
    money: float = 0.0
    last: int = -1
    """Place of the last action among all; those after it may follow, so that every set is gone through once."""

    def then(self, place: int, action: Action, step: float) -> _Way:
        """The way with one more action."""
        after = action.after(self.values, step)
        fall = self.values.get(action.money, math.nan) - after.get(action.money, math.nan)
        money = self.money + (math.inf if math.isnan(fall) else max(fall, 0.0))
        return _Way(after, (*self.changes, (action, step)), money, place)


def find_recourse(
    scorer: Scorer, counted: Mapping[str, float], policy: Policy, ruling: Ruling
) -> Recourse | NoRecourse:
    """The cheapest of the smallest sets of actions that would approve.

    Parameters
    ----------
    scorer : Scorer
        What scored the person.
    counted : mapping of str to float
        The person's counted features as they were scored, statements of the application among them.
    policy : Policy
        The policy that decided.
    ruling : Ruling
        What it decided.

    Notes
    -----
    All sets of one action, of two and of three are tried at all of their steps, in one batch each: with the
    actions there are, fewer than 3,000 rows.
    """
    if ruling.decision == "approve":
        return _none("approved")
    if ruling.decided_by != "score":
        return _none("rule")
    able = _able(scorer, counted)
    if not able:
        return _none("nothing to change")
    moved = {name for action, _ in able for name in (*action.features, action.money)}
    start = _Way({name: value for name, value in counted.items() if name in moved})
    ways = [start]
    for _ in range(MOST_ACTIONS):
        ways = [
            way.then(place, action, step)
            for way in ways
            for place, (action, steps) in enumerate(able)
            if place > way.last
            for step in steps
        ]
        scores = _scores(scorer, counted, ways)
        approved = [each for each in zip(ways, scores, strict=True) if policy.decide(each[1]) == "approve"]
        if approved:
            best, score = min(approved, key=lambda each: each[0].money)
            return Recourse(_changes(start, best), score, best.money if math.isfinite(best.money) else None)
    return _none("not enough")


def _none(why: WhyNone) -> NoRecourse:
    return NoRecourse(why, *_TOLD[why])


def _able(scorer: Scorer, counted: Mapping[str, float]) -> list[tuple[Action, list[float]]]:
    """What the person can do of what the model sees, with the steps that change what is worth telling."""
    derived = {item.name: item.expression.operands for item in scorer.bundle.features.derived}
    scored = {name for each in scorer.bundle.model.features for name in derived.get(each, {each})}
    able = []
    for action in actions_of(scorer.bundle.portfolio):
        if action.applies(counted) and not scored.isdisjoint(action.features):
            most = counted[action.leading] * (1.0 - _LEAST_FALL)
            able.append(
                (action, [step for step in action.steps if action.after(counted, step)[action.leading] <= most])
            )
    return [(action, steps) for action, steps in able if steps]


def _scores(scorer: Scorer, counted: Mapping[str, float], ways: Sequence[_Way]) -> list[int]:
    """The score at the end of each way, everything else as it is."""
    if not ways:
        return []
    table = {name: np.full(len(ways), value, dtype=np.float64) for name, value in counted.items()}
    for name in ways[0].values:
        table[name] = np.array([way.values[name] for way in ways], dtype=np.float64)
    return [scored.credit_score for scored in scorer.score(table, "none")]


def _changes(start: _Way, best: _Way) -> tuple[Change, ...]:
    """What to do on the best way, in words."""
    values, changes = start.values, []
    for action, step in best.changes:
        after = action.after(values, step)
        moved = tuple(name for name in action.features if name in values and after[name] != values[name])
        before_and_after = values[action.leading], after[action.leading]
        changes.append(Change(action.name, moved, *before_and_after, *action.told(*before_and_after)))
        values = after
    return tuple(changes)
