"""``tradeline simulate``: a made-up world, what its furnishers deliver, and the key to the truth."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradeline.common import JsonOption, print_json

if TYPE_CHECKING:
    from bureau.simulator import Summary

__all__ = ["simulate"]


def simulate(
    out: Annotated[
        Path, typer.Option("--out", help="The folder to write; it must not exist or be empty.", show_default=False)
    ],
    consumers: Annotated[int, typer.Option(help="How many people live in the world.")] = 10_000,
    months: Annotated[int, typer.Option(help="How many months are reported.")] = 24,
    seed: Annotated[int, typer.Option(help="Same seed and options, same bytes.")] = 2026,
    fault_rate: Annotated[float, typer.Option(help="Share of the records that carry a mistake; 0 for none.")] = 0.01,
    cycle: Annotated[float, typer.Option(help="Amplitude of the macro cycle; 0 for none.")] = 1.0,
    start: Annotated[
        datetime,
        typer.Option(formats=["%Y-%m"], help="The first reported month.", metavar="YYYY-MM", show_default="2019-01"),
    ] = datetime(2019, 1, 1),  # noqa: DTZ001 (a month has no time zone)
    as_json: JsonOption = False,
) -> None:
    """Simulate people, their credit lives and furnishers that make mistakes, with an answer key."""
    from bureau.simulator import Options
    from bureau.simulator import simulate as simulate_world
    from tradeline.console import Stages

    options = Options(consumers, months, seed, fault_rate=fault_rate, cycle=cycle, start=start.date())
    with Stages(quiet=as_json).stage("simulate") as stage:
        summary = simulate_world(options, out, stage)
    if as_json:
        print_json(asdict(summary) | {"out": str(out)})
    else:
        _show(summary)


def _show(summary: Summary) -> None:
    """How much was made, and where it lies."""
    from rich.console import Console

    console = Console(soft_wrap=True, highlight=False)
    console.print(
        f"{summary.consumers:,} people, {summary.months:,} months: {summary.deliveries:,} deliveries with "
        f"{summary.records:,} records ({summary.bytes / 1e6:,.0f} MB), {summary.faults:,} mistakes"
    )
    console.print(f"deliveries  {summary.out / 'deliveries'}", markup=False)
    console.print(f"answers     {summary.out / 'answers'}", markup=False)
