"""Structured logs: one JSON object a line in ``H/tradeline.log``, never with personal data.

What is logged are names of files, contracts, columns and versions, and counts.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

__all__ = ["JsonLines", "log_to"]

_PLAIN: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_OURS: Final = ("bureau", "features", "feature_repo", "scoring", "training", "serving", "tradeline")


class JsonLines(logging.Formatter):
    """A record as one JSON object: time (UTC), level, logger, message, and what was given as ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; an exception appears by its class alone, since its text may quote what was read."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in record.__dict__.items() if name not in _PLAIN}
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line, default=str)


def log_to(path: Path) -> None:
    """Send the logs of Tradeline's own packages to a file, in place of an earlier one."""
    handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    handler.setFormatter(JsonLines())
    for name in _OURS:
        logger = logging.getLogger(name)
        for before in logger.handlers[:]:
            logger.removeHandler(before)
            before.close()
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
