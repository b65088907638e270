"""Tables of the fairness section."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from training.fairness.alternatives import Alternatives, Candidate
from training.fairness.calibration import GroupCalibration
from training.fairness.confirming import Confirmed
from training.fairness.impact import Impact
from training.fairness.opportunity import Opportunity
from training.fairness.proxies import ALIKE, Proxies
from training.fairness.smd import MeanDifference
from training.report.section import Cell, Column, Interval, Table

__all__ = [
    "alternatives_table",
    "calibration_table",
    "confirmed_table",
    "groups_table",
    "impact_table",
    "mean_difference_table",
    "opportunity_table",
    "proxy_table",
]

_WHO: Final = (Column("attribute", "Attribute"), Column("group", "Group"), Column("reference", "Against"))


def impact_table(impacts: Sequence[Impact], cut_off: int) -> Table:
    """Impact ratios at one cut-off."""
    columns = (
        *_WHO,
        Column("count", "People", "count"),
        Column("approved", "Approved", "share"),
        Column("reference_approved", "of the reference", "share"),
        Column("ratio", "Impact ratio", "figure", 3),
        Column("interval", "95 % interval", "figure", 3),
        Column("verdict", "Verdict"),
    )
    rows = tuple(
        (each.attribute, each.group, each.reference, each.count, float(each.rate[0]), float(each.reference_rate[0]),
         float(each.ratio[0]), Interval(float(each.low[0]), float(each.high[0])), each.verdicts[0])
        for each in impacts
    )  # fmt: skip
    return Table("impact", f"Adverse impact ratio at the policy's cut-off {cut_off}", columns, rows)


def mean_difference_table(differences: Sequence[tuple[str, MeanDifference]]) -> Table:
    """Standardised mean differences of the score."""
    columns = (
        *_WHO,
        Column("mean", "Mean score", "figure", 1),
        Column("reference_mean", "of the reference", "figure", 1),
        Column("smd", "Standardised difference", "signed", 3),
        Column("interval", "95 % interval", "signed", 3),
    )
    rows = tuple(
        (attribute, each.group, each.reference, each.mean, each.reference_mean, each.smd, Interval(each.low, each.high))
        for attribute, each in differences
    )
    note = "Negative: the group has lower scores."
    return Table("mean_difference", "Standardised mean difference of the score", columns, rows, note)


def calibration_table(groups: Sequence[tuple[str, GroupCalibration]]) -> Table:
    """Predicted and observed rates of bad."""
    columns = (
        *_WHO[:2],
        Column("count", "People", "count"),
        Column("bad", "Bad", "count"),
        Column("predicted", "Predicted", "share", 2),
        Column("observed", "Observed", "share", 2),
        Column("interval", "95 % interval", "share", 2),
        Column("verdict", "Verdict"),
    )
    rows = tuple(
        (attribute, each.group, each.count, each.bad, each.predicted, each.observed, Interval(each.low, each.high),
         each.verdict)
        for attribute, each in groups
    )  # fmt: skip
    return Table("calibration", "Calibration by group", columns, rows)


def opportunity_table(opportunities: Sequence[tuple[str, Opportunity]]) -> Table:
    """Approval among the good and the bad."""
    columns = (
        *_WHO,
        Column("good", "Good", "count"),
        Column("approved_good", "Approved of the good", "share"),
        Column("bad", "Bad", "count"),
        Column("approved_bad", "of the bad", "share"),
        Column("ratio", "Ratio among the good", "figure", 3),
        Column("interval", "95 % interval", "figure", 3),
        Column("verdict", "Verdict"),
    )
    rows = []
    for attribute, each in opportunities:
        own = each.group == each.reference
        tail: tuple[Cell, ...] = (
            (None, None, "reference") if own else (each.ratio, Interval(each.low, each.high), each.verdict)
        )
        rows.append(
            (attribute, each.group, each.reference, each.good, each.approved_good, each.bad, each.approved_bad, *tail)
        )
    return Table("opportunity", "Equal opportunity: approval among those who turned out good", columns, tuple(rows))


def proxy_table(found: Sequence[Proxies], *, most: int = 15) -> Table:
    """Features that tell most of each group."""
    columns = (
        *_WHO,
        Column("feature", "Feature"),
        Column("auc", "AUC by itself", "figure", 3),
        Column("by_chance", "by chance up to", "figure", 3),
        Column("information", "Share of information", "share", 2),
        Column("information_by_chance", "by chance up to", "share", 2),
        Column("contribution", "Share in all together", "share"),
        Column("lost", "AUC lost without", "figure", 3),
        Column("verdict", "Verdict"),
    )
    rows: list[tuple[Cell, ...]] = []
    for each in found:
        who = (each.attribute, each.group, each.reference)
        rows.append((*who, "(all together)", each.joint_auc, each.joint_by_chance, None, None, 1.0, None, ""))
        rows += [
            (*who, told.feature, told.auc, each.single_by_chance, told.information, told.information_by_chance,
             told.contribution, told.lost, "proxy" if told.is_proxy else "")
            for told in each.features[:most]
        ]  # fmt: skip
    return Table("proxies", "What the features tell of the group", columns, tuple(rows))


def alternatives_table(found: Alternatives) -> Table:
    """All candidates of the search."""
    columns = (
        Column("number", "Candidate", "count"),
        Column("dropped", "Without"),
        Column("auc", "AUC", "figure"),
        Column("impact_ratio", "Lowest impact ratio", "figure", 3),
        Column("cost", "Explanation cost", "count"),
        Column("rounds", "Trees", "count"),
        Column("num_leaves", "Leaves", "count"),
        Column("learning_rate", "Learning rate", "figure", 3),
        Column("on_front", "Front"),
        Column("role", "Role"),
    )
    front = {each.number for each in found.front}
    rows = tuple(
        (each.number, found.without(each.dropped), each.auc, each.impact_ratio, each.cost, each.parameters.rounds,
         each.parameters.num_leaves, each.parameters.learning_rate, "yes" if each.number in front else "",
         _role(found, each))
        for each in found.candidates
    )  # fmt: skip
    note = "AUC: mean over the folds of the search; it compares candidates with one another, not with the model."
    return Table("alternatives", "Candidates of the search for less discriminatory alternatives", columns, rows, note)


def groups_table(found: Alternatives) -> Table:
    """Which features go together where a candidate does without them."""
    columns = (Column("group", "Without"), Column("count", "Features", "count"), Column("features", "are left out"))
    rows = tuple((name, len(features), ", ".join(features)) for name, features in found.droppable.items())
    note = (
        f"A proxy is left out with every feature whose ranks correlate with its own by {ALIKE:g} or more in size: they "
        "would tell the same in its place. A group is named after the feature that tells most."
    )
    return Table("alternative_groups", "What a candidate does without", columns, rows, note)


def confirmed_table(found: Alternatives, confirmed: Confirmed) -> Table:
    """Baseline and choice on people whom the search has not seen."""
    columns = (
        Column("model", "Model"),
        Column("auc", "AUC", "figure"),
        Column("attribute", "Attribute"),
        Column("group", "Group"),
        Column("ratio", "Impact ratio", "figure", 3),
        Column("interval", "95 % interval", "figure", 3),
    )
    parts = (
        (f"baseline ({found.baseline.number})", confirmed.baseline_auc, confirmed.baseline_impact),
        (f"chosen ({found.chosen.number})", confirmed.chosen_auc, confirmed.chosen_impact),
    )
    rows = tuple(
        (name, auc, each.attribute, each.group, float(each.ratio[0]), Interval(float(each.low[0]), float(each.high[0])))
        for name, auc, impacts in parts
        for each in impacts
    )
    note = (
        f"Difference of the AUC {confirmed.difference:+.4f}, 95 % interval {confirmed.interval.low:+.4f} to "
        f"{confirmed.interval.high:+.4f} (paired bootstrap); {found.rule.approval_rate:.1%} approved. Both "
        f"are fitted on the {found.people:,} people of the search."
    )
    return Table("confirmed", "Baseline and choice on the test sample", columns, rows, note)


def _role(found: Alternatives, each: Candidate) -> str:
    roles = [
        name for name, one in (("baseline", found.baseline), ("chosen", found.chosen)) if one.number == each.number
    ]
    return " and ".join(roles)
