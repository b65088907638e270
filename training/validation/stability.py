"""Stability: whether scores, features and discrimination hold from month to month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from sklearn.metrics import roc_auc_score

from features.analysis.bins import quantile_bins
from features.analysis.shift import psi_of_counts
from features.analysis.style import COLOURS
from training.report.drawing import WIDE, labelled_rows
from training.report.resampling import bootstrap
from training.report.section import Cell, Column, Finding, Interval, Picture, Section, Table
from training.report.shown import decimal, signed
from training.validation.criteria import SOURCES
from training.validation.evidence import Evidence

__all__ = ["Stability", "gini_stability", "stability_section"]

_Values = npt.NDArray[np.float64]
_MAIN: Final = 20
_FEW_WEEKS: Final = 8
_SHIFTS = (
    Column("period", "Sample or month"),
    Column("rows", "Rows", "count"),
    Column("psi", "PSI of the score", "figure"),
    Column("mean_score", "Mean score", "figure", 1),
    Column("largest_csi", "Largest CSI", "figure"),
    Column("feature", "of the feature"),
)
_FEATURES = (
    Column("feature", "Feature"),
    Column("meaning", "Meaning"),
    Column("csi", "CSI", "figure"),
    Column("missing_before", "Missing in development", "share"),
    Column("missing_now", "now", "share"),
)
_MONTHS = (
    Column("month", "Observed in"),
    Column("rows", "Rows", "count"),
    Column("bad", "Bad", "count"),
    Column("auc", "AUC", "figure"),
    Column("interval", "95 % interval", "figure"),
)


@dataclass(frozen=True)
class Stability:
    """The stability metric of Home Credit (2024), and what it is made of.

    Parameters
    ----------
    metric : float
        Mean of the periods' Gini + 88 * min(0, slope) - 0.5 * spread of the residuals.
    mean, slope, spread : float
        Mean Gini, its change a period, and the population standard deviation about that line.
    periods : int
        Periods that have both good and bad people.
    """

    metric: float
    mean: float
    slope: float
    spread: float
    periods: int


def stability_section(evidence: Evidence) -> Section:
    """PSI, CSI, AUC by month, and the 2024 stability metric."""
    periods = _periods(evidence)
    shifts = _shifts(evidence, periods)
    months = _monthly(evidence)
    found = gini_stability(*_unseen(evidence))
    return Section(
        "stability",
        "Stability",
        (
            "The population stability index (PSI) measures how far the distribution of the score has moved from that "
            "of the development sample, over ten bins; for a feature it is called characteristic stability index "
            "(CSI), and missing values are a bin of their own. Below 0.10 is taken for stable, above 0.25 for a shift.",
            _metric_text(found),
        ),
        tables=(
            Table("shifts", "Shift of score and features against development", _SHIFTS, _shift_rows(evidence, periods,
                  shifts)),
            _feature_table(evidence, shifts),
            Table("months", "Discrimination by month, people unseen in the fit", _MONTHS, months),
        ),
        pictures=_pictures(evidence, periods, shifts, months),
        findings=_findings(evidence, periods, shifts, found),
        figures={"psi": _psi(evidence, evidence.latest.rows)}
        | ({"gini_stability": found.metric} if found is not None else {}),
    )  # fmt: skip


def gini_stability(week: npt.NDArray[np.int64], is_bad: npt.NDArray[np.bool_], predicted: _Values) -> Stability | None:
    """The metric of the competition "Home Credit - Credit Risk Model Stability" (2024), by requirement MR-06.

    Gini = 2 * AUC - 1 of each week that has both good and bad people; a line is fitted through them by least
    squares over their numbers 0, 1, 2, ...; mean + 88 * min(0, slope) - 0.5 * population standard deviation of the
    residuals.

    Parameters
    ----------
    week : ndarray of shape (n,)
        Number of the week of each person.
    is_bad, predicted : ndarray of shape (n,)
        Outcomes, and anything that grows with risk.

    Returns
    -------
    Stability or None
        None with fewer than two such weeks.
    """
    ginis = []
    for each in np.unique(week):
        rows = week == each
        if is_bad[rows].any() and not is_bad[rows].all():
            ginis.append(2 * float(roc_auc_score(is_bad[rows], predicted[rows])) - 1)
    if len(ginis) < 2:
        return None
    gini, number = np.array(ginis), np.arange(len(ginis), dtype=np.float64)
    centred = number - number.mean()
    slope = float((centred * gini).sum() / (centred**2).sum())
    mean = float(gini.mean())
    spread = float(np.std(gini - mean - slope * centred))
    return Stability(mean + 88 * min(0.0, slope) - 0.5 * spread, mean, slope, spread, len(ginis))


def _unseen(evidence: Evidence) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_], _Values]:
    """Week, outcome and prediction of everybody whom the fit did not see."""
    rows = np.concatenate([part.rows for part in evidence.judged[1:]])
    days = evidence.people.observed_at[rows].astype("datetime64[D]").astype(np.int64)
    return (days + 3) // 7, evidence.people.is_bad[rows], evidence.log_odds[rows]


def _periods(evidence: Evidence) -> list[tuple[str, npt.NDArray[np.int64]]]:
    """Rows of the unseen samples, and of each month in them, oldest first."""
    found = [(part.name.capitalize(), part.rows) for part in evidence.judged[1:]]
    rows = np.sort(np.concatenate([part.rows for part in evidence.judged[1:]]))
    month = evidence.people.observed_at[rows].astype("datetime64[M]").astype(str)
    names = np.unique(month)
    return found + ([(str(name), rows[month == name]) for name in names] if len(names) > 1 else [])


def _psi(evidence: Evidence, rows: npt.NDArray[np.int64]) -> float:
    before = evidence.log_odds[evidence.samples.development]
    bins = quantile_bins(before)
    return psi_of_counts(bins.count(before), bins.count(evidence.log_odds[rows]))


def _shifts(evidence: Evidence, periods: list[tuple[str, npt.NDArray[np.int64]]]) -> _Values:
    """CSI of each main feature (rows) in each period (columns)."""
    values, before = evidence.people.values, evidence.samples.development
    found = np.empty((len(evidence.main_columns), len(periods)))
    for place, column in enumerate(evidence.main_columns):
        bins = quantile_bins(values[before, column])
        counts = bins.count(values[before, column])
        for number, (_, rows) in enumerate(periods):
            found[place, number] = psi_of_counts(counts, bins.count(values[rows, column]))
    return found


def _shift_rows(
    evidence: Evidence, periods: list[tuple[str, npt.NDArray[np.int64]]], shifts: _Values
) -> tuple[tuple[Cell, ...], ...]:
    names = [evidence.people.features[column] for column in evidence.main_columns]
    return tuple(
        (name, len(rows), _psi(evidence, rows), float(evidence.credit_score[rows].mean()),
         float(shifts[:, number].max()) if names else None, names[int(shifts[:, number].argmax())] if names else None)
        for number, (name, rows) in enumerate(periods)
    )  # fmt: skip


def _latest_number(evidence: Evidence) -> int:
    return len(evidence.judged) - 2


def _feature_table(evidence: Evidence, shifts: _Values) -> Table:
    values, rows = evidence.people.values, evidence.latest.rows
    now = shifts[:, _latest_number(evidence)]
    order = np.argsort(-now, kind="stable")[:_MAIN]
    found = []
    for place in order:
        column = evidence.main_columns[place]
        name = evidence.people.features[column]
        missing = np.isnan(values[:, column])
        found.append((name, evidence.features.catalogue[name].meaning, float(now[place]),
                      float(missing[evidence.samples.development].mean()), float(missing[rows].mean())))  # fmt: skip
    return Table("features", f"Features that moved most, {evidence.latest.name} sample", _FEATURES, tuple(found))


def _monthly(evidence: Evidence) -> tuple[tuple[Cell, ...], ...]:
    rows = np.sort(np.concatenate([part.rows for part in evidence.judged[1:]]))
    month = evidence.people.observed_at[rows].astype("datetime64[M]").astype(str)
    found: list[tuple[Cell, ...]] = []
    for name in np.unique(month):
        chosen = rows[month == name]
        is_bad = evidence.people.is_bad[chosen]
        if is_bad.any() and not is_bad.all():
            drawn = bootstrap([evidence.log_odds[chosen]], is_bad, draws=evidence.draws, seed=evidence.seed)
            found.append((str(name), len(chosen), int(is_bad.sum()), float(drawn.point_auc[0]), drawn.auc_interval()))
        else:
            found.append((str(name), len(chosen), int(is_bad.sum()), None, None))
    return tuple(found)


def _metric_text(found: Stability | None) -> str:
    if found is None:
        return (
            "The stability metric of 2024 (mean weekly Gini, less its fall and its unrest) is not assessed: the unseen "
            "people were observed in fewer than two weeks."
        )
    few = f" With {found.periods} weeks only it says little." if found.periods < _FEW_WEEKS else ""
    return (
        f"Stability metric of 2024: {decimal(found.metric)} over {found.periods} weeks of observation, the mean Gini "
        f"{decimal(found.mean)} + 88 × min(0, slope {signed(found.slope, 5)}) − 0.5 × spread {decimal(found.spread)}."
        f"{few}"
    )


def _findings(
    evidence: Evidence, periods: list[tuple[str, npt.NDArray[np.int64]]], shifts: _Values, found: Stability | None
) -> tuple[Finding, ...]:
    criteria, features = evidence.criteria, evidence.people.features
    psi = {name: _psi(evidence, rows) for name, rows in periods}
    worst = max(psi, key=lambda name: psi[name])
    feature, period = np.unravel_index(int(shifts.argmax()), shifts.shape) if shifts.size else (0, 0)
    return (
        Finding(
            "psi",
            psi[worst] <= criteria.most_psi,
            f"The largest PSI of the score is {decimal(psi[worst])} ({worst}).",
            f"at most {criteria.most_psi:g} in every sample and month",
            SOURCES["most_psi"],
        ),
        Finding(
            "csi",
            bool(shifts.max() <= criteria.most_csi) if shifts.size else None,
            f"The largest CSI of a feature is {decimal(float(shifts.max()))} "
            f"({features[evidence.main_columns[feature]]}, {periods[period][0]})."
            if shifts.size
            else "No feature moves the predictions.",
            f"at most {criteria.most_csi:g} for every feature that moves predictions",
            SOURCES["most_csi"],
        ),
        Finding(
            "gini_stability",
            None if found is None or found.periods < _FEW_WEEKS else found.metric >= criteria.least_gini_stability,
            "The stability metric is not assessed: fewer than two weeks of observation."
            if found is None
            else f"The stability metric is {decimal(found.metric)} over {found.periods} weeks.",
            f"at least {criteria.least_gini_stability:g}, over {_FEW_WEEKS} weeks or more",
            SOURCES["least_gini_stability"],
        ),
    )


def _pictures(
    evidence: Evidence,
    periods: list[tuple[str, npt.NDArray[np.int64]]],
    shifts: _Values,
    months: tuple[tuple[Cell, ...], ...],
) -> tuple[Picture, ...]:
    first_month = len(evidence.judged) - 1
    if len(periods) <= first_month:
        return ()
    names = [name for name, _ in periods[first_month:]]
    order = np.argsort(-shifts[:, first_month:].max(axis=1), kind="stable")[:_MAIN]
    features = [evidence.people.features[evidence.main_columns[place]] for place in order]
    known = [
        (str(row[0]), row[3], row[4]) for row in months if isinstance(row[3], float) and isinstance(row[4], Interval)
    ]
    return _auc_picture(known), _heat_picture(names, features, shifts[order][:, first_month:])


def _auc_picture(months: list[tuple[str, float, Interval]]) -> Picture:
    auc = np.array([value for _, value, _ in months])
    ends = np.array([(interval.low, interval.high) for *_, interval in months])

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        places = np.arange(len(months))
        axes.vlines(places, ends[:, 0], ends[:, 1], color=COLOURS["good"], linewidth=3, alpha=0.35)
        axes.plot(places, auc, "o-", color=COLOURS["good"], linewidth=1.6)
        every = -(-len(months) // 10)
        axes.set_xticks(places[::every], [each[0] for each in months][::every])
        axes.set_ylabel("AUC")

    told = "; ".join(f"{name}: {value:.3f}" for (name, _, _), value in zip(months, auc, strict=True))
    return Picture("months", "AUC by month, people unseen in the fit", told, paint, (WIDE, 2.8),
                   "Bars are 95 % bootstrap intervals.")  # fmt: skip


def _heat_picture(months: list[str], features: list[str], shifts: _Values) -> Picture:
    """CSI by feature and month: the fuller the cell, the larger the shift."""

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot(xlim=(-0.5, len(months) - 0.5))
        labelled_rows(axes, features)
        axes.grid(visible=False)
        for row, column in np.ndindex(shifts.shape):
            value = float(shifts[row, column])
            colour = COLOURS["bad"] if value > 0.25 else COLOURS["good"]
            axes.barh(row, 0.94, 0.86, column - 0.47, color=colour, alpha=min(1.0, 0.06 + 2 * value), linewidth=0)
            if len(months) <= 14:
                axes.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=7.5)
        every = -(-len(months) // 10)
        axes.set_xticks(np.arange(len(months))[::every], months[::every])

    told = "; ".join(f"{name}: {row.max():.2f} at most" for name, row in zip(features, shifts, strict=True))
    return Picture("csi", "CSI of features by month", told, paint, (WIDE, 1.0 + 0.27 * len(features)),
                   "The fuller the cell, the further the feature has moved from development; above 0.25 in "
                   "vermilion.")  # fmt: skip
