"""What BentoML loads: ``bentoml serve tradeline.service:service``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.service import build_service
from tradeline.settings import Settings

if TYPE_CHECKING:
    from serving.online import OnlineScorer

__all__ = ["service"]

_settings = Settings()


def _open() -> OnlineScorer:
    from serving.online import open_scorer

    return open_scorer(_settings.open_home(), _settings.portfolio)


service = build_service(_open, workers=_settings.workers)
"""The service of the settings in the environment; it opens nothing before a worker starts."""
