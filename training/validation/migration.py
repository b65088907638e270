"""Grades over time: how concentrated they are, and how consumers move between them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from features.analysis.style import COLOURS
from training.report.drawing import NARROW, labelled_rows
from training.report.section import Column, Picture, Section, Table
from training.report.shown import counted, decimal, shared
from training.validation.evidence import Evidence

__all__ = ["concentration", "migration", "migration_section"]

_GRADES = (
    Column("grade", "Grade"),
    Column("credit_score", "Credit score"),
    Column("before", "Development", "share"),
    Column("test", "Test", "share"),
    Column("out_of_time", "Out of time", "share"),
)


def migration_section(evidence: Evidence) -> Section:
    """Concentration of the grades in each sample, and migration between a consumer's observations."""
    names = evidence.grades.names
    parts = (evidence.samples.development, evidence.samples.test, evidence.samples.out_of_time)
    shares = [_shares(evidence, rows) for rows in parts]
    now = _shares(evidence, evidence.latest.rows)
    moved = migration(evidence)
    return Section(
        "grades",
        "Grades: concentration and migration",
        (
            f"Concentration of the {len(names)} grades is the sum of their squared shares, "
            f"{decimal(1 / len(names), 3)} if all were equal: {decimal(concentration(shares[0]), 3)} in development, "
            f"{decimal(concentration(now), 3)} in the {evidence.latest.name} sample.",
            _migration_text(moved),
        ),
        tables=(
            Table(
                "distribution",
                "Distribution over grades",
                _GRADES,
                tuple(
                    (name, scores, *(float(share[number]) for share in shares))
                    for number, (name, scores) in enumerate(zip(names, evidence.grades.ranges, strict=True))
                ),
            ),
            *((_table(names, moved),) if moved is not None else ()),
        ),
        pictures=(_picture(names, moved),) if moved is not None else (),
        figures={"concentration": concentration(now)},
    )


def concentration(shares: npt.NDArray[np.float64]) -> float:
    """Herfindahl's index: the sum of squared shares.

    Examples
    --------
    >>> concentration(np.array([0.5, 0.25, 0.25]))
    0.375
    """
    return float((shares**2).sum())


def migration(evidence: Evidence) -> npt.NDArray[np.int64] | None:
    """How often a consumer of one grade (rows) was in another (columns) at the next observation; None without two."""
    people = evidence.people
    order = np.lexsort((people.observed_at, people.consumer_ids))
    same = people.consumer_ids[order][1:] == people.consumer_ids[order][:-1]
    if not same.any():
        return None
    grade = evidence.grades.place(evidence.credit_score)[order]
    count = len(evidence.grades.names)
    cells = grade[:-1][same] * count + grade[1:][same]
    return np.bincount(cells, minlength=count * count).reshape(count, count)


def _shares(evidence: Evidence, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    counts = np.bincount(evidence.grades.place(evidence.credit_score[rows]), minlength=len(evidence.grades.names))
    shares: npt.NDArray[np.float64] = counts / len(rows) if len(rows) else np.full(len(counts), np.nan)
    return shares


def _migration_text(moved: npt.NDArray[np.int64] | None) -> str:
    if moved is None:
        return "Every consumer was observed once: migration between grades is not assessed."
    steps = np.abs(np.subtract.outer(np.arange(len(moved)), np.arange(len(moved))))
    total = int(moved.sum())
    stayed, far = moved[steps == 0].sum() / total, moved[steps > 1].sum() / total
    return (
        f"Of {counted(total)} pairs of successive observations of a consumer, {shared(float(stayed))} stayed in their "
        f"grade and {shared(float(far))} moved by more than one."
    )


def _table(names: tuple[str, ...], moved: npt.NDArray[np.int64]) -> Table:
    columns = (
        Column("grade", "From"),
        Column("pairs", "Pairs", "count"),
        *(Column(f"to_{name.lower()}", name, "share") for name in names),
    )
    rows = []
    for name, row in zip(names, moved, strict=True):
        total = int(row.sum())
        rows.append((name, total, *(float(each) / total if total else None for each in row)))
    return Table("migration", "Migration from one observation to the next", columns, tuple(rows))


def _picture(names: tuple[str, ...], moved: npt.NDArray[np.int64]) -> Picture:
    share = moved / np.maximum(moved.sum(axis=1, keepdims=True), 1)

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot(xlim=(-0.5, len(names) - 0.5))
        labelled_rows(axes, names)
        axes.grid(visible=False)
        for row, column in np.ndindex(share.shape):
            value = float(share[row, column])
            if value:
                colour = COLOURS["bad"] if column > row else COLOURS["good"]
                axes.barh(row, 0.94, 0.9, column - 0.47, color=colour, alpha=0.06 + 0.5 * value, linewidth=0)
                if value >= 0.005:
                    axes.text(column, row, f"{100 * value:.0f}", ha="center", va="center", fontsize=8)
        axes.set_xticks(range(len(names)), names)
        axes.set_xlabel("grade at the next observation")
        axes.set_ylabel("grade")

    told = "; ".join(f"from {name}: {shared(float(share[n, n]))} stayed" for n, name in enumerate(names))
    return Picture("migration", "Migration between grades", told, paint, (NARROW, 0.36 * len(names) + 1.1),
                   "Per cent of each row; vermilion moved to a worse grade.")  # fmt: skip
