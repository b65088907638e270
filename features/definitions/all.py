"""The catalogue of Tradeline: every view and feature, put together."""

from __future__ import annotations

from typing import Final

from features.catalogue import Catalogue
from features.definitions import (
    application,
    card_months,
    inquiries,
    instalment_months,
    ratios,
    tradeline_months,
    tradelines,
)

__all__ = ["CATALOGUE"]

CATALOGUE: Final = Catalogue(
    views=(
        application.VIEW,
        application.PROTECTED_VIEW,
        card_months.VIEW,
        instalment_months.VIEW,
        tradelines.VIEW,
        tradeline_months.VIEW,
        inquiries.VIEW,
    ),
    features=(
        *application.FEATURES,
        *card_months.FEATURES,
        *instalment_months.FEATURES,
        *tradelines.FEATURES,
        *tradeline_months.FEATURES,
        *inquiries.FEATURES,
    ),
    derived=ratios.FEATURES,
)
