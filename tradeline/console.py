"""What people see while they wait: one line a stage, with a bar for what takes long.

Everything of this goes to the standard error, so that the standard output holds results alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn

__all__ = ["Stage", "Stages"]


@dataclass
class Stage:
    """A stage under way.

    Parameters
    ----------
    report : Progress or None
        Rich's progress display; None where nothing is shown.
    """

    report: Progress | None = None

    def __call__(self, what: str, share: float) -> None:
        """Tell what is being done, and the share of it that is done, from 0 to 1."""
        if self.report is not None and self.report.tasks:
            self.report.update(self.report.tasks[0].id, detail=what, completed=share)


@dataclass
class Stages:
    """The stages of a command, with the time each took.

    Parameters
    ----------
    quiet : bool
        Show nothing.
    seconds : dict of str to float
        Stage to the seconds it took, in order.
    """

    quiet: bool = False
    seconds: dict[str, float] = field(default_factory=dict)
    console: Console = field(default_factory=lambda: Console(stderr=True))

    @contextmanager
    def stage(self, name: str) -> Iterator[Stage]:
        """A stage; its line stays once it is done."""
        started = time.perf_counter()
        if self.quiet:
            yield Stage()
        else:
            with self._progress() as progress:
                progress.add_task(name, total=1.0, detail="")
                yield Stage(progress)
        self.seconds[name] = round(time.perf_counter() - started, 2)
        if not self.quiet:
            self.console.print(f"[green]done[/]  {name:<28} {self.seconds[name]:>8.1f} s", highlight=False)

    def note(self, text: str) -> None:
        """Tell something that the person should know."""
        if not self.quiet:
            self.console.print(f"[yellow]note[/]  {escape(text)}", highlight=False, soft_wrap=True)

    def _progress(self) -> Progress:
        return Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<28}"),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[detail]}"),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
