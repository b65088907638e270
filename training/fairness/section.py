"""Fairness as a section of the validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from training.fairness.alternatives import Alternatives, SearchRule, search_alternatives
from training.fairness.calibration import calibration_by_group
from training.fairness.confirming import Confirmed, confirm
from training.fairness.groups import LEAST_IN_GROUP, Groups, groups_of, key_of
from training.fairness.impact import Impact, impact, impact_at
from training.fairness.objective import LEAST_TO_STEER, steering
from training.fairness.opportunity import opportunities
from training.fairness.pictures import draw_front, draw_impact, draw_proxies
from training.fairness.proxies import Proxies, ProxyRule, find_proxies, proxy_groups
from training.fairness.smd import mean_differences
from training.fairness.tables import (
    alternatives_table,
    calibration_table,
    confirmed_table,
    groups_table,
    impact_table,
    mean_difference_table,
    opportunity_table,
    proxy_table,
)
from training.figures import figures
from training.report.section import Finding, Section

if TYPE_CHECKING:
    from training.validation.evidence import Evidence

__all__ = ["SEARCH_TRIALS", "fairness_section"]

SEARCH_TRIALS: Final = 5
"""Trials of each way of doing without proxies."""

_SEARCH_FOLDS: Final = 3
_SEARCH_PEOPLE: Final = 10_000
_FOUR_FIFTHS_SOURCE: Final = "29 CFR 1607.4(D)"


def fairness_section(evidence: Evidence) -> Section | None:
    """Fairness by every self-test attribute; None where there is none that makes groups.

    Figures are of the test sample, and so is the confirmation of an alternative; proxies and the search use the
    development sample. The cut-off is that of the policy from which applicants are approved.

    Parameters
    ----------
    evidence : Evidence
        With self-test attributes in ``protected``.
    """
    everybody = _attributes(evidence)
    if not everybody:
        return None
    test, cut_off = evidence.test, evidence.bundle.policy.refer_below
    scores = evidence.credit_score[test.rows]
    groups = [each.take(test.rows) for each in everybody]
    curves = [impact(each, scores) for each in groups]
    at_policy = [one for each in groups for one in impact_at(each, scores, cut_off)]
    proxies = _proxies(evidence, everybody)
    found, confirmed = _alternatives(evidence, everybody, proxies)
    calibrated = [
        (each.attribute, one)
        for each in groups
        for one in calibration_by_group(each, test.default_probability, test.is_bad)
    ]
    return Section(
        "fairness",
        "Fairness",
        _paragraphs(evidence, groups, at_policy, found),
        tables=(
            impact_table(at_policy, cut_off),
            mean_difference_table([(each.attribute, one) for each in groups for one in mean_differences(each, scores)]),
            calibration_table(calibrated),
            opportunity_table(
                [(each.attribute, one) for each in groups for one in opportunities(each, scores, test.is_bad, cut_off)]
            ),
            *((proxy_table(proxies),) if proxies else ()),
            *((alternatives_table(found),) if found else ()),
            *((groups_table(found),) if found and found.droppable else ()),
            *((confirmed_table(found, confirmed),) if found and confirmed else ()),
        ),
        pictures=(
            *(
                draw_impact(large, _cut_offs(evidence))
                for each in curves
                if (large := [i for i in each if i.is_judged])
            ),
            *(draw_proxies(each) for each in proxies),
            *((draw_front(found),) if found else ()),
        ),
        findings=(
            *map(_impact_finding, at_policy),
            *map(_proxy_finding, proxies),
            *((_alternative_finding(found, confirmed),) if found else ()),
        ),
        figures=_figures(at_policy, found),
    )


def _attributes(evidence: Evidence) -> list[Groups]:
    """Attributes with two known groups at least, or one and people of whom it is not known."""
    if evidence.protected is None:
        return []
    known = [name for name in evidence.protected if evidence.protected[name].notna().any()]
    groups = [groups_of(str(name), evidence.protected[name].tolist()) for name in known]
    return [each for each in groups if len(each.names) > 1]


def _cut_offs(evidence: Evidence) -> dict[str, int]:
    policy = evidence.bundle.policy
    return {"declined below": policy.decline_below, "approved from": policy.refer_below}


def _proxies(evidence: Evidence, everybody: list[Groups]) -> list[Proxies]:
    rows = evidence.samples.development
    values = evidence.people.values[rows]
    return [
        one
        for each in everybody
        for one in find_proxies(each.take(rows), values, evidence.people.features, seed=evidence.seed)
    ]


def _alternatives(
    evidence: Evidence, everybody: list[Groups], proxies: list[Proxies]
) -> tuple[Alternatives | None, Confirmed | None]:
    """The search, where a group can be judged and there is a policy that approves some and not all."""
    test, features = evidence.samples.test, evidence.people.features
    rate = float((evidence.credit_score[test] >= evidence.bundle.policy.refer_below).mean())
    rows = evidence.sample_of(evidence.samples.development, _SEARCH_PEOPLE, salt=61)
    groups = [each.take(rows) for each in everybody]
    bads = int(evidence.people.is_bad[rows].sum())
    if not 0 < rate < 1 or not any(steering(each) for each in groups) or bads < _SEARCH_FOLDS * LEAST_IN_GROUP:
        return None, None
    directions = tuple(evidence.features.catalogue[name].direction for name in features)
    values, is_bad = evidence.people.values, evidence.people.is_bad
    found = search_alternatives(
        values[rows],
        is_bad[rows],
        features,
        directions,
        groups,
        proxy_groups(proxies, values[rows], features),
        rule=SearchRule(rate, trials=SEARCH_TRIALS, folds=_SEARCH_FOLDS, seed=evidence.seed),
    )
    if found.chosen == found.baseline:
        return found, None
    confirmed = confirm(
        found,
        values,
        is_bad,
        features,
        directions,
        development=rows,
        test=test,
        groups=everybody,
        draws=evidence.draws,
    )
    return found, confirmed


def _paragraphs(
    evidence: Evidence, groups: list[Groups], at_policy: list[Impact], found: Alternatives | None
) -> tuple[str, ...]:
    names = ", ".join(each.attribute for each in groups)
    small = sorted({f"{each.attribute} {each.group} ({each.count:,})" for each in at_policy if not each.is_judged})
    rule = ProxyRule()
    told = [
        f"Self-test attributes: {names}. They are kept apart from everything that scores and enter no model. Each "
        "group is compared with the largest; those whose attribute is not known are a group of their own. Groups "
        f"under {LEAST_IN_GROUP} people are named and not judged"
        + (f": {', '.join(small)}." if small else "; there are none here."),
        "An adverse impact ratio is a group's rate of approval over that of the reference, with Koopman's 95 % "
        "interval. The standardised mean difference is negative where a group has lower scores. A feature is called a "
        f"proxy if it tells the group with an AUC of {rule.least_auc:g} by itself, or if all features together do and "
        f"lose {rule.least_lost:g} without it, both beyond chance.",
    ]
    return (*told, *(_searched(evidence, found) if found is not None else ()))


def _searched(evidence: Evidence, found: Alternatives) -> tuple[str, str]:
    """How was searched and chosen; on whom, and what its AUC and its names mean."""
    rule, ways = found.rule, len({each.dropped for each in found.candidates})
    chosen = (
        "No candidate within the tolerance has a higher ratio than the baseline."
        if found.chosen == found.baseline
        else f"Chosen is candidate {found.chosen.number}, "
        + (f"without {found.without(found.chosen.dropped)}." if found.chosen.dropped else "with all features.")
    )
    people = len(evidence.samples.development)
    part = "all" if found.people == people else f"{found.people:,}, drawn by the seed,"
    auc = figures(evidence.test.default_probability, evidence.test.is_bad).auc
    return (
        f"Search for less discriminatory alternatives: {len(found.candidates)} candidates of {ways} ways to do "
        f"with or without proxies, seed {rule.seed}, {rule.folds} folds, {rule.approval_rate:.1%} approved, steered by "
        f"groups of {LEAST_TO_STEER} people or more. Rule, fixed before: the highest impact ratio among those that "
        f"give up at most {rule.tolerance:g} of AUC against the baseline. {chosen}",
        f"The search is made on {part} of the {people:,} people of the development sample. The baseline is "
        f"what a tuning of {rule.trials} trials chooses on them with all features, and its AUC of "
        f"{found.baseline.auc:.4f} the mean over the folds; the model itself was tuned and fitted on the whole "
        f"sample, and its AUC on the test sample is {auc:.4f}. The two are not to be compared: the baseline is there "
        "for the candidates, which are made as it is. “Without” a feature means without it and without all that say "
        "the same; the table of what a candidate does without names them.",
    )


def _impact_finding(each: Impact) -> Finding:
    verdict = each.verdicts[0]
    passed = {"below four fifths": False, "not below four fifths": True}.get(verdict)
    return Finding(
        f"impact_{key_of(each.attribute, each.group)}",
        passed,
        f"{each.attribute}: {each.group} is approved {float(each.ratio[0]):.3f} times as often as {each.reference} "
        f"(95 % interval {float(each.low[0]):.3f} to {float(each.high[0]):.3f}; {verdict}).",
        "interval not below 0.8",
        _FOUR_FIFTHS_SOURCE,
    )


def _proxy_finding(each: Proxies) -> Finding:
    named = ", ".join(each.found[:5]) + (f" and {len(each.found) - 5} more" if len(each.found) > 5 else "")
    return Finding(
        f"proxies_{key_of(each.attribute, each.group)}",
        not each.found,
        f"{each.attribute}: {each.group} is told from {each.reference} with an AUC of {each.joint_auc:.3f} by all "
        f"features together (by chance up to {each.joint_by_chance:.3f}); proxies: {named or 'none'}.",
        "no proxy by the stated rule",
        "own standard",
    )


def _alternative_finding(found: Alternatives, confirmed: Confirmed | None) -> Finding:
    """Failed where an alternative was found and holds on the test sample: it is adopted, or refused with reasons."""
    text = "No less discriminatory alternative within the tolerance was found."
    if confirmed is not None:
        before, after = confirmed.lowest_ratios
        text = (
            f"Candidate {found.chosen.number} has a lowest impact ratio of {found.chosen.impact_ratio:.3f} against "
            f"{found.baseline.impact_ratio:.3f} in the search, for an AUC of {found.chosen.auc:.4f} against "
            f"{found.baseline.auc:.4f}; on the test sample {after:.3f} against {before:.3f}: "
            + ("adopt it, or say why not." if confirmed.holds else "it does not hold.")
        )
    return Finding(
        "alternatives",
        confirmed is None or not confirmed.holds,
        text,
        f"none that gains {found.rule.least_gain:g} of the ratio for {found.rule.tolerance:g} of AUC, and holds",
        "12 CFR part 1002, supplement I, comment 6(a)-2",
    )


def _figures(at_policy: list[Impact], found: Alternatives | None) -> dict[str, float]:
    judged = [float(each.ratio[0]) for each in at_policy if each.is_judged and np.isfinite(each.ratio[0])]
    figures = {"impact_ratio": min(judged)} if judged else {}
    return figures | ({"alternative_impact_ratio": found.chosen.impact_ratio} if found else {})
