"""A log that says the same so many times a minute and no more: a flood of refusals fills no disk.

What is passed over is counted, and told with the next line that says the same.
"""

from __future__ import annotations

import logging
import threading
from typing import Final

__all__ = ["MOST_A_MINUTE", "Sparing"]

MOST_A_MINUTE: Final = 10
"""Lines of one kind that a worker writes in a minute."""

_MINUTE: Final = 60


class Sparing(logging.Filter):
    """Lets through so many lines a minute of each kind: the text before its values are put in, and the first of them.

    The first value is what the line is about, such as the kind of an error; a later one may differ with each line.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._minute = 0
        self._counts: dict[tuple[str, str], int] = {}
        self._passed_over: dict[tuple[str, str], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line is written."""
        about = record.args[0] if isinstance(record.args, tuple) and record.args else ""
        fits, passed_over = self._take((str(record.msg), str(about)), int(record.created // _MINUTE))
        if fits and passed_over:
            record.msg = f"{record.getMessage()} (and {passed_over:,} times more, not told)"
            record.args = ()
        return fits

    def _take(self, kind: tuple[str, str], minute: int) -> tuple[bool, int]:
        with self._lock:
            if minute != self._minute:
                self._passed_over = {
                    each: count - MOST_A_MINUTE for each, count in self._counts.items() if count > MOST_A_MINUTE
                }
                self._minute, self._counts = minute, {}
            self._counts[kind] = count = self._counts.get(kind, 0) + 1
            return count <= MOST_A_MINUTE, self._passed_over.pop(kind, 0)
