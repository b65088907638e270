"""What BentoML loads: ``bentoml serve tradeline.service:service``."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from serving.service import build_service
from tradeline.settings import Settings

if TYPE_CHECKING:
    from serving.opening import OpenedService

__all__ = ["service"]

_settings = Settings()


def _open() -> OpenedService:
    from serving.opening import open_service

    opened = open_service(_settings.open_home(), _settings.portfolio, start_batch=_start_batch, clock=_clock)
    opened.watch()
    return opened


def _clock() -> datetime:
    return datetime.now(UTC)


def _start_batch(batch_id: str, worker: str) -> subprocess.Popen[bytes]:
    """A process that works a batch off, with the settings of this one."""
    command = [sys.executable, "-m", "tradeline.batch_work", batch_id, worker]
    # From the folder of the packages, which in a bento is on no path of its own.
    folder = Path(__file__).resolve().parent.parent
    return subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, env=_settings.environment())


service = build_service(_open, workers=_settings.workers)
"""The service of the settings in the environment; it opens nothing before a worker starts."""
