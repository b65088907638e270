"""Results as people read them in a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from tradeline.run import RunResult

__all__ = ["show_run", "show_scores"]


def show_run(result: RunResult) -> None:
    """The figures of a run and where its report lies."""
    summary = result.summary
    table = Table(
        title=f"{summary['model_version']}: out of fold, {summary['n_train']:,} consumers", title_justify="left"
    )
    table.add_column("figure")
    table.add_column("value", justify="right")
    for name in ("auc", "gini", "ks", "expected_calibration_error"):
        table.add_row(name.replace("_", " "), f"{summary[name]:.4f}")
    if summary["auc_standard_error"] is not None:
        table.add_row(
            f"auc, mean of {summary['auc_repeats']} draws of the folds",
            f"{summary['auc_repeats_mean']:.4f} ± {summary['auc_standard_error']:.4f}",
        )
    table.add_row("bad rate", f"{_number(summary['n_bad']) / _number(summary['n_train']):.2%}")
    table.add_row("features used", str(summary["n_features"]))
    console = Console()
    console.print(table)
    console.print(f"report   {result.folder / 'report.html'}", soft_wrap=True, highlight=False)
    console.print(f"summary  {result.folder / 'summary.json'}", soft_wrap=True, highlight=False)


def show_scores(result: Mapping[str, object]) -> None:
    """How many were scored, and with what decisions."""
    console = Console()
    decisions = result["decisions"]
    parts = ", ".join(f"{name} {count:,}" for name, count in decisions.items()) if isinstance(decisions, dict) else ""
    console.print(f"{result['scored']:,} scored with {result['model_version']}: {parts}", highlight=False)
    if result["without_score"]:
        console.print(f"{result['without_score']:,} without a score: their own record was set aside", highlight=False)
    console.print(f"written to {result['out']}", soft_wrap=True, highlight=False)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
