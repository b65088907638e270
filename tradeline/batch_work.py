"""The process that works one batch off: ``python -m tradeline.batch_work BATCH WORKER``, started by the service."""

from __future__ import annotations

import logging
import os
import sys
from datetime import UTC, datetime
from typing import Final

from tradeline.settings import Settings

__all__ = ["main"]

_PRIORITY: Final = 10
"""By how much a batch gives way to requests (nice)."""

_MEMORY: Final = 1024**3
"""Bytes that a batch may take beside what is open before it is read."""

_log = logging.getLogger(__name__)


def main() -> int:
    """Work the batch off that the service's worker has taken; the exit code."""
    from serving.memory import limit_memory
    from serving.opening import open_batch_work

    logging.basicConfig(level=logging.ERROR)
    os.nice(_PRIORITY)
    batch_id, worker = sys.argv[1:]
    settings = Settings()
    try:
        work = open_batch_work(settings.open_home(), settings.portfolio, clock=_clock)
        work.online.refresh()  # what the home itself needs is not the batch's
        limit_memory(_MEMORY)
        work.run(batch_id, worker)
    except Exception as error:  # noqa: BLE001 (its text may hold what was read; the service starts it again)
        _log.error("batch %s: %s", batch_id, type(error).__qualname__)
        return 1
    return 0


def _clock() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    sys.exit(main())
