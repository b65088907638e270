"""A table that aligns, for every listing of the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

__all__ = ["show_table"]

_PIPED_WIDTH: Final = 200


def show_table(
    listed: Sequence[Mapping[str, object]], texts: Sequence[str], numbers: Sequence[str], last: Sequence[str] = ()
) -> None:
    """Print rows: text columns, numbers on the right, more text columns; `none` where there are no rows."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in texts:
        table.add_column(name.replace("_", " "), overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    for name in last:
        table.add_column(name.replace("_", " "), overflow="fold")
    for item in listed:
        row = [item[name] for name in (*texts, *numbers, *last)]
        table.add_row(*(_text(value) for value in row))
    console = Console()
    if not console.is_terminal:
        console.width = _PIPED_WIDTH  # nobody folds what goes into a file or another program
    console.print(table if listed else "none")


def _text(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return escape(", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))
