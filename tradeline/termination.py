"""Ending long work at SIGTERM as at Ctrl-C: worker processes and their files go with it, and one line says so."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

import typer

__all__ = ["TERMINATED", "ended_by_sigterm"]

TERMINATED: Final = 128 + signal.SIGTERM
"""Exit code of a process that SIGTERM has ended, as shells tell it."""


class _Terminated(SystemExit):
    """Unwinds everything; nothing that catches errors catches it."""


@contextmanager
def ended_by_sigterm(then: str) -> Iterator[None]:
    """While it lasts, SIGTERM unwinds the main thread, and the process exits with :data:`TERMINATED`.

    A second SIGTERM ends it at once.

    Parameters
    ----------
    then : str
        What can be done afterwards, for the line that is told.
    """

    def end(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        # A pool's own thread may find its work gone while the pool is broken up; that is no error any more.
        threading.excepthook = lambda _: None
        raise _Terminated(TERMINATED)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    except _Terminated:
        typer.echo(f"terminated; {then}", err=True)
        raise
    finally:
        signal.signal(signal.SIGTERM, before)
