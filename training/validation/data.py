"""The data behind a report: every table as CSV, and the figures and findings as one JSON file."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from training.report.section import Cell, Interval, Table
from training.validation.validation import Validation

__all__ = ["figures_json", "table_csv", "write_data"]


def table_csv(table: Table) -> list[list[str]]:
    """A table's header and rows as text: numbers in full, an interval as two columns, nothing for what is not known.

    Examples
    --------
    >>> from training.report.section import Column
    >>> table_csv(Table("t", "T", (Column("name", "N"), Column("auc", "A", "figure")), (("x", Interval(0.5, 0.75)),)))
    [['name', 'auc_low', 'auc_high'], ['x', '0.5', '0.75']]
    """
    double = [any(isinstance(row[place], Interval) for row in table.rows) for place in range(len(table.columns))]
    header: list[str] = []
    for column, both in zip(table.columns, double, strict=True):
        header.extend((f"{column.name}_low", f"{column.name}_high") if both else (column.name,))
    lines = [header]
    for row in table.rows:
        line: list[str] = []
        for cell, both in zip(row, double, strict=True):
            if both:
                ends = (cell.low, cell.high) if isinstance(cell, Interval) else (None, None)
                line.extend(_written(end) for end in ends)
            else:
                line.append(_written(cell))
        lines.append(line)
    return lines


def figures_json(validation: Validation) -> str:
    """Headline figures, and every finding with its threshold and verdict."""
    content = {
        "model_version": validation.model_version,
        "portfolio": validation.portfolio,
        "made_on": validation.made_on.isoformat(),
        "figures": {name: _finite(value) for name, value in validation.figures.items()},
        "findings": {
            name: {
                "verdict": finding.verdict,
                "text": finding.text,
                "threshold": finding.threshold,
                "source": finding.source,
            }
            for name, finding in validation.findings.items()
        },
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_data(validation: Validation, folder: Path) -> tuple[Path, ...]:
    """Write ``figures.json`` and ``tables/<section>.<table>.csv``, and give the paths back."""
    tables = folder / "tables"
    tables.mkdir(parents=True, exist_ok=True)
    written = [folder / "figures.json"]
    written[0].write_text(figures_json(validation), encoding="utf-8", newline="\n")
    for section in validation.sections:
        for table in section.tables:
            path = tables / f"{section.key}.{table.key}.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows(table_csv(table))
            written.append(path)
    return tuple(written)


def _written(cell: Cell) -> str:
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return ""
    if isinstance(cell, float | np.floating):
        return repr(float(cell))
    return str(cell)


def _finite(value: Any) -> float | int | None:
    number = float(value)
    if not math.isfinite(number):
        return None
    return int(value) if isinstance(value, int | np.integer) else number
