"""Results as people read them in a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from tradeline.run import RunResult
    from training.ledger import LedgerLine

__all__ = ["show_retraining", "show_run", "show_scores", "show_training", "show_validation"]

_MARKS: Final = {True: "passed", False: "failed", None: "not assessed"}


def show_run(result: RunResult) -> None:
    """The figures of a run, what came of its model, and where its report lies."""
    summary = result.summary
    show_training(summary, result.folder)
    console = Console()
    for gate in summary["gates"]:
        console.print(f"{_MARKS[gate['passed']]:<13}{gate['name']:<16}{gate['text']}", soft_wrap=True, highlight=False)
    console.print(f"{'champion' if summary['promoted'] else 'no champion'}  {summary['why']}", soft_wrap=True)
    console.print("no person has reviewed the validation: `tradeline validate --as NAME`, then `tradeline promote`")
    console.print(f"report   {result.folder / 'report.html'}", soft_wrap=True, highlight=False)


def show_training(summary: Mapping[str, Any], folder: Path) -> None:
    """The figures of a training."""
    table = Table(
        title=f"{summary['model_version']}, trained on {summary['n_train']:,} consumers", title_justify="left"
    )
    table.add_column("figure")
    columns = {"": "development, out of fold", "test_": "test", "out_of_time_": "out of time"}
    known = {prefix: title for prefix, title in columns.items() if f"{prefix}auc" in summary}
    for title in known.values():
        table.add_column(title, justify="right")
    for name in ("auc", "gini", "ks", "expected_calibration_error"):
        table.add_row(name.replace("_", " "), *(f"{summary[prefix + name]:.4f}" for prefix in known))
    console = Console()
    console.print(table)
    rate = summary["n_bad"] / summary["n_train"]
    console.print(f"bad rate {rate:.2%}, {summary['n_features']} features, {summary['trials']} trials", highlight=False)
    console.print(f"summary  {folder / 'summary.json'}", soft_wrap=True, highlight=False)


def show_validation(told: Mapping[str, Any]) -> None:
    """What a validation found."""
    console = Console()
    failed = told["failed"]
    console.print(f"{told['model_version']}: {told['findings']} findings, {len(failed)} failed", highlight=False)
    for each in failed:
        console.print(f"failed   {each['finding']}: {each['text']}", soft_wrap=True, highlight=False, markup=False)
    who = told["validator"] if told["reviewed_by_person"] else f"the service {told['validator']}; no person reviewed it"
    console.print(f"signed   by {who}", highlight=False)
    console.print(f"report   {told['report']}", soft_wrap=True, highlight=False)


def show_retraining(line: LedgerLine, *, is_earlier: bool = False) -> None:
    """What came of a retraining, perhaps of one that was done earlier."""
    console = Console()
    for gate in line.gates:
        text = f"{_MARKS[gate['passed']]:<13}{gate['name']:<16}{gate['text']}"
        console.print(text, soft_wrap=True, highlight=False, markup=False)
    console.print(f"{line.outcome}: {line.why}", soft_wrap=True, highlight=False, markup=False)
    console.print(f"{line.version or 'no model'} for {line.date}; no person has reviewed it", highlight=False)
    if is_earlier:
        console.print(f"This was done at {line.started_at}; --again does it anew.", soft_wrap=True, highlight=False)


def show_scores(result: Mapping[str, object]) -> None:
    """How many were scored, and with what decisions."""
    console = Console()
    decisions = result["decisions"]
    parts = ", ".join(f"{name} {count:,}" for name, count in decisions.items()) if isinstance(decisions, dict) else ""
    console.print(f"{result['scored']:,} scored with {result['model_version']}: {parts}", highlight=False)
    if result["without_score"]:
        console.print(f"{result['without_score']:,} without a score: their own record was set aside", highlight=False)
    console.print(f"written to {result['out']}", soft_wrap=True, highlight=False)
