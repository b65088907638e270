"""Vintages and roll rates: how the portfolio's accounts themselves went, from the credit history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.figure import Figure

from bureau.history import History
from features.analysis.account_months import BUCKETS, roll_rates, vintages
from features.analysis.style import COLOURS
from training.report.drawing import NARROW, WIDE, in_percent, labelled_rows
from training.report.section import Cell, Column, Picture, Section, Table
from training.report.shown import counted, shared
from training.validation.evidence import Evidence

__all__ = ["Performance", "account_performance", "vintages_section"]

_MOST_VINTAGES: Final = 12
_LEAST_ACCOUNTS: Final = 30


@dataclass(frozen=True, eq=False)
class Performance:
    """How a portfolio's accounts went.

    Parameters
    ----------
    vintages, rolls : DataFrame
        As :func:`features.analysis.account_months.vintages` and its neighbour :func:`roll_rates` give them.
    bad_from : int
        Days past due from which an account is bad.
    until : date
        Last day that is looked at.
    """

    vintages: pd.DataFrame
    rolls: pd.DataFrame
    bad_from: int
    until: date


def account_performance(history: History, *, until: date, known_at: datetime, bad_from: int = 90) -> Performance:
    """Vintage curves and roll rates of all accounts in a credit history.

    Parameters
    ----------
    history : History
        The credit history.
    until : date
        Months that speak of a later day are not looked at.
    known_at : datetime
        By the knowledge of this moment (UTC, naive).
    bad_from : int
        Days past due from which an account is bad.
    """
    return Performance(
        vintages(history, until=until, known_at=known_at, bad_from=bad_from),
        roll_rates(history, until=until, known_at=known_at),
        bad_from,
        until,
    )


def vintages_section(evidence: Evidence) -> Section:
    """Vintage curves and roll rates, or why there are none."""
    performance = evidence.performance
    if performance is None or (performance.vintages.empty and performance.rolls.empty):
        return Section(
            "vintages",
            "Vintages and roll rates",
            ("The evidence holds no months of the portfolio’s accounts: vintages and roll rates are not assessed.",),
        )
    pictures, tables = [], []
    curves = _curves(performance.vintages)
    if curves:
        pictures.append(_vintage_picture(curves, performance.bad_from))
        tables.append(_vintage_table(curves))
    rolls = _roll_counts(performance.rolls)
    if rolls.sum():
        pictures.append(_roll_picture(rolls))
        tables.append(_roll_table(rolls))
    told = (
        f"A vintage is the accounts opened in a quarter; its curve is the share that were ever {performance.bad_from} "
        f"or more days past due by an age, among those seen so long, up to {performance.until.isoformat()}."
        if curves
        else "When the accounts were opened is not told soon enough for vintage curves."
    )
    return Section(
        "vintages",
        "Vintages and roll rates",
        (told, f"Roll rates count {counted(float(rolls.sum()))} pairs of successive months of an account."),
        tables=tuple(tables),
        pictures=tuple(pictures),
    )


def _curves(seasoned: pd.DataFrame) -> list[tuple[str, int, np.ndarray, np.ndarray]]:
    """Name, accounts at the start, months and share of bad of the latest vintages that are large enough."""
    found = []
    for opened, rows in seasoned.groupby("opened"):
        enough = rows[rows["accounts"] >= _LEAST_ACCOUNTS]
        if len(enough) > 1:
            moment = pd.Timestamp(str(opened))
            months, share = enough["months_on_book"].to_numpy(), (enough["bad"] / enough["accounts"]).to_numpy()
            found.append((f"{moment.year} Q{moment.quarter}", int(enough["accounts"].max()), months, share))
    return found[-_MOST_VINTAGES:]


def _roll_counts(rolls: pd.DataFrame) -> np.ndarray:
    counts = np.zeros((len(BUCKETS), len(BUCKETS)), dtype=np.int64)
    counts[rolls["from_bucket"].to_numpy(dtype=np.intp), rolls["to_bucket"].to_numpy(dtype=np.intp)] = rolls["accounts"]
    return counts


def _vintage_table(curves: list[tuple[str, int, np.ndarray, np.ndarray]]) -> Table:
    ages = (3, 6, 9, 12, 18, 24, 36)
    columns = (
        Column("vintage", "Opened in"),
        Column("accounts", "Accounts", "count"),
        *(Column(f"bad_by_{age}", f"{age} months", "share") for age in ages),
    )
    rows: list[tuple[Cell, ...]] = []
    for name, accounts, months, share in curves:
        known = dict(zip(months.tolist(), share.tolist(), strict=True))
        rows.append((name, accounts, *(known.get(age) for age in ages)))
    return Table("vintages", "Ever bad by age", columns, tuple(rows))


def _roll_table(rolls: np.ndarray) -> Table:
    columns = (
        Column("from_bucket", "Days past due"),
        Column("pairs", "Months", "count"),
        *(Column(f"to_{number}", f"next: {name}", "share") for number, name in enumerate(BUCKETS)),
    )
    rows = tuple(
        (name, int(row.sum()), *((float(each) / row.sum() if row.sum() else None) for each in row))
        for name, row in zip(BUCKETS, rolls, strict=True)
    )
    return Table("roll_rates", "Roll rates: from one month to the next", columns, rows)


def _vintage_picture(curves: list[tuple[str, int, np.ndarray, np.ndarray]], bad_from: int) -> Picture:
    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        shades = colormaps["viridis"](np.linspace(0.05, 0.85, len(curves)))
        for (name, _, months, share), shade in zip(curves, shades, strict=True):
            axes.plot(months, share, color=shade, linewidth=1.8, label=name)
        axes.set_ylim(0)
        axes.set_xlim(0)
        in_percent(axes.yaxis)
        axes.set_xlabel("months since the account was opened")
        axes.set_ylabel(f"ever {bad_from} or more days past due")
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.02), title="opened in")

    told = "; ".join(f"{name}: {shared(float(share[-1]))} by month {months[-1]}" for name, _, months, share in curves)
    return Picture("vintages", "Vintage curves", told, paint, (WIDE, 3.6))


def _roll_picture(rolls: np.ndarray) -> Picture:
    share = rolls / np.maximum(rolls.sum(axis=1, keepdims=True), 1)

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot(xlim=(-0.5, len(BUCKETS) - 0.5))
        labelled_rows(axes, BUCKETS)
        axes.grid(visible=False)
        for row, column in np.ndindex(share.shape):
            if share[row, column]:
                colour = COLOURS["bad"] if column > row else COLOURS["good"]
                axes.barh(row, 0.94, 0.9, column - 0.47, color=colour, alpha=0.06 + 0.5 * share[row, column],
                          linewidth=0)  # fmt: skip
                axes.text(column, row, f"{100 * share[row, column]:.1f}", ha="center", va="center", fontsize=9)
        axes.set_xticks(range(len(BUCKETS)), BUCKETS)
        axes.set_xlabel("days past due, the month after")

    told = "; ".join(f"from {name}: {shared(float(share[n, n]))} stay" for n, name in enumerate(BUCKETS))
    return Picture("roll_rates", "Roll rates", told, paint, (NARROW, 3.4),
                   "Per cent of each row; vermilion rolled to a later bucket, blue stayed or recovered.")  # fmt: skip
