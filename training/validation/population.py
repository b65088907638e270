"""Population: who was observed and when, what bad means, and how the samples were made."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from features.analysis.style import COLOURS
from training.report.drawing import WIDE, in_percent
from training.report.groups import Group, observe
from training.report.section import Cell, Column, Finding, Interval, Picture, Section, Table
from training.report.shown import counted, shared
from training.validation.criteria import SOURCES
from training.validation.evidence import DEVELOPMENT, OUT_OF_TIME, TEST, Evidence

__all__ = ["by_month", "population_section"]

_COUNTED = (
    Column("rows", "Rows", "count"),
    Column("bad", "Bad", "count"),
    Column("bad_rate", "Bad rate", "share", 2),
    Column("interval", "95 % interval", "share", 2),
)
_SAMPLES = (
    Column("sample", "Sample"),
    Column("consumers", "Consumers", "count"),
    Column("observed_from", "Observed from"),
    Column("observed_to", "to"),
    *_COUNTED,
)
_MONTHS = (
    Column("month", "Observed in"),
    *(Column(name, name.capitalize(), "count") for name in (DEVELOPMENT, TEST)),
    Column("out_of_time", "Out of time", "count"),
    *_COUNTED,
)
_OUTCOMES = (
    Column("outcome", "Outcome"),
    Column("reason", "Reason"),
    Column("rows", "Rows", "count"),
    Column("share", "Share", "share"),
)
_OUTCOME_MONTHS = (
    Column("month", "Observed in"),
    *(Column(name, name.capitalize(), "count") for name in ("good", "bad", "indeterminate", "excluded")),
)
_DELIVERIES = (
    Column("file", "File"),
    Column("furnisher", "Furnisher"),
    Column("contract", "Contract"),
    Column("read", "Read", "count"),
    Column("accepted", "Accepted", "count"),
    Column("quarantined", "Quarantined", "count"),
    Column("duplicate", "Duplicates", "count"),
    Column("adds_up", "Adds up"),
    Column("rules_broken", "Rules broken"),
)


def population_section(evidence: Evidence) -> Section:
    """Who, when, what bad means, the samples, the outcomes by month, and the deliveries behind them."""
    people = evidence.people
    everybody = observe("all", people.is_bad)
    months = by_month(evidence)
    first, last = str(people.observed_at.min())[:10], str(people.observed_at.max())[:10]
    return Section(
        "population",
        "Data: population, outcome and samples",
        (
            f"{counted(len(people))} rows of {counted(len(np.unique(people.consumer_ids)))} consumers with a known "
            f"outcome, observed {f'on {first}' if first == last else f'from {first} to {last}'}; "
            f"{counted(everybody.bad)} of them ({shared(everybody.bad_rate, 2)}) went bad. Features are as they were "
            "known on the observation date; nothing recorded later enters them.",
            _label_text(evidence),
            "The development sample is what tuning, calibration and fit see. The test sample holds other consumers of "
            "the same dates, and the out-of-time sample those observed later. The model that is validated here is the "
            "one that serves: it is not fitted again on everybody.",
        ),
        tables=(
            _sample_table(evidence),
            Table("months", "By month of observation", _MONTHS, tuple(_month_row(*each) for each in months)),
            *_outcome_tables(evidence),
            *_delivery_table(evidence),
        ),
        pictures=(_month_picture([(name, group) for name, _, group in months]),) if len(months) > 1 else (),
        findings=_findings(evidence),
    )


def by_month(evidence: Evidence) -> list[tuple[str, dict[str, int], Group]]:
    """Month of observation, its rows by sample, and what was observed, by rising month."""
    people = evidence.people
    month = people.observed_at.astype("datetime64[M]").astype(str)
    sample = np.full(len(people), "", dtype="<U16")
    for name in (DEVELOPMENT, TEST, OUT_OF_TIME):
        sample[getattr(evidence.samples, name.replace("-", "_"))] = name
    found = []
    for each in np.unique(month):
        rows = month == each
        counts = {name: int((sample[rows] == name).sum()) for name in (DEVELOPMENT, TEST, OUT_OF_TIME)}
        found.append((str(each), counts, observe(str(each), people.is_bad[rows])))
    return found


def _label_text(evidence: Evidence) -> str:
    if evidence.label is None:
        return (
            "The outcome is as its furnisher defines and delivers it. How long its performance window is, and what "
            "became of consumers without a clear outcome, is the furnisher’s choice and not known here."
        )
    return f"{evidence.label.text} The performance window is {evidence.label.window_months} months."


def _row(group: Group) -> tuple[Cell, ...]:
    return group.count, group.bad, group.bad_rate, Interval(*group.interval)


def _sample_table(evidence: Evidence) -> Table:
    people, rows = evidence.people, []
    for name in (DEVELOPMENT, TEST, OUT_OF_TIME):
        chosen = getattr(evidence.samples, name.replace("-", "_"))
        if len(chosen):
            moments = people.observed_at[chosen]
            group = observe(name, people.is_bad[chosen])
            who = len(np.unique(people.consumer_ids[chosen]))
            rows.append((name.capitalize(), who, str(moments.min())[:10], str(moments.max())[:10], *_row(group)))
    left = len(people) - sum(len(part) for part in _parts(evidence))
    note = f"{counted(left)} rows between them are in no sample (embargo)." if left else ""
    return Table("samples", "Samples", _SAMPLES, tuple(rows), note)


def _month_row(month: str, counts: dict[str, int], group: Group) -> tuple[Cell, ...]:
    return (month, *counts.values(), *_row(group))


def _outcome_tables(evidence: Evidence) -> tuple[Table, ...]:
    counts = evidence.label_counts
    if counts is None:
        return ()
    total, reasons = counts.total(), counts.by_reason
    by_reason = tuple(
        (str(outcome), str(reason), int(rows), int(rows) / total)
        for outcome, reason, rows in zip(reasons["outcome"], reasons["reason"], reasons["rows"], strict=True)
    )
    month = pd.to_datetime(counts.by_date["observed_on"]).dt.strftime("%Y-%m")
    wide = counts.by_date.assign(month=month).pivot_table(
        index="month", columns="outcome", values="rows", aggfunc="sum", fill_value=0
    )
    wide = wide.reindex(columns=[column.name for column in _OUTCOME_MONTHS[1:]], fill_value=0)
    monthly: tuple[tuple[Cell, ...], ...] = tuple(
        (str(name), *(int(value) for value in row)) for name, row in zip(wide.index, wide.to_numpy(), strict=True)
    )
    return (
        Table("outcomes", "Outcomes and their reasons, before the undetermined were left out", _OUTCOMES, by_reason),
        Table("outcomes_by_month", "Outcomes by month of observation", _OUTCOME_MONTHS, monthly),
    )


def _delivery_table(evidence: Evidence) -> tuple[Table, ...]:
    if not evidence.deliveries:
        return ()
    rows = []
    for each in evidence.deliveries:
        lost = each["read"] - each["accepted"] - each["quarantined"] - each["duplicate"]
        broken = ", ".join(f"{rule} {count:,}×" for rule, count in each["rules"].items())
        rows.append(
            (
                str(each["file"]), str(each["furnisher_id"]), str(each["contract"]), int(each["read"]),
                int(each["accepted"]), int(each["quarantined"]), int(each["duplicate"]),
                f"no: {counted(lost)} unaccounted for" if lost else "yes", broken or None,
            )
        )  # fmt: skip
    note = "Every record read was accepted, quarantined or known already (a duplicate)."
    return (Table("deliveries", "The deliveries behind it", _DELIVERIES, tuple(rows), note),)


def _parts(evidence: Evidence) -> tuple[np.ndarray, ...]:
    return evidence.samples.development, evidence.samples.test, evidence.samples.out_of_time


def _findings(evidence: Evidence) -> tuple[Finding, ...]:
    people, samples = evidence.people, evidence.samples
    shared_people = np.intersect1d(people.consumer_ids[samples.development], people.consumer_ids[samples.test])
    bads = {part.name: int(part.is_bad.sum()) for part in evidence.judged}
    fewest = min(bads, key=lambda name: bads[name])
    lost = [
        each for each in evidence.deliveries
        if each["read"] != each["accepted"] + each["quarantined"] + each["duplicate"]
    ]  # fmt: skip
    later = len(samples.out_of_time) == 0 or (
        people.observed_at[samples.out_of_time].min()
        > max(people.observed_at[samples.development].max(), people.observed_at[samples.test].max())
    )
    return (
        _label_finding(evidence),
        Finding(
            "samples_apart",
            len(shared_people) == 0,
            f"{counted(len(shared_people))} consumers are in both the development and the test sample.",
            "none",
            "own standard",
        ),
        Finding(
            "out_of_time_later",
            bool(later) if len(samples.out_of_time) else None,
            "The out-of-time sample begins after development and test end." if len(samples.out_of_time) and later
            else "The out-of-time sample overlaps the others in time." if len(samples.out_of_time)
            else "There is no out-of-time sample.",
            "observed later than everybody in development and test",
            "own standard",
        ),
        Finding(
            "enough_bads",
            bads[fewest] >= evidence.criteria.least_bads,
            f"The fewest bad consumers are in the {fewest} sample: {counted(bads[fewest])}.",
            f"at least {evidence.criteria.least_bads} in each sample",
            SOURCES["least_bads"],
        ),
        Finding(
            "deliveries_add_up",
            not lost if evidence.deliveries else None,
            f"In {counted(len(lost))} of {counted(len(evidence.deliveries))} deliveries records are unaccounted for."
            if evidence.deliveries else "The evidence holds no receipts of deliveries.",
            "read = accepted + quarantined + duplicates in every delivery",
            "own standard",
        ),
    )  # fmt: skip


def _label_finding(evidence: Evidence) -> Finding:
    """Whether what bad means is defined by whoever answers for the model."""
    return Finding(
        "label_defined",
        True if evidence.label is not None else None,
        f"Bad is defined, with a performance window of {evidence.label.window_months} months."
        if evidence.label is not None
        else "The outcome is the furnisher’s: its performance window and how many consumers it left out as "
        "indeterminate are the furnisher’s and unknown here.",
        "a definition of bad with its performance window and its indeterminate outcomes",
        "own standard",
    )


def _month_picture(months: list[tuple[str, Group]]) -> Picture:
    """Rows and bad rate by month."""

    def paint(figure: Figure) -> None:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
        places = np.arange(len(months))
        low, high = np.array([group.interval for _, group in months]).T
        above.vlines(places, low, high, color=COLOURS["bad"], linewidth=3, alpha=0.35)
        above.plot(places, [group.bad_rate for _, group in months], "o-", color=COLOURS["bad"], linewidth=1.6)
        above.set_ylim(0)
        above.set_ylabel("bad rate")
        in_percent(above.yaxis)
        below.bar(places, [group.count for _, group in months], color=COLOURS["good"], alpha=0.55, width=0.7)
        below.set_ylabel("rows")
        below.xaxis.grid(visible=False)
        every = -(-len(months) // 10)
        below.set_xticks(places[::every], [name for name, _ in months][::every])

    told = "; ".join(f"{name}: {group.count:,} rows, {shared(group.bad_rate, 2)} bad" for name, group in months)
    return Picture("months", "Bad rate by month of observation", told, paint, (WIDE, 3.6),
                   "Bars around the line are Jeffreys’ 95 % intervals.")  # fmt: skip
