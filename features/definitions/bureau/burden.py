"""Features derived from those of the bureau: debts and payments by income, and how things compare with each other."""

from __future__ import annotations

from typing import Final

from features.declaration import Derived
from features.derived import Difference, Ratio

__all__ = ["FEATURES"]


def _by_income(name: str, amount: str, of: str) -> Derived:
    return Derived(name, Ratio(amount, "stated_income"), f"{of} by yearly income", "share", 1, "A05")


FEATURES: Final = (
    _by_income("owed_by_income", "owed_total", "balances of all accounts still owing"),
    _by_income("owed_revolving_by_income", "owed_revolving", "balances of cards and credit lines still owing"),
    _by_income("owed_instalment_by_income", "owed_instalment", "balances of instalment loans still owing"),
    _by_income("owed_mortgage_by_income", "owed_mortgage", "balances of mortgages still owing"),
    Derived(
        "scheduled_by_income",
        Ratio("scheduled_total", "stated_income"),
        "payments scheduled in one month by yearly income",
        "share",
        1,
        "A04",
    ),
    Derived(
        "revolving_limit_by_income",
        Ratio("revolving_limit", "stated_income"),
        "limits of open cards and lines by yearly income",
        "share",
        0,
        "A05",
    ),
    Derived(
        "past_due_by_income",
        Ratio("past_due_total", "stated_income"),
        "amounts past due now by yearly income",
        "share",
        1,
        "B14",
    ),
    Derived(
        "asked_by_income",
        Ratio("asked_amount_12m", "stated_income"),
        "amounts asked for in hard inquiries of the last 12 months by yearly income",
        "share",
        1,
        "Q07",
    ),
    Derived(
        "collections_by_income",
        Ratio("collections_owed", "stated_income"),
        "debts in the hands of collectors by yearly income",
        "share",
        1,
        "B31",
    ),
    Derived(
        "recent_inquiries_share",
        Ratio("hard_inquiries_3m", "hard_inquiries_12m"),
        "hard inquiries of the last 3 months by those of the last 12",
        "share",
        1,
        "Q01",
    ),
    Derived(
        "inquiries_without_account_12m",
        Difference("hard_inquiries_12m", "opened_12m"),
        "hard inquiries less accounts opened, last 12 months",
        "count",
        1,
        "Q01",
    ),
    Derived(
        "open_accounts_share",
        Ratio("accounts_open", "accounts_total"),
        "open accounts by all accounts",
        "share",
        0,
        "T06",
    ),
    Derived(
        "late_accounts_share_12m",
        Ratio("late_30_accounts_12m", "accounts_total"),
        "accounts that were 30 or more days past due, or lost, in the last 12 months by all accounts",
        "share",
        1,
        "B18",
        window=12,
    ),
)
