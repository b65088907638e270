"""Features that follow from others: debts and payments by income, and how things compare with each other."""

from __future__ import annotations

from collections.abc import Mapping

from bureau_oracle.arithmetic import ratio
from bureau_oracle.known import Values

QUOTIENTS = {
    "owed_by_income": ("owed_total", "stated_income"),
    "owed_revolving_by_income": ("owed_revolving", "stated_income"),
    "owed_instalment_by_income": ("owed_instalment", "stated_income"),
    "owed_mortgage_by_income": ("owed_mortgage", "stated_income"),
    "scheduled_by_income": ("scheduled_total", "stated_income"),
    "revolving_limit_by_income": ("revolving_limit", "stated_income"),
    "past_due_by_income": ("past_due_total", "stated_income"),
    "asked_by_income": ("asked_amount_12m", "stated_income"),
    "collections_by_income": ("collections_owed", "stated_income"),
    "recent_inquiries_share": ("hard_inquiries_3m", "hard_inquiries_12m"),
    "open_accounts_share": ("accounts_open", "accounts_total"),
    "late_accounts_share_12m": ("late_30_accounts_12m", "accounts_total"),
}


def derived(values: Mapping[str, float | None]) -> Values:
    asked, opened = values["hard_inquiries_12m"], values["opened_12m"]
    less = None if asked is None or opened is None else asked - opened
    return {name: ratio(values[above], values[below]) for name, (above, below) in QUOTIENTS.items()} | {
        "inquiries_without_account_12m": less
    }
