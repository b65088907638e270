"""Swap set: who would be approved instead of whom, if this model took the place of the champion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from scipy.stats import norm

from features.analysis.style import COLOURS
from training.report.drawing import WIDE, in_percent
from training.report.groups import Group, observe
from training.report.resampling import bootstrap
from training.report.section import Column, Finding, Interval, Picture, Section, Table
from training.report.shown import counted, decimal, ranged, shared, signed
from training.validation.criteria import SOURCES
from training.validation.evidence import Evidence

__all__ = ["Swap", "champion_log_odds", "swap", "swap_set_section", "worse_p"]

_Values = npt.NDArray[np.float64]
_RATES: Final = (0.5, 0.6, 0.7, 0.8, 0.9)
_ASKED: Final = "people swapped in do not go bad more often than those swapped out, beyond chance"
_COLUMNS = (
    Column("approval_rate", "Approved", "share"),
    Column("swapped", "Swapped", "count"),
    Column("share", "Share", "share"),
    Column("in_bad_rate", "Bad rate, swapped in", "share", 2),
    Column("in_interval", "95 % interval", "share"),
    Column("out_bad_rate", "Bad rate, swapped out", "share", 2),
    Column("out_interval", "95 % interval", "share"),
    Column("approved_bad_rate", "Bad rate approved", "share", 2),
    Column("champion_bad_rate", "by the champion", "share", 2),
)


@dataclass(frozen=True)
class Swap:
    """What changes when one model takes the place of another at the same approval rate.

    Parameters
    ----------
    approved, approved_before : Group
        Whom the new and the old model approve.
    swapped_in, swapped_out : Group
        Whom only the new one approves, and whom only the old one; equally many.
    """

    approved: Group
    approved_before: Group
    swapped_in: Group
    swapped_out: Group


def swap_set_section(evidence: Evidence) -> Section:
    """Swapped in and out at several approval rates, or why there is nothing to compare with."""
    before = champion_log_odds(evidence)
    if evidence.champion is None or before is None:
        why = (
            "There is no champion yet: this would be the first model of the portfolio."
            if evidence.champion is None
            else "The champion needs features that the evidence does not hold; pass them as its values."
        )
        return Section("swap_set", "Swap set against the champion", (why,), findings=(
            Finding("swap_set", None, why, _ASKED),
        ))  # fmt: skip
    part = evidence.latest
    before = before[part.rows]
    swaps = [(rate, swap(part.log_odds, before, part.is_bad, rate)) for rate in _RATES]
    drawn = bootstrap([part.log_odds, before], part.is_bad, draws=evidence.draws, seed=evidence.seed)
    lead, interval = drawn.difference(0, 1)
    return Section(
        "swap_set",
        "Swap set against the champion",
        (
            f"The champion is {evidence.champion.model_version}. On the {part.name} sample its AUC is "
            f"{decimal(float(drawn.point_auc[1]))}, this model’s {decimal(float(drawn.point_auc[0]))}: a difference "
            f"of {signed(lead)} ({ranged(interval)}, paired).",
            "At an equal approval rate, as many are approved anew (swapped in) as are no longer approved (swapped "
            "out). A better model swaps in people who go bad less often than those it swaps out.",
        ),
        tables=(
            Table("swaps", f"Swap set by approval rate, {part.name} sample", _COLUMNS,
                  tuple(_row(rate, each, len(part)) for rate, each in swaps)),
        ),
        pictures=(_picture(swaps),),
        findings=(_finding(swaps, len(part), evidence.criteria.least_p),),
        figures={"auc_lead_over_champion": lead, "auc_lead_low": interval.low, "auc_lead_high": interval.high},
    )  # fmt: skip


def champion_log_odds(evidence: Evidence) -> _Values | None:
    """The champion's log-odds of all people; None without one, or without its features."""
    champion, people = evidence.champion, evidence.people
    if champion is None:
        return None
    values = evidence.champion_values
    if values is None:
        places = {name: column for column, name in enumerate(people.features)}
        if not set(champion.model.features) <= set(places):
            return None
        values = people.values[:, [places[name] for name in champion.model.features]]
    return champion.calibration.log_odds(champion.model.margin(values))


def swap(now: _Values, before: _Values, is_bad: npt.NDArray[np.bool_], rate: float) -> Swap:
    """Approve the same number with the lowest risk by each model.

    Parameters
    ----------
    now, before : ndarray of shape (n,)
        Predictions that grow with risk; of equal ones those that stand first are approved.
    is_bad : ndarray of shape (n,)
        Outcomes.
    rate : float
        Share that is approved.
    """
    count = round(rate * len(is_bad))
    approved, earlier = np.zeros((2, len(is_bad)), dtype=bool)
    approved[np.argsort(now, kind="stable")[:count]] = True
    earlier[np.argsort(before, kind="stable")[:count]] = True
    return Swap(
        observe("approved", is_bad[approved]),
        observe("approved before", is_bad[earlier]),
        observe("swapped in", is_bad[approved & ~earlier]),
        observe("swapped out", is_bad[earlier & ~approved]),
    )


def _row(rate: float, each: Swap, people: int) -> tuple[float | int | Interval, ...]:
    coming, going = each.swapped_in, each.swapped_out
    return (rate, coming.count, coming.count / people, coming.bad_rate, Interval(*coming.interval), going.bad_rate,
            Interval(*going.interval), each.approved.bad_rate, each.approved_before.bad_rate)  # fmt: skip


def _finding(swaps: list[tuple[float, Swap]], people: int, least_p: float) -> Finding:
    rate, each = max(swaps, key=lambda pair: pair[1].swapped_in.count)
    coming, going = each.swapped_in, each.swapped_out
    if not coming.count:
        return Finding("swap_set", True, "Nobody is swapped: both models approve the same people.", _ASKED)
    p = worse_p(coming, going)
    return Finding(
        "swap_set",
        p >= least_p,
        f"At an approval rate of {shared(rate, 0)}, {counted(coming.count)} of {counted(people)} are swapped: "
        f"{shared(coming.bad_rate)} of those swapped in went bad, {shared(going.bad_rate)} of those swapped out "
        f"(p of no harm {decimal(p, 3)}).",
        _ASKED,
        SOURCES["least_p"],
    )


def worse_p(coming: Group, going: Group) -> float:
    """Chance of a difference as bad as this or worse, if those swapped in were no worse than those swapped out.

    One-sided test of two shares with the pooled variance.

    Examples
    --------
    >>> round(worse_p(Group("in", 100, 20, 0.0), Group("out", 100, 10, 0.0)), 4)
    0.0238
    """
    pooled = (coming.bad + going.bad) / (coming.count + going.count)
    error = float(np.sqrt(pooled * (1 - pooled) * (1 / coming.count + 1 / going.count)))
    return float(norm.sf((coming.bad_rate - going.bad_rate) / error)) if error else 1.0


def _picture(swaps: list[tuple[float, Swap]]) -> Picture:
    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        rates = np.array([rate for rate, _ in swaps])
        for name, colour, side in (("swapped in", COLOURS["good"], -1), ("swapped out", COLOURS["bad"], 1)):
            groups = [each.swapped_in if side < 0 else each.swapped_out for _, each in swaps]
            low, high = np.array([group.interval for group in groups]).T
            at = rates + side * 0.004
            axes.vlines(at, low, high, color=colour, linewidth=4, alpha=0.3)
            axes.plot(at, [group.bad_rate for group in groups], "o-", color=colour, label=name, linewidth=1.4)
        axes.set_ylim(0)
        axes.set_xticks(rates)
        in_percent(axes.yaxis)
        axes.xaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f}\N{NO-BREAK SPACE}%")
        axes.set_xlabel("share of applicants approved")
        axes.set_ylabel("share that went bad")
        axes.legend(loc="upper left", labelcolor="linecolor")

    told = "; ".join(
        f"approving {shared(rate, 0)}: in {shared(each.swapped_in.bad_rate)}, out {shared(each.swapped_out.bad_rate)}"
        for rate, each in swaps
    )
    return Picture("rates", "Bad rate of people swapped in and out", told, paint, (WIDE, 3.2),
                   "Bars are Jeffreys’ 95 % intervals.")  # fmt: skip
