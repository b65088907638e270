"""Recourse: the smallest realistic change of what a person can act on that would approve, verified by scoring it.

The actions are those of :mod:`features.actions`. One action alone is tried at all of its steps; where
none is enough, two together, then three. Among those of as few actions as possible the smallest change is
told: the one that passes the smallest share of all applicants (:mod:`scoring.percentiles`). An action is counted by
the feature in which it passes the most, so that features which tell one thing count once, and the actions of a
set are added up. What is told was scored as the person would be, derived features and all; nothing is promised
beyond that: the score of a later day sees what else has changed by then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from features.action import Action
from features.actions import actions_of
from scoring.policy import RULE_REASONS, Circumstances, Policy, Ruling
from scoring.scorer import Scorer
from scoring.ways import Search

__all__ = ["MOST_ACTIONS", "Change", "NoRecourse", "Recourse", "WhyNone", "find_recourse"]

MOST_ACTIONS: Final = 3
"""As many actions are told together at most."""

_LEAST_FALL: Final = 0.01
"""A change that is less than this share of what it starts from is none, nor is one that would be told the same."""

WhyNone = Literal["approved", "rule", "nothing to change", "not enough"]
"""Why there is no recourse."""

_TOLD: Final[Mapping[WhyNone, tuple[str, str]]] = {
    "approved": ("The application was approved", "申请已获批准"),
    "rule": (
        "A rule, and not the score, decides whether this can be approved as things stand",
        "目前能否获批由规则而非评分决定",
    ),
    "nothing to change": (
        "No step that can be taken at once can be scored here; what the reasons tell of changes with time, with "
        "late accounts that are brought up to date, and with payments made in time",
        "目前没有本人可立即采取且能计入评分的措施；所列原因会随着时间推移、还清逾期款项并按时还款而改善",
    ),
    "not enough": (
        "No realistic change of what can be acted on today would be enough by itself; what the reasons tell of "
        "changes with time, with late accounts that are brought up to date, and with payments made in time",
        "目前本人可以采取的合理措施均不足以改变结果；所列原因会随着时间推移、还清逾期款项并按时还款而改善",
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
        The score with these changes and everything else as it is; of what may follow or not, the lower one.
    passed : float
        How large the change is: the share of all applicants that the actions pass, added up.
    verified : bool
        Always true: it was scored, and the policy approves at this score.
    """

    changes: tuple[Change, ...]
    credit_score: int
    passed: float
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


def find_recourse(
    scorer: Scorer,
    counted: Mapping[str, float],
    policy: Policy,
    ruling: Ruling,
    circumstances: Circumstances | None = None,
) -> Recourse | NoRecourse:
    """The smallest change of the fewest actions that would approve.

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
    circumstances : Circumstances, optional
        What its rules looked at. Where one of them would still refer or decline at the best of scores, no change
        of a score is told, but what the rules ask for; without them only the rules that decided are known.

    Notes
    -----
    All sets of one action, of two and of three are tried at all of their steps, one batch for each number of
    actions: some 1,000 ways at most with the actions there are. Of two changes that pass as many applicants, the one
    that takes away the smaller shares of what it changes is told, then the one whose actions are declared first.
    """
    if ruling.decision == "approve":
        return _none("approved")
    at_best = ruling if circumstances is None else policy.rule(circumstances, policy.refer_below)
    if at_best.reason_codes_of_rules:
        return _asked_by_rules(at_best)
    able = _able(scorer, counted)
    if not able:
        return _none("nothing to change")
    search = Search(scorer, counted, able, policy.offers.bounds())
    ways = search.start()
    for _ in range(min(MOST_ACTIONS, len(able))):
        ways = search.further(ways)
        approved = ways.scores >= policy.refer_below
        if approved.any():
            best = ways.smallest(approved)
            done = [(able[place][0], step) for place, step in zip(ways.taken[best], ways.steps[best], strict=True)]
            passed = int(ways.passed[best]) / search.applicants
            return Recourse(_changes(counted, done), int(ways.scores[best]), passed)
    return _none("not enough")


def _none(why: WhyNone) -> NoRecourse:
    return NoRecourse(why, *_TOLD[why])


def _asked_by_rules(ruling: Ruling) -> NoRecourse:
    """That rules stand against it, with what each of them asks for."""
    rules = [RULE_REASONS[code] for code in ruling.reason_codes_of_rules]
    told, told_zh = _TOLD["rule"]
    return NoRecourse(
        "rule",
        f"{told}. {' '.join(f'{each.statement}: {each.remedy}.' for each in rules)}",
        f"{told_zh}。{''.join(f'{each.statement_zh}：{each.remedy_zh}。' for each in rules)}",
    )


def _able(scorer: Scorer, counted: Mapping[str, float]) -> list[tuple[Action, list[float]]]:
    """What the person can do of what the model sees, with the steps that change what is worth telling."""
    bundle = scorer.bundle
    derived = {item.name: item.expression.operands for item in bundle.features.derived}
    read = (name for name, limits in zip(bundle.model.features, bundle.model.forest.limits, strict=True) if len(limits))
    scored = {name for each in read for name in derived.get(each, {each})}
    able = [
        (action, _worth_telling(action, counted))
        for action in actions_of(bundle.portfolio)
        if action.applies(counted) and not scored.isdisjoint(action.moved)
    ]
    return [(action, steps) for action, steps in able if steps]


def _worth_telling(action: Action, counted: Mapping[str, float]) -> list[float]:
    """The steps of an action that change what is worth telling."""
    own = {name: counted[name] for name in action.reads if name in counted}
    before, after = counted[action.leading], action.after(own, np.array(action.steps))[action.leading]
    return [
        step
        for step, value in zip(action.steps, after.tolist(), strict=True)
        if value <= before * (1.0 - _LEAST_FALL) and action.value_told(value) != action.value_told(before)
    ]


def _changes(counted: Mapping[str, float], done: list[tuple[Action, float]]) -> tuple[Change, ...]:
    """What to do, in words: each action from what those before it left."""
    values, changes = dict(counted), []
    for action, step in done:
        after = {name: float(value) for name, value in action.after(values, step).items()}
        moved = tuple(name for name in action.features if name in values and after[name] != values[name])
        before_and_after = values[action.leading], after[action.leading]
        changes.append(Change(action.name, moved, *before_and_after, *action.told(*before_and_after)))
        values = after
    return tuple(changes)
