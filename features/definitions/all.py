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
from features.definitions.bureau import (
    account_months,
    accounts,
    burden,
    credit_inquiries,
    credit_use,
    disputes,
    file,
    holding,
    income,
    lateness,
    public_records,
    recurring,
    shop_orders,
    stability,
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
        accounts.VIEW,
        account_months.VIEW,
        credit_inquiries.VIEW,
        public_records.VIEW,
        recurring.VIEW,
        shop_orders.VIEW,
        income.VIEW,
        stability.VIEW,
        file.VIEW,
        disputes.VIEW,
    ),
    features=(
        *application.FEATURES,
        *card_months.FEATURES,
        *instalment_months.FEATURES,
        *tradelines.FEATURES,
        *tradeline_months.FEATURES,
        *inquiries.FEATURES,
        *credit_use.FEATURES,
        *lateness.FEATURES,
        *holding.FEATURES,
        *account_months.FEATURES,
        *credit_inquiries.FEATURES,
        *public_records.FEATURES,
        *recurring.FEATURES,
        *shop_orders.FEATURES,
        *income.FEATURES,
        *stability.FEATURES,
        *file.FEATURES,
        *disputes.FEATURES,
    ),
    derived=(*ratios.FEATURES, *burden.FEATURES),
)
