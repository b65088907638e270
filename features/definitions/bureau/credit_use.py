"""Features of what is owed now and how much of the credit granted is in use, over the view of accounts."""

from __future__ import annotations

from typing import Final

from features.declaration import Feature
from features.definitions.bureau.accounts import VIEW
from features.definitions.bureau.pieces import declared_over, share_of

__all__ = ["FEATURES"]

_declare = declared_over(VIEW)

_OPEN: Final = "is_liable AND is_open"
_OWING: Final = "is_liable AND is_owing AND product_group <> 'collection'"
_REVOLVING: Final = f"{_OPEN} AND product_group = 'revolving'"
_LIMITED: Final = f"{_REVOLVING} AND credit_limit > 0"

_GROUPS: Final = {
    "revolving": "cards and credit lines",
    "instalment": "instalment loans",
    "mortgage": "mortgages",
}
_PRODUCTS: Final = {"consumer": "consumer loans", "car": "car loans", "student": "student loans"}

_OWED_REASON: Final = {"revolving": "B04", "instalment": "B05", "mortgage": "B06"}
_WIDE: Final = (0.0, 2.0)


def _utilisation() -> list[Feature]:
    def used(name: str, where: str, of: str, reason: str = "B01") -> Feature:
        sql = share_of("balance", "credit_limit", where)
        meaning = f"balance by limit of {of}, sums over those that tell both and have a limit"
        return _declare(name, sql, meaning, "share", reason, 1, expected=_WIDE)

    def counted(name: str, condition: str, of: str, reason: str = "B03", direction: int = 1) -> Feature:
        meaning = f"open cards and credit lines with a limit whose balance is {of}"
        return _declare(name, f"count(*) FILTER ({_LIMITED} AND {condition})", meaning, "count", reason, direction)

    return [
        used("revolving_utilisation", _REVOLVING, "open cards and credit lines"),
        used("cards_utilisation", f"{_REVOLVING} AND product = 'card'", "open cards"),
        used("lines_utilisation", f"{_REVOLVING} AND product = 'line'", "open credit lines"),
        used(
            "authorised_utilisation",
            "NOT is_liable AND is_open AND product_group = 'revolving'",
            "open cards and credit lines that the consumer may use without answering for them",
            "B26",
        ),
        _declare(
            "revolving_utilisation_max",
            f"max(balance / credit_limit) FILTER ({_LIMITED})",
            "largest balance by limit of an open card or credit line",
            "share",
            "B01",
            1,
            expected=_WIDE,
        ),
        _declare(
            "revolving_utilisation_min",
            f"min(balance / credit_limit) FILTER ({_LIMITED})",
            "smallest balance by limit of an open card or credit line",
            "share",
            "B01",
            1,
            expected=_WIDE,
        ),
        counted("revolving_over_limit_count", "balance > credit_limit", "over the limit"),
        counted("revolving_90_percent_count", "balance >= 0.9 * credit_limit", "at least 90 percent of it"),
        counted("revolving_75_percent_count", "balance >= 0.75 * credit_limit", "at least 75 percent of it"),
        counted("revolving_50_percent_count", "balance >= 0.5 * credit_limit", "at least half of it"),
        counted("revolving_unused_count", "balance <= 0", "zero or less", "B01", -1),
    ]


def _owed() -> list[Feature]:
    def amount(name: str, sql: str, meaning: str, reason: str, direction: int = 0) -> Feature:
        return _declare(name, sql, meaning, "amount", reason, direction)

    return [
        amount(
            "owed_total",
            f"sum(balance) FILTER ({_OWING})",
            "balances of all accounts still owing, debts in the hands of collectors left out",
            "B07",
        ),
        *(
            amount(
                f"owed_{group}",
                f"sum(balance) FILTER ({_OWING} AND product_group = '{group}')",
                f"balances of {of} still owing",
                _OWED_REASON[group],
            )
            for group, of in _GROUPS.items()
        ),
        *(
            amount(
                f"owed_{product}",
                f"sum(balance) FILTER ({_OWING} AND product_group = 'instalment' AND product = '{product}')",
                f"balances of {of} still owing",
                "B05",
            )
            for product, of in _PRODUCTS.items()
        ),
        _declare(
            "owed_revolving_share",
            "sum(CASE WHEN product_group = 'revolving' THEN balance ELSE 0 END) "
            f"FILTER ({_OWING} AND balance > 0) / nullif(sum(balance) FILTER ({_OWING} AND balance > 0), 0)",
            "balances above zero of cards and credit lines by those of all accounts still owing",
            "share",
            "B04",
            1,
            missing="no balance above zero is told",
        ),
        amount(
            "revolving_limit", f"sum(credit_limit) FILTER ({_LIMITED})", "limits of open cards and lines", "B08", -1
        ),
        amount(
            "revolving_limit_max",
            f"max(credit_limit) FILTER ({_LIMITED})",
            "largest limit of an open card or line",
            "B08",
            -1,
        ),
        amount(
            "revolving_available",
            f"sum(CASE WHEN balance < credit_limit THEN credit_limit - balance ELSE 0 END) "
            f"FILTER ({_LIMITED} AND balance IS NOT NULL)",
            "what is left of the limits of open cards and lines, sum over accounts; zero for one over its limit",
            "B01",
            -1,
        ),
        amount(
            "instalment_amount_max",
            f"max(credit_amount) FILTER ({_OPEN} AND product_group = 'instalment')",
            "largest original amount of an open instalment loan",
            "B05",
        ),
    ]


def _scheduled() -> list[Feature]:
    return [
        _declare(
            "scheduled_total",
            f"sum(scheduled) FILTER ({_OPEN} AND product_group <> 'collection')",
            "payments scheduled in the newest month of all open accounts",
            "amount",
            "B09",
        ),
        *(
            _declare(
                f"scheduled_{group}",
                f"sum(scheduled) FILTER ({_OPEN} AND product_group = '{group}')",
                f"payments scheduled in the newest month of open {of}",
                "amount",
                "B09",
            )
            for group, of in _GROUPS.items()
        ),
        _declare(
            "paid_by_scheduled_now",
            share_of("payment", "scheduled", f"{_OPEN} AND product_group <> 'collection'"),
            "what was paid in the newest month of open accounts by what was scheduled, sums over those that tell both "
            "and had something scheduled",
            "share",
            "B10",
            -1,
            expected=(0.0, 50.0),
        ),
    ]


def _paid_down() -> list[Feature]:
    def repaid(name: str, where: str, of: str, reason: str) -> Feature:
        owed = share_of("balance", "credit_amount", f"{_OPEN} AND {where}")
        meaning = f"share of the original amounts of open {of} that is paid back, sums over those that tell both"
        return _declare(name, f"1 - {owed}", meaning, "share", reason, -1, expected=(-0.5, 1.0))

    def remaining(name: str, call: str, where: str, meaning: str, reason: str) -> Feature:
        sql = f"{call}(remaining) FILTER ({_OPEN} AND {where})"
        return _declare(name, sql, meaning, "months", reason, expected=(0.0, 480.0))

    loans = "product_group = 'instalment'"
    mortgages = "product_group = 'mortgage'"
    return [
        repaid("instalment_paid_down", loans, "instalment loans", "B11"),
        *(
            repaid(f"{product}_paid_down", f"{loans} AND product = '{product}'", of, "B11")
            for product, of in _PRODUCTS.items()
        ),
        repaid("mortgage_paid_down", mortgages, "mortgages", "B12"),
        remaining("instalment_remaining_max", "max", loans, "longest time left of an open instalment loan", "T09"),
        remaining("instalment_remaining_min", "min", loans, "shortest time left of an open instalment loan", "T09"),
        remaining("instalment_remaining_mean", "avg", loans, "mean time left of open instalment loans", "T09"),
        remaining("mortgage_remaining_max", "max", mortgages, "longest time left of an open mortgage", "T09"),
    ]


FEATURES: Final = (*_utilisation(), *_owed(), *_scheduled(), *_paid_down())
