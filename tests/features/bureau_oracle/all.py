"""Every feature of the bureau about one consumer as of one moment, by view."""

from __future__ import annotations

from bureau_oracle import (
    account_months,
    accounts,
    disputes,
    file,
    income,
    inquiries,
    public_records,
    recurring,
    shop_orders,
    stability,
)
from bureau_oracle.burden import derived
from bureau_oracle.known import Known, Values

VIEWS = {
    "accounts": accounts.features,
    "account_months": account_months.features,
    "disputes": disputes.features,
    "credit_inquiries": inquiries.features,
    "public_records": public_records.features,
    "recurring": recurring.features,
    "shop_orders": shop_orders.features,
    "income": income.features,
    "stability": stability.features,
    "file": file.features,
}


def features_of(known: Known) -> dict[str, Values]:
    """The features by view, and under ``derived`` those computed from others; all missing of who is not on file."""
    found = {view: count(known) for view, count in VIEWS.items()}
    found["derived"] = derived({name: value for values in found.values() for name, value in values.items()})
    if known.is_on_file:
        return found
    return {view: dict.fromkeys(values) for view, values in found.items()}
