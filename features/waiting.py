"""A bar for those who wait: in a notebook below the cell, in a terminal on the standard error, elsewhere none."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Any, Final

from features.progress import Progress

__all__ = ["waiting"]

_BAR: Final = (
    '<progress value="{share:.3f}" max="1" style="width:16em;vertical-align:middle"></progress> '
    '<span style="opacity:.75">{what}: {stage}</span>'
)
_DONE: Final = '<span style="opacity:.75">{what}: {seconds:.1f} s</span>'


@contextmanager
def waiting(what: str, *, quiet: bool = False) -> Iterator[Progress]:
    """Show how far some work has come; what is to be told of it goes to the function that is given.

    Parameters
    ----------
    what : str
        What is being done.
    quiet : bool
        Show nothing.
    """
    notebook = None if quiet else _notebook()
    if notebook is not None:
        yield from _in_notebook(notebook, what)
    elif not quiet and sys.stderr.isatty():
        yield from _in_terminal(what)
    else:
        yield lambda _stage, _share: None


def _notebook() -> Any | None:
    """IPython's display module, where the code runs in a notebook."""
    python = sys.modules.get("IPython")
    shell = python.get_ipython() if python is not None else None
    if shell is None or type(shell).__name__ != "ZMQInteractiveShell":
        return None
    return sys.modules.get("IPython.display")


def _in_notebook(display: Any, what: str) -> Iterator[Progress]:
    started = time.perf_counter()
    shown = display.display(display.HTML(_BAR.format(share=0.0, what=escape(what), stage="")), display_id=True)

    def tell(stage: str, share: float) -> None:
        shown.update(display.HTML(_BAR.format(share=share, what=escape(what), stage=escape(stage))))

    yield tell
    shown.update(display.HTML(_DONE.format(what=escape(what), seconds=time.perf_counter() - started)))


def _in_terminal(what: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import Progress as Bars

    with Bars(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(what, total=1.0)
        yield lambda stage, share: bars.update(task, completed=share, description=f"{what}: {stage}")
