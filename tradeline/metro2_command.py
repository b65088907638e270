"""``tradeline metro2``: a look into files of the format in which American lenders report."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from bureau.metro2.inspect import Summary

__all__ = ["app", "inspect"]

app = typer.Typer(
    name="metro2",
    help="Files in the Metro 2 format.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_SHOWN: Final = 20


@app.callback()
def _commands() -> None:
    """Keep ``inspect`` a command of its own."""


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="The file; it may be packed with gzip.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines, and nothing else.")] = False,
) -> None:
    """Count the records of a file, list the lines that are none, and the rules that the others break."""
    from bureau.metro2.inspect import inspect_file

    summary = inspect_file(file)
    if as_json:
        sys.stdout.writelines(_in_json(file.name, summary))
    else:
        from rich.console import Console

        _show(file.name, summary, Console(soft_wrap=True))


def _in_json(name: str, summary: Summary) -> Iterator[str]:
    """The summary as JSON, piece by piece, however many findings there are."""
    yield f'{{\n  "file": {json.dumps(name)},\n  "records": {summary.records},\n'
    yield f'  "segments": {json.dumps(summary.segments)},\n'
    yield from _list("rejects", ({"line": line, "rules": list(rules)} for line, rules in summary.rejects))
    yield ",\n"
    yield from _list("findings", iter(summary.findings))
    yield "\n}\n"


def _list(name: str, items: Iterator[dict[str, object]]) -> Iterator[str]:
    between = "\n    "
    yield f'  "{name}": ['
    for item in items:
        yield between + json.dumps(item)
        between = ",\n    "
    yield "]" if between == "\n    " else "\n  ]"


def _show(name: str, summary: Summary, console: Console) -> None:
    """The summary for people: counts, refused lines, broken rules."""
    from rich.markup import escape
    from rich.table import Table

    from bureau.metro2.rules import RULES

    console.print(
        f"{escape(name)}: {summary.lines:,} lines, {summary.records:,} records, {len(summary.rejects):,} rejected",
        highlight=False,
    )
    segments = Table("segment", "count", box=None, header_style="bold")
    segments.columns[1].justify = "right"
    for kind, count in summary.segments.items():
        segments.add_row(kind, f"{count:,}")
    console.print(segments)
    if summary.rejects:
        rejects = Table("rejected line", "rule", "", box=None, header_style="bold")
        rejects.columns[0].justify = "right"
        for line, rules in summary.rejects[:_SHOWN]:
            rejects.add_row(f"{line:,}", ", ".join(rules), RULES[rules[0]].sentence)
        console.print("", rejects, sep="\n")
        if len(summary.rejects) > _SHOWN:
            console.print(f"... and {len(summary.rejects) - _SHOWN:,} more", highlight=False)
    if len(summary.findings):
        findings = Table("finding", "severity", "times", "first line", "", box=None, header_style="bold")
        for column in findings.columns[2:4]:
            column.justify = "right"
        ordered = sorted(summary.findings.by_rule().items(), key=lambda each: -each[1][0])
        for rule, (count, first) in ordered:
            told = RULES[rule]
            findings.add_row(rule, str(told.severity), f"{count:,}", f"{first:,}", told.sentence)
        console.print("", findings, sep="\n")
    else:
        console.print("no findings")
