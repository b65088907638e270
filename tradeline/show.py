"""Results as people read them in a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from tradeline.run import RunResult

__all__ = [
    "describe_features",
    "show_features",
    "show_run",
    "show_scores",
]

_SHORT_ID = 8
_DIRECTIONS = {1: "raises risk", -1: "lowers risk", 0: ""}


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


def describe_features(portfolio: str | None) -> list[dict[str, object]]:
    """What the catalogue says of each feature, of one portfolio or of all."""
    from features.definitions.all import CATALOGUE
    from features.reasons import REASONS
    from features.sets import feature_set

    names = feature_set(portfolio).names if portfolio else [item.name for item in CATALOGUE]
    described: list[dict[str, object]] = []
    for name in names:
        item = CATALOGUE[name]
        use, why = CATALOGUE.use(name)
        described.append(
            {
                "name": name,
                "meaning": item.meaning,
                "unit": item.unit,
                "direction": item.direction,
                "null_means": item.null_means,
                "reason_code": item.reason,
                "reason": REASONS[item.reason].statement,
                "reads": sorted(CATALOGUE.reads(name)),
                "use": use,
                "why": why,
            }
        )
    return described


def show_features(described: Sequence[Mapping[str, object]]) -> None:
    """The catalogue, two lines a feature: its name as it is written, then what it means."""
    console = Console()
    for item in described:
        direction = item["direction"]
        facts = (
            str(item["unit"]),
            _DIRECTIONS[direction] if isinstance(direction, int) else "",
            str(item["reason_code"]),
        )
        mark = "" if item["use"] == "permitted" else f"  [red]prohibited: {item['why']}[/]"
        console.print(f"[bold]{item['name']}[/]{mark}", highlight=False, soft_wrap=True)
        console.print(
            f"    {item['meaning']} [dim]({', '.join(filter(None, facts))})[/]", highlight=False, soft_wrap=True
        )


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
