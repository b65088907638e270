"""Features as people read them in a terminal, and as JSON for machines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from features.cards import Card, Spread
from features.described import DIRECTIONS, Description
from tradeline.tables import show_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["plain", "plain_spread", "plain_table", "show_built", "show_card", "show_compared", "show_list"]

_MOST_COMPARED = 40


def plain(described: Description) -> dict[str, Any]:
    """What is declared of a feature, as JSON has it; ``use`` and ``why`` are those of the first jurisdiction."""
    told = asdict(described)
    uses = {place: {"use": use, "why": why} for place, (use, why) in described.use.items()}
    first = next(iter(uses.values()))
    return told | {"use": first["use"], "why": first["why"], "use_in": uses}


def plain_spread(spread: Spread) -> dict[str, Any]:
    """How values are spread, as JSON has it."""
    return asdict(spread)


def plain_table(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table by their index, with null for what is no number."""
    rows = table.reset_index().to_dict("records")
    return [
        {
            str(name): None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in row.items()
        }
        for row in rows
    ]


def show_list(listed: Sequence[Description]) -> None:
    """A line a feature, and below how many there are."""
    rows = [
        {
            "name": each.name,
            "meaning": each.meaning,
            "unit": each.unit,
            "months": "" if each.window is None else str(each.window),
            "risk": DIRECTIONS[each.direction].removesuffix(" risk"),
            "reason": each.reason_code,
            "use": _use(each),
        }
        for each in listed
    ]
    show_table(rows, ("name", "meaning", "unit"), ("months",), ("risk", "reason", "use"))
    if rows:
        Console(stderr=True, highlight=False).print(f"{len(rows):,} features; `tradeline features show NAME` tells all")


def show_card(card: Card) -> None:
    """Everything about one feature."""
    Console().print(repr(card), markup=False, highlight=False, soft_wrap=True)


def show_built(built: Sequence[dict[str, Any]], folder: Path) -> None:
    """What was computed, a line a table, and what lies outside the expected ranges."""
    rows = [each | {"outside": sum(each["outside"].values()), "seconds": f"{each['seconds']:.1f}"} for each in built]
    show_table(rows, ("moment", "view"), ("rows", "features", "outside", "seconds"))
    console = Console(highlight=False, soft_wrap=True)
    totals: dict[str, int] = {}
    for each in built:
        for name, count in each["outside"].items():
            totals[name] = totals.get(name, 0) + count
    if totals:
        worst = sorted(totals.items(), key=lambda item: -item[1])
        told = ", ".join(f"{name} ({count:,})" for name, count in worst[:8])
        console.print(f"outside the expected range: {told}{', ...' if len(worst) > 8 else ''}", markup=False)
    console.print(f"tables  {folder}", markup=False)


def show_compared(table: pd.DataFrame, before: int, after: int) -> None:
    """How two builds differ, a line a feature."""
    rows = [
        {
            "feature": str(name),
            "PSI": _number(row["psi"]),
            "by chance": _number(row["by_chance"]),
            "mean A": _number(row["mean_before"]),
            "mean B": _number(row["mean_after"]),
            "change": _number(row["mean_change"]),
            "missing A": _percent(row["missing_before"]),
            "missing B": _percent(row["missing_after"]),
        }
        for name, row in table.head(_MOST_COMPARED).iterrows()
    ]
    show_table(rows, ("feature",), tuple(rows[0])[1:] if rows else ())
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"rows: {before:,} in A, {after:,} in B")
    if len(table) > _MOST_COMPARED:
        console.print(f"{len(table) - _MOST_COMPARED:,} more features with smaller shifts; --json has all")


def _use(each: Description) -> str:
    """Where it may be used, in few words."""
    uses = {place: use for place, (use, _) in each.use.items()}
    if len(set(uses.values())) == 1:
        return next(iter(uses.values()))
    return ", ".join(f"{place} {use}" for place, use in uses.items() if use != "permitted")


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"


def _percent(value: float) -> str:
    return "" if math.isnan(value) else f"{100 * value:.1f} %"
